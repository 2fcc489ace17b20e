"""The picture of docs/experiment.md: unresolved lines of an oblate sphere, fitted with and without a split.

python docs/ellipticity_figure.py docs/images/ellipticity.png
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import femwgm
from femwgm.experiment.recorded.counts import Recorded
from femwgm.experiment.recorded.find import find_lines
from femwgm.experiment.recorded.voigt import voigt
from femwgm.views.figures.style import ACCENT, GREY, INK, PAGE, look, new_figure, panel, rendered

WIDTH, RESOLUTION, RMS_NM = 0.12, 0.05, -2.5


def main(target: str) -> None:
    """Draw it."""
    layers = [{"name": "ball", "material": "polystyrene", "radius": "5 um"}]
    run = femwgm.run({
        "schema": 1,
        "geometry": {"kind": "layered_sphere", "layers": layers, "ambient": "air"},
        "materials": {"polystyrene": {"n": 1.59}, "air": {"n": 1.0}},
        "modes": {"window": ["640 nm", "662 nm"], "radial_orders": [1]},
        "imperfections": [{"surface": "ball", "harmonics": [[2, 0, f"{RMS_NM} nm"]]}],
    })  # fmt: skip
    x = np.arange(637.0, 665.0, 0.02)
    counts = 300.0 + 4.0 * (x - x[0])
    for lines in run.multiplets:
        own = np.array(lines.wavelength_nm)
        counts += 1500.0 * voigt(x[:, None] - own, WIDTH, RESOLUTION)[0].mean(axis=1)
    seen = Recorded(x, np.random.default_rng(3).poisson(counts).astype(float))
    split, plain = (find_lines(seen, RESOLUTION, ellipticity=e) for e in (True, False))
    value, error = split.ellipticity or (0.0, 0.0)
    true = 1.5 * np.sqrt(5.0) * 1e-3 * RMS_NM / 5.0
    with look():
        figure = new_figure(PAGE, 2.6)
        a, b = figure.subplots(1, 2, width_ratios=[1.6, 1.0])
        near = run.multiplets[1]
        middle = float(np.mean(near.wavelength_nm))
        for ax in (a, b):
            ax.plot(x, seen.counts, ".", ms=2.0, color=GREY, label="recorded")
            ax.plot(
                x,
                plain.fit.model,
                color=ACCENT[0],
                lw=0.9,
                ls="--",
                label=f"plain lines ({len(plain.lines)})",
            )
            ax.plot(x, split.fit.model, color=ACCENT[1], lw=1.1, label=f"split lines ({len(split.lines)})")
            ax.set_xlabel("vacuum wavelength / nm")
        a.set_xlim(640.0, 662.0)
        a.set_ylabel("counts")
        a.legend(loc="lower right", ncols=3, bbox_to_anchor=(1.0, 1.0), borderaxespad=0.1)
        b.set_xlim(middle - 0.9, middle + 0.9)
        foot = float(split.fit.level.min())
        b.vlines(np.array(near.wavelength_nm), 0.0, 0.6 * foot, color=INK, lw=0.4)
        b.set_xticks(np.round(middle, 1) + np.array([-0.5, 0.0, 0.5]))
        b.set_ylim(0.0, None)
        b.set_title(f"e = {1e3 * value:.3f} ± {1e3 * error:.3f}, true {1e3 * true:.3f} (1e-3)")
        panel(a, "a")
        panel(b, "b")
        Path(target).write_bytes(rendered(figure))


if __name__ == "__main__":
    main(sys.argv[1])
