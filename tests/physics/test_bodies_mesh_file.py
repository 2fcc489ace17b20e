"""A user's own mesh: outlines traced from its named groups, against the exact coated sphere and areas known beforehand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import meshio
import numpy as np
import pytest
from support.spheres import around, write_half_discs

from femwgm import analytic
from femwgm.config import load_config
from femwgm.errors import ConfigError
from femwgm.geometry.build import section_of
from femwgm.runs.loop import run

RADII, INDICES = (4.0, 4.49), (1.45, 1.768, 1.0)


def configuration(file: str, **changes: Any) -> dict[str, Any]:
    geometry = {
        "kind": "mesh", "file": file, "materials": {"core": "silica", "film": "npl"}, "ambient": "air",
    }  # fmt: skip
    return {
        "schema": 1,
        "geometry": {**geometry, **changes},
        "materials": {"silica": {"n": INDICES[0]}, "npl": {"n": INDICES[1]}, "air": {"n": 1.0}},
        "modes": {"window": ["650 nm", "668 nm"]},
    }


@pytest.mark.slow
@pytest.mark.gmsh
def test_a_meshed_sphere_has_the_modes_of_the_sphere(tmp_path: Path) -> None:
    write_half_discs(tmp_path / "body.msh", (*RADII, 6.0), ("core", "film", "around"))
    exact = analytic.layered_sphere(RADII, INDICES).mode("TM", 68, 1)
    lo, hi = around(1e-3 * exact.wavelength_nm, 1e-4)
    config = configuration(str(tmp_path / "body.msh"))
    config["modes"] = {
        "window": [f"{lo!r} um", f"{hi!r} um"], "polarizations": ["TM"], "radial_orders": [1], "polar_orders": [0],
    }  # fmt: skip
    (mode,) = run({**config, "accuracy": {"wavelength": 1e-6}}).modes
    assert (mode.pol, mode.q, mode.l) == ("TM", 1, 68)
    # The mesh has its nodes on the circles; the splines through them leave these by some 1e-9 of the radius.
    assert abs(mode.k0.real / exact.k0.real - 1.0) < 3.0 * (mode.wavelength_error or 0.0) + 1e-8
    assert mode.energy["film"] == pytest.approx(exact.energy[1], abs=1e-5)


@pytest.mark.gmsh
@pytest.mark.parametrize("order", [1, 2, 3])
def test_outlines_have_the_areas_of_the_groups(order: int, tmp_path: Path) -> None:
    """Splines through the nodes of curved and of straight cells enclose half discs to the order of a cubic."""
    write_half_discs(tmp_path / "body.msh", (*RADII, 6.0), ("core", "film", "around"), order)
    section = section_of(load_config(configuration(str(tmp_path / "body.msh"))).geometry)
    assert [piece.region for piece in section.pieces] == ["core", "film"]
    for piece, radius in zip(section.pieces, RADII, strict=True):
        r, z = piece.outline.polygon.T
        area = 0.5 * np.sum(r * np.roll(z, -1) - z * np.roll(r, -1))
        assert area == pytest.approx(0.5 * np.pi * radius**2, rel=1e-3)  # of a polygon with 65 points
        assert np.abs(np.hypot(r, z)[r > 1e-9] - radius).max() < 2e-4 * radius


@pytest.mark.gmsh
def test_holes_belong_to_the_ambient(tmp_path: Path) -> None:
    """A hollow core without cells, and a body that ends where the mesh does."""
    write_half_discs(tmp_path / "shell.msh", RADII, ("", "film"))
    geometry = load_config(configuration(str(tmp_path / "shell.msh"), materials={"film": "npl"})).geometry
    section = section_of(geometry)
    assert [piece.region for piece in section.pieces] == ["air", "film"]
    points = np.array([[1.0, 0.0], [4.2, 0.0], [5.0, 0.0]])
    assert [section.regions[i] for i in section.region_at(points)] == ["air", "film", "air"]
    assert geometry.radius_ref_um == pytest.approx(4.49, rel=1e-12)


@pytest.mark.gmsh
def test_units_and_corners(tmp_path: Path) -> None:
    """A square ring of quadrilaterals in nm, in a format with cell sets: four lines, no spline."""
    points = np.array([[r, z, 0.0] for z in (-500.0, 500.0) for r in (2000.0, 2500.0, 3000.0)])
    cells = [("quad", np.array([[0, 1, 4, 3], [1, 2, 5, 4]]))]
    mesh = meshio.Mesh(points, cells, cell_sets={"ring": [np.array([0, 1])]})
    mesh.write(tmp_path / "ring.inp", file_format="abaqus")
    config = configuration(str(tmp_path / "ring.inp"), materials={"ring": "npl"}, unit="nm")
    (piece,) = section_of(load_config(config).geometry).pieces
    assert len(piece.outline.corners()) == 4
    assert np.ptp(piece.outline.polygon, axis=0) == pytest.approx([1.0, 1.0])


@pytest.mark.gmsh
def test_resolved_configurations_need_no_file(tmp_path: Path) -> None:
    from femwgm.config import config_hash, dump_resolved

    write_half_discs(tmp_path / "body.msh", (*RADII, 6.0), ("core", "film", "around"))
    config = load_config(configuration(str(tmp_path / "body.msh")))
    (tmp_path / "resolved.yaml").write_text(dump_resolved(config))
    (tmp_path / "body.msh").unlink()
    assert config_hash(load_config(tmp_path / "resolved.yaml")) == config_hash(config)


@pytest.mark.gmsh
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"file": "none.msh"}, "no such file"),
        ({"materials": {"kern": "silica"}}, r"no group 'kern'.*its groups are 'core', 'film'"),
        ({"materials": {"core": "silica", "air": "npl"}}, "no group 'air'"),
        ({"unit": "inch"}, "unit"),
    ],
)
def test_one_line_for_a_mistake(changes: dict[str, Any], words: str, tmp_path: Path) -> None:
    write_half_discs(tmp_path / "body.msh", RADII, ("core", "film"))
    config = configuration(**{"file": str(tmp_path / "body.msh"), **changes})
    with pytest.raises(ConfigError, match=words) as caught:
        load_config(config)
    assert "\n" not in str(caught.value)


def test_meshes_off_the_half_plane_are_refused(tmp_path: Path) -> None:
    points = np.array([[-1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    mesh = meshio.Mesh(points, [("triangle", np.array([[0, 1, 2]]))], cell_sets={"core": [np.array([0])]})
    mesh.write(tmp_path / "left.inp", file_format="abaqus")
    with pytest.raises(ConfigError, match="half plane"):
        load_config(configuration(str(tmp_path / "left.inp"), materials={"core": "silica"}))


@pytest.mark.parametrize("content", [b"", b"no mesh\n", b"$MeshFormat\n4.1 0 8\n$EndMeshFormat\n$Nodes\n1 9"])
def test_files_that_are_no_meshes(content: bytes, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """One line, and nothing of what meshio would print."""
    (tmp_path / "bad.msh").write_bytes(content)
    with pytest.raises(ConfigError, match="not a mesh that meshio can read") as caught:
        load_config(configuration(str(tmp_path / "bad.msh")))
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")
