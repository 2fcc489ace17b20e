"""Outlines, their parallels, and the one line that each wrong profile gets."""

from __future__ import annotations

import numpy as np
import pytest

from femwgm.errors import GeometryError
from femwgm.geometry.curves import Arc, Line, Spline, arc
from femwgm.geometry.offset import grown
from femwgm.geometry.outline import Outline, closed_outline, polygon_outline
from femwgm.geometry.section import Piece, Section, Slab, Walls

SQUARE = [(2.0, -1.0), (4.0, -1.0), (4.0, 1.0), (2.0, 1.0), (2.0, -1.0)]


def area(outline: Outline) -> float:
    """By Green's theorem along densely sampled curves."""
    t = np.linspace(0.0, 1.0, 4001)
    total = 0.0
    for curve in outline.curves:
        r, z = curve.at(t).T
        total += np.sum(0.5 * (r[1:] + r[:-1]) * np.diff(z))
    return float(total)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([(2, -1), (4, -1), (2, 1), (4, 1), (2, -1)], "crosses itself"),
        ([(-1, -1), (4, -1), (4, 1), (-1, 1), (-1, -1)], r"negative radius \(r, z\) = \(-1, -1\) um"),
        ([(2, -1), (4, -1), (4, 1), (2, 1)], "open curve"),
        ([(0, -1), (4, -1), (4, 1), (2, 1)], "open curve"),
        ([(2, 0), (4, 0), (5, 0), (2, 0)], "zero thickness"),
        ([(2, -1), (4, -1), (4, -1), (2, 1), (2, -1)], "points 2 and 3 coincide"),
        ([(2, -1), (4, -1)], "give at least three"),
        ([(2, -1), (4, float("nan")), (4, 1), (2, -1)], "not finite"),
    ],
)
def test_wrong_profiles(points: list[tuple[float, float]], message: str) -> None:
    with pytest.raises(GeometryError, match=message) as caught:
        polygon_outline(points, "rim")
    assert "\n" not in str(caught.value)
    assert "'rim'" in str(caught.value)


def test_a_gap_between_curves() -> None:
    with pytest.raises(GeometryError, match=r"a gap of 0\.5 um between"):
        closed_outline([arc((0.0, 0.0), 2.0, -90, 0), Line((2.5, 0.0), (0.0, 2.0))], "dome")


def test_direction_does_not_matter() -> None:
    one, other = polygon_outline(SQUARE, "a"), polygon_outline(SQUARE[::-1], "a")
    assert area(one) == pytest.approx(4.0)
    assert area(other) == pytest.approx(4.0)


def test_closing_along_the_axis() -> None:
    ball = closed_outline([arc((0.0, 1.0), 3.0, -90, 90)], "ball")
    assert area(ball) == pytest.approx(4.5 * np.pi, rel=1e-6)
    assert not ball.corners()
    assert ball.contains(np.array([[2.9, 1.0], [3.1, 1.0], [0.1, 3.9], [0.1, -2.1]])).tolist() == [
        True,
        False,
        True,
        False,
    ]


def test_corners_and_their_turns() -> None:
    """A square turns by four right angles; a hollow turns the other way; the axis is no corner."""
    assert [round(np.degrees(turn)) for _, turn in polygon_outline(SQUARE, "a").corners()] == [90] * 4
    cup = [(0.0, 0.0), (3.0, 0.0), (3.0, 2.0), (2.0, 2.0), (2.0, 1.0), (0.0, 1.0)]
    turns = {point: round(np.degrees(turn)) for point, turn in polygon_outline(cup, "cup").corners()}
    assert turns == {(3.0, 0.0): 90, (3.0, 2.0): 90, (2.0, 2.0): 90, (2.0, 1.0): -90}


def test_steiner() -> None:
    """A convex outline off the axis grows by perimeter times thickness plus a full disc, on any shape."""
    t = 0.3
    square = grown(polygon_outline(SQUARE, "a"), t, "film")
    assert area(square) == pytest.approx(4.0 + 8.0 * t + np.pi * t * t, rel=1e-6)
    ellipse = closed_outline([Arc((5.0, 0.0), 2.0, 1.0, -np.pi, np.pi)], "e")
    from scipy.special import ellipe

    perimeter = 4.0 * 2.0 * ellipe(1.0 - 0.25)
    assert area(grown(ellipse, t, "film")) == pytest.approx(
        2.0 * np.pi + perimeter * t + np.pi * t * t, rel=1e-5
    )


def test_a_film_on_a_ball_is_a_shell() -> None:
    ball = closed_outline([arc((0.0, 0.0), 3.0, -90, 90)], "ball")
    assert area(grown(ball, 0.5, "film")) == pytest.approx(0.5 * np.pi * 3.5**2, rel=1e-6)


def test_hollow_corners_are_mitred() -> None:
    cup = [(0.0, 0.0), (3.0, 0.0), (3.0, 2.0), (2.0, 2.0), (2.0, 1.0), (0.0, 1.0)]
    t = 0.2
    # Sides of length 3, 2, 1, 1 and 2; three convex quarter circles; the hollow corner loses a square of side t.
    wanted = 4.0 + t * (3.0 + 2.0 + 1.0 + 1.0 + 2.0) + 3 * np.pi * t * t / 4 - t * t
    assert area(grown(polygon_outline(cup, "cup"), t, "film")) == pytest.approx(wanted, rel=1e-6)


def test_a_cone_is_rounded_at_its_tip() -> None:
    cone = polygon_outline([(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)], "cone")
    t = 0.1
    wanted = 0.5 + t * (1.0 + np.sqrt(2.0)) + np.radians(135) / 2 * t * t + np.radians(45) / 2 * t * t
    assert area(grown(cone, t, "film")) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("thickness", [0.0, -0.1])
def test_films_have_a_thickness(thickness: float) -> None:
    with pytest.raises(GeometryError, match="zero thickness"):
        grown(polygon_outline(SQUARE, "a"), thickness, "film")


def test_splines_meet_the_axis_at_right_angles() -> None:
    shape = Spline(((0.0, -1.0), (1.5, -0.8), (2.0, 0.0), (1.5, 0.8), (0.0, 1.0)), (1.0, 0.0), (-1.0, 0.0))
    ends = shape.tangent(np.array([0.0, 1.0]))
    assert ends == pytest.approx(np.array([[1.0, 0.0], [-1.0, 0.0]]), abs=1e-12)
    assert shape.reversed().at(np.array([0.25])) == pytest.approx(shape.at(np.array([0.75])))


def test_the_first_part_wins() -> None:
    ball = Piece("ball", closed_outline([arc((0.0, 0.0), 2.0, -90, 90)], "ball"))
    section = Section((ball, Slab("floor", -5.0, -1.0)), "air", 2.0)
    points = np.array([[0.5, -1.5], [2.5, -1.5], [2.5, 0.0], [0.5, 0.5], [1.0, -6.0]])
    assert [section.regions[i] for i in section.region_at(points)] == ["ball", "floor", "air", "ball", "air"]


def test_mirror_symmetry_is_seen() -> None:
    ball = Piece("ball", closed_outline([arc((0.0, 0.0), 2.0, -90, 90)], "ball"))
    lifted = Piece("ball", closed_outline([arc((0.0, 1e-4), 2.0, -90, 90)], "ball"))
    assert Section((ball,), "air", 2.0).symmetric
    assert not Section((lifted,), "air", 2.0).symmetric
    assert not Section((ball, Slab("floor", -5.0, -3.0)), "air", 2.0).symmetric
    assert not Section((ball,), "air", 2.0, Walls(3.0, -2.5, 2.6)).symmetric
