"""The lines that say that a window holds no mode of the kind asked for, or more of them than are allowed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

from femwgm.config.schema import RunConfig
from femwgm.errors import ConfigError

if TYPE_CHECKING:
    from femwgm.ground.expected import Expected
    from femwgm.modes.mode import Mode

Kind = tuple[str, int | None, int | None]
"""Polarization, radial and polar order; None stands for any."""
Labelled: TypeAlias = "Mode | Expected"


def kinds_of(modes: Iterable[Labelled]) -> set[Kind]:
    """Polarizations, radial and polar orders of modes."""
    return {(mode.pol, mode.q, None if mode.l is None else mode.l - mode.m) for mode in modes}


def absent(config: RunConfig, there: Collection[Kind], reason: Callable[[Kind], str]) -> list[str]:
    """A line with the reason for each kind of mode that was asked for and is not there, polar orders of one reason together."""
    asked = config.modes
    kinds = product(asked.polarizations, asked.radial_orders or (None,), asked.polar_orders or (None,))
    together: dict[tuple[str, int | None, str], list[int]] = {}
    for pol, q, p in kinds:
        if not any(pol == a and q in (None, b) and p in (None, c) for a, b, c in there):
            together.setdefault((pol, q, reason((pol, q, p))), []).extend([] if p is None else [p])
    return [f"no {named(pol, q, *p)}: {why}" for (pol, q, why), p in together.items()]


def named(pol: str, q: int | None, *p: int) -> str:
    """A kind of mode in words."""
    return pol + ("" if q is None else f" q={q}") + (f" p={', '.join(map(str, p))}" if p else "")


def no_mode(
    config: RunConfig, remedy: str = "widen it", rule: str = "of the requested kind lies"
) -> ConfigError:
    """The error for a window without modes; `rule` says which kind of mode, and how it is not there."""
    lo, hi = config.modes.window_um
    digits = 6 if hi > lo * (1.0 + 1e-5) else 15
    window = [f"{end * 1e3:.{digits}g} nm" for end in (lo, hi)]
    return ConfigError(f"no mode {rule} in the window", key="modes.window", value=window, remedy=remedy)


def refuse_too_many(number: int, config: RunConfig) -> None:
    """Refuse to solve for more modes than the configuration allows.

    Raises
    ------
    ConfigError
        If there are more.
    """
    limit = config.modes.limit
    if limit is not None and number > limit:
        raise ConfigError(
            f"{number} modes of the requested kind lie in the window", key="modes.limit", value=limit,
            remedy="raise the limit, narrow the window or ask for fewer orders",
        )  # fmt: skip
