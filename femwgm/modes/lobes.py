"""Lobes of a function over a whole cross-section: what a line across it and one along its surface cannot see.

Where no coordinates separate, as in a film around a disk, lobes lie beside both lines, or one lobe meets both and is counted
twice. Lobes are connected regions of one sign in which the function is strong, domains those in which it is not weak.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from femwgm.ground.typing import Array, IntArray
from femwgm.modes.turns import UNSURE, Turns

_STRONG, _WEAK = 0.2, 0.05
"""Shares of the largest value from which a point belongs to a lobe and to a domain."""
_GRID = 96
"""Points in either direction."""
_TOUCHING = np.ones((3, 3))


@dataclass(frozen=True)
class Lobes:
    """Lobes on a grid of one connected body.

    Attributes
    ----------
    signs
        Sign of each lobe.
    latitudes
        Latitude of its strongest point about the centre of the body (rad).
    domain
        Domain of each point of the grid from 1, zero between them; shape (_GRID, _GRID) over z and r.
    box
        Smallest r and z of the grid, and its steps (um).
    """

    signs: IntArray
    latitudes: Array
    domain: IntArray
    box: tuple[Array, Array]

    @classmethod
    def of(
        cls, u: Array, points: Array, peak: tuple[float, float], centre: float, rival: Array | None = None
    ) -> Lobes:
        """Lobes of a complex function on the grid of `grid_over`, zero outside the bodies, in the body at a point (r, z).

        Where the modulus of a rival is larger the function does not count.
        """
        low, step = points[:, 0], (points[:, -1] - points[:, 0]) / (_GRID - 1)
        u = u.reshape(_GRID, _GRID)
        bodies = ndimage.label(u != 0.0, _TOUCHING)[0]
        column, row = np.rint((np.asarray(peak) - low) / step).astype(int)
        near = bodies[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
        u = np.where(bodies == near.max(), u, 0.0)
        real = (u * np.exp(-1j * np.angle(u.ravel()[np.abs(u).argmax()]))).real
        if rival is not None:
            real = np.where(rival.reshape(real.shape) > np.abs(real), 0.0, real)
        number, signs = _regions(real, _STRONG)
        tops = ndimage.maximum_position(np.abs(real), number, np.arange(1, len(signs) + 1))
        z, r = np.array(tops).T * step[::-1, None] + low[::-1, None]
        return cls(signs, np.arctan2(z - centre, r), _regions(real, _WEAK)[0], (low, step))

    def at(self, points: Array) -> set[int]:
        """Domains that points (2, n) lie in."""
        low, step = self.box
        column, row = np.rint((points - low[:, None]) / step[:, None]).astype(int)
        there = (column >= 0) & (column < _GRID) & (row >= 0) & (row < _GRID)
        return set(self.domain[row[there], column[there]].tolist()) - {0}

    def reconciled(self, radial: Turns, polar: Turns, line: Array, arc: Array) -> tuple[Turns, Turns]:
        """The turns across and along a surface, given the points (2, n) of the lobes on either line.

        A domain on both lines beside that of their crossing is counted along the surface alone. If one lobe is left across it,
        those of the whole section are counted in the order of their latitudes.
        """
        if len(self.signs) < 2:
            return radial, polar
        both = self.at(line) & self.at(arc)
        twice = min(max(len(both) - 1, 0), radial.count)
        if twice:
            radial = replace(radial, count=radial.count - twice, least=max(radial.least - twice, 0))
        if radial.count == 0:
            signs = self.signs[np.argsort(self.latitudes)]
            seen = int((signs[1:] != signs[:-1]).sum())
            if seen > polar.count:
                polar = replace(polar, count=seen, most=max(polar.most, seen))
        return radial, polar

    def at_least(self, radial: Turns, polar: Turns) -> tuple[Turns, Turns]:
        """The turns of a hybrid mode, either part of which has at least these lobes."""
        orders = -(-len(self.signs) // (radial.count + 1)) - 1
        if orders <= polar.count or abs(self.signs.sum()) == len(self.signs):
            return radial, polar
        polar = replace(polar, count=orders, sure=1.0, least=orders, most=max(polar.most, orders))
        return replace(radial, sure=max(radial.sure, UNSURE)), polar


def _regions(real: Array, level: float) -> tuple[IntArray, IntArray]:
    """Regions of one sign above a share of the largest value: the number of each point, from 1, and the sign of each region."""
    bound = level * np.abs(real).max()
    plus, positive = ndimage.label(real > bound, _TOUCHING)
    minus, negative = ndimage.label(real < -bound, _TOUCHING)
    return np.where(minus > 0, minus + positive, plus), np.repeat([1, -1], [positive, negative])


def grid_over(nodes: Array) -> Array:
    """Points (2, n) of a grid over nodes (..., 2) of a mesh."""
    (r0, z0), (r1, z1) = nodes.reshape(-1, 2).min(axis=0), nodes.reshape(-1, 2).max(axis=0)
    t = (np.arange(_GRID) + 0.5) / _GRID
    r, z = np.meshgrid(r0 + (r1 - r0) * t, z0 + (z1 - z0) * t)
    return np.stack([r.ravel(), z.ravel()])
