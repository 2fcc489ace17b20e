"""The example meshes and the .msh files of a run: names, shapes and volumes survive the round trip."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from femwgm.fem.assemble import gauss_points
from femwgm.fem.mapping import CurvedMapping
from femwgm.mesh.load import read_mesh
from femwgm.mesh.polar import PolarPlan, build_polar

MESHES = Path(__file__).parents[2] / "meshes"


def volume(mesh, region):
    X, w = gauss_points(mesh.corners, 14)
    mapping, cells = CurvedMapping(mesh), mesh.region_cells(region)
    return 2 * np.pi * float((mapping.F(X, cells)[0] * mapping.detDF(X, cells) * w).sum())


def test_example_meshes_match_their_checksums():
    for line in (MESHES / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split()
        assert hashlib.sha256((MESHES / name).read_bytes()).hexdigest() == digest


def test_rim_of_the_coated_sphere():
    mesh = read_mesh(MESHES / "coated_sphere_rim.msh")
    assert mesh.regions == ("core", "shell", "air")
    assert mesh.order == 6
    shell = 2 * np.pi / 3 * (10.49**3 - 10.0**3) * np.sin(0.39)
    assert volume(mesh, "shell") == pytest.approx(shell, rel=1e-9)


@pytest.mark.parametrize("order", [1, 2, 5, 10])
def test_written_mesh_reads_back(tmp_path, order):
    plan = PolarPlan((0.0, 0.5, 1.0, 1.4), ("a", "a", "b"), (0.0, np.pi / 4, np.pi / 2), order)
    mesh = build_polar(plan, tmp_path / "m.msh")
    again = read_mesh(tmp_path / "m.msh")
    assert again.regions == mesh.regions
    assert {k: len(v) for k, v in again.boundaries.items()} == {k: len(v) for k, v in mesh.boundaries.items()}
    for region in mesh.regions:
        assert volume(again, region) == pytest.approx(volume(mesh, region), rel=1e-13)
    if order == 10:
        assert volume(again, "b") == pytest.approx(2 * np.pi / 3 * (1.4**3 - 1.0), rel=1e-10)
