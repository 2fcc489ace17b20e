"""Which mode of which single sphere a mode of the stack resembles: its largest part by sphere, polarization and degree."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from femwgm.analytic.multipoles import StackMode
from femwgm.ground.expected import Expected
from femwgm.ground.typing import Array
from femwgm.stacks.domain import Ball

_LEAST_PART = 0.2
"""Share of the energy inside the spheres that the modes asked for must make up together."""


@dataclass(frozen=True)
class Label:
    """The sphere whose mode it resembles most, that mode, and its share of the energy inside that sphere."""

    ball: int
    single: Expected
    weight: float


def resembles(
    balls: Sequence[Ball], m: int
) -> Callable[[complex, list[list[Array]], tuple[bool, ...]], bool]:
    """Whether a mode of order m is made, by a fifth at least, of modes that the single spheres were asked for."""

    def wanted(_: complex, channels: list[list[Array]], polarizations: tuple[bool, ...]) -> bool:
        parts = _parts(channels, polarizations, balls, m)
        return sum({(ball, e.pol, e.l): weight for weight, ball, e in parts}.values()) >= _LEAST_PART

    return wanted


def label(mode: StackMode, balls: Sequence[Ball]) -> Label:
    """The label of a mode that `resembles` accepted."""
    found = list(_parts(mode.channels, mode.system.polarizations, balls, mode.m))
    weight, ball, single = max(found, key=lambda part: (part[0], -abs(part[2].k0 - mode.k0)))
    return Label(ball, single, weight / sum(float(parts[ball].sum()) for parts in mode.channels))


def _parts(
    channels: list[list[Array]], polarizations: Sequence[bool], balls: Sequence[Ball], m: int
) -> Iterator[tuple[float, int, Expected]]:
    """Weight of each mode of each sphere that was asked for."""
    for tm, parts in zip(polarizations, channels, strict=True):
        for number, (ball, part) in enumerate(zip(balls, parts, strict=True)):
            for single in ball.modes:
                place = single.l - max(m, 1)
                if (single.pol == "TM") == tm and 0 <= place < len(part):
                    yield float(part[place]), number, single
