"""A contour of both halves: the axis is found wherever it lies, and what the halves differ by is stated."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from femwgm.cli.check import remarks
from femwgm.config import load_config
from femwgm.errors import ConfigError, GeometryError
from femwgm.geometry.build import section_of
from femwgm.geometry.contour import halves


def turned(points: np.ndarray, tilt: float, shift: tuple[float, float]) -> np.ndarray:
    """Tilted clockwise and moved."""
    c, s = np.cos(tilt), np.sin(tilt)
    return points @ np.array([[c, -s], [s, c]]) + shift


def ellipse(a: float, b: float, n: int = 120) -> np.ndarray:
    t = 2.0 * np.pi * np.arange(n) / n
    return np.stack([a * np.cos(t), b * np.sin(t)], axis=-1)


@pytest.mark.parametrize(("a", "b"), [(5.0, 3.0), (3.0, 5.0)])
@pytest.mark.parametrize("tilt", [0.0, 0.12, -0.3])
def test_the_axis_is_found(a: float, b: float, tilt: float) -> None:
    found = halves(turned(ellipse(a, b), tilt, (3.0, -1.0)))
    assert found.tilt == pytest.approx(tilt, abs=1e-5)
    assert found.rms < 1e-5
    assert found.points[:, 0].max() == pytest.approx(a, rel=1e-5)
    assert np.ptp(found.points[[0, -1], 1]) == pytest.approx(2.0 * b, rel=1e-3)
    assert not found.points[[0, -1], 0].any()


def test_corners_stay_and_a_half_that_is_wider_is_told() -> None:
    corners = np.array([[-5.0, 0.0], [5.0, 0.0], [3.0, 2.0], [-3.0, 2.0]])
    t = np.arange(40)[:, None] / 40.0
    outline = np.concatenate([a + t * (b - a) for a, b in zip(corners, np.roll(corners, -1, 0), strict=True)])
    found = halves(outline)
    assert found.points[:, 0].max() == pytest.approx(5.0, rel=1e-9)
    lopsided = ellipse(5.0, 3.0)
    lopsided[lopsided[:, 0] > 0.0] += 0.05 * lopsided[lopsided[:, 0] > 0.0] * [0.0, 1.0]
    found = halves(lopsided)
    assert 0.02 < found.rms < 0.15  # one half is taller by 0.15 at its top and as long at the equator


def test_order_doubled_points_and_the_closing_point_do_not_matter() -> None:
    plain = turned(ellipse(5.0, 3.0), 0.1, (3.0, -1.0))
    found = halves(plain)
    for dress in (
        plain[::-1],
        np.roll(plain, 41, axis=0),
        np.repeat(plain, 2, axis=0),
        np.r_[plain, plain[:1]],
    ):
        other = halves(dress)
        assert (other.tilt, other.rms) == pytest.approx((found.tilt, found.rms), abs=1e-6)
        assert other.points[:, 0].max() == pytest.approx(found.points[:, 0].max(), rel=1e-6)
        assert np.hypot(*np.diff(other.points, axis=0).T).min() > 0.0


def test_what_is_no_section_is_refused() -> None:
    with pytest.raises(GeometryError, match="29 degrees or more"):
        halves(turned(ellipse(5.0, 4.0), 1.0, (0.0, 0.0)))
    half = ellipse(2.0, 2.0)
    with pytest.raises(GeometryError, match="r_um,z_um"):
        halves(half[half[:, 0] >= 0.0])
    with pytest.raises(GeometryError, match="six points"):
        halves(ellipse(1.0, 1.0, 5))
    with pytest.raises(GeometryError, match="no area"):
        halves(np.stack([np.arange(9.0), np.zeros(9)], axis=-1))
    with pytest.raises(GeometryError, match="no upright line"):
        halves(np.array([[0, 0], [9, 0], [9, 1], [1, 1], [1, 9], [0, 9], [0, 5]], dtype=float))


def test_from_a_file_to_the_configuration(tmp_path: Path) -> None:
    np.savetxt(
        tmp_path / "sem.csv",
        1e3 * turned(ellipse(2.0, 1.5), 0.05, (7.0, 0.0)),
        delimiter=",",
        header="x_nm,y_nm",
        comments="",
    )
    (tmp_path / "c.yaml").write_text(
        "schema: 1\ngeometry: {kind: profile, material: g, contour: sem.csv, ambient: air}\n"
        "materials: {g: {n: 1.5}, air: {n: 1.0}}\nmodes: {window: [640 nm, 660 nm]}\n"
    )
    config = load_config(tmp_path / "c.yaml")
    assert config.geometry.radius_ref_um == pytest.approx(2.0, rel=1e-4)
    assert any("tilted by 2.86 degrees" in line for line in remarks(config))
    again = load_config(config.model_dump(mode="json", by_alias=True, exclude_none=True))
    assert again.geometry == config.geometry
    with pytest.raises(ConfigError, match="give one of the two"):
        load_config(
            tmp_path / "c.yaml", ['geometry.points=[["0 um","0 um"],["1 um","0 um"],["0 um","1 um"]]']
        )
    (tmp_path / "p.yaml").write_text((tmp_path / "c.yaml").read_text().replace("contour:", "points:"))
    with pytest.raises(ConfigError, match="goes under 'contour'"):
        load_config(tmp_path / "p.yaml")


def test_one_outline_in_many_dresses(tmp_path: Path) -> None:
    t = np.linspace(-90.0, 90.0, 31)[1:-1] * np.pi / 180.0
    half = np.r_[[[0.0, -2.0]], 2.0 * np.stack([np.cos(t), np.sin(t)], axis=-1), [[0.0, 2.0]]]
    areas = []
    for dress in (half, half[::-1], np.repeat(half, 2, axis=0), np.r_[half, half[:1]]):
        np.savetxt(tmp_path / "half.csv", dress, delimiter=",", header="r_um,z_um", comments="")
        config = load_config({
            "schema": 1, "modes": {"window": ["1 um", "1.1 um"]}, "materials": {"g": {"n": 1.5}, "air": {"n": 1.0}},
            "geometry": {
                "kind": "profile", "material": "g", "ambient": "air", "smooth": True, "points": str(tmp_path / "half.csv"),
            },
        })  # fmt: skip
        r, z = section_of(config.geometry).parts[0].outline.polygon.T
        areas.append(abs(np.dot(r, np.roll(z, 1)) - np.dot(z, np.roll(r, 1))))
    assert areas == pytest.approx([areas[0]] * 4, rel=1e-12)
