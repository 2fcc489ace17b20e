"""Mode intensities in the shell, and how much they share of it: the matrix behind cross-saturation.

u_j is the intensity that gain acts on, |E|^2 (or that of the field across the radius, for face-down emitters), scaled to a mean
of one over the shell's volume within reach. Modes are those of the equatorial family (m = l) or any other m; a travelling wave
is uniform around the axis, a standing one has 2 cos^2(m phi).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from femwgm.analytic import ExactMode
from femwgm.analytic.legendre import angular
from femwgm.errors import GeometryError
from femwgm.ground.typing import Array

RADIAL_POINTS = 6
POLAR_POINTS = 14
HARMONICS = 3
"""Orders of 2 m phi that the azimuthal points tell apart from each other."""


@dataclass(frozen=True)
class ShellIntensities:
    """Intensities on points of the shell.

    Attributes
    ----------
    u
        Shape (modes, points), mean one each.
    weight
        Share of the volume of each point, summing to one.
    volume_um3
        Volume of the part of the shell that the points stand for (the belt that the modes fill).
    reach
        Its share of the shell.
    """

    u: Array
    weight: Array
    volume_um3: float
    reach: float = 1.0

    def mean(self, values: Array) -> Array:
        """Average over the volume."""
        return np.asarray(values @ self.weight)


def shell_intensities(
    modes: Sequence[ExactMode], shell: int, *, in_plane: bool = False, standing: bool = False
) -> ShellIntensities:
    """Sample the shell.

    Parameters
    ----------
    modes
        Modes of one sphere.
    shell
        The layer with gain.
    in_plane
        Only the field across the radius counts.
    standing
        Waves that stand around the axis instead of travelling.

    Raises
    ------
    GeometryError
        If there is no mode, or a mode has m = 0 and is to stand.
    """
    if not modes:
        raise GeometryError("no mode to sample")
    around = _azimuth([mode.m for mode in modes]) if standing else np.ones((len(modes), 1))
    radii = modes[0].sphere.radii_um
    inner, outer = (radii[shell - 1] if shell else 0.0), radii[shell]
    r, r_weight = _gauss(RADIAL_POINTS, inner, outer)
    edge = min(1.0, max(_reach(mode) for mode in modes))
    z, z_weight = _gauss(POLAR_POINTS + 4 * max(mode.p for mode in modes), 0.0, edge)
    theta = np.arccos(z)
    profiles = [_profile(mode, shell, r, theta, in_plane).ravel() for mode in modes]
    weight = np.outer(r_weight * r**2, z_weight).ravel()
    u = np.stack([np.outer(profile, turn).ravel() for profile, turn in zip(profiles, around, strict=True)])
    weight = np.repeat(weight, around.shape[1])
    weight = weight / weight.sum()
    volume = 4.0 * np.pi * edge * (outer**3 - inner**3) / 3.0
    return ShellIntensities(u / (u @ weight)[:, None], weight, float(volume), float(edge))


def degree_intensities(modes: Sequence[ExactMode], shell: int, *, in_plane: bool = False) -> ShellIntensities:
    """Intensities of whole lines, the mean over their 2 l + 1 modes: functions of the radius alone, by the addition theorem.

    Under a uniform pump the modes of a line hold equal numbers of photons: then the inversion depends on the radius alone, every
    mode of the line has the same gain, and the steady state of the rate equations is the only one. So these intensities, with
    the number of modes as `copies`, are the competition of all modes, not an approximation of it.
    """
    radii = modes[0].sphere.radii_um
    inner, outer = (radii[shell - 1] if shell else 0.0), radii[shell]
    r, weight = _gauss(RADIAL_POINTS, inner, outer)
    pole = np.zeros(1)
    profiles = []
    for mode in modes:
        # At the pole only |m| <= 1 is seen, so the sum over m is the intensity there of those few.
        few = [mode.with_m(m) for m in (0, 1, -1)]
        profiles.append(sum(_profile(one, shell, r, pole, in_plane)[:, 0] for one in few))
    weight = weight * r**2
    u = np.array(profiles)
    weight = weight / weight.sum()
    return ShellIntensities(
        u / (u @ weight)[:, None], weight, float(4.0 * np.pi * (outer**3 - inner**3) / 3.0), 1.0
    )


def overlaps(sampled: ShellIntensities) -> Array:
    """Cross-saturation <u_i u_j> over sqrt(<u_i^2> <u_j^2>): 1 where two modes use the same places, 0 where they share none."""
    matrix = (sampled.u * sampled.weight) @ sampled.u.T
    size = np.sqrt(np.diag(matrix))
    return np.asarray(matrix / np.outer(size, size))


def _gauss(n: int, a: float, b: float) -> tuple[Array, Array]:
    x, w = np.polynomial.legendre.leggauss(n)
    return 0.5 * (b - a) * (x + 1.0) + a, 0.5 * (b - a) * w


def _reach(mode: ExactMode) -> float:
    """|cos theta| beyond which the mode has faded: its caustic and seven decay lengths."""
    turning = np.sqrt(1.0 - (mode.m / (mode.l + 0.5)) ** 2)
    return float(turning + 7.0 / np.sqrt(mode.l + 0.5)) if mode.m else 1.0


def _profile(mode: ExactMode, shell: int, r: Array, theta: Array, in_plane: bool) -> Array:
    """Intensity on the grid r x theta; the angular parts are those of :mod:`femwgm.analytic.fields`."""
    u, w = mode.radial.inside(shell, r)
    shape = angular(mode.l, mode.m, theta)
    across = (mode.m * shape.over_sin) ** 2 + shape.slope**2
    if mode.pol == "TE":
        return np.outer(np.abs(u / r) ** 2, across)
    k, eps = abs(mode.radial.k), abs(mode.radial.media.r[shell, 0])
    tangential = np.outer(np.abs(w / (k * r)) ** 2, across)
    if in_plane:
        return tangential
    radial = np.abs(mode.l * (mode.l + 1.0) * u / (r * r * k * eps)) ** 2
    return tangential + np.outer(radial, shape.theta**2)


def _azimuth(orders: Sequence[int]) -> Array:
    """2 cos^2(m phi) on so many equidistant angles that products of several modes are summed without aliasing."""
    if min(orders) < 1:
        raise GeometryError("a mode with m = 0 does not travel around the axis, so it has no standing wave")
    highest = HARMONICS * 2 * max(orders)
    for n in range(64, highest + 2):
        sums = {k * 2 * m % n for m in orders for k in range(1, HARMONICS + 1)}
        spread = 2 * (max(orders) - min(orders)) + 1
        if all(HARMONICS * spread < s < n - HARMONICS * spread for s in sums) or n > highest:
            break
    phi = 2.0 * np.pi * np.arange(n) / n
    return np.array([2.0 * np.cos(m * phi) ** 2 for m in orders])
