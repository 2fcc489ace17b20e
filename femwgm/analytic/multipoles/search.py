"""Every mode of a stack of spheres in a window of wavenumbers: discs that overlap, then Newton's method on those asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import scipy.linalg as sla

from femwgm.analytic.multipoles.discs import in_disc
from femwgm.analytic.multipoles.mode import StackMode, channels_of, describe, residual, slope
from femwgm.analytic.multipoles.system import Couplings, Sphere, System
from femwgm.errors import SolveError
from femwgm.ground.typing import Array, ComplexArray

Wanted = Callable[[complex, list[list[Array]], tuple[bool, ...]], bool]
"""Told the approximate k0 of a mode, the share of its energy by polarization, sphere and degree, and the polarizations."""

_PHASE = 0.25
"""Radius of a disc, in radians of the fastest phase across a sphere."""
_SPACING = 1.2
"""Distance between the centres of discs, in radii."""
_DISCS = 6
"""Discs that share couplings."""
_BEYOND, _TAIL = 1.06, 6.0
"""Highest degree: n k R times the first plus the second times its cube root."""
_GROWTH = 1.15
_TRIES = 5
_NEWTON = 6
_STILL, _SOLVED = 1e-13, 1e-12
_FIRST = 20
_ALIKE = 1e-11
_LARGEST = 9000
_LEAST_WAVES = 8


def stack_modes(
    spheres: Sequence[Sphere],
    m: int,
    window: tuple[float, float],
    polarizations: Sequence[bool] = (False, True),
    wanted: Wanted | None = None,
    tolerance: float = 1e-9,
    tell: Callable[[float], None] | None = None,
) -> list[StackMode]:
    """Modes of one azimuthal order, in ascending order of wavenumber.

    Parameters
    ----------
    spheres
        From below upwards; they may touch, not overlap.
    m
        Azimuthal order.
    window
        Interval of Re k0 (rad/um).
    polarizations
        False for TE, True for TM; for m > 0 both are mixed and always solved together.
    wanted
        Which modes to converge; all by default.
    tolerance
        Relative error of k0 up to which the highest degree is raised.
    tell
        Told the part of the window that is done.

    Raises
    ------
    SolveError
        If a mode does not converge or the stack is too large.

    Examples
    --------
    Two spheres of eps = 4 and radius 1, a tenth of it apart:

    >>> from femwgm.analytic.media import MediaModel
    >>> media = MediaModel([2.0, 1.0])
    >>> pair = [Sphere(z, (1.0,), media) for z in (-1.05, 1.05)]
    >>> for mode in stack_modes(pair, 0, (6.78, 6.87), (False,), lambda k, *_: k.imag > -0.01):
    ...     print(f"{mode.k0:.6f}")
    6.793041-0.003329j
    6.857417-0.006572j
    """
    families = [(False, True)] if m else [(tm,) for tm in (False, True) if tm in polarizations]
    radius = disc_radius(spheres, window)
    done: list[StackMode] = []
    pieces = list(_pieces(window, radius))
    for number, centres in enumerate(pieces):
        span = centres[0] - radius, centres[-1] + radius
        tops = [max(_first_top(sphere, span[1]), m + _LEAST_WAVES) for sphere in spheres]
        couplings = _couplings(spheres, m, tops, span)
        found = []
        for part, family in enumerate(families):
            found += _in_piece(System(couplings, family), centres, radius, window, wanted)
            if tell:
                tell((number + (part + 1) / len(families)) / len(pieces))
        for _ in range(_TRIES):
            if all(mode.error <= tolerance for mode in found):
                break
            tops = [int(_GROWTH * top) for top in tops]
            couplings = _couplings(spheres, m, tops, span)
            found = [mode for family in families for mode in _grown(System(couplings, family), found)]
        done += _without_copies(found, done)
    return sorted(done, key=lambda mode: mode.k0.real)


def _couplings(
    spheres: Sequence[Sphere], m: int, tops: Sequence[int], span: tuple[float, float]
) -> Couplings:
    size = (2 if m else 1) * sum(max(top - max(m, 1) + 1, 0) for top in tops)
    if size > _LARGEST:
        raise SolveError(
            f"{len(spheres)} spheres of this size take {size} spherical waves, more than {_LARGEST}; "
            "narrow the window or take fewer spheres"
        )
    return Couplings(spheres, m, tops, span)


def _grown(system: System, modes: Sequence[StackMode]) -> list[StackMode]:
    """Modes of smaller systems converged again in one of more degrees."""
    alike = [mode for mode in modes if mode.system.polarizations == system.polarizations]
    return [describe(system, *newton(system, mode.k0, _padded(mode, system))) for mode in alike]


def _padded(mode: StackMode, system: System) -> ComplexArray:
    """The amplitudes of a mode in another system of the same stack, of more degrees or fewer."""
    x = np.zeros(system.size, dtype=np.complex128)
    for old, new in zip(mode.system.parts, system.parts, strict=True):
        for a, b in zip(old, new, strict=True):
            count = min(a.stop - a.start, b.stop - b.start)
            x[b.start : b.start + count] = mode.amplitudes[a.start : a.start + count]
    return x


def disc_radius(spheres: Sequence[Sphere], window: tuple[float, float]) -> float:
    """Radius (rad/um) of the discs: modes that decay faster than 0.8 of it are not looked for."""
    k = 0.5 * sum(window)
    return _PHASE / max(_largest_index(sphere, k) * sphere.radii[-1] for sphere in spheres)


def _largest_index(sphere: Sphere, k: float) -> float:
    return float(np.sqrt(np.abs(sphere.media.at(np.array([complex(k)])).t)).max())


def _first_top(sphere: Sphere, k: float) -> int:
    size = _largest_index(sphere, k) * k * sphere.radii[-1]
    return int(_BEYOND * size + _TAIL * size ** (1.0 / 3.0)) + 4


def _pieces(window: tuple[float, float], radius: float) -> Iterator[list[float]]:
    """Centres of the discs that cover the window, in groups."""
    lo, hi = window
    count = max(int(np.ceil((hi - lo) / (_SPACING * radius))), 1)
    centres = lo + (hi - lo) * (np.arange(count) + 0.5) / count
    for i in range(0, count, _DISCS):
        yield centres[i : i + _DISCS].tolist()


def _in_piece(
    system: System, centres: Sequence[float], radius: float, window: tuple[float, float],
    wanted: Wanted | None,
) -> list[StackMode]:  # fmt: skip
    out: list[StackMode] = []
    count = _FIRST
    for centre in centres:
        values, vectors = in_disc(system.matrix, complex(centre), radius, count)
        count = len(values)
        for k, x in zip(values.tolist(), vectors.T, strict=True):
            if not window[0] - 1e-3 * radius <= k.real <= window[1] + 1e-3 * radius:
                continue
            if wanted is not None and not wanted(k, channels_of(system, k, x), system.polarizations):
                continue
            mode = describe(system, *newton(system, k, x))
            if window[0] <= mode.k0.real <= window[1] and _without_copies([mode], out):
                out.append(mode)
    return out


def newton(system: System, k: complex, x: ComplexArray) -> tuple[complex, ComplexArray]:
    """Newton's method from an approximate eigenpair; two-sided, so that it converges cubically.

    Raises
    ------
    SolveError
        If it does not.
    """
    for _ in range(_NEWTON):
        factor = sla.lu_factor(system.matrix(k), check_finite=False, overwrite_a=True)
        x = sla.lu_solve(factor, slope(system, k, x), check_finite=False)
        x /= np.linalg.norm(x)
        left = system.left(k, x)
        step = complex((left @ system.apply(k, x)) / (left @ slope(system, k, x)))
        k -= step
        if abs(step) < _STILL * abs(k) or residual(system, k, x) < _SOLVED:
            return k, x
    raise SolveError(f"the mode near {k:.9g} rad/um did not converge: last step {abs(step):.1e}")


def _without_copies(new: Sequence[StackMode], old: Sequence[StackMode]) -> list[StackMode]:
    """Those of the first list that the second does not hold: discs overlap."""
    return [mode for mode in new if not any(_same(mode, other) for other in old)]


def _same(one: StackMode, two: StackMode) -> bool:
    if one.system.polarizations != two.system.polarizations:
        return False
    if abs(one.k0 - two.k0) > (_ALIKE + one.error + two.error) * abs(one.k0):
        return False
    a, b = one.amplitudes, _padded(two, one.system)
    return bool(abs(a.conj() @ b) > 0.5 * np.linalg.norm(a) * np.linalg.norm(b))
