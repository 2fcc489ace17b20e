"""The small interface below the configuration: modes on a mesh of one's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import spherical_jn

import femwgm
from femwgm.errors import ConfigError, MaterialError, MeshError

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


@pytest.mark.parametrize(
    ("media", "options", "said"),
    [
        ({"ball": 1.5, "gold": 0.2}, {}, "no region 'gold'"),
        ({"ball": 1.5}, {"ambient": "air"}, "ambient 'air'"),
        ({"ball": 1.5}, {"walls": ["rim"]}, "no boundary 'rim'"),
        ({"ball": 0.0}, {}, "no finite number"),
        ({"ball": float("nan")}, {}, "no finite number"),
        ({"ball": "glass"}, {}, "no finite number"),
    ],
)
def test_what_the_mesh_does_not_have_is_named(
    media: dict[str, complex], options: dict[str, str], said: str
) -> None:
    with pytest.raises((MeshError, MaterialError), match=said):
        femwgm.mesh_problem(BALL, media, **options)


@pytest.mark.parametrize(
    ("m", "window"), [(-3, (900, 950)), (12.5, (900, 950)), (1, (900, 900)), (1, (0.0, 900))]
)
def test_orders_and_windows_that_are_none(m: int, window: tuple[float, float]) -> None:
    problem = femwgm.mesh_problem(BALL, {"ball": 1.5}, walls=["outer"])
    with pytest.raises(ConfigError, match=r"whole number|two different"):
        femwgm.mesh_modes(problem, m, window)
