"""The report: from it alone a reader names the mode, the layer it lives in and its leak; it loads nothing from outside."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from support.pictures import SMALL, small_view, store

from femwgm.config import load_config
from femwgm.errors import OutputError
from femwgm.views.fields.outlines import outlines
from femwgm.views.fields.source import ModeView, RunView
from femwgm.views.figures.style import new_figure
from femwgm.views.report import report_html, write_report
from femwgm.views.report.prose import evidence, in_words, layers, summary

pytestmark = pytest.mark.gmsh


class Reader(HTMLParser):
    """Collects tags, attributes and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def page() -> str:
    with pytest.MonkeyPatch.context() as patch:
        # The picture in space has its own tests and takes seconds.
        patch.setattr("femwgm.views.report.page._in_space", lambda _run: "")
        return report_html(small_view())


def test_a_stranger_can_name_mode_layer_and_leak(page: str) -> None:
    text = re.sub(r"\s+", " ", Reader(page).text)
    assert "TM, l = 163, m = 163, q = 1 at 659.1210" in text
    assert (
        "lives in the shell, which holds 94.7 % of its electric energy; it leaks 3.87 % into the core, 1.42 % into the air"
        in text
    )
    assert "Radiation alone would allow a Q of" in text
    assert "No mode is missing" in text
    assert "All 2 modes reach the relative accuracy asked for" in text


def test_nothing_is_loaded_from_outside(page: str) -> None:
    for tag, attributes in Reader(page).tags:
        assert tag not in ("link", "iframe", "object", "embed", "base")
        for name in ("src", "href", "srcset", "data", "poster", "action"):
            value = attributes.get(name)
            assert value is None or value.startswith(("data:", "#")), (tag, name, str(value)[:80])
        assert tag != "script" or "src" not in attributes
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style
    assert not re.search(r"url\(|@import", style[1])
    assert "default-src 'none'" in page


def test_the_table_sorts_by_numbers(page: str) -> None:
    keys = [a["data-key"] for tag, a in Reader(page).tags if tag == "td" and "data-key" in a]
    wavelengths = [mode.wavelength_nm for mode in small_view().modes]
    assert {repr(w) for w in wavelengths} <= set(keys)
    assert "aria-sort" in page


def test_figures_and_configuration_are_inside(page: str) -> None:
    reader = Reader(page)
    images = [a for tag, a in reader.tags if tag == "img"]
    assert len(images) >= 5
    assert all(len(a["src"] or "") > 5000 and a["alt"] for a in images)
    assert "thickness: 490 nm" in reader.text or "thickness: 0.49" in reader.text
    assert len(page) < 6_000_000


def test_names_cannot_break_the_page() -> None:
    run = small_view()
    evil = run.config.model_copy(update={"name": "<script>alert(1)</script>"})
    page = report_html(replace(run, config=evil, warnings=("a < b & c",), modes=()))
    assert "<script>alert" not in page
    assert "a &lt; b &amp; c" in page


def test_a_missed_accuracy_is_said_and_marked() -> None:
    run = small_view()
    first, second = run.modes
    missed = ModeView({**first.row, "met": False}, first.regions, first.outlines, first._load)
    text = evidence(replace(run, modes=(missed, second)))
    assert text.startswith(f"1 of 2 modes miss the relative accuracy asked for, 1e-08: {first.label}")


def test_no_mode_is_a_sentence() -> None:
    assert summary(replace(small_view(), modes=())) == ["No mode was found between 655 and 670 nm."]


def test_unknown_numbers_are_left_out_not_invented() -> None:
    mode = small_view().find("TM163")
    row = {
        **mode.row,
        "l": None,
        "n_g": None,
        "fsr_nm": None,
        "log10_q_rad": None,
        "q_rad": None,
        "q_rad_floor": 1e9,
    }
    text = in_words(ModeView(row, mode.regions, mode.outlines, mode._load))
    assert "l = ?" in text
    assert "spectral range" not in text
    assert "more than 1.0" in text


@pytest.mark.slow
@pytest.mark.vtk
def test_from_a_run_folder(tmp_path: Path) -> None:
    folder = store(SMALL, tmp_path / "run")
    page = write_report(folder).read_text(encoding="utf-8")
    assert page.count("<img") >= 6
    for field in (*(folder / "fields").glob("*.vtu"), *(folder / "plots").glob("*")):
        field.unlink()
    page = write_report(folder).read_text(encoding="utf-8")
    assert "outputs.fields: true" in page


def test_pictures_that_the_run_left_are_not_drawn_again() -> None:
    view = small_view()
    told = '{"modes": [], "note": "</script><script>alert(1)"}'.replace("</", "<\\/")
    left = {f"plots/{mode.file[:-4]}.png": f"picture of {mode.label}".encode() for mode in view.modes}
    left["plots/cut_open.png"] = b"the body"
    left["plots/in_space.html"] = f'<script type="application/json">{told}</script>'.encode()
    with pytest.MonkeyPatch.context() as patch:
        for figure in ("domain_figure", "comb_figure"):  # these are vectors in the report
            patch.setattr(f"femwgm.views.figures.pages.{figure}", _blank)
        patch.setattr("femwgm.views.figures.evidence.error_bars", lambda *_args, **_options: None)
        page = report_html(replace(view, kept=left.get))
    for name, content in left.items():
        assert name.endswith(".html") or base64.b64encode(content).decode() in page
    assert '"note":"<\\/script><script>alert(1)"' in page


def _blank(_run: RunView) -> Figure:
    return new_figure(1.0, 1.0, layout="none")


def test_a_report_needs_a_place() -> None:
    with pytest.raises(OutputError, match="file name"):
        write_report(small_view())


CONFIGS = Path(__file__).resolve().parents[2] / "configs"


def described(name: str) -> dict[str, str]:
    """Sizes of the regions of a configuration, as the report words them."""
    config = load_config(CONFIGS / name)
    regions = tuple(config.geometry.region_materials)
    run = RunView(config, (), regions, outlines(config.geometry), (), {})
    return {row["region"]: row["size"] for row in layers(run)}


def test_sizes_are_those_of_the_body_not_of_its_drawing() -> None:
    """A substrate goes on for ever, a cavity ends at its walls, a sphere that touches another keeps its size."""
    dome = described("hemisphere.yaml")
    assert dome["chip"] == "background, below z = 0 µm"
    assert dome["body"] == "to r = 2 µm, from z = 0 µm to 2 µm"
    assert described("cavity-palace.yaml")["filling"].startswith("to r = 27.4 mm, from z = −27.4 mm")
    pair = described("pair-48-44.yaml")
    assert pair["lower_shell"].startswith("to r = 24.49 µm")
    assert described("duan2022.yaml") == {
        "core": "outer radius 10 µm", "shell": "outer radius 10.49 µm, 490 nm thick", "air": "beyond the body"
    }  # fmt: skip
