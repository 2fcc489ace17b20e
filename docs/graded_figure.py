"""The picture of docs/media.md: a graded ball, its steps, and what the steps do to a line.

python docs/graded_figure.py docs/images/graded-core.png
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from femwgm.cli.exact import exact_rows
from femwgm.config import load_config
from femwgm.materials import materials_from_config
from femwgm.views.figures.style import ACCENT, GREY, PAGE, POLARIZATION, look, new_figure, panel, rendered

STEPS = (32, 48, 64, 96, 128, 192)


def main(target: str) -> None:
    """Draw it."""
    few = load_config("@graded-core", ["geometry.layers.ball.graded.steps=16"])
    media = materials_from_config(few)
    radii = np.array([0.0, *few.geometry.radii_um])  # type: ignore[union-attr]
    index = [media[layer.material].index(8.0).real for layer in few.geometry.layers]  # type: ignore[union-attr]
    rows = {
        steps: exact_rows(load_config("@graded-core", [f"geometry.layers.ball.graded.steps={steps}"]))[0]
        for steps in STEPS
    }
    with look():
        figure = new_figure(PAGE, 2.5)
        a, b = figure.subplots(1, 2)
        rho = np.linspace(0.0, 10.0, 201)
        a.plot(
            rho,
            np.sqrt(1.55**2 + (1.46**2 - 1.55**2) * (rho / 10.0) ** 2),
            color=GREY,
            lw=1.0,
            label="profile",
        )
        a.stairs(index, radii, baseline=None, color=ACCENT[1], lw=1.1, label="16 steps")
        a.set_xlabel("distance from the centre / um")
        a.set_ylabel("index")
        a.legend(fontsize=6.0)
        for i, pol in enumerate(("TE", "TM")):
            lines = [next(row for row in rows[steps] if row["pol"] == pol) for steps in STEPS]
            best = lines[-1]["wavelength_nm"]
            off = [abs(line["wavelength_nm"] / best - 1.0) for line in lines[:-1]]
            b.loglog(
                STEPS[:-1], off, "o", ms=3.0, color=POLARIZATION[pol], label=f"{pol}: off from 192 steps"
            )
            b.loglog(STEPS, [line["wavelength_error"] for line in lines], ("-", "--")[i], lw=1.0, color=POLARIZATION[pol],
                     label=f"{pol}: stated")  # fmt: skip
        b.set_xticks([32, 64, 128], ["32", "64", "128"])
        b.minorticks_off()
        b.set_xlabel("steps")
        b.set_ylabel("relative error of the wavelength")
        b.legend(fontsize=6.0)
        panel(a, "a")
        panel(b, "b")
        Path(target).write_bytes(rendered(figure, "png"))


if __name__ == "__main__":
    main(sys.argv[1])
