"""The optional direct solver agrees with the one that is always there."""

from __future__ import annotations

import numpy as np
import pytest

from femwgm.fem import condense, sparse
from femwgm.fem.assemble import assemble
from femwgm.fem.condense import FactoredPencil, Numbering
from femwgm.fem.spaces import Space
from femwgm.mesh.polar import PolarPlan, build_polar

needs_pardiso = pytest.mark.skipif(not sparse.pardiso_installed(), reason="needs the extra `fast`")


def cell_matrices(shift: complex) -> tuple[Numbering, np.ndarray]:
    radii = tuple(np.linspace(2.0, 3.0, 7))
    mesh = build_polar(PolarPlan(radii, ("core",) * 6, tuple(np.linspace(0.0, 0.9, 6)), 4))
    space = Space(mesh, 3)
    matrices = assemble(space)
    numbering = Numbering(space, space.fixed(20, ["outer"]))
    return numbering, matrices.stiffness(20) - shift * matrices.mass(np.ones(mesh.cells))


@needs_pardiso
@pytest.mark.parametrize("shift", [70.3, 70.3 + 0.4j])
def test_both_solvers_agree(monkeypatch: pytest.MonkeyPatch, shift: complex) -> None:
    numbering, A = cell_matrices(shift)
    b = np.random.default_rng(1).standard_normal((numbering.size, 3))
    monkeypatch.setattr(condense, "DENSE_SKELETON", 0)
    without = FactoredPencil(numbering, A).solve(b)
    monkeypatch.setattr(condense, "WORTHWHILE", 0)
    fast = FactoredPencil(numbering, A).solve(b)
    assert np.allclose(fast, without, rtol=1e-9, atol=1e-9 * np.abs(without).max())
    assert np.allclose(numbering.apply(A, fast), b, atol=1e-8)


def test_without_the_extra_large_skeletons_go_their_usual_way(monkeypatch: pytest.MonkeyPatch) -> None:
    numbering, A = cell_matrices(70.3)
    b = np.ones((numbering.size, 1))
    monkeypatch.setattr(condense, "DENSE_SKELETON", 0)
    monkeypatch.setattr(condense, "WORTHWHILE", 0)
    monkeypatch.setattr(condense, "pardiso_installed", lambda: False)
    x = FactoredPencil(numbering, A).solve(b)
    assert np.allclose(numbering.apply(A, x), b, atol=1e-8)
