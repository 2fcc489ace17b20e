"""`femwgm peaks` and `assign` on recorded spectra: what is read, what is left, what is refused."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from femwgm.cli import main
from femwgm.errors import ConfigError
from femwgm.experiment.recorded.counts import looks_recorded, read_recorded
from femwgm.experiment.spectrum.peaks import read_peaks
from tests.support.recordings import recording

# Exact lines (nm) of a core of 20 um, n = 1.45, under 0.49 um, n = 1.768: 30 digits elsewhere, four here.
LINES = {
    648.2350: ("TM", 166), 651.8241: ("TM", 165), 655.4526: ("TM", 164), 656.2666: ("TE", 166), 659.1210: ("TM", 163),
    659.9952: ("TE", 165), 662.8301: ("TM", 162), 663.7662: ("TE", 164),
}  # fmt: skip
SPHERE = """schema: 1
geometry:
  kind: layered_sphere
  layers:
    - {name: core, material: silica, diameter: 20 um}
    - {name: shell, material: npl, thickness: 490 nm}
  ambient: air
materials: {silica: {n: 1.45}, npl: {n: 1.768}, air: {n: 1.0}}
modes: {window: [644 nm, 672 nm], radial_orders: [1]}
"""


def call(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    said = capsys.readouterr()
    return int(left.value.code or 0), said.out, said.err


@pytest.fixture(scope="module")
def text() -> str:
    return recording(list(LINES), [0.15] * 8, [2200.0] * 8, np.random.default_rng(1)).text()


def test_a_spectrum_is_read_in_any_dress(tmp_path: Path, text: str) -> None:
    rows = [line.split(",") for line in text.splitlines()[1:]]
    dresses = {
        "plain.csv": text,
        "comma.txt": "Wellenlänge\nlambda (nm);Intensity\n"
        + "\n".join(f"{x.replace('.', ',')};{y}" for x, y in rows)
        + "\nEnd\n",
        "bare.asc": "\n".join(f"{x}\t{y}" for x, y in rows) + "\n",
        "ends.asc": "Exposure: 0.5 s\nWavelength (nm)\tCounts\t\n"
        + "\n".join(f"{x}\t{y}\t" for x, y in rows)
        + "\n",
        "bar.txt": "Wavelength (nm)|Counts\n" + "\n".join(f"{x}|{y}" for x, y in rows) + "\n",
        "energy.dat": "Energy (eV)  Counts\n"
        + "\n".join(f"{1239.841984332 / float(x):.12f} {y}" for x, y in rows)
        + "\n",
        "three.csv": "wavelength / um,dark,counts\n"
        + "\n".join(f"{float(x) / 1e3:.8f},7,{y}" for x, y in rows)
        + "\n",
    }
    plain = None
    for name, dress in dresses.items():
        file = tmp_path / name
        file.write_text(dress, encoding="utf-8")
        spectrum = read_recorded(file)
        plain = plain or spectrum
        assert spectrum.wavelength_nm == pytest.approx(plain.wavelength_nm, abs=1e-7)
        assert (spectrum.counts == plain.counts).all()
        assert looks_recorded(file)
        assert bool(spectrum.notes) == (name == "bare.asc")
    air = read_recorded(tmp_path / "plain.csv", in_air=True)
    # n - 1 of dry air at 15 C and 655 nm: 2.763e-4 (Ciddor 1996).
    assert (air.wavelength_nm / plain.wavelength_nm - 1.0) == pytest.approx(
        np.full(len(air), 2.763e-4), abs=1e-6
    )


def test_what_is_no_spectrum_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    cases = {
        "a wavelength occurs twice": text + text.splitlines()[-1] + "\n",
        "needed for a spectrum": "wavelength (nm),counts\n640,1\n641,2\n",
        "which of them holds the counts": "\n".join(f"{640 + 0.1 * i},1,{i}" for i in range(50)) + "\n",
        "not an optical range": "\n".join(f"{1 + 0.1 * i},1" for i in range(50)) + "\n",
        "no rows of numbers": "nothing here\n",
        "all counts are the same": "\n".join(f"{640 + 0.1 * i},7" for i in range(50)) + "\n",
    }
    for words, content in cases.items():
        file = tmp_path / "bad.csv"
        file.write_text(content, encoding="utf-8")
        with pytest.raises(ConfigError, match=words):
            read_recorded(file)


def test_peaks_leaves_lines_that_assign_reads(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "spectrum.csv"
    file.write_text(text, encoding="utf-8")
    status, out, _ = call(
        ["peaks", str(file), "--resolution", "0.05 nm", "-o", str(tmp_path / "lines")], capsys
    )
    assert status == 0
    assert "8 lines above" in out
    rows = list(csv.DictReader((tmp_path / "lines" / "peaks.csv").open(encoding="utf-8")))
    assert list(rows[0])[:6] == [
        "wavelength_nm",
        "wavelength_error_nm",
        "width_nm",
        "width_error_nm",
        "height",
        "area",
    ]
    for row, wavelength in zip(rows, LINES, strict=True):
        assert abs(float(row["wavelength_nm"]) - wavelength) < 4.0 * float(row["wavelength_error_nm"]) < 0.01
        assert abs(float(row["width_nm"]) - 0.15) < 4.0 * float(row["width_error_nm"]) < 0.02
    assert json.loads((tmp_path / "lines" / "peaks.json").read_text(encoding="utf-8"))[0]["lines"] == 8
    assert (tmp_path / "lines" / "peaks.png").stat().st_size > 10_000
    assert len(read_peaks(tmp_path / "lines" / "peaks.csv")) == 8


def test_assign_reads_the_recorded_spectrum_itself(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file, config = tmp_path / "spectrum.csv", tmp_path / "sphere.yaml"
    file.write_text(text, encoding="utf-8")
    config.write_text(SPHERE, encoding="utf-8")
    status, _, _ = call(
        [
            "assign",
            str(file),
            str(config),
            "--resolution",
            "0.05 nm",
            "--free",
            "index=0",
            "--free",
            "slope=0",
            "-o",
            str(tmp_path / "read"),
        ],
        capsys,
    )
    assert status == 0
    rows = list(csv.DictReader((tmp_path / "read" / "assignment.csv").open(encoding="utf-8")))
    assert [(row["pol"], int(row["l"])) for row in rows] == list(LINES.values())


def test_a_bad_resolution_is_refused(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "spectrum.csv"
    file.write_text(text, encoding="utf-8")
    status, _, said = call(["peaks", str(file), "--resolution", "0.05"], capsys)
    assert status == 2
    assert said.count("\n") == 1
    assert "--resolution" in said


@pytest.mark.parametrize(
    ("verb", "more", "word"),
    [
        (["peaks"], ["--ellipticity"], "--resolution"),
        (["assign"], ["sphere.yaml", "--ellipticity"], "--resolution"),
        (["assign"], ["sphere.yaml", "--ellipticity", "--resolution", "0.05 nm"], "shape of lines"),
    ],
)
def test_an_ellipticity_that_cannot_be_told_is_refused(
    tmp_path: Path, text: str, verb: list[str], more: list[str], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file, sphere = tmp_path / "seen.csv", tmp_path / "sphere.yaml"
    sphere.write_text(SPHERE, encoding="utf-8")
    file.write_text(
        "wavelength_nm,width_nm\n660,0.1\n662,0.1\n" if word == "shape of lines" else text, encoding="utf-8"
    )
    status, _, error = call(
        [*verb, str(file), *(str(sphere) if m == "sphere.yaml" else m for m in more)], capsys
    )
    assert status == 2
    assert error.count("\n") == 1
    assert word in error


def test_points_without_counts_are_left_out_and_told(tmp_path: Path) -> None:
    file = tmp_path / "dead.csv"
    rows = [f"{640.0 + 0.02 * i:.2f},{'NaN' if i % 10 == 0 else 100 + i % 7}" for i in range(100)]
    file.write_text("wavelength (nm),counts\n" + "\n".join(rows) + "\n", encoding="utf-8")
    found = read_recorded(file)
    assert len(found) == 90
    assert any("10 points without counts" in note for note in found.notes)
    file.write_text("wavelength (nm),counts\n" + "\n".join(f"{640.0 + 0.02 * i:.2f},nan" for i in range(100)))
    with pytest.raises(ConfigError, match="only 0 points have counts"):
        read_recorded(file)
