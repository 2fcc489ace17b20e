"""The ensemble figure of docs/imperfections.md: widths and pair splittings over samples of a rough film.

femwgm sweep @sweep_roughness -o runs/ensemble && python docs/ensemble_of_films.py runs/ensemble
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from femwgm.store import from_csv
from femwgm.views.figures.style import ACCENT, look, new_figure, panel, save


def main(folder: Path, target: Path) -> None:
    """Draw the sweep in a folder."""
    _, rows = from_csv((folder / "sweep.csv").read_text(encoding="utf-8"))
    lengths = sorted({row["correlation_length_um"] for row in rows})
    with look():
        figure = new_figure(7.0, 2.7)
        axes = figure.subplots(1, 2)
        for letter, ax, column, label in zip(
            "ab", axes, ("multiplet_std_pm", "pair_splitting_ghz"),
            ("standard deviation of the lines (pm)", "splitting of the equatorial pair (GHz)"), strict=True,
        ):  # fmt: skip
            for place, length in enumerate(lengths):
                values = np.sort([row[column] for row in rows if row["correlation_length_um"] == length])
                share = (np.arange(values.size) + 0.5) / values.size
                ax.step(values, share, where="mid", color=ACCENT[place], label=f"{length:g} µm")
            ax.set(xlabel=label, ylabel="share of the samples below", ylim=(0, 1))
            panel(ax, letter)
        axes[1].set(xscale="log", xlim=(1e-7, 1.0))
        axes[0].legend(title="correlation length", loc="lower right")
        save(figure, target, dpi=200)


if __name__ == "__main__":
    images = Path(__file__).parent / "images"
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else images / "ensemble-of-films.png")
