"""A sweep as seen from a terminal: points, rate, time left; what failed; where two modes meet."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from femwgm.cli.screen import progress_bar
from femwgm.cli.tables import console
from femwgm.config import RunConfig
from femwgm.errors import SolveError

_EVERY_S = 30.0
"""Seconds between lines where there is no terminal to draw a bar on."""
_SHOWN = 5
"""Failed points that are named."""


def sweep_into(
    config: RunConfig, out: Path, *, workers: int | None, scheduler: str | None, solve: bool, quiet: bool,
    formats: Sequence[str] = (),
) -> None:  # fmt: skip
    """Sweep into a folder, draw its figures, and say what came of it.

    Raises
    ------
    SolveError
        At the end, when points failed or miss the accuracy asked for.
    """
    from femwgm.sweeps import run_sweep

    begin = time.perf_counter()
    with progress_bar(quiet, _Pace().words) as bar:
        progress = bar if quiet or console(stderr=True).is_terminal else _Lines()
        result = run_sweep(config, out, workers=workers, scheduler=scheduler, progress=progress, solve=solve)
    figures = _figures(config, result, out, formats)
    if not quiet:
        _tell(result, time.perf_counter() - begin, figures)
    missed = result.points - result.done
    if missed:
        raise SolveError(
            f"{missed} of {result.points} points have no result; the reasons are in {out / 'sweep.csv'}"
        )
    if result.inaccurate:
        raise SolveError(
            f"{result.inaccurate} of {result.points} points miss the accuracy asked for; the best values are kept and marked"
        )


def _figures(config: RunConfig, result: Any, out: Path, formats: Sequence[str]) -> list[Path]:
    wanted = dict.fromkeys([*(["png"] if config.outputs.plots else []), *formats])
    if not wanted or not result.done:
        return []
    from femwgm.views.figures.sweeps import write_sweep_plots

    return write_sweep_plots(result, out / "plots", list(wanted))


def _tell(result: Any, seconds: float, figures: list[Path]) -> None:
    screen = console()
    old = result.done - result.solved_now + result.failed
    kept = (
        f", {old} were there"
        if 0 < old < result.points
        else ", all were there"
        if old >= result.points
        else ""
    )
    screen.print(
        f"{result.done} of {result.points} points solved in {seconds:.1f} s{kept}: {result.path / 'sweep.csv'}"
    )
    for figure in figures:
        screen.print(f"figure: {figure}")
    meetings = result.crossings
    for _, row in meetings.head(_SHOWN).iterrows():
        gap = f"; fitted gap {row['gap_nm']:.3g} nm" if row["kind"] == "avoided" else ""
        screen.print(
            f"{row['kind']} at {result.follow} = {row['at']:.4g}: {row['first']} and {row['second']}{gap}"
        )
    if len(meetings) > _SHOWN:
        screen.print(f"{len(meetings) - _SHOWN} more meetings of modes in {result.path / 'crossings.csv'}")
    for values, reason in result.reasons[:_SHOWN] if result.failed else ():
        place = ", ".join(f"{name} = {value}" for name, value in values.items())
        print(f"femwgm: failed at {place}: {reason}", file=sys.stderr)


class _Pace:
    """Rate and time left, from the points solved since this call began."""

    def __init__(self) -> None:
        self.start: tuple[float, int] | None = None

    def words(self, what: str, done: int, total: int) -> str:
        if what != "solving":
            return ""
        now = time.monotonic()
        if self.start is None:
            self.start = now, done
        begin, before = self.start
        if done == before or now <= begin:
            return ""
        rate = (done - before) / (now - begin)
        return f"{_rate(rate)}, {_duration((total - done) / rate)} left"


class _Lines:
    """Progress for a log file."""

    def __init__(self) -> None:
        self.pace, self.said = _Pace(), time.monotonic()

    def __call__(self, what: str, done: int, total: int | None) -> None:
        words = self.pace.words(what, done, total or 0)
        if words and time.monotonic() - self.said >= _EVERY_S:
            self.said = time.monotonic()
            print(f"{done} of {total} points, {words}", file=sys.stderr, flush=True)


def _rate(per_second: float) -> str:
    """A rate as people say it.

    >>> _rate(12.34), _rate(0.2), _rate(0.001)
    ('12.3 points/s', '12.0 points/min', '3.6 points/h')
    """
    for factor, unit in ((1.0, "s"), (60.0, "min")):
        if per_second * factor >= 1.0:
            return f"{per_second * factor:.1f} points/{unit}"
    return f"{per_second * 3600.0:.1f} points/h"


def _duration(seconds: float) -> str:
    """A duration in at most two units.

    >>> _duration(7.2), _duration(135.0), _duration(9000.0), _duration(200000.0)
    ('7 s', '2 min 15 s', '2 h 30 min', '2 d 7 h')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"
