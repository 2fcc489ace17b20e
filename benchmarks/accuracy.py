"""Case B8: time and true error against the accuracy asked for and against the size, of a disk and of a spheroid.

Each row is a run in a process of its own, from its start. The error is the distance from a run that is asked for a hundred times
more; sizes grow at a fixed wavelength of 1.55 um, with one mode each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bodies import whole
from rows import Row

ACCURACIES = (1e-4, 1e-6, 1e-8, 1e-10)
RADII_UM = (5.0, 20.0, 80.0, 200.0)
USUAL_RADIUS, USUAL_ACCURACY = 20.0, 1e-6
SILICA = 1.444


def body(kind: str, radius: float, accuracy: float) -> dict[str, Any]:
    """A silica body in air with the window of one spacing of its lines about 1.55 um."""
    if kind == "disk":
        geometry = {
            "kind": "disk", "material": "silica", "radius": f"{radius} um", "thickness": "2 um", "sidewall_angle_deg": 60,
            "ambient": "air",
        }  # fmt: skip
    else:
        core = {
            "name": "core",
            "material": "silica",
            "equatorial_radius": f"{radius} um",
            "polar_radius": f"{0.6 * radius} um",
        }
        geometry = {"kind": "spheroid", "ambient": "air", "layers": [core]}
    half = 0.55 * 1550.0**2 / (2.0e3 * 3.1416 * radius * SILICA) * (1.25 if kind == "disk" else 1.0)
    return {
        "schema": 1, "geometry": geometry, "materials": {"silica": {"n": SILICA}, "air": {"n": 1.0}},
        "modes": {
            "window": [f"{1550.0 - half} nm", f"{1550.0 + half} nm"], "polarizations": ["TE"], "radial_orders": [1],
            "polar_orders": [0],
        },
        "accuracy": {"wavelength": accuracy},
    }  # fmt: skip


def against_accuracy_and_size(small: bool) -> Iterator[Row]:
    """Rows of both kinds of body, first along the accuracy, then along the size."""
    from femwgm.config import load_config

    for kind in ("disk", "spheroid"):
        points = [(USUAL_RADIUS, accuracy) for accuracy in ACCURACIES]
        points += [(radius, USUAL_ACCURACY) for radius in RADII_UM if radius != USUAL_RADIUS]
        for radius, accuracy in points[::2] if small else points:
            done = whole(load_config(body(kind, radius, accuracy)))
            truth = whole(load_config(body(kind, radius, max(1e-2 * accuracy, 1e-12))))
            error = (
                abs(done.k0.real / truth.k0.real - 1.0)
                if (done.m, done.p) == (truth.m, truth.p)
                else float("nan")
            )
            yield Row(
                "B8", f"femwgm, {kind}", f"R = {radius:g} um, {accuracy:.0e} asked", error, done.wall / done.count,
                done.cpu / done.count, note=f"{done.error:.1e} stated, {done.count} modes, {done.megabytes:.0f} MB", size=radius,
            )  # fmt: skip


def draw(rows: Sequence[Row], path: Path) -> None:
    """Processor time of a whole process against the true error, and against the radius."""
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(9.6, 4.0), layout="constrained")
    for kind, style in (("disk", "o-"), ("spheroid", "s-")):
        mine = [row for row in rows if row.solver.endswith(kind)]
        usual = [row for row in mine if row.size == USUAL_RADIUS]
        asked = f"{USUAL_ACCURACY:.0e} asked"
        axes[0].loglog([row.error for row in usual], [row.cpu for row in usual], style, label=kind)
        sizes = sorted((row for row in mine if asked in row.setting), key=lambda row: row.size or 0.0)
        axes[1].loglog([row.size for row in sizes], [row.cpu for row in sizes], style, label=kind)
    axes[0].set_xlabel("true relative error of the wavelength")
    axes[1].set_xlabel("radius / µm")
    axes[0].set_title(f"R = {USUAL_RADIUS:g} µm, 1e-4 to 1e-10 asked")
    axes[1].set_title(f"{USUAL_ACCURACY:.0e} asked")
    for axis in axes:
        axis.set_ylabel("processor time a mode / s")
        axis.set_ylim(bottom=0.5)
        axis.grid(alpha=0.3, which="both")
        axis.legend()
    figure.savefig(path, dpi=130)
    plt.close(figure)
