"""The benchmark spheres: their configurations for femwgm, and their exact wavenumbers."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

RADII = (9.51, 10.0)
INDICES = (1.457, 1.8, 1.0)
LEAKY_RADIUS, LEAKY_INDEX = 2.0, 1.45


def configuration(
    radii: tuple[float, ...] = RADII, indices: tuple[float, ...] = INDICES, *, window: tuple[float, float],
    polarizations: tuple[str, ...] = ("TE",), orders: list[int] | None = None, tolerance: float = 1e-8, q: float | None = None,
) -> dict[str, Any]:  # fmt: skip
    """A configuration file of femwgm as a mapping; radii in um, the window of wavelengths in nm."""
    names = [f"layer{i}" for i in range(len(radii))]
    layers = [{"name": n, "material": n, "radius": f"{r!r} um"} for n, r in zip(names, radii, strict=True)]
    materials: dict[str, Any] = {n: {"n": v} for n, v in zip(names, indices, strict=False)}
    materials["air"] = {"n": indices[-1]}
    modes: dict[str, Any] = {
        "window": [f"{window[0]!r} nm", f"{window[1]!r} nm"], "polarizations": list(polarizations),
        "radial_orders": [1], "polar_orders": [0],
    }  # fmt: skip
    if orders is not None:
        modes["azimuthal_orders"] = orders
    accuracy: dict[str, Any] = {"wavelength": tolerance}
    if q is not None:
        accuracy["q"] = q
    return {
        "schema": 1, "name": "bench", "geometry": {"kind": "layered_sphere", "layers": layers, "ambient": "air"},
        "materials": materials, "modes": modes, "accuracy": accuracy,
    }  # fmt: skip


def thicknesses() -> dict[str, Any]:
    """A sweep over two hundred outer radii of the reference sphere, TE and TM l = 165."""
    config = configuration(window=(600.0, 700.0), polarizations=("TE", "TM"), orders=[165])
    span = {"start": "9.86 um", "stop": "10.16 um", "count": 200}
    axis = {"key": "geometry.layers.layer1.radius", "name": "radius", "linear": span}
    return config | {"sweep": {"axes": [axis]}}


@lru_cache(maxsize=1)
def _table() -> list[dict[str, Any]]:
    return json.loads((Path(__file__).parent / "peers" / "exact.json").read_text())


def exact(job: str, pol: str, l: int) -> complex:
    """Exact complex wavenumber (rad/um) from the table of the other solvers."""
    row = next(r for r in _table() if (r["job"], r["pol"], r["l"]) == (job, pol, l))
    return complex(float(row["k_re"]), float(row["k_im"]))


@lru_cache(maxsize=64)
def exact_family(pol: str, low: int, high: int) -> dict[int, float]:
    """Exact wavenumbers (rad/um) of the first radial order of the reference sphere, by polar degree."""
    from femwgm.analytic import LayeredSphere

    sphere = LayeredSphere(RADII, INDICES)
    modes = sphere.modes(window_um=(0.56, 0.73), polarizations=(pol,), radial_orders=(1,))
    return {m.l: m.k0.real for m in modes if low <= m.l <= high}


def relative(k: complex, truth: complex) -> float:
    """Relative error of the wavelength."""
    return abs(complex(k).real / complex(truth).real - 1.0)
