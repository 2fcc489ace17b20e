"""Random layered spheres, lossy, leaky, with thin films: every stated number within its stated error of the exact one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from support.spheres import run_for

from femwgm import analytic

pytestmark = [pytest.mark.gmsh, pytest.mark.slow]

SEEDS = range(100)
LIMIT = 3.0
"""True error over stated error that is allowed."""
ROUNDING = 1e-12


def drawn(seed: int) -> tuple[list[float], list[complex], analytic.ExactMode]:
    """A sphere of 0.4 to 10 um, a film of 1 nm or more now and then, loss or gain; one of its modes near 0.6 um."""
    rng = np.random.default_rng(seed)
    while True:
        size = 0.4 * 25.0 ** rng.random()
        radii = [size]
        if rng.random() < 0.5:
            radii = [
                size,
                size
                + (0.001 * 20.0 ** rng.random() if rng.random() < 0.5 else 0.3 * size * rng.random() + 0.02),
            ]
        ambient = complex(rng.choice([1.0, 1.33]))
        media = [complex(rng.uniform(ambient.real + 0.15, 2.4)) for _ in radii]
        if rng.random() < 0.6:
            which = int(rng.integers(len(media)))
            media[which] += 1j * 10.0 ** rng.uniform(-9.0, -3.0) * (1.0 if rng.random() < 0.7 else -1.0)
        sphere = analytic.layered_sphere(radii, [*media, ambient])
        modes = [e for e in sphere.modes((0.594, 0.618), radial_orders=[1, 2, 3, 4]) if e.log10_q_rad > 0.7]
        if modes:
            mode = modes[int(rng.integers(len(modes)))]
            return radii, [*media, ambient], mode.with_m(max(0, mode.l - int(rng.choice([0, 0, 1, 2, 4]))))


def ratios(seed: int) -> dict[str, float]:
    """True error over stated error of every number of a drawn mode."""
    radii, media, exact = drawn(seed)
    result = run_for(
        radii,
        media,
        exact.pol,
        exact.l,
        1e-3 * exact.wavelength_nm,
        q=exact.q,
        m=exact.m,
        width=1e-7,
        accuracy=1e-7,
    )
    (mode,) = [m for m in result.modes if (m.pol, m.q, m.l, m.m) == (exact.pol, exact.q, exact.l, exact.m)]
    row: dict[str, Any] = mode.row()
    regions = [f"l{i}" for i in range(len(radii))] + ["out"]
    found: dict[str, float] = {}

    def compare(name: str, value: float | None, true: float, error: float | None) -> None:
        if value is not None and math.isfinite(true) and math.isfinite(value) and true != 0.0:
            assert error is not None, name
            found[name] = abs(value / true - 1.0) / (error + ROUNDING)

    compare("wavelength", mode.wavelength_nm, exact.wavelength_nm, mode.wavelength_error)
    compare("n_g", mode.n_g, exact.n_g, mode.n_g_error)
    compare("fsr", mode.fsr_nm, exact.fsr_nm, mode.fsr_error)
    compare("volume", mode.mode_volume_um3, exact.mode_volume_um3, row["mode_volume_error"])
    if mode.log10_q_rad is not None:
        found["q_rad"] = abs(math.expm1(math.log(10.0) * (mode.log10_q_rad - exact.log10_q_rad))) / (
            (mode.q_error or 0.0) + ROUNDING + 300.0 * 10.0**-exact.log10_q_rad * (exact.log10_q_rad > 6.0)
        )
    compare("q_abs", mode.q_abs, exact.q_abs, mode.q_abs_error)
    compare("q_total", mode.q_total, exact.q_total, mode.q_total_error)
    for kind, error in (
        ("energy", mode.share_error),
        ("e2", mode.e2_error),
        ("radial_e2", mode.radial_e2_error),
    ):
        true = list(getattr(exact, kind).values())
        stated = [getattr(mode, kind).get(name) for name in regions]
        if all(math.isfinite(x) for x in true) and None not in stated and error is not None:
            found[kind] = max(abs(a - b) for a, b in zip(true, stated, strict=True)) / (error + ROUNDING)
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_every_number_within_its_error(seed: int) -> None:
    assert not {name: ratio for name, ratio in ratios(seed).items() if ratio > LIMIT}
