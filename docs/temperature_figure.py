"""The figure of docs/temperature.md: d lambda/dT of a silica sphere in water near 780 nm against its radius, in parts."""

import sys
from pathlib import Path

from femwgm import load_config
from femwgm.experiment.sensing.sense import Probe, rows
from femwgm.experiment.sensing.target import sensors
from femwgm.views.figures.style import ACCENT, COLUMN, FAINT, INK, look, new_figure, save

ROOT = Path(__file__).parents[1]
RADII = (20, 30, 40, 60, 80, 120)

parts = {}
for radius in RADII:
    config = load_config(
        ROOT / "configs" / "sense-bead.yaml",
        [f"geometry.layers.ball.radius='{radius} um'", "modes.window=['775 nm','785 nm']"],
    )
    for row in rows(next(s for s in sensors(config) if s.name.startswith("TE")), Probe()):
        if row.quantity.startswith("temperature_"):
            parts.setdefault(row.quantity.removeprefix("temperature_"), []).append(
                (1e3 * row.value, 1e3 * row.error)
            )

names = {
    "index_ball": "index of silica",
    "index_water": "index of water",
    "expansion": "expansion",
    "total": "total",
}
with look():
    figure = new_figure(COLUMN * 1.25, 2.6)
    ax = figure.add_subplot()
    ax.axhline(0.0, color=FAINT, lw=0.8)
    for (key, name), colour in zip(names.items(), (*ACCENT[:3], INK), strict=True):
        y, error = zip(*parts[key], strict=True)
        ax.errorbar(
            RADII,
            y,
            error,
            fmt="o-",
            ms=3.0,
            lw=1.6 if key == "total" else 0.9,
            capsize=2.0,
            color=colour,
            label=name,
        )
    ax.set_xlabel("radius / µm")
    ax.set_ylabel(r"$\mathrm{d}\lambda/\mathrm{d}T$ / (pm/K)")
    ax.legend(fontsize=6.5, ncols=2, loc="lower right")
    save(figure, Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images" / "temperature.png")
