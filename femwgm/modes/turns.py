"""How often a function on a line turns round between its lobes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from femwgm.ground.typing import Array

UNSURE = 0.2
"""Confidence below which a label neither admits nor excludes a mode."""


@dataclass(frozen=True)
class Turns:
    """How often a function turns round between its lobes.

    Attributes
    ----------
    count
        How often.
    sure
        From 0 to 1: how distinct the lobes are, and how clear the turns.
    least, most
        The count if every turn that is unclear were none, and if each were one.
    lobes
        Index of the middle of each lobe on the line.
    """

    count: int
    sure: float
    least: int
    most: int
    lobes: tuple[int, ...] = field(default=(), repr=False, compare=False)

    def mirrored(self, odd: bool) -> Turns:
        """The same of a function that a plane continues, odd or even."""
        count, least, most = (2 * number + odd for number in (self.count, self.least, self.most))
        return Turns(count, self.sure, least, most)


def turns(u: Array, threshold: float, rival: Array | None = None) -> Turns:
    """Turns between the lobes of complex functions (functions, points), taken as one vector.

    A lobe is a maximum of |u| above the threshold; its sign is its phase. The field of a leaky mode has no zeros, its phase turns
    instead: two lobes count as opposite when they are more than a right angle apart, and what follows the last lobe counts for
    nothing. Of two functions the direction may turn as well: by more than 60 degrees it is another order of either. Unsure are
    lobes that barely stand above the threshold, and turns near that angle. Lobes below a rival function (points,) do not count.
    """
    size = np.linalg.norm(u, axis=0)
    padded = np.r_[-1.0, size, -1.0]
    lobes = np.flatnonzero((size >= padded[:-2]) & (size > padded[2:]) & (size > threshold * size.max()))
    if rival is not None:
        lobes = lobes[rival[lobes] <= size[lobes]]
    if not len(lobes):
        return Turns(
            0, 0.0, 0, u.shape[1]
        )  # no field there to count the lobes of: the label is a guess, and says so
    directions = u[:, lobes] / size[lobes]
    cosines = (directions[:, :-1].conj() * directions[:, 1:]).sum(axis=0).real
    clear = cosines if len(u) == 1 else np.clip(2.0 * cosines - 1.0, -1.0, 1.0)
    weakest = float(size[lobes].min() / (threshold * size.max()))
    sure = float(min(1.0, 0.5 * weakest, *np.abs(clear)))
    count, least, most = (int((clear < limit).sum()) for limit in (0.0, -UNSURE, UNSURE))
    return Turns(count, sure, least, most, tuple(lobes.tolist()))
