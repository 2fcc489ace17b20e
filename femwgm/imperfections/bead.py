"""A bead on the surface: exact along its own axis, order by order in m, and turned to where it sits.

One bead and the sphere have a common axis, about which m is conserved: each line m of the multiplet moves by itself, and its
shift is that of the exact pair (:mod:`femwgm.analytic.multipoles`). In the sphere's own frame the multiplet's matrix is that
diagonal, turned. Shifts of several beads, or of a bead and a relief, add up in first order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import expm_multiply

from femwgm.analytic import ExactMode
from femwgm.analytic.media import MediaModel
from femwgm.analytic.multipoles import Sphere, stack_modes
from femwgm.errors import SolveError
from femwgm.ground.typing import Array

_TOLERANCE = 1e-12
_NEGLIGIBLE = 1e-4
"""Share of the largest shift below which higher orders m are left out."""
_MOST_ORDERS = 12
_NEAR = 3.0
"""Half the window in which the line is sought, in units of a first estimate of its shift."""


@dataclass(frozen=True)
class Placed:
    """A bead of a radius (um) and a refractive index, and the direction from the centre in which it sits."""

    radius: float
    index: complex
    direction: tuple[float, float, float]


def bead_matrix(mode: ExactMode, beads: Sequence[Placed]) -> tuple[Array, float]:
    """What beads add to the multiplet's matrix (2 l + 1, 2 l + 1), and the error of its lines (rad/um).

    Parameters
    ----------
    mode
        The mode of the perfect sphere.
    beads
        Beads on its surface; those that are alike are computed once.

    Raises
    ------
    SolveError
        Where a bead moves or mixes the mode so much that no line can be told to be its own.
    """
    matrix = np.zeros((2 * mode.l + 1, 2 * mode.l + 1), dtype=np.complex128)
    alike: dict[tuple[float, complex], list[complex]] = {}
    sizes = []
    for bead in beads:
        key = bead.radius, bead.index
        shifts = alike[key] = alike.get(key) or _shifts(mode, bead)
        for m, shift in enumerate(shifts):
            states = turned(mode.l, sorted({m, -m}), bead.direction)
            matrix += shift * states @ states.conj().T
        sizes.append(max(abs(shift) for shift in shifts))
    cut = sum(max(abs(shifts[-1]), 1e-12 * abs(mode.k0)) for shifts in alike.values())
    # beads see each other's waves in second order, over the distance to the next degree
    spacing = abs(mode.sensitivity.by_degree())
    return matrix, cut + (max(sizes) * (sum(sizes) - max(sizes)) / spacing if sizes else 0.0)


def _shifts(mode: ExactMode, bead: Placed) -> list[complex]:
    """Shift of the line of each order m >= 0 about the bead's axis, up to where they no longer count."""
    shifts: list[complex] = []
    for m in range(min(mode.l, _MOST_ORDERS) + 1):
        shifts.append(_shift(mode, bead.radius, bead.index, m))
        if m > 1 and abs(shifts[-1]) < _NEGLIGIBLE * max(abs(shift) for shift in shifts):
            break
    return shifts


def turned(l: int, orders: Sequence[int], direction: Sequence[float]) -> Array:
    """Amplitudes (m = -l to l) of the harmonics of some orders about another axis than z, shape (2 l + 1, orders)."""
    x, y, z = np.asarray(direction, dtype=np.float64) / np.linalg.norm(direction)
    m, chosen = np.arange(-l, l + 1), np.asarray(orders)
    step = 0.5 * np.sqrt((l - m[:-1]) * (l + m[:-1] + 1.0))
    # -i J_y, real and antisymmetric
    generator = sparse.diags_array([-step, step], offsets=[-1, 1]).tocsc()
    start = np.zeros((2 * l + 1, chosen.size))
    start[chosen + l, np.arange(chosen.size)] = 1.0
    rotated = expm_multiply(math.atan2(math.hypot(x, y), z) * generator, start)
    sign = np.where((m > 0) & (m % 2 == 1), -1.0, 1.0)
    return np.asarray((sign * np.exp(-1j * m * math.atan2(y, x)))[:, None] * rotated * sign[chosen + l])


def _shift(mode: ExactMode, radius: float, index: complex, m: int) -> complex:
    """Shift of k0 of the line of order m about the bead's axis, exactly."""
    sphere = mode.sphere
    outer, ambient = sphere.outer_radius_um, sphere.media.at(np.array([mode.k0.real])).t[-1, 0]
    pair = [
        Sphere(0.0, sphere.radii_um, sphere.media),
        Sphere(outer + radius, (radius,), MediaModel([index, complex(np.sqrt(ambient))])),
    ]
    # at most what a film as thick as the bead's radius would do, at least what can be told from rounding
    film = abs(mode.dk0_dradius[len(sphere.radii_um) - 1]) * radius * abs(index**2 - ambient)
    reach = min(
        max(_NEAR * film * radius / outer, 1e-7 * abs(mode.k0)), 0.3 * abs(mode.sensitivity.by_degree())
    )
    k = mode.k0.real
    found = stack_modes(
        pair, m, (k - reach, k + reach), (mode.pol == "TM",), lambda at, *_: abs(at - mode.k0) < 2.0 * reach, _TOLERANCE
    )  # fmt: skip
    best = max(((_share(mode, one), one) for one in found), key=lambda item: item[0], default=(0.0, None))
    if best[1] is None or best[0] < 0.5:
        raise SolveError(
            f"{mode.pol} q={mode.q} l={mode.l}: no line of order {m} about the bead is mostly this mode's;"
            " the bead is too large for its lines to be told apart"
        )
    return complex(best[1].k0 - mode.k0)


def _share(mode: ExactMode, one: object) -> float:
    """Share of the energy inside the spheres that the multiplet's own wave has."""
    from femwgm.analytic.multipoles import StackMode

    assert isinstance(one, StackMode)
    total = sum(float(part.sum()) for parts in one.channels for part in parts)
    system = one.system
    for p, tm in enumerate(system.polarizations):
        if tm == (mode.pol == "TM"):
            degrees = system.waves[0].degrees
            return float(one.channels[p][0][degrees == mode.l].sum()) / total
    return 0.0
