"""`femwgm lasing` and `femwgm vernier`: what they print, what they leave, what they refuse."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from femwgm.cli import main

FOLDER = Path(__file__).resolve().parents[2] / "configs" / "paper"
SPHERE = str(FOLDER / "sphere-20um.yaml")


def call(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    said = capsys.readouterr()
    return int(left.value.code or 0), said.out, said.err


def test_lasing_ranks_the_modes_and_leaves_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    narrow = "modes.window=[652 nm, 661 nm]"
    status, out, _ = call(
        [
            "lasing",
            SPHERE,
            "-o",
            str(tmp_path / "las"),
            "--set",
            narrow,
            "--face-down",
            "--band",
            "gauss, 655 nm, 18 nm",
        ],
        capsys,
    )
    assert status == 0
    assert "face-down" in out
    rows = list(csv.DictReader((tmp_path / "las" / "thresholds.csv").open(encoding="utf-8")))
    needed = [float(row["band_top_gain_per_cm"]) for row in rows]
    assert needed == sorted(needed)
    assert [row["pol"] for row in rows[:3]] == ["TE"] * 3
    tm = next(row for row in rows if row["pol"] == "TM")
    assert float(tm["gain_per_cm"]) > 10.0 * float(rows[0]["gain_per_cm"])
    # n'' = n / (2 Q Gamma) with Gamma of TE 166, 0.977 355 by an unrelated code: 41.2 per cm.
    assert float(rows[0]["gain_per_cm"]) == pytest.approx(41.24, abs=0.02)
    light = list(csv.DictReader((tmp_path / "las" / "light.csv").open(encoding="utf-8")))
    assert {row["waves"] for row in light} == {"travelling", "standing", "all m"}
    assert (tmp_path / "las" / "lasing.png").stat().st_size > 10_000


def test_a_gain_table_moves_the_first_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "gain.csv"
    table.write_text("Wavelength (nm);Gain\n640;0\n660,5;100\n659;10\n662;10\n680;0\n", encoding="utf-8")
    status, out, _ = call(
        ["lasing", SPHERE, "--gain", str(table), "--set", "modes.window=[657 nm, 662 nm]"], capsys
    )
    assert status == 0
    first = next(line for line in out.splitlines() if line.strip().startswith(("TE", "TM")))
    assert "TE 165" in first


def test_vernier_prints_coincidences_and_the_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = [str(FOLDER / f"vernier-{d}um.yaml") for d in (48, 44)]
    status, out, _ = call(["vernier", *pair], capsys)
    assert status == 0
    assert "TE 387" in out
    assert "666.8408" in out
    assert "overlap" in out
    status, out, _ = call(["vernier", *pair, "--at", "663.28", "-o", str(tmp_path / "pair")], capsys)
    assert status == 0
    assert "Eq. 3 with n = 1.76: 19.892 nm" in out
    rows = list(csv.DictReader((tmp_path / "pair" / "coincidences.csv").open(encoding="utf-8")))
    best = min(rows, key=lambda row: float(row["line_widths"]))
    assert (best["l_1"], best["l_2"]) == ("387", "355")
    assert (tmp_path / "pair" / "vernier.png").stat().st_size > 10_000
    status, out, _ = call(["vernier", *pair, "--q", "1e5"], capsys)
    assert status == 0
    assert "neighbour" not in out


def test_two_spheres_of_one_size_single_out_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = call(["vernier", SPHERE, SPHERE], capsys)
    assert status == 0
    assert "every line coincides" in out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("wavelength_nm,gain\n650,0\n660,0\n", "gain.csv: gain: a gain table needs a positive gain"),
        (
            "wavelength_nm,gain\n650,1\n650,2\n",
            "gain.csv: wavelength_nm: wavelengths of a gain table must ascend",
        ),
        ("wavelength_nm,gain\n650,nan\n660,1\n", "gain.csv: line 2, gain = 'nan': must be a number"),
        ("", "gain.csv: the table is empty"),
    ],
)
def test_mistakes_in_a_gain_table_name_the_file(
    tmp_path: Path, text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "gain.csv"
    table.write_text(text, encoding="utf-8")
    status, _, err = call(["lasing", SPHERE, "--gain", str(table)], capsys)
    assert status == 2
    assert said in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["lasing", SPHERE, "--set", "modes.window=[900 nm, 910 nm]"],
            "no mode of the window lies within the gain spectrum",
        ),
        (["lasing", SPHERE, "--gain", "none.csv"], "the table cannot be read"),
        (["vernier", SPHERE, SPHERE, "--pol", "TEM"], "must be TE or TM"),
        (["vernier", SPHERE, SPHERE, "--deviation", "10"], "must be a length"),
        (["vernier", SPHERE, SPHERE, "--at", "600"], "lies outside the window of 647 to 669 nm"),
    ],
)
def test_mistakes_are_one_line(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = call(arguments, capsys)
    assert status in (2, 3)
    assert said in err
    assert err.count("\n") == 1
