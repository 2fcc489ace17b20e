"""Whether the rows of a table are different modes, and all that were expected: by overlap, not by label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from femwgm.fem.assemble import gauss_points
from femwgm.fem.problem import MeridianProblem
from femwgm.ground.expected import Expected
from femwgm.modes.mode import Mode
from femwgm.observables.peak import outside_layer

_NEAR = 1e-3
"""Relative distance of wavenumbers within which two rows may be one mode."""
_SAME = 0.7
"""Overlap from which they are: 0 for two modes, 1 for one; coarse elements mix neighbours, which leaves orthogonal ones so."""
_OFF = 10.0
"""Distance from an exact wavenumber, over the stated error, at which the row is not believed."""


def overlap(problem: MeridianProblem, one: Mode, other: Mode) -> float:
    """|<a, b>| / sqrt(|<a, a>| |<b, b>|) with the bilinear product int eps (E_r E_r' + E_z E_z' - E_phi E_phi') dV of order m.

    It vanishes for two modes of one problem with different wavenumbers, the absorbing layer aside (Sauvan et al., Phys. Rev.
    Lett. 110, 237401 (2013)).
    """
    fields = [mode.field_data for mode in (one, other)]
    if one.m != other.m or fields[0] is None or fields[1] is None or fields[0].mirror != fields[1].mirror:
        return 0.0
    mesh = problem.mesh
    points, weights = gauss_points(mesh.corners, max(f.space.degree for f in fields if f is not None) + 2)
    cells = outside_layer(mesh)
    eps = problem.media(complex(one.k0.real)).eps[cells][:, None]
    E, values = [], []
    for data in fields:
        assert data is not None
        value, x = data.electric(points, cells, keep=True)
        E.append(value)
    measure = eps * x[0] * fields[0].determinant(points, cells) * weights
    for a, b in ((0, 1), (0, 0), (1, 1)):
        product = E[a][0] * E[b][0] + E[a][2] * E[b][2] - E[a][1] * E[b][1]
        values.append(abs((measure * product).sum()))
    return float(values[0] / np.sqrt(values[1] * values[2]))


def distinct(problem: MeridianProblem | None, modes: Sequence[Mode]) -> tuple[list[Mode], list[str]]:
    """The modes without those that another row holds already, and a line on each of these.

    A row far off its exact wavenumber, more than its stated error explains, is kept and marked.
    """
    kept: list[Mode] = []
    lines = []
    for mode in modes:
        near = [o for o in kept if o.m == mode.m and abs(o.k0.real / mode.k0.real - 1.0) < _NEAR]
        twin = next((o for o in near if problem is not None and overlap(problem, mode, o) > _SAME), None)
        if twin is not None:
            lines.append(
                f"{mode.label}: what was found there is {twin.label} once more; {mode.label} is missing"
            )
            continue
        kept.append(against_the_exact(mode))
    return kept, lines


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
