"""Families of modes on one mesh: same labels, many azimuthal orders, one reduced basis for each discretisation asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from femwgm.eigen.reduced import LEAST_MEMBERS, Member, Permittivities, ReducedBasis, ReducedFamily, Snapshot
from femwgm.fem.problem import MeridianProblem
from femwgm.ground.expected import Expected
from femwgm.ground.typing import Array

Solver = Callable[[Expected, complex, Array | None], Snapshot]
"""Solves a mode at full size near a wavenumber, from a start vector or None."""


_SHARP = 0.01
"""|Im k0| / Re k0 below which modes have reduced bases."""


class Families:
    """The modes expected on a mesh, grouped into families; reduced bases are made when first needed.

    Parameters
    ----------
    expected
        All modes that will be asked for. Those of low Q are solved for by themselves: beside the states of an absorbing layer no
        small basis follows them.
    """

    def __init__(self, expected: Sequence[Expected]) -> None:
        self._expected: dict[tuple[str, int, int], list[Expected]] = {}
        self._made: dict[tuple[Any, ...], ReducedFamily] = {}
        self.expect(expected)

    def expect(self, more: Sequence[Expected]) -> None:
        """Take in more modes, of families that none was asked for yet."""
        for item in more:
            if abs(complex(item.k0).imag) < _SHARP * complex(item.k0).real:
                self._expected.setdefault((item.pol, item.q, item.p), []).append(item)

    def find(
        self,
        problem: MeridianProblem,
        item: Expected,
        degree: int,
        mirror: str | None,
        outer: str,
        snapshot: Solver,
    ) -> tuple[complex, Array, float] | None:
        """Wavenumber, eigenvector and residual of a mode from its family's basis; None where it must be solved by itself."""
        label = (item.pol, item.q, item.p)
        members = [e for e in self._expected.get(label, []) if e.m != 0]
        if len(members) < LEAST_MEMBERS or item not in members or item.m == 0:
            return None
        key = (id(problem), degree, mirror, outer, *label)
        if key not in self._made:
            self._made[key] = _train(problem, members, degree, mirror, outer, snapshot)
        return self._made[key].solve(item.m)


def _train(
    problem: MeridianProblem,
    members: Sequence[Expected],
    degree: int,
    mirror: str | None,
    outer: str,
    snapshot: Solver,
) -> ReducedFamily:
    classes = problem.mesh.region if problem.mesh.medium is None else problem.mesh.medium
    first = np.array([int(np.flatnonzero(classes == i)[0]) for i in range(int(classes.max()) + 1)])
    by_order = {e.m: e for e in members}

    def permittivities(k: complex) -> Permittivities:
        media = problem.media(k)
        return Permittivities(media.eps[first], None if media.eps_axial is None else media.eps_axial[first])

    def solve(member: Member, k: complex, start: Array | None) -> Snapshot:
        return snapshot(by_order[member.m], k, start)

    real = not problem.open and not any(problem.lossy(e.k0) for e in members)
    wanted = [Member(e.m, complex(e.k0.real) if real else e.k0) for e in members]
    basis = ReducedBasis(
        problem.matrices(degree), problem.numbering(degree, members[0].m, mirror, outer), classes
    )
    return ReducedFamily(basis, wanted, permittivities, solve)
