"""Figures: functions of modes and Axes; what is painted is checked by its own numbers, not by eye alone."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.pictures import PUBLISHED, small_run, small_view

from femwgm.errors import OutputError
from femwgm.ground.numbers import in_percent as percent
from femwgm.views.fields.brightness import peak
from femwgm.views.fields.line import profile
from femwgm.views.fields.outlines import outlines, reach_of
from femwgm.views.fields.quantities import Wave, quantity
from femwgm.views.fields.source import ModeView, mode_view
from femwgm.views.figures import pages as figures
from femwgm.views.figures.domain import cell_rims, upper_half
from femwgm.views.figures.equator import sample, strongest
from femwgm.views.figures.evidence import convergence
from femwgm.views.figures.layers import regions_along
from femwgm.views.figures.losses import budget, channels
from femwgm.views.figures.plane import meridian
from femwgm.views.figures.radius import MEASURES, radial
from femwgm.views.figures.spectrum import comb, lines
from femwgm.views.figures.style import look, new_figure, rendered
from femwgm.views.files.outputs import write_outputs, write_plots

pytestmark = pytest.mark.gmsh


@pytest.fixture
def ax():
    with look():
        yield new_figure(3.0, 3.0).add_subplot()


def pixels(figure, dpi: int = 100) -> np.ndarray:
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(rendered(figure, "png", dpi))).convert("RGB"), dtype=float)


def around(values: np.ndarray, extent: tuple[float, ...], radius: float, count: int) -> np.ndarray:
    """Pixels of a picture on a circle, interpolated between neighbours."""
    phi = 2.0 * np.pi * np.arange(count) / count
    ny, nx = values.shape
    x = (radius * np.cos(phi) - extent[0]) / (extent[1] - extent[0]) * nx - 0.5
    y = (radius * np.sin(phi) - extent[2]) / (extent[3] - extent[2]) * ny - 0.5
    i, j = np.floor(x).astype(int), np.floor(y).astype(int)
    a, b = x - i, y - j
    upper = a * values[j + 1, i + 1] + (1 - a) * values[j + 1, i]
    return b * upper + (1 - b) * (a * values[j, i + 1] + (1 - a) * values[j, i])


@pytest.mark.parametrize("label", ["TE163", "TM163"])
def test_the_ring_has_two_lobes_for_each_m(label: str) -> None:
    mode = small_view().find(label)
    extent = (-11.5, 11.5, -11.5, 11.5)
    picture = sample(mode, strongest(mode), extent, pixels=1300, wave=Wave(), z=0.0)
    assert not picture.envelope
    circle = around(picture.values, extent, peak(mode.solid)[0], 20_000)
    assert np.count_nonzero(np.sign(circle) != np.sign(np.roll(circle, 1))) == 2 * mode.m
    assert np.abs(circle).max() == pytest.approx(1.0, abs=0.15)


def test_the_peak_of_the_ring_is_where_the_field_peaks() -> None:
    mode = small_view().find("TE163")
    picture = sample(mode, quantity("E2"), (9.5, 11.0, -0.75, 0.75), pixels=500, wave=Wave(), z=0.0)
    j, i = np.unravel_index(np.argmax(picture.values), picture.values.shape)
    x, y = 9.5 + (i + 0.5) * 1.5 / 500, -0.75 + (j + 0.5) * 1.5 / 500
    assert np.hypot(x, y) == pytest.approx(peak(mode.solid)[0], rel=0.001)
    assert picture.values.max() == pytest.approx(1.0, abs=0.01)


def test_a_mode_without_lobes_reaches_its_maximum_too() -> None:
    """For m = 0 a quarter of a period is no turn: the ring has one value all around, and its largest is 1."""
    mode = small_view().find("TE163")
    whole = ModeView(mode.row, mode.regions, mode.outlines, lambda: replace(mode.patches, m=0))
    picture = sample(whole, quantity("E_z"), (10.0, 10.5, -0.25, 0.25), pixels=200, wave=Wave(), z=0.0)
    assert np.abs(picture.values).max() == pytest.approx(1.0, abs=0.01)


def test_too_many_lobes_become_their_envelope() -> None:
    """8000 wavelengths on the same ring: the picture must not invent a pattern."""
    mode = small_view().find("TE163")
    many = ModeView(mode.row, mode.regions, mode.outlines, lambda: replace(mode.patches, m=8000))
    extent = (-11.5, 11.5, -11.5, 11.5)
    picture = sample(many, quantity("E_z"), extent, pixels=900, wave=Wave(), z=0.0)
    assert picture.envelope
    circle = around(picture.values, extent, peak(many.solid)[0], 3000)
    assert circle.min() > 0.9
    near = sample(many, quantity("E_z"), (10.2, 10.24, -0.02, 0.02), pixels=400, wave=Wave(), z=0.0)
    assert not near.envelope
    assert near.values.min() < -0.9


def test_a_standing_wave_stands_still_where_a_travelling_one_runs() -> None:
    mode = small_view().find("TE163")
    box, what = (10.0, 10.5, -0.2, 0.2), quantity("E_z")
    zero = [
        sample(mode, what, box, pixels=200, wave=Wave(0.7, standing), z=0.0).values
        for standing in (False, True)
    ]
    one = [
        sample(mode, what, box, pixels=200, wave=Wave(0.0, standing), z=0.0).values
        for standing in (False, True)
    ]
    ratio = zero[1][np.abs(one[1]) > 0.1] / one[1][np.abs(one[1]) > 0.1]
    assert np.ptp(ratio) < 1e-9
    assert np.abs(zero[0] - one[0]).max() > 0.3


def test_the_meridian_picture_peaks_where_the_mode_does(ax) -> None:
    mode = small_view().find("TM163")
    box = (9.7, 10.8, -0.55, 0.55)
    meridian(mode, ax, box=box, names=False)
    ax.set_position((0, 0, 1, 1))
    ax.figure.set_layout_engine("none")
    ax.set_axis_off()
    image = pixels(ax.figure, 200)
    darkest = np.argwhere(image.sum(axis=2) <= image.sum(axis=2).min() + 6).mean(axis=0)
    r = box[0] + (darkest[1] + 0.5) / image.shape[1] * (box[1] - box[0])
    assert r == pytest.approx(peak(mode.solid)[0], rel=0.002)


def test_the_layers_are_drawn_to_scale(ax) -> None:
    meridian(small_view().find("TM163"), ax, whole=True)
    radii = sorted({round(float(np.max(line.get_xdata())), 6) for line in ax.lines})
    assert radii[-2:] == [10.0, 10.49]
    assert ax.get_aspect() == 1.0


def test_the_radial_picture_carries_its_shares(ax) -> None:
    mode = small_view().find("TM163")
    radial(mode, ax)
    curve = max(ax.lines, key=lambda line: len(line.get_xdata()))
    r, e2 = (np.asarray(data, dtype=float) for data in (curve.get_xdata(), curve.get_ydata()))
    pieces = 0.5 * (e2[1:] + e2[:-1]) * np.diff(r)
    middle = 0.5 * (r[1:] + r[:-1])
    for region, lo, hi in (("core", 0.0, 10.0), ("shell", 10.0, 10.49), ("air", 10.49, 99.0)):
        share = pieces[(middle > lo) & (middle < hi)].sum() / pieces.sum()
        assert share == pytest.approx(mode.shares("radial_e2")[region], rel=0.01)
    written = {text.get_text() for text in ax.texts}
    assert {percent(share) for share in PUBLISHED.values()} <= written
    assert "electric energy" in written


def test_the_profile_keeps_both_sides_of_an_interface() -> None:
    line = profile(small_view().find("TM163").solid)
    assert np.all(np.diff(line.r) > -1e-12)
    e_r = np.abs(line.patches.E[0]).ravel()
    [at] = np.flatnonzero((np.diff(line.region) != 0) & (np.abs(line.r[1:] - 10.0) < 1e-6))
    assert e_r[at] / e_r[at + 1] == pytest.approx(1.768**2 / 1.45**2, rel=1e-4)


def test_a_mode_without_its_run_is_painted_too(ax) -> None:
    mode = small_run().modes[0]
    assert meridian(mode, ax) is ax
    assert mode_view(mode).patches.media == {}


def test_comb_and_lines_hold_every_mode(ax) -> None:
    run = small_view()
    comb(run.modes, ax)
    points = {
        (float(x), float(y))
        for line in ax.lines
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
    }
    assert points == {(float(mode.row["l"]), mode.wavelength_nm) for mode in run.modes}
    with look():
        assert lines(run.modes, new_figure().add_subplot()).get_xlabel()


def test_a_radiation_limit_beyond_floats_leaves_the_picture(ax) -> None:
    mode = small_view().find("TE163")
    huge = ModeView(
        {**mode.row, "log10_q_rad": 1284.1, "q_abs": 4200.0, "q_total": 4200.0}, mode.regions, (), mode._load
    )
    assert [c.log10_q for c in channels(huge)] == pytest.approx([np.log10(4200.0), 1284.1])
    budget(huge, ax)
    _low, right = ax.get_xlim()
    assert right < 10.0
    ends = sorted(patch.get_x() + patch.get_width() for patch in ax.patches)
    assert ends == pytest.approx([np.log10(4200.0), right])
    assert any(text.get_text().endswith("→") for text in ax.texts)


def test_gain_is_no_loss() -> None:
    mode = small_view().find("TE163")
    pumped = ModeView({**mode.row, "q_abs": -900.0, "q_total": -900.0}, mode.regions, (), mode._load)
    assert {c.kind for c in channels(pumped)} == {"gain", "radiation"}


def test_convergence_writes_its_orders(ax) -> None:
    N = np.array([100.0, 400.0, 1600.0])
    convergence({"degree 2": N}, {"degree 2": N**-2.0}, ax, floor=1e-5)
    assert "4.0" in {text.get_text() for text in ax.texts}


def test_mesh_cells_tile_the_domain() -> None:
    patches = upper_half(small_view().modes[0].patches)
    assert len(patches) * 2 == len(small_view().modes[0].patches)
    rims = cell_rims(patches)
    x, y = rims[..., 0], rims[..., 1]
    area = 0.5 * np.abs((x * np.roll(y, -1, axis=1) - np.roll(x, -1, axis=1) * y).sum(axis=1))
    lo, hi = np.hypot(x, y).min(), np.hypot(x, y).max()
    angle = np.arctan2(y, x).max()
    assert area.sum() == pytest.approx(0.5 * angle * (hi**2 - lo**2), rel=1e-3)


@pytest.mark.parametrize("page", ["comb_figure", "domain_figure", "evidence_figure"])
def test_pages_are_not_blank(page: str) -> None:
    with look():
        image = pixels(getattr(figures, page)(small_view()))
    assert 0.005 < (image.min(axis=2) < 200).mean() < 0.6


def test_mode_page_has_every_panel_and_comes_as_vector() -> None:
    with look():
        page = figures.mode_figure(small_view().find("TM163"))
        letters = {text.get_text() for ax in page.axes for text in ax.texts}
        assert set("abcdef") <= letters
        pdf = rendered(page, "pdf")
    assert pdf.startswith(b"%PDF")
    assert len(pdf) < 3_000_000
    assert b"CreationDate" not in pdf


def test_a_figure_gives_the_same_bytes_again() -> None:
    with look():
        once, again = (rendered(figures.comb_figure(small_view()), "svg") for _ in range(2))
    assert once == again


def test_outputs_go_where_they_are_asked(tmp_path: Path) -> None:
    told: list[str] = []
    written = write_outputs(small_view(), tmp_path, lambda what, _done, _total: told.append(what))
    assert {path.parent.name for path in written} == {"fields", "plots"}
    assert all(path.stat().st_size > 1000 for path in written if path.suffix == ".png")
    assert len(told) == len(written) - 1


@pytest.mark.parametrize("label", ["TE163", "te l=163", "TE q=1 l=163 m=163", "2"])
def test_a_mode_is_found_by_any_of_its_names(label: str) -> None:
    assert small_view().find(label).pol == "TE"


@pytest.mark.parametrize("label", ["TE999", "nonsense", "99", "m=163"])
def test_a_mode_that_is_not_there_is_refused_with_those_that_are(label: str) -> None:
    with pytest.raises(OutputError, match="TM q=1 l=163 m=163"):
        small_view().find(label)


def test_an_unknown_quantity_is_refused_with_the_list() -> None:
    with pytest.raises(OutputError, match="E_phi"):
        quantity("power")


def test_looking_loads_nothing_early() -> None:
    code = "import sys, femwgm.views, femwgm.views.report; print({'matplotlib', 'pyvista', 'vtkmodules'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


TORUS = {
    "schema": 1,
    "name": "a torus",
    "geometry": {
        "kind": "torus",
        "material": "glass",
        "diameter": "16 um",
        "minor_diameter": "3 um",
        "ambient": "air",
    },
    "materials": {"glass": {"n": 1.45}, "air": {"n": 1.0}},
    "modes": {"window": ["840 nm", "850 nm"]},
}
DISK = {
    "schema": 1,
    "name": "a disk on a pillar",
    "geometry": {
        "kind": "disk", "name": "disk", "material": "glass", "radius": "2 um", "thickness": "500 nm", "ambient": "air",
        "background": [{"name": "floor", "material": "glass", "top": "-1 um"}],
    },
    "materials": {"glass": {"n": 1.45}, "air": {"n": 1.0}},
    "modes": {"window": ["840 nm", "850 nm"]},
}  # fmt: skip


def test_any_body_of_revolution_has_its_outline() -> None:
    from femwgm.config import load_config

    [torus] = outlines(load_config(TORUS).geometry)
    assert not torus.from_axis
    assert not torus.round
    np.testing.assert_allclose(torus.intervals(0.0), [(6.5, 9.5)], atol=5e-3)
    assert torus.intervals(2.0) == []
    disk, floor = outlines(load_config(DISK).geometry)
    assert disk.from_axis
    assert floor.background
    np.testing.assert_allclose(disk.intervals(0.0), [(0.0, 2.0)], atol=1e-9)
    assert (disk.r.max(), disk.z.min(), disk.z.max()) == pytest.approx((2.0, -0.25, 0.25))
    assert reach_of((disk, floor)) == pytest.approx((2.0, -0.25, 0.25))
    sphere = small_view().outlines[0]
    assert sphere.round
    assert sphere.intervals(6.0) == [(0.0, pytest.approx(8.0, rel=1e-5))]


def test_regions_are_named_where_they_are() -> None:
    names = regions_along(small_view().outlines, np.array([1.0, 9.99, 10.01, 10.48, 10.5]), 0.0, "air")
    assert names.tolist() == ["core", "core", "shell", "shell", "air"]


def test_shares_along_the_equator_stay_with_the_equator(ax) -> None:
    """Away from the equator the table's shares along the radius do not belong to the curve, and are not written."""
    radial(small_view().find("TE163"), ax, z=0.6)
    written = {text.get_text() for text in ax.texts}
    assert MEASURES["energy"] in written
    assert MEASURES["radial_e2"] not in written


def test_no_module_hides_a_function_of_its_name() -> None:
    """After every module is imported each public name is still what `views` offers."""
    from types import ModuleType

    from femwgm import views

    for name in views.__all__:
        assert not isinstance(getattr(views, name), ModuleType), name
    for name in views.__all__:
        assert not isinstance(getattr(views, name), ModuleType), name


def test_a_body_of_unknown_shape_has_its_other_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is nothing to cut open; the run must not be lost for that."""
    run = small_view()
    unknown = replace(run, outlines=(), modes=tuple(replace(mode, outlines=()) for mode in run.modes))
    monkeypatch.setattr(
        "femwgm.views.files.outputs._pages", lambda run: [("comb", lambda: figures.comb_figure(run))]
    )
    assert [path.name for path in write_plots(unknown, tmp_path)] == ["comb.png"]
