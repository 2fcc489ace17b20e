"""`femwgm spectrum`: what it leaves and what it refuses."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from femwgm.cli import main

SPHERE = """schema: 1
geometry:
  kind: layered_sphere
  layers:
    - {name: core, material: silica, diameter: 2 um}
    - {name: shell, material: npl, thickness: 300 nm}
  ambient: air
materials: {silica: {n: 1.45}, npl: {n: 1.768}, air: {n: 1.0}}
modes: {window: [650 nm, 652 nm]}
"""


def call(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    return int(left.value.code or 0), capsys.readouterr().err


def test_a_spectrum_has_its_columns_and_its_figure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "sphere.yaml"
    config.write_text(SPHERE, encoding="utf-8")
    status, _ = call(
        ["spectrum", str(config), "--plane-wave", "--resolution", "0.2 nm", "-o", str(tmp_path / "out")],
        capsys,
    )
    assert status == 0
    rows = list(csv.DictReader((tmp_path / "out" / "spectrum.csv").open(encoding="utf-8")))
    assert list(rows[0]) == [
        "wavelength_nm",
        "emission",
        "emission_te",
        "emission_tm",
        "extinction",
        "scattering",
    ]
    assert float(rows[0]["wavelength_nm"]) == pytest.approx(650.0)
    assert float(rows[-1]["wavelength_nm"]) == pytest.approx(652.0)
    for row in rows:
        assert float(row["emission"]) == pytest.approx(float(row["emission_te"]) + float(row["emission_tm"]))
        assert float(row["scattering"]) == pytest.approx(float(row["extinction"]), rel=1e-6)
    assert (tmp_path / "out" / "spectrum.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("more", "word"),
    [
        (["--band", "655 nm"], "--band"),
        (["--resolution", "0"], "--resolution"),
        (["--layer", "film"], "layer"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(
    more: list[str], word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "sphere.yaml"
    config.write_text(SPHERE, encoding="utf-8")
    status, said = call(["spectrum", str(config), *more], capsys)
    assert status == 2
    assert said.count("\n") == 1
    assert word in said


@pytest.mark.parametrize(
    ("name", "more", "word"),
    [
        ("cavity-palace", [], "open body"),
        ("pair-48-44", [], "kind: stack"),
        ("rough-disk", [], "imperfections"),
        ("rough-film", [], "imperfections"),
        ("spheroid", ["--layer", "film"], "one of core"),
        *(("spheroid", [option], option) for option in ("--in-plane", "--plane-wave", "--purcell")),
    ],
)
def test_what_holds_for_no_sum_of_modes_is_refused(
    name: str, more: list[str], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said = call(["spectrum", f"@{name}", *more], capsys)
    assert status == 2
    assert said.count("\n") == 1
    assert word in said
