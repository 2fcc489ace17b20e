"""Modes by what one calls them: "TE165", "TM q=2 l=150", or labels as keywords."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from femwgm.errors import ConfigError

if TYPE_CHECKING:
    from femwgm.modes.mode import Mode

POLARIZATIONS = ("TE", "TM")
_LABELS = ("pol", "q", "l", "m", "p")


def parse_label(label: str) -> dict[str, str | int]:
    """What a label says; a bare number is the polar degree.

    >>> parse_label("te165"), parse_label("TM q=2 m=150")
    ({'l': 165, 'pol': 'TE'}, {'q': 2, 'm': 150, 'pol': 'TM'})
    """
    found: dict[str, str | int] = {k: int(v) for k, v in re.findall(r"\b([qlmp])\s*=?\s*(\d+)", label)}
    if bare := re.match(r"\s*T[EM]\s*(\d+)\s*$", label, re.IGNORECASE):
        found["l"] = int(bare[1])
    if pol := re.match(r"\s*(TE|TM)", label, re.IGNORECASE):
        found["pol"] = pol[1].upper()
    return found


def named(modes: Sequence[Mode], label: str) -> Mode:
    """The one mode of a label; where several answer, the one of the lowest orders.

    Raises
    ------
    KeyError
        If none answers, or more than one; the message lists what there is.
    """
    wanted = parse_label(label)
    hits = _hits(modes, wanted) if wanted else []
    if not hits and re.fullmatch(r"\s*T[EM]\s*\d+\s*", label, re.IGNORECASE):
        hits = _hits(modes, {"pol": wanted["pol"], "m": wanted["l"]})
    if len(hits) > 1:
        hits = [mode for mode in hits if (mode.p, mode.q) == (0, 1)] or hits
    if len(hits) != 1:
        what = "no mode answers" if not hits else f"{len(hits)} modes answer"
        raise KeyError(f"{what} to {label!r}; there are {_list(mode.label for mode in modes)}")
    return hits[0]


def chosen(modes: Sequence[Mode], labels: Mapping[str, Any]) -> list[Mode]:
    """Modes whose attributes have the given values; a polarization is read in either case.

    Raises
    ------
    ConfigError
        If a keyword is no attribute of a mode, or a polarization neither TE nor TM.
    """
    wanted = dict(labels)
    for name in wanted:
        if modes and not hasattr(modes[0], name):
            near = difflib.get_close_matches(name, [*_LABELS, *dir(modes[0])], n=1)
            remedy = f"did you mean {near[0]}?" if near else f"choose among {', '.join(_LABELS)}"
            raise ConfigError("is not an attribute of a mode", key=f"sel({name}=...)", remedy=remedy)
    if isinstance(wanted.get("pol"), str):
        wanted["pol"] = wanted["pol"].upper()
        if wanted["pol"] not in POLARIZATIONS:
            raise ConfigError(
                "is no polarization", key="sel(pol=...)", value=labels["pol"], remedy="choose TE or TM"
            )
    return _hits(modes, wanted)


def _hits(modes: Iterable[Mode], wanted: Mapping[str, Any]) -> list[Mode]:
    return [mode for mode in modes if all(getattr(mode, name) == value for name, value in wanted.items())]


def _list(labels: Iterable[str], most: int = 6) -> str:
    names = list(labels)
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "") if names else "none"
