"""What a report consists of: sections of rows that set a published number beside ours, and figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Verdict = Literal["reproduced", "with a condition", "differs", "not reproducible", "ours only"]


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes
    ----------
    what
        The quantity.
    published, ours
        Both values, in words with units.
    measure
        How ours is defined.
    assumption
        What it rests on.
    verdict
        In a word.
    runs
        Configurations it comes from.
    values
        Our numbers by name, for whoever reads the table by machine.
    known
        How well ours is known: its estimated error, or the second way by which it was computed.
    """

    what: str
    published: str
    ours: str
    measure: str
    assumption: str
    verdict: Verdict
    runs: Sequence[str] = ()
    values: tuple[tuple[str, float], ...] = ()
    known: str = ""


@dataclass(frozen=True)
class Picture:
    """A figure with its caption; drawn when the page is."""

    draw: Callable[[], Any]
    caption: str
    kind: str = "svg"


@dataclass(frozen=True)
class Section:
    """A part of the report.

    Attributes
    ----------
    title, text
        Heading and paragraphs.
    rows
        Comparisons.
    pictures
        Figures.
    table
        A plain table: heading row first.
    """

    title: str
    text: Sequence[str] = ()
    rows: Sequence[Row] = ()
    pictures: Sequence[Picture] = ()
    table: Sequence[Sequence[Any]] = ()
