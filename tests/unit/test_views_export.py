"""Fields as files: what ParaView and meshio find in them, the way back, sizes, and damaged ones."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import meshio
import numpy as np
import pytest
from support.pictures import small_view

from femwgm.errors import OutputError
from femwgm.views.files.arrays import write_exports
from femwgm.views.files.fields import mode_file, read_mode, to_grid, twins, write_mode
from femwgm.views.files.outputs import write_fields
from femwgm.views.files.vtu import Grid, read, to_bytes

pytestmark = pytest.mark.gmsh


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("run")
    write_fields(small_view(), home)
    return home / "fields"


def test_one_file_a_mode_and_a_series_that_names_them(folder: Path) -> None:
    names = {mode_file(mode.row) for mode in small_view().modes}
    assert {path.name for path in folder.iterdir()} == names | {"modes.pvd"}
    listed = re.findall(r'timestep="([\d.]+)".*file="([^"]+)"', (folder / "modes.pvd").read_text())
    assert {name for _, name in listed} == names
    wavelengths = [float(at) for at, _ in listed]
    assert wavelengths == sorted(wavelengths)


def test_modes_that_share_their_labels_keep_their_own_fields(tmp_path: Path) -> None:
    """As the two supermodes of a pair of spheres do: the second file must not replace the first."""
    run = small_view()
    one, two = run.modes
    both = (one, replace(two, row={**two.row, "pol": one.pol, "l": one.row["l"]}, twin=2))
    assert twins(mode.row for mode in both) == [1, 2]
    write_fields(replace(run, modes=both), tmp_path)
    assert {read_mode(tmp_path / "fields" / mode.file).k0 for mode in both} == {
        one.patches.k0,
        two.patches.k0,
    }


def test_another_program_reads_named_complex_parts(folder: Path) -> None:
    mode = small_view().find("TM163")
    mesh = meshio.read(folder / mode_file(mode.row))
    for field in "EH":
        for component in ("r", "phi", "z"):
            assert {f"{field}_{component} (real)", f"{field}_{component} (imag)"} <= mesh.point_data.keys()
    e2 = sum(
        mesh.point_data[f"E_{c} ({part})"].astype(float) ** 2
        for c in ("r", "phi", "z")
        for part in ("real", "imag")
    )
    np.testing.assert_allclose(e2, mesh.point_data["|E|^2"], rtol=1e-5, atol=1e-6 * e2.max())
    assert "energy density (1/um^3)" in mesh.point_data
    assert [mesh.field_data[f"region {name}"][0] for name in ("core", "shell", "air")] == [0, 1, 2]
    np.testing.assert_allclose(mesh.field_data["wavelength_nm"], mode.wavelength_nm)
    rho = np.hypot(mesh.points[:, 0], mesh.points[:, 2])
    shell = np.unique(mesh.cells[0].data[mesh.cell_data["region"][0] == 1])
    assert rho[shell].min() == pytest.approx(10.0, abs=1e-6)
    assert rho[shell].max() == pytest.approx(10.49, abs=1e-6)
    np.testing.assert_allclose(
        np.unique(mesh.cell_data["refractive index"][0]), [1.0, 1.45, 1.768], rtol=1e-6
    )


def test_the_shares_come_back_out_of_the_file(folder: Path) -> None:
    """By the midpoint rule on the file's own quadrilaterals: a reader who knows nothing of finite elements gets them to 1 %."""
    mode = small_view().find("TM163")
    mesh = meshio.read(folder / mode_file(mode.row))
    corners = mesh.points[mesh.cells[0].data][:, :, [0, 2]]
    d1, d2 = corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]
    area = 0.5 * np.abs(d1[:, 0] * d2[:, 1] - d1[:, 1] * d2[:, 0])
    volume = 2.0 * np.pi * corners[:, :, 0].mean(axis=1) * area
    for name, measure in (("|E|^2", "e2"), ("energy density (1/um^3)", "energy")):
        density = mesh.point_data[name][mesh.cells[0].data].mean(axis=1)
        total = (density * volume).sum()
        for region, share in mode.shares(measure).items():
            inside = mesh.cell_data["region"][0] == mesh.field_data[f"region {region}"][0]
            assert (density * volume)[inside].sum() / total == pytest.approx(share, rel=0.01)
    assert total == pytest.approx(1.0, rel=0.01)


def test_what_is_read_is_what_was_written(folder: Path) -> None:
    for mode in small_view().modes:
        back = read_mode(folder / mode_file(mode.row))
        scale = np.abs(mode.patches.E).max()
        np.testing.assert_allclose(back.E, mode.patches.E, atol=1e-6 * scale)
        np.testing.assert_allclose(back.H, mode.patches.H, atol=1e-6 * np.abs(mode.patches.H).max())
        np.testing.assert_array_equal(back.r, mode.patches.r)
        assert back.regions == mode.patches.regions
        assert back.media["shell"].eps == pytest.approx(1.768**2)
        assert (back.m, back.k0) == (mode.patches.m, mode.patches.k0)


def test_a_file_stays_small(folder: Path) -> None:
    assert all(path.stat().st_size < 1_500_000 for path in folder.glob("*.vtu"))


@pytest.mark.parametrize("keep", [0, 40, 2000, 100_000])
def test_a_cut_off_file_is_refused_in_one_line(folder: Path, tmp_path: Path, keep: int) -> None:
    whole = (folder / mode_file(small_view().modes[0].row)).read_bytes()
    path = tmp_path / "cut.vtu"
    path.write_bytes(whole[:keep])
    with pytest.raises(OutputError, match=r"not a field file") as caught:
        read_mode(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="not a field file"):
        read(tmp_path / "none.vtu")


def test_names_with_signs_survive() -> None:
    grid = Grid(np.zeros((4, 3)), np.array([[0, 1, 2, 3]]), {'a "b" <c> & |d|': np.arange(4.0)})
    assert b"&lt;c&gt; &amp;" in to_bytes(grid)


def test_unknown_media_leave_the_energy_out(tmp_path: Path) -> None:
    from dataclasses import replace

    bare = replace(small_view().modes[0].patches, media={})
    assert "energy density (1/um^3)" not in to_grid(bare).point_data
    back = read_mode(write_mode(bare, tmp_path / "bare.vtu"))
    assert back.media == {}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from dataclasses import replace

    run = small_view()
    outputs = run.config.outputs.model_copy(update={"exports": ("npz", "mat", "xdmf")})
    home = tmp_path_factory.mktemp("exported")
    write_exports(replace(run, config=run.config.model_copy(update={"outputs": outputs})), home)
    return home / "fields"


@pytest.mark.parametrize("kind", ["npz", "mat"])
def test_plain_arrays_integrate_to_the_shares(exported: Path, kind: str) -> None:
    from scipy.io import loadmat

    mode = small_view().find("TM163")
    path = (exported / mode_file(mode.row)).with_suffix(f".{kind}")
    data = loadmat(path, squeeze_me=True) if kind == "mat" else dict(np.load(path))
    energy = (
        np.real(data["permittivity"])[:, None, None]
        * (np.abs(data["E"]) ** 2).sum(axis=0)
        * data["volume_um3"]
    )
    regions = [str(name).strip() for name in data["regions"]]
    for region, share in mode.shares("energy").items():
        inside = data["cell_region"] == regions.index(region)
        assert energy[inside].sum() / energy.sum() == pytest.approx(share, rel=1e-6)
    assert float(data["wavelength_nm"]) == mode.wavelength_nm


def test_a_series_is_opened_by_another_program(exported: Path) -> None:
    pyvista = pytest.importorskip("pyvista")
    reader = pyvista.get_reader(str(exported / "modes.xdmf"))
    assert reader.number_time_points == 2
    assert sorted(reader.time_values) == pytest.approx(
        sorted(mode.wavelength_nm for mode in small_view().modes)
    )
    grid = reader.read()
    grid = grid[0] if isinstance(grid, pyvista.MultiBlock) else grid
    assert {"|E|^2", "E_phi (imag)"} <= set(grid.point_data.keys())
    assert grid.n_cells == len(to_grid(small_view().modes[0].patches).quads)
