r"""Every pole of a sphere with metal in a window: counted by the argument principle, boxed in by bisection, none left out.

Where a permittivity is negative, or its imaginary part rivals the real one, no real resonance leads to each pole
(:mod:`femwgm.analytic.roots`). Cleared of its own singularities the mismatch u_out w_in - w_out u_in is an analytic function of
k0, so its phase turns by 2 pi for each pole that a closed path encloses. Boxes are halved until Newton's iteration finds the one
pole that each of them holds inside it. A table of indices is known on the real axis only; there the turns count the solutions of
the continuous function that the table makes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from femwgm.analytic import bessel
from femwgm.analytic.layered import Stack, orders, weight_p
from femwgm.analytic.radial import RadialMode
from femwgm.analytic.roots import Resonator
from femwgm.errors import SolveError
from femwgm.ground.typing import Array

LEAST_Q = 1.0
"""Poles of a lower quality factor are not sought."""
_ABOVE = 0.05
"""Height of the boxes above the real axis over its depth below: room for gain, and a path clear of sharp poles."""
_BLOCK = 16
"""Degrees counted at once; a block without poles beyond the size parameter ends the search."""
_MOST_DEGREES = 2000
_TURN = 1.0
"""Change of phase (rad) between neighbouring points of a path, at most."""
_ROUNDS = 14
"""Times that the points of a path are doubled where it turns fast; beyond that a pole lies on it."""
_CUTS = (0.5, 0.43, 0.57, 0.38, 0.62)
"""Where a box is cut: the next place if a pole lies on the cut."""
_SMALLEST = 1e-9
"""Size of a box, over its wavenumber, below which it is given up."""
_LOBE = 2e-2
"""Height over that of the highest lobe from which a lobe of u counts: below, what tunnels through a metal film does not."""
_EPS_STRONG = 0.3
"""|Im eps| / Re eps above which a medium counts as strongly absorbing."""


@dataclass(frozen=True)
class Boxes:
    """Rectangles of complex k0 (rad/um), each for one degree: real parts from x0 to x1, imaginary parts from y0 to y1."""

    l: Array
    x0: Array
    x1: Array
    y0: Array
    y1: Array

    def take(self, index: Array) -> Boxes:
        """A subset."""
        return Boxes(*(values[index] for values in (self.l, self.x0, self.x1, self.y0, self.y1)))

    def cut(self, at: float) -> tuple[Boxes, Boxes]:
        """Both parts of each, cut across its longer side at a share of it."""
        wide = self.x1 - self.x0 >= self.y1 - self.y0
        x = np.where(wide, self.x0 + at * (self.x1 - self.x0), self.x1)
        y = np.where(wide, self.y1, self.y0 + at * (self.y1 - self.y0))
        return (
            Boxes(self.l, self.x0, x, self.y0, y),
            Boxes(self.l, np.where(wide, x, self.x0), self.x1, np.where(wide, self.y0, y), self.y1),
        )

    @property
    def centre(self) -> Array:
        """Their centres (complex)."""
        return np.asarray(0.5 * (self.x0 + self.x1 + 1j * (self.y0 + self.y1)))

    def hold(self, k: Array) -> NDArray[np.bool_]:
        """Whether each contains a number."""
        return np.asarray(
            (k.real >= self.x0) & (k.real <= self.x1) & (k.imag >= self.y0) & (k.imag <= self.y1)
        )


@dataclass
class Census:
    """Poles of one polarization.

    Attributes
    ----------
    poles
        Degree and wavenumber (rad/um) of each.
    degrees
        Highest degree that was counted.
    lost
        Degrees of which a counted pole was not found.
    """

    poles: list[tuple[int, complex]] = field(default_factory=list)
    degrees: int = 0
    lost: set[int] = field(default_factory=set)


def needs_contour(resonator: Resonator, k_lo: float, k_hi: float) -> bool:
    """Whether a window has a metal or a strong absorber in it, so that real resonances do not lead to all poles."""
    media = resonator.media.at(np.linspace(k_lo, k_hi, 9 if resonator.media.dispersive else 1))
    eps = np.concatenate([media.t, media.r])
    return bool((np.abs(eps.imag) > _EPS_STRONG * eps.real).any())


def census(
    resonator: Resonator, tm: bool, k_lo: float, k_hi: float, l_range: tuple[int, int] | None = None
) -> Census:
    """Every pole with Re k0 from k_lo to k_hi (rad/um) and a quality factor above `LEAST_Q`, degree by degree."""
    out = Census()
    first, last = l_range or (1, _MOST_DEGREES)
    media = resonator.media.at(np.array([k_hi]))
    index = np.maximum(np.sqrt(media.t), np.sqrt(media.r)).real[:, 0]
    size = k_hi * float((index * np.array([*resonator.radii, resonator.radii[-1]])).max())
    for start in range(max(first, 1), last + 1, _BLOCK):
        l = np.arange(start, min(start + _BLOCK, last + 1), dtype=np.float64)
        full = np.ones_like(l)
        depth = 0.5 * k_hi / LEAST_Q
        boxes = Boxes(l, k_lo * full, k_hi * full, -depth * full, _ABOVE * depth * full)
        found = _search(resonator, tm, boxes, out)
        out.degrees = int(l[-1])
        if not found and start > size:
            break
    return out


def radial_order(radial: RadialMode) -> int:
    """q: one more than the changes of sign between the lobes of u inside the solid.

    In a metal or an absorber u turns in the complex plane: neighbouring lobes more than a right angle apart count as opposite.
    """
    outer = radial.radii[-1]
    depths = np.diff([0.0, *radial.radii])
    size = float(np.abs(radial.k) * (np.abs(np.sqrt(radial.media.t[:-1, 0])) @ depths))
    u = radial.at(np.linspace(0.0, outer, 200 + 12 * int(size))[1:])[0]
    height = np.r_[-1.0, np.abs(u), -1.0]
    lobes = (
        (height[1:-1] >= height[:-2]) & (height[1:-1] > height[2:]) & (height[1:-1] > _LOBE * height.max())
    )
    return 1 + int((np.cos(np.diff(np.angle(u[lobes]))) < 0.0).sum())


def _search(resonator: Resonator, tm: bool, boxes: Boxes, out: Census) -> int:
    """Add the poles in boxes to a census; returns how many there are."""
    number = _windings(resonator, tm, boxes)
    out.lost |= {int(l) for l in boxes.l[number < 0]}
    boxes, number = boxes.take(np.flatnonzero(number > 0)), number[number > 0]
    total = int(number.sum())
    while boxes.l.size:
        k = np.full(boxes.l.shape, np.nan + 0j)
        if (single := np.flatnonzero(number == 1)).size:
            alone = boxes.take(single)
            k[single] = resonator.newton(alone.centre, alone.l, np.full(single.shape, tm))
        inside = boxes.hold(k)
        out.poles += [
            (int(l), complex(value))
            for l, value in zip(boxes.l[inside], k[inside], strict=True)
            if value.real > -2.0 * LEAST_Q * value.imag
        ]
        small = boxes.x1 - boxes.x0 < _SMALLEST * boxes.x1
        out.lost |= {int(l) for l in boxes.l[small & ~inside]}
        rest = np.flatnonzero(~inside & ~small)
        boxes, number = _halves(resonator, tm, boxes.take(rest), number[rest], out)
    return total


def _halves(resonator: Resonator, tm: bool, boxes: Boxes, number: Array, out: Census) -> tuple[Boxes, Array]:
    """The halves of boxes that hold poles, and how many each holds."""
    parts: list[Boxes] = []
    counts: list[Array] = []
    todo = np.arange(boxes.l.size)
    for at in _CUTS:
        if not todo.size:
            break
        one, two = boxes.take(todo).cut(at)
        here, there = _windings(resonator, tm, one), _windings(resonator, tm, two)
        fits = (here >= 0) & (there >= 0) & (here + there == number[todo])
        for part, count in ((one, here), (two, there)):
            keep = np.flatnonzero(fits & (count > 0))
            parts.append(part.take(keep))
            counts.append(count[keep])
        todo = todo[~fits]
    out.lost |= {int(l) for l in boxes.l[todo]}
    if not parts:
        return boxes, number
    joined = [
        np.concatenate([getattr(part, name) for part in parts]) for name in ("l", "x0", "x1", "y0", "y1")
    ]
    return Boxes(*joined), np.concatenate(counts)


def _windings(resonator: Resonator, tm: bool, boxes: Boxes) -> NDArray[np.int64]:
    """Poles in each box; -1 where one lies on its edge."""
    if not boxes.l.size:
        return np.zeros(0, dtype=np.int64)
    corners = np.stack(
        [
            boxes.x0 + 1j * boxes.y0,
            boxes.x1 + 1j * boxes.y0,
            boxes.x1 + 1j * boxes.y1,
            boxes.x0 + 1j * boxes.y1,
            boxes.x0 + 1j * boxes.y0,
        ]
    )
    media = resonator.media.at(boxes.x1.max(keepdims=True))
    depths = np.diff(
        [0.0, *resonator.radii, resonator.radii[-1]]
    )  # of the layers; what the ambient adds is in the last
    rate = float(np.abs(np.sqrt(media.t[:, 0])) @ depths) + resonator.radii[-1]
    side = float(np.abs(np.diff(corners, axis=0)).max())
    points = 8 + int(min(side * rate / _TURN, 400.0))
    along = np.linspace(0.0, 1.0, points, endpoint=False)[:, None, None]
    path = (corners[:-1] + along * np.diff(corners, axis=0)).transpose(2, 1, 0).reshape(boxes.l.size, -1)
    owner = np.repeat(np.arange(boxes.l.size), path.shape[1] + 1)
    k = np.concatenate([path, path[:, :1]], axis=1).ravel()
    value = _mismatch(resonator, tm, k, boxes.l[owner])
    for _ in range(_ROUNDS):
        turns = np.angle(value[1:] * value[:-1].conj())
        fast = np.flatnonzero((owner[1:] == owner[:-1]) & ~(np.abs(turns) < _TURN))
        if not fast.size:
            break
        between = 0.5 * (k[fast] + k[fast + 1])
        value = np.insert(value, fast + 1, _mismatch(resonator, tm, between, boxes.l[owner[fast]]))
        k, owner = np.insert(k, fast + 1, between), np.insert(owner, fast + 1, owner[fast])
    same = owner[1:] == owner[:-1]
    turns = np.where(same, np.angle(value[1:] * value[:-1].conj()), 0.0)
    total = np.bincount(owner[1:], weights=turns, minlength=boxes.l.size) / (2.0 * np.pi)
    touched = np.bincount(owner[1:], weights=same & ~(np.abs(turns) < _TURN), minlength=boxes.l.size) > 0
    return np.where(touched | ~np.isfinite(total), -1, np.rint(np.nan_to_num(total))).astype(np.int64)


def _mismatch(resonator: Resonator, tm: bool, k: Array, l: Array) -> Array:
    """Phase factor of the mismatch at the outer radius, made analytic in k0 and in the permittivities.

    psi(kappa r) / kappa^(l + 1) has no branch at kappa = 0, and each w = u' / eps no pole at eps = 0 once multiplied by eps.
    """
    kinds = np.full(k.shape, tm)
    stack: Stack = resonator.stack(k, l, kinds, lossless=False)
    media = stack.media
    with np.errstate(all="ignore"):
        out = stack.outward()
        pair = bessel.complex_pair(l + 0.5, stack.kappa(-1) * resonator.radii[-1], outgoing=True)
        value = (
            out.u[-1] * weight_p(kinds, media, -1) * stack.kappa(-1) * pair.dx - out.w[-1] * pair.x
        ) / np.abs(pair.x)
        power = orders(l, kinds, media, 0).real + 0.5
        value = value * np.exp(-1j * power * np.angle(stack.kappa(0)))
        if tm:
            value = value * np.exp(1j * np.angle(media.t).sum(axis=0))
        value = value / np.abs(value)
    if not np.isfinite(value).any():
        raise SolveError("the waves in the layers overflow: the permittivities are beyond double precision")
    return np.asarray(value)
