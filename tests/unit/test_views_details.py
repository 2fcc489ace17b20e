"""Details that a demanding reader minds: what is named, measured, tied and said."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from support.pictures import small_view

from femwgm.cli import main
from femwgm.errors import ConfigError
from femwgm.views.figures.losses import budget
from femwgm.views.figures.pages import comb_figure
from femwgm.views.figures.plane import meridian
from femwgm.views.figures.style import formats_of, new_figure
from femwgm.views.files.outputs import write_figures
from femwgm.views.report.prose import completeness, limits
from femwgm.views.space.measure import Lens, measured


def texts(ax) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_every_layer_is_named_in_the_meridian_plane() -> None:
    ax = new_figure(3.4, 3.0).add_subplot()
    meridian(small_view().modes[0], ax)
    assert {"core", "shell", "air"} <= set(texts(ax))


def test_irrelevant_radiation_is_words_and_no_bar_of_44_decades() -> None:
    ax = new_figure().add_subplot()
    budget(small_view().modes[0], ax)
    assert not ax.patches
    assert "no other loss is configured" in texts(ax)[0]
    said = limits(small_view().modes[0])
    assert "limited by radiation" not in said
    assert "limits nothing" in said


def test_the_proof_of_completeness_is_on_the_page() -> None:
    assert completeness(small_view()).startswith(
        "No mode is missing: the inertia of the shifted matrices counts 2 eigenvalues"
    )


def test_figures_come_as_vectors_on_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # One page stands for all: each of them as PNG, and that of a mode as SVG, have tests of their own.
    monkeypatch.setattr(
        "femwgm.views.files.outputs._pages", lambda run: [("comb", partial(comb_figure, run))]
    )
    written = write_figures(small_view(), tmp_path, formats=("svg",))
    assert {path.suffix for path in written} == {".svg"}
    assert all(path.stat().st_size > 1000 for path in written)
    assert formats_of(["pdf,SVG", "pdf"]) == ("pdf", "svg")
    with pytest.raises(ConfigError, match="choose pdf"):
        formats_of(["bmp"])
    with pytest.raises(SystemExit) as leave:
        main(["report", str(tmp_path), "--figures", "bmp"])
    assert leave.value.code == 2


def test_the_scale_is_as_long_as_it_says() -> None:
    """A camera that sees 50 um in 500 pixels: a scale of 5 um is 50 pixels, and the frame is where the close-up looks."""
    up = np.array([0.0, 0.0, 1.0])
    whole = Lens(np.array([100.0, 0.0, 0.0]), np.zeros(3), up, 0.25, 500)
    near = Lens(np.array([20.0, 5.0, -3.0]), np.array([0.0, 5.0, -3.0]), up, 0.25, 500)
    first, second = measured([np.full((500, 500, 3), 200, dtype=np.uint8)] * 2, [whole, near])
    dark = first.min(axis=2) < 60
    bar = dark[484]
    assert bar.sum() == pytest.approx(51, abs=1)
    frame = np.argwhere(dark[:450])
    rows, columns = frame[:, 0], frame[:, 1]
    assert (columns.min() + columns.max()) / 2 == pytest.approx(250 + 50, abs=1.5)
    assert (rows.min() + rows.max()) / 2 == pytest.approx(250 + 30, abs=1.5)
    assert columns.max() - columns.min() == pytest.approx(100, abs=2)
    assert second.shape == first.shape
