"""The outer outline of films on a body, as thick everywhere or by latitude."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from femwgm.geometry.offset import dressed, grown
from femwgm.geometry.outline import Outline
from femwgm.ground.cubics import monotone
from femwgm.ground.typing import RealArray


def coated(outline: Outline, coatings: Sequence[Any]) -> Outline:
    """The outer outline of the last of some films."""
    name = coatings[-1].name
    if not any(coating.shares for coating in coatings):
        return grown(outline, sum(coating.thickness_um for coating in coatings), name)

    def thickness(latitude: RealArray) -> RealArray:
        total = np.zeros_like(latitude)
        for coating in coatings:
            total += coating.thickness_um * (
                _interpolated(coating.shares, latitude) if coating.shares else 1.0
            )
        return total

    return dressed(outline, thickness, name)


def _interpolated(shares: Sequence[tuple[float, float]], latitude: RealArray) -> RealArray:
    """Shares between those given: monotone from one to the next, without a jump in slope."""
    south = [
        (-180.0 - degree, share) for degree, share in shares[1:2]
    ]  # over a pole the film comes down as it went up
    north = [(180.0 - degree, share) for degree, share in shares[-2:-1]]
    degrees, values = zip(*south, *shares, *north, strict=True)
    return monotone(np.radians(degrees), values)(latitude)
