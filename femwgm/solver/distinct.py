"""Whether the rows of a table are different modes, and all that were expected: by overlap, not by label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from femwgm.fem.problem import MeridianProblem
from femwgm.ground.expected import Expected
from femwgm.modes.mode import Mode
from femwgm.solver.neighbours import SAME, overlap

_NEAR = 1e-3
"""Relative distance of wavenumbers within which two rows may be one mode."""
_OFF = 10.0
"""Distance from an exact wavenumber, over the stated error, at which the row is not believed."""


def distinct(problem: MeridianProblem | None, modes: Sequence[Mode]) -> tuple[list[Mode], list[str]]:
    """The modes without those that another row holds already, and a line on each of these.

    A row far off its exact wavenumber, more than its stated error explains, is kept and marked.
    """
    kept: list[Mode] = []
    lines = []
    for mode in modes:
        near = [o for o in kept if o.m == mode.m and abs(o.k0.real / mode.k0.real - 1.0) < _NEAR]
        twin = next((o for o in near if problem is not None and _overlap(problem, mode, o) > SAME), None)
        if twin is not None:
            lines.append(
                f"{mode.label}: what was found there is {twin.label} once more; {mode.label} is missing"
            )
            continue
        kept.append(against_the_exact(mode))
    return kept, lines


def _overlap(problem: MeridianProblem, mode: Mode, other: Mode) -> float:
    one, two = mode.field_data, other.field_data
    return 0.0 if one is None or two is None else overlap(problem, one, two)


def against_the_exact(mode: Mode) -> Mode:
    """A mode far off its exact wavenumber, if there is one, has missed its accuracy, and that distance for an error."""
    if mode.expected_k0 is None:
        return mode
    off = abs(mode.k0.real / mode.expected_k0.real - 1.0)
    believed = off <= _OFF * (mode.wavelength_error or 0.0) + 1e-12
    return mode if believed else replace(mode, met=False, wavelength_error=off)


def missing(expected: Sequence[Expected], modes: Sequence[Mode], window: tuple[float, float]) -> list[str]:
    """A line on each mode of an exact list that lies in the window (um) and has no row."""
    lo, hi = window
    rows = {(mode.pol, mode.q, mode.l, mode.m) for mode in modes}
    return [
        f"{e.pol} q={e.q} l={e.l} m={e.m}: expected at {2e3 * np.pi / e.k0.real:.6f} nm and missing"
        for e in expected
        if (e.pol, e.q, e.l, e.m) not in rows and lo <= 2.0 * np.pi / e.k0.real <= hi
    ]
