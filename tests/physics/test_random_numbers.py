"""Random layered spheres, lossy, leaky, with thin films: every stated number within its stated error of the exact one."""

from __future__ import annotations

import numpy as np
import pytest
from support.accuracy import LIMIT, Compared, compare
from support.spheres import run_for

from femwgm import analytic

pytestmark = [pytest.mark.gmsh, pytest.mark.slow]

SEEDS = range(100)


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


def compared(seed: int) -> dict[str, Compared]:
    """Every number of a drawn mode against the exact one."""
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
    return compare(mode, exact)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_number_within_its_error(seed: int) -> None:
    assert not {name: number for name, number in compared(seed).items() if number.ratio > LIMIT}
