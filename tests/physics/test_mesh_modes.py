"""The small interface below the configuration: modes on a mesh of one's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import spherical_jn

import femwgm
from femwgm.errors import MeshError

BALL = Path(__file__).resolve().parents[2] / "meshes" / "ball.msh"


def test_a_ball_in_metal() -> None:
    """TE modes where j_l(n k) = 0, TM modes where (x j_l(x))' = 0 at x = n k; the cubic arcs of the mesh are off by 5e-5."""
    problem = femwgm.mesh_problem(BALL, {"ball": 1.5}, walls=["outer"])
    found = {m.label: 3e3 * np.pi / m.wavelength_nm for m in femwgm.mesh_modes(problem, 1, (2000.0, 4000.0))}
    exact = {
        "TE q=1 l=1 m=1": brentq(lambda x: spherical_jn(1, x), 4.0, 5.0),
        "TM q=1 l=1 m=1": brentq(lambda x: spherical_jn(1, x) + x * spherical_jn(1, x, True), 2.0, 3.0),
        "TM q=1 l=2 m=1": brentq(lambda x: spherical_jn(2, x) + x * spherical_jn(2, x, True), 3.0, 4.5),
    }
    assert found == pytest.approx(exact, rel=1e-4)


def test_the_weak_form_is_at_hand() -> None:
    """A mode's field makes the quotient of both sides of the weak form its wavenumber squared."""
    problem = femwgm.mesh_problem(BALL, {"ball": 1.5}, walls=["outer"])
    mode = femwgm.mesh_modes(problem, 1, (3000.0, 4000.0))[0]
    matrices = problem.matrices(mode.field_data.space.degree)
    x = mode.field_data.coefficients * mode.field_data.space.signs
    top = np.einsum("ei,eij,ej->", x, matrices.stiffness(1), x)
    bottom = np.einsum("ei,eij,ej->", x, matrices.mass(problem.media(mode.k0).eps), x)
    assert top / bottom == pytest.approx(mode.k0.real**2, rel=1e-9)


def test_a_region_without_a_medium_is_named() -> None:
    with pytest.raises(MeshError, match="'ball' of the mesh has no medium"):
        femwgm.mesh_problem(BALL, {"glass": 1.5})
