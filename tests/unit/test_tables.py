"""The reader of tables: separators, decimal commas, units, prose around numbers, and what it refuses."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from femwgm.config.load import load_config
from femwgm.errors import ConfigError
from femwgm.ground.tables import read_columns, read_table, read_tables
from femwgm.materials import materials_from_config

SPECTRUM = {"wavelength_nm": ("lambda", "wl", "energy", "frequency", "wavenumber"), "counts": ("intensity",)}
HC = 1.239841984332002
SAME = [[640.0, 12.0], [641.5, 13.5], [643.0, 90.0]]
OCEAN = (
    "Data from spectrum.txt Node\n\nDate: Tue Mar 4 10:12:01 2025\nIntegration Time (sec): 1.0E-1\n"
    ">>>>>Begin Spectral Data<<<<<\n640.0\t12\n641.5\t13.5\n643\t90\n>>>>>End Spectral Data<<<<<\n"
)


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "table.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def spectrum(path: Path) -> list[list[float]]:
    (table,) = read_tables(path, "the spectrum")
    where = table.columns(SPECTRUM, others=True, positions=("wavelength_nm", "counts"))
    return np.stack([table.numbers(where[name], name) for name in SPECTRUM], axis=1).tolist()


@pytest.mark.parametrize(
    "text",
    [
        "Wavelength\tIntensity\nnm\ta.u.\n640\t12\n641.5\t13.5\n643\t90\n",
        "640,12\n641.5,13.5\n643,90\n",
        "640 12\n641.5 13.5\n643 90\n",
        "  640,0   12\n  641,5   13,5\n  643,0   90\n",
        "640;12\n641,5;13,5\n643;90\n",
        "wavelength_nm counts\n640 12\n641.5 13.5\n643 90\n",
        "Wavelength (um)  Intensity (a.u.)\n0.640 12\n0.6415 13.5\n0.643 90\n",
        "Wavelength / nm, Counts, Dark\n640, 12, 3\n641.5, 13.5, 4\n643, 90, 5\n",
        OCEAN,
        "[Info]\nExposure;100 ms\n[Data]\nlambda [nm];counts\n640;12\n641,5;13,5\n643;90\n",
        "lambda (µm)\tcounts\n0.64\t12\n0.6415\t13.5\n0.643\t90\n".encode("latin-1"),
        "wavelength (nm)\tcounts\n640\t12\n641,5\t13,5\n643\t90\n".encode("utf-16"),
    ],
)
def test_one_spectrum_in_many_dresses(tmp_path: Path, text: str | bytes) -> None:
    assert spectrum(write(tmp_path, text)) == SAME


@pytest.mark.parametrize(
    ("heading", "value", "nm"),
    [
        ("energy_eV", "1.9", 1239.8419843320026 / 1.9),
        ("Frequency (THz)", "500", 599.584916),
        ("Wavenumber [cm-1]", "15000", 1e7 / 15000.0),
        ("Wavenumber / 1/cm", "15000", 1e7 / 15000.0),
        ("wavelength [Å]", "6543.21", 654.321),
        ("wavelength_m", "6.5e-7", 650.0),
    ],
)
def test_wavelengths_come_in_any_unit(tmp_path: Path, heading: str, value: str, nm: float) -> None:
    table = read_table(write(tmp_path, f"{heading};counts\n{value};1\n"), "the table")
    assert table.number(0, table.columns(SPECTRUM)["wavelength_nm"], "w") == pytest.approx(nm, rel=2e-16)


def test_lengths_are_the_nearest_floats(tmp_path: Path) -> None:
    path = write(tmp_path, "r_nm,z_mm\n490,0.00049\n1,1\n")
    columns = read_columns(path, ("r_um", "z_um"))
    assert columns["r_um"].tolist() == [0.49, 0.001]
    assert columns["z_um"].tolist() == [0.00049 * 1000, 1000.0]


@pytest.mark.parametrize(
    "text",
    [
        "r_um,z_um\n0,1\n2,3\n",
        "SEM 12\nmagnification 5000\nr_um,z_um\n0,1\n2,3\n",
        "r;z\n(nm);(nm)\n0;1000\n2000;3000\n",
    ],
)
def test_what_stands_above_the_headings(tmp_path: Path, text: str) -> None:
    columns = read_columns(write(tmp_path, text), ("r_um", "z_um"))
    assert [column.tolist() for column in columns.values()] == [[0.0, 2.0], [1.0, 3.0]]


@pytest.mark.parametrize(
    "text",
    [
        "wavelength_um,n,k\n0.7,1.69,0\n0.6,1.7,1e-3\n",  # from the red end
        f"E (eV)\tRefractive index n\tExtinction coefficient\n{HC / 0.6!r}\t1.7\t1e-3\n{HC / 0.7!r}\t1.69\t0\n",
        "wavelength (nm),Re(n),Im(n),\n600,1.7,1e-3,\n700,1.69,0,\n",  # a comma at the end of each line
        f"wavelength_um;eps1;eps2\n0.6;{1.7**2 - 1e-6!r};{2 * 1.7e-3!r}\n0.7;{1.69**2!r};0\n",
    ],
)
def test_one_medium_in_many_dresses(tmp_path: Path, text: str) -> None:
    plain = {"table": {"wavelength_um": [0.6, 0.7], "n": [1.7, 1.69], "k": [1e-3, 0.0]}}
    raw = {
        "schema": 1, "modes": {"window": ["640 nm", "660 nm"]},
        "geometry": {"kind": "layered_sphere", "ambient": "air", "layers": [{"name": "a", "material": "x", "radius": "1 um"}]},
    }  # fmt: skip
    laws = []
    for spec in (plain, {"table": str(write(tmp_path, text))}):
        media = materials_from_config(load_config({**raw, "materials": {"x": spec, "air": {"n": 1.0}}}))
        laws.append([media["x"].permittivity(2 * np.pi / um) for um in (0.61, 0.66)])
    assert np.array(laws[1]) == pytest.approx(np.array(laws[0]), rel=1e-12)


def test_two_tables_below_each_other(tmp_path: Path) -> None:
    (tmp_path / "film.csv").write_text(
        '"Wavelength, µm",n\n0.6,1.7\n0.7,1.69\n\n"Wavelength, µm",k\n0.6,1e-3\n0.7,0\n'
    )
    (tmp_path / "bare.csv").write_text("wl,n\n0.6,1.7\n0.7,1.69\nwl,k\n0.6,0.001\n0.7,0\n")
    (tmp_path / "energy.txt").write_text(
        f"E (eV)\tn\tk\n{HC / 0.7!r}\t1.69\t0\n{HC / 0.6!r}\t1.7\t0.001\n".replace("E (", "energy (")
    )
    config = Path(__file__).parents[2] / "configs/duan2022.yaml"
    laws = []
    for name in ("film.csv", "bare.csv", "energy.txt"):
        media = materials_from_config(load_config(config, [f"materials.npl={{table: {tmp_path / name}}}"]))
        laws.append([media["npl"].permittivity(2 * np.pi / um) for um in (0.64, 0.66)])
    assert laws[0] == laws[1]
    assert np.array(laws[2]) == pytest.approx(np.array(laws[0]), rel=1e-12)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("640,1\n641\n642,3\n", "line 2: has 1 cells"),
        ("640,1\n641,x\n642,3\n", "line 2 = 'x': must be a number"),
        ("640;1,5\n641.2;3\n", "has a decimal comma here and a decimal point in line 2"),
        ("only prose\nand more\n", "holds no rows of numbers"),
        ("", "the spectrum is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "not a text table"),
        ("wavelength_nm;wavelength (um);counts\n1;1;1\n", "two columns say the same"),
        ("wavelength;counts\n1;1\n", "wavelength: has no unit"),
    ],
)
def test_what_is_not_certain_is_refused(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        spectrum(write(tmp_path, text))
    assert said in str(caught.value)
    assert "table.txt" in str(caught.value)


def test_only_regular_files_of_bounded_size_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, said in (
        (tmp_path / "pipe", "a device or a pipe"),
        (Path("/dev/zero"), "a device or a pipe"),
        (tmp_path, "a folder, not a file"),
        (tmp_path / "none", "No such file"),
        (tmp_path / ("x" * 5000), "File name too long"),
        (tmp_path / "a\0b", "no name for a file"),
    ):
        with pytest.raises(ConfigError, match=said):
            read_table(path, "the table")
    monkeypatch.setattr("femwgm.ground.cells.MAX_BYTES", 20)
    with pytest.raises(ConfigError, match="larger than 20 bytes"):
        read_table(write(tmp_path, "wavelength_nm,counts\n640,1\n"), "the table")
