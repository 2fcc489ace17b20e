"""Names and leaders in pictures: within their region, beside each other, never across one another."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from matplotlib.transforms import Bbox

from femwgm.views.fields.outlines import Outline
from femwgm.views.figures.domain import _cross, _labels
from femwgm.views.figures.naming import write_names
from femwgm.views.figures.style import look, new_figure


def picture(widths: list[float], names: list[str], where: str, taken=None):
    """Upright strips of some widths in a picture of 10 by 10 um; names written, laid out and measured (um)."""
    pixel = 10.0 / 200
    r = z = (np.arange(200) + 0.5) * pixel
    found = np.tile(np.searchsorted(np.cumsum(widths), r), (200, 1))
    with look():
        figure = new_figure(3.0, 3.0)
        ax = figure.add_subplot()
        ax.set(xlim=(0, 10), ylim=(0, 10), aspect="equal", xlabel="r", ylabel="z")
        left_out = write_names(ax, r, z, found, names, where=where, taken=taken)
        figure.canvas.draw()
        boxes = {t.get_text(): t.get_window_extent().transformed(ax.transData.inverted()) for t in ax.texts}
    return boxes, left_out


@pytest.mark.parametrize("where", ["deepest", "lowest", "highest"])
def test_names_stay_in_their_regions(where: str) -> None:
    names = ["a wide core", "shell", "x", "surrounding air"]
    boxes, left_out = picture([5.0, 0.8, 0.1, 4.1], names, where)
    assert left_out == ["x"]
    for name, (lo, hi) in {
        "a wide core": (0, 5.0),
        "shell": (5.0, 5.8),
        "surrounding air": (5.9, 10),
    }.items():
        assert boxes[name].x0 > lo
        assert boxes[name].x1 < hi
    assert boxes["shell"].height > boxes["shell"].width
    assert boxes["a wide core"].height < boxes["a wide core"].width
    assert not any(Bbox.intersection(a, b) for a, b in combinations(boxes.values(), 2))


def test_names_leave_the_field_free() -> None:
    taken = np.zeros((200, 200), dtype=bool)
    taken[:120, :80] = True
    boxes, _ = picture([5.0, 5.0], ["body", "air"], "lowest", taken)
    assert boxes["body"].y0 > 6.0 or boxes["body"].x0 > 4.0
    assert boxes["air"].y1 < 1.5


def test_leaders_do_not_cross() -> None:
    """Two balls listed from below upwards, as a stack is: their labels change places."""
    beta = np.linspace(-0.5 * np.pi, 0.5 * np.pi, 181)
    balls = [Outline(name, np.cos(beta), np.sin(beta) + at) for name, at in (("lower", -1.1), ("upper", 1.1))]
    slots = np.array([1.6, 0.0, -1.6])
    found = _labels(balls, ("lower", "upper", "air"), slots, 2.4, 0.0)
    assert found["upper"][1] > found["lower"][1]
    leaders = [(target, (2.8, y)) for target, y in found.values()]
    assert not any(_cross(*a, *b) for a, b in combinations(leaders, 2))
    for name, at in (("lower", -1.1), ("upper", 1.1)):
        r, z = found[name][0]
        assert np.hypot(r, z - at) < 0.97
