"""The picture in three dimensions: drawn without a display, lobes where they belong, one clear line where GL is missing."""

from __future__ import annotations

import ctypes
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.pictures import small_view

from femwgm.errors import MissingExtraError, OutputError
from femwgm.views.fields.brightness import peak
from femwgm.views.fields.outlines import Outline, holds, plates
from femwgm.views.fields.quantities import Wave, quantity
from femwgm.views.figures.plane import scale
from femwgm.views.space import graphics
from femwgm.views.space.actors import Light, polygon
from femwgm.views.space.app import opacities, view
from femwgm.views.space.camera import FILLED, fitted
from femwgm.views.space.canvas import Camera, Canvas
from femwgm.views.space.caption import sentence
from femwgm.views.space.easel import Easel
from femwgm.views.space.revolve import Cut, azimuths, flat_face, half_disc, inside_of, surfaces

pytestmark = pytest.mark.gmsh


def test_lobes_on_the_cut() -> None:
    """The flat face of the cut holds 2 m lobes for a whole turn."""
    mode = small_view().find("TE163")
    cut, what = Cut(np.radians(90.0)), quantity("E_z")
    largest = scale(mode.patches, what, Wave())
    sheets = flat_face(mode.line(0.0), cut, mode.m, 0.0, ("core", "shell"), close_up=False)
    [shell] = [sheet for sheet in sheets if sheet.layer == "shell"]
    values = shell.values(what, Wave(), largest)
    row = values[np.argmax(np.abs(values).max(axis=1))]
    changes = np.count_nonzero(np.diff(np.sign(row)) != 0)
    assert changes == pytest.approx(2 * mode.m / 4, abs=1)
    assert np.abs(row).max() == pytest.approx(1.0, abs=0.05)
    radius = np.hypot(*shell.points[np.argmax(np.abs(values).max(axis=1)), 0, :2])
    assert radius == pytest.approx(peak(mode.solid)[0], rel=0.005)


def test_half_a_period_turns_every_sign() -> None:
    mode = small_view().find("TE163")
    what = quantity("E_z")
    [shell, *_] = flat_face(mode.line(0.0), Cut(0.5), mode.m, 0.0, ("shell",), close_up=False)
    np.testing.assert_allclose(
        shell.values(what, Wave(np.pi), 1.0), -shell.values(what, Wave(), 1.0), atol=1e-9
    )


def test_lobes_beyond_the_picture_become_an_envelope() -> None:
    assert not azimuths(0.0, 2.0 * np.pi, 163)[1]
    phi, envelope = azimuths(0.0, 2.0 * np.pi, 8000)
    assert envelope
    assert len(phi) < 1000


def test_surfaces_lie_on_the_body_and_leave_the_cut_open() -> None:
    mode = small_view().find("TE163")
    cut = Cut(np.radians(100.0))
    sheets = surfaces(mode.outlines[-1], mode.solid, mode.m, cut)
    points = np.concatenate([sheet.points.reshape(-1, 3) for sheet in sheets])
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 10.49, rtol=2e-6)
    phi = np.degrees(np.arctan2(points[:, 1], points[:, 0])) % 360.0
    high = points[:, 2] > 1e-6
    assert not ((phi[high] > 1.0) & (phi[high] < 99.0) & (np.hypot(*points[high, :2].T) > 1e-6)).any()
    assert ((phi[~high] > 1.0) & (phi[~high] < 99.0)).any()


def test_the_rim_of_a_cut_face_closes_on_the_axis() -> None:
    rim = half_disc(small_view().outlines[0], 0.0, 0.0, 0.0)
    assert np.hypot(rim[0, 0], rim[0, 1]) == 0.0
    assert rim[:, 2].min() == 0.0
    assert np.linalg.norm(rim, axis=1).max() == pytest.approx(10.0)


def on_substrate():
    """The small run with a substrate below the sphere and water around its lower half: where plates go, not what they do."""
    run = small_view()
    far = np.array([0.0, 60.0, 60.0, 0.0])
    slabs = [
        Outline("glass", far, np.array([-60.0, -60.0, -10.49, -10.49]), background=True),
        Outline("water", far, np.array([-10.49, -10.49, 0.0, 0.0]), background=True),
    ]
    modes = tuple(replace(mode, outlines=(*mode.outlines, *slabs)) for mode in run.modes)
    return replace(run, modes=modes, regions=("core", "shell", "glass", "water", "air"))


def test_background_layers_are_plates_about_the_body() -> None:
    lines = on_substrate().modes[0].outlines
    glass, water = plates(lines)
    assert glass.r.max() == water.r.max() == pytest.approx(1.3 * 10.49)
    assert (glass.z.min(), glass.z.max()) == pytest.approx((-1.25 * 10.49, -10.49))
    assert (water.z.min(), water.z.max()) == pytest.approx((-10.49, 0.0))
    body = lines[:2]
    assert holds(water, body)
    assert not holds(glass, body)


@pytest.mark.vtk
def test_a_substrate_is_solid_and_an_immersion_clear(tmp_path: Path) -> None:
    from PIL import Image

    bare, laid = tmp_path / "bare.png", tmp_path / "laid.png"
    view(small_view(), mode="TE163", png=bare, size=(480, 240))
    view(on_substrate(), mode="TE163", png=laid, size=(480, 240))
    one, two = (np.asarray(Image.open(file).convert("L"), dtype=float)[:240] for file in (bare, laid))
    for picture in (one, two):
        drawn = picture[:, :240] < 250
        drawn[210:, :90] = False  # the scale
        sides = [np.ptp(np.flatnonzero(drawn.any(axis=axis))) / 240 for axis in (0, 1)]
        assert max(sides) == pytest.approx(FILLED, abs=0.03), "what is drawn fills its frame"
    beside = [picture[180, 50] for picture in (one, two)]
    assert beside[1] > beside[0] + 40.0, (
        "the upper face of the plate, in the light, beside the smaller sphere"
    )
    # Seen through the water, the field on the cut is still the darkest there is, as dark as without it.
    assert two[:, 240:].min() == pytest.approx(one[:, 240:].min(), abs=20.0)


def test_sharp_edges_stay_sharp() -> None:
    """A rectangle turned about the axis: no point of a side has the light of another; nothing is painted beyond its rim."""
    r, z = np.array([1.0, 2.0, 2.0, 1.0, 1.0]), np.array([-0.2, -0.2, 0.2, 0.2, -0.2])
    rim = [np.linspace(a, b, 20) for a, b in zip(np.stack([r, z], 1), np.stack([r, z], 1)[1:], strict=False)]
    curve = np.concatenate([rim[0], *(side[1:] for side in rim[1:])])
    line = Outline("ring", curve[:, 0], curve[:, 1])
    sheets = surfaces(line, None, 4, Cut(0.5, -np.inf))
    assert len(sheets) == 4
    for sheet in sheets:
        rr, zz = np.hypot(sheet.points[..., 0], sheet.points[..., 1]), sheet.points[..., 2]
        assert min(np.ptp(rr), np.ptp(zz)) < 1e-12
    inner_r, inner_z = inside_of(curve[19:39, 0], curve[19:39, 1])
    assert inner_r.max() < 2.0
    assert np.abs(inner_z).max() < 0.2


@pytest.mark.parametrize("lift", [10.0, 60.0])
def test_a_camera_sees_the_whole_body_in_the_middle(lift: float) -> None:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(400, 3)) * np.array([3.0, 1.0, 0.4]) + np.array([5.0, -2.0, 1.0])
    up, turn = np.radians(lift), 0.9
    away = np.array([np.cos(turn) * np.cos(up), np.sin(turn) * np.cos(up), np.sin(up)])
    focus, position = fitted(points, away)
    ahead = (focus - position) / np.linalg.norm(focus - position)
    np.testing.assert_allclose(ahead, -away, atol=1e-12)
    right = np.cross(ahead, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    beyond = points - position
    seen = (
        np.stack([beyond @ right, beyond @ np.cross(right, ahead)])
        / (beyond @ ahead)
        / np.tan(np.radians(15.0))
    )
    assert np.abs(seen).max() == pytest.approx(FILLED, abs=0.02)
    np.testing.assert_allclose(seen.max(axis=1), -seen.min(axis=1), atol=0.01)


@pytest.mark.vtk
def test_a_picture_without_a_display(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import Image

    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    files = [tmp_path / "intensity.png", tmp_path / "wave.png"]
    view(small_view(), mode="TE163", png=files[0], size=(480, 240))
    view(small_view(), mode="TE163", show="E_z", png=files[1], size=(480, 240), opacity={"shell": 0.5})
    intensity, wave = (np.asarray(Image.open(file).convert("RGB"), dtype=float)[:240] for file in files)
    dark = intensity[:, 240:].sum(axis=2) < 180
    assert 0.01 < dark.mean() < 0.3
    red = (wave[..., 0] - wave[..., 2] > 60).mean()
    blue = (wave[..., 2] - wave[..., 0] > 60).mean()
    assert red > 0.003
    assert blue > 0.003
    assert (intensity[:, :240].min(axis=2) > 250).mean() > 0.15


@pytest.mark.vtk
def test_another_process_paints_the_same_and_its_end_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    triangle = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    canvas = Canvas((24, 16), Camera((0.3, 0.3, 3.0), (0.3, 0.3, 0.0)))
    canvas.add_actor(polygon(triangle, np.array([[0, 1, 2]]), Light(1.0, 0.0), "#cc2200"))
    with Easel() as easel:
        there = easel.paint(canvas).result()
    code = (
        "import pickle, sys; from femwgm.views.space.canvas import Window\n"
        "with Window() as window: sys.stdout.buffer.write(window.paint(pickle.load(sys.stdin.buffer)).tobytes())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=pickle.dumps(canvas), capture_output=True, check=True
    )
    assert there.shape == (16, 24, 3)
    assert {tuple(colour) for colour in there.reshape(-1, 3)} >= {(255, 255, 255), (0xCC, 0x22, 0)}
    assert done.stdout == np.ascontiguousarray(there).tobytes()
    for program, told in (("/bin/true", "ended the process"), ("/nowhere/python", "cannot be started")):
        monkeypatch.setattr("sys.executable", program)
        with Easel() as easel, pytest.raises(OutputError, match=told):
            easel.paint(canvas).result()


@pytest.mark.vtk
@pytest.mark.slow
def test_a_film_has_frames_that_differ(tmp_path: Path) -> None:
    from PIL import Image

    from femwgm.views.space.film import animate

    run = small_view()
    film = Image.open(animate(run, run.find("TE163"), tmp_path / "wave.gif", frames=4, size=(360, 180)))
    assert film.n_frames == 4
    frames = []
    for i in range(4):
        film.seek(i)
        frames.append(np.asarray(film.convert("RGB"), dtype=float)[:180])
    assert frames[1][0, 0].tolist() == [255.0, 255.0, 255.0]
    assert np.abs(frames[0] - frames[2]).max(axis=2)[:, 180:].mean() > 5.0


def test_a_missing_library_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setattr(ctypes, "CDLL", refuse)
    monkeypatch.setattr(graphics.sys, "platform", "linux")
    with pytest.raises(MissingExtraError, match=r"libGL\.so\.1.*apt-get install libgl1"):
        graphics.ensure_graphics()


def test_egl_without_a_device_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    monkeypatch.setattr(graphics.sys, "platform", "linux")
    monkeypatch.setattr(graphics, "_load", lambda _: None)
    monkeypatch.setattr(graphics, "egl_devices", lambda _: 0)
    with pytest.raises(MissingExtraError, match="libegl-mesa0"):
        graphics.ensure_graphics()


def test_no_window_without_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(graphics.sys, "platform", "linux")
    with pytest.raises(MissingExtraError, match="--png"):
        graphics.ensure_graphics(on_screen=True)


def test_an_unknown_layer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="core, shell"):
        view(small_view(), png=tmp_path / "x.png", opacity={"crust": 0.5})


@pytest.mark.parametrize("word", ["shell", "shell=", "shell=2", "shell=-1", "shell=thin"])
def test_a_bad_opacity_is_refused(word: str) -> None:
    with pytest.raises(OutputError, match="LAYER=VALUE"):
        opacities([word])


def test_a_film_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"\.gif or \.mp4"):
        view(small_view(), gif=tmp_path / "wave.avi")


def test_a_caption_sums_up_what_does_not_fit() -> None:
    mode = small_view().find("TM163")
    whole = sentence(mode)
    assert whole.endswith("3.87 % in the core, 1.42 % in the air")
    assert sentence(mode, 75).endswith("in the shell, 3.87 % in the core, 1.42 % elsewhere")
    assert sentence(mode, 50).endswith("in the shell, 5.28 % elsewhere")
