"""The field along a radius is the field there, whatever cells the line crosses or runs along, and the cut shows it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.meshes import blocks_mesh, half_disc, quarter_disc, rectangle

from femwgm.config import load_config
from femwgm.fem.field import CellField
from femwgm.fem.spaces import Space
from femwgm.views.fields.line import Profile, profile
from femwgm.views.fields.outlines import Outline, outlines, visible
from femwgm.views.fields.patches import Patches, from_field
from femwgm.views.fields.quantities import Wave, quantity
from femwgm.views.figures.layers import around
from femwgm.views.space import revolve

both_cells = pytest.mark.parametrize("corners", [3, 4])
Cells = tuple[CellField, Patches]


def unlike_cells(blocks, corners: int, n: int, mirror: str | None = None, **mesh) -> Cells:
    """Blocks off the axis by 2 um, with random coefficients: the field jumps from each cell to the next, none can stand in for
    another."""
    blocks = [beside(block) for block in blocks]
    space = Space(blocks_mesh(blocks, corners, 4, n, shuffle=n, mirror=mirror is not None, **mesh), 2)
    draw = np.random.default_rng(5).normal(size=(2, *space.dofs.shape))
    field = CellField(space, draw[0] + 1j * draw[1], 2, 3.0 + 0j, mirror)
    return field, from_field(field, points=16)


def beside(block):
    def moved(s, t):
        r, z = block(s, t)
        return r + 2.0, z

    return moved


def assert_is_the_field(line: Profile, field: CellField, z: float, lo: float, hi: float) -> None:
    step = np.diff(line.r)
    assert line.r[0] == pytest.approx(lo, abs=1e-6)
    assert line.r[-1] == pytest.approx(hi, abs=1e-6)
    assert step.min() >= 0.0
    assert step.max() < 0.05 * (hi - lo)
    inner = np.concatenate([[False], (step[1:] > 0.0) & (step[:-1] > 0.0), [False]])
    E, H = field(line.r[inner], np.full(inner.sum(), z))
    np.testing.assert_allclose(line.patches.E[:, 0, 0, inner], E, atol=1e-5 * np.abs(E).max())
    np.testing.assert_allclose(line.patches.H[:, 0, 0, inner], H, atol=1e-5 * np.abs(H).max())


@both_cells
@pytest.mark.parametrize("mirror", ["conductor", "natural"])
@pytest.mark.parametrize("z", [0.0, 0.3, -0.45])
def test_a_line_through_a_mirrored_domain(corners: int, mirror: str, z: float) -> None:
    field, patches = unlike_cells(quarter_disc(1.0), corners, 3, mirror)
    line = profile(patches, z)
    assert_is_the_field(line, field, z, 2.0, 2.0 + np.sqrt(1.0 - z * z))


@both_cells
@pytest.mark.parametrize("z", [0.0, 0.25, 0.6])
def test_a_line_along_sides_shows_what_is_above(corners: int, z: float) -> None:
    field, patches = unlike_cells(half_disc(1.0), corners, 2)
    line = profile(patches, z)
    assert_is_the_field(line, field, z + 1e-9, 2.0, 2.0 + np.sqrt(1.0 - z * z))


def test_a_line_along_an_interface_stays_on_its_upper_side() -> None:
    blocks = [
        rectangle((0.0, 2.0), (-1.0, 0.0)),
        rectangle((0.0, 1.0), (0.0, 1.0)),
        rectangle((1.0, 2.0), (0.0, 1.0)),
    ]
    _, patches = unlike_cells(blocks, 3, 2, names=["chip", "ring", "air"])
    line = profile(patches, 0.0)
    assert {patches.regions[i] for i in line.region} == {"ring", "air"}
    assert line.r[line.region == patches.regions.index("ring")].max() == pytest.approx(3.0, abs=1e-6)


@both_cells
def test_the_face_of_the_cut_is_painted_with_the_field(corners: int) -> None:
    """A bell of |E|^2 across the cells keeps its height, its place and its width."""
    _, patches = unlike_cells(quarter_disc(1.0), corners, 3, "natural")
    bell = np.exp(-0.5 * ((patches.r - 2.37) / 0.1) ** 2 - 0.5 * (patches.z / 0.2) ** 2)
    patches = replace(patches, E=np.stack([0.0 * bell, 0.0 * bell, bell]).astype(complex))
    line = profile(patches, 0.0)
    [sheet] = revolve.flat_face(line, revolve.Cut(0.5), 2, 0.0, ("all",), close_up=False)
    painted, r = sheet.values(quantity("E2"), Wave(), 1.0)[:, 0], np.hypot(*sheet.points[:, 0, :2].T)
    np.testing.assert_allclose(painted, np.exp(-(((r - 2.37) / 0.1) ** 2)), atol=1e-5)
    assert painted.max() > 0.99
    assert np.diff(r).max() < 0.02


@pytest.mark.parametrize("count", [40, 41])
def test_the_parts_of_a_cut_body_meet_at_the_floor(count: int) -> None:
    beta = np.linspace(-0.5 * np.pi, 0.5 * np.pi, count)  # an even count has no point on the equator
    ball = Outline("ball", 3.0 * np.cos(beta), 3.0 * np.sin(beta))
    sheets = revolve.surfaces(ball, None, 2, revolve.Cut(np.radians(100.0)))
    heights = [(sheet.points[..., 2].min(), sheet.points[..., 2].max()) for sheet in sheets]
    assert sorted(heights) == [pytest.approx((-3.0, 0.0)), pytest.approx((0.0, 3.0))]
    rim = revolve.half_disc(ball, 0.0, 0.0, 0.0)
    assert rim[:2, 2].tolist() == [0.0, 0.0]
    assert np.hypot(*rim[1, :2]) == pytest.approx(ball.equator(), rel=1e-12)


def test_a_body_beside_the_cut_is_whole() -> None:
    r, z = np.array([0.0, 2.0, 0.0]), np.array([1.0, 2.0, 3.0])
    for floor, part in ((0.0, 1), (-np.inf, 1), (5.0, 0)):
        halves = revolve.parted(r, z, floor)
        np.testing.assert_array_equal(halves[part], (r, z))
        assert halves[1 - part][0].size == 0


def test_edges_under_another_region_are_not_drawn() -> None:
    """A pillar reaches into the ball on it: its top is not seen; nested layers hide nothing."""
    beta = np.linspace(-0.5 * np.pi, 0.5 * np.pi, 201)
    ball = Outline("ball", 3.0 * np.cos(beta), 3.0 * np.sin(beta))
    t = np.linspace(0.0, 1.0, 101)
    rise = np.stack([np.full_like(t, 1.0), -6.0 + 4.0 * t])
    pillar = Outline("pillar", *np.concatenate([[[0.0], [-6.0]], rise, [[0.0], [-2.0]]], axis=1))
    shown = [(line.name, r, z) for line, r, z in visible([ball, pillar])]
    assert [name for name, _, _ in shown] == ["ball", "pillar"]
    assert len(shown[0][1]) == 201
    assert shown[1][2].max() == pytest.approx(-np.sqrt(8.0), abs=0.05)
    core = Outline("core", 0.9 * ball.r, 0.9 * ball.z)
    assert [len(r) for _, r, _ in visible([core, ball])] == [201, 201]


def test_a_closed_cavity_is_drawn_by_its_walls() -> None:
    config = load_config(Path(__file__).resolve().parents[2] / "configs" / "cavity-palace.yaml")
    [filling] = outlines(config.geometry)
    assert filling.name == "filling"
    assert (filling.r.max(), filling.z.min(), filling.z.max()) == pytest.approx((27400.0, -27400.0, 27400.0))
    assert around([filling], ("filling",)) == ""
    assert around([filling], ("filling", "air")) == "air"
