"""What comes with femwgm: listed, copied, run by `@NAME`, and in the wheel."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from femwgm.cli import main
from femwgm.config import load_config
from femwgm.config.catalogue import example, examples
from femwgm.errors import ConfigError
from femwgm.store import from_csv

ROOT = Path(__file__).resolve().parents[2]


def femwgm(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = 0
    try:
        main(list(arguments))
    except SystemExit as leave:
        status = int(leave.code or 0)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.mark.parametrize("entry", [*examples(), *examples("paper")], ids=lambda entry: entry.name)
def test_each_says_in_a_sentence_what_it_is(entry) -> None:
    assert re.fullmatch(r"[A-Z].{10,108}\.", entry.about), entry.about
    assert entry.checked or "/" in entry.name, "the second line says what the numbers were checked against"
    assert load_config(f"@{entry.name}") == load_config(entry.path)


def test_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = femwgm(capsys, "examples")
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()] == [f"@{e.name}" for e in examples()] + [
        "@paper/..."
    ]


def test_an_unknown_name_is_told_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    for verb in ("run", "check", "exact", "sweep"):
        status, out, err = femwgm(capsys, verb, "@dun2022", *(["-o", "x"] if verb == "sweep" else []))
        assert (status, out) == (2, "")
        assert err.count("\n") == 1
        assert "@duan2022" in err
    with pytest.raises(ConfigError, match="femwgm examples"):
        example("@zzzzzzzz")


@pytest.mark.parametrize("name", ["duan2022", "mesh-file", "profile", "paper/sphere-10um"])
def test_init_copies_all_that_is_read(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, _ = femwgm(capsys, "init", name)
    assert status == 0
    assert sorted(out.split()) == sorted(path.name for path in tmp_path.iterdir())
    copy = load_config(Path(out.split()[0]))
    assert copy.modes == load_config(f"@{name}").modes
    status, _, err = femwgm(capsys, "init", name)
    assert status == 2
    assert "--force" in err
    assert femwgm(capsys, "init", name, "--force")[0] == 0


def test_the_wheel_brings_them(tmp_path: Path) -> None:
    """From an unpacked wheel, far from the source tree."""
    build = "import sys, hatchling.build as b; print(b.build_wheel(sys.argv[1]))"
    made = subprocess.run(
        [sys.executable, "-c", build, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    with zipfile.ZipFile(tmp_path / made.stdout.split()[-1]) as wheel:
        wheel.extractall(tmp_path / "site")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    code = "import sys, femwgm.cli; print(femwgm.__file__, file=sys.stderr); femwgm.cli.main(['check', '@mesh-file'])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(tmp_path / "site") in done.stderr
    assert "name: mesh-file" in done.stdout


def test_help_cuts_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = femwgm(capsys, "--help")
    assert "..." not in out.partition("Start:")[2]
    for verb in ("examples", "init", "run", "paper"):
        assert re.search(rf"^  {verb} ", out, re.MULTILINE)


def test_the_shell_completes_names() -> None:
    environment = {
        **os.environ,
        "_FEMWGM_COMPLETE": "complete_bash",
        "COMP_WORDS": "femwgm run @dua",
        "COMP_CWORD": "2",
    }
    code = "import sys; sys.argv = ['femwgm']; from femwgm.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["@duan2022"]


def test_formulas_beside_the_exact_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """Lam, Leung and Young's five terms written out once more; Schiller's series is a hundred times closer."""
    import numpy as np

    status, out, _ = femwgm(capsys, "exact", "@freefem-sphere", "--formulas", "--csv")
    assert status == 0
    radius, n, a = 36.0, 1.46, 2.338107410459767
    for row in from_csv(out)[1]:
        nu, weight = row["l"] + 0.5, {"TE": n, "TM": 1.0 / n}[row["pol"]]
        x = nu + a * (nu / 2.0) ** (1.0 / 3.0) - weight / np.sqrt(n**2 - 1.0)
        x += 0.3 * a**2 * (4.0 * nu) ** (-1.0 / 3.0)
        x -= weight * (n**2 - 2.0 / 3.0 * weight**2) / (n**2 - 1.0) ** 1.5 * a * (2.0 * nu**2) ** (-1.0 / 3.0)
        assert row["lam_leung_young_nm"] == pytest.approx(2e3 * np.pi * radius * n / x, rel=1e-12)
        differences = [row[f"{name}_nm"] - row["wavelength_nm"] for name in ("lam_leung_young", "schiller")]
        assert differences == pytest.approx(
            [row["lam_leung_young_difference_nm"], row["schiller_difference_nm"]], abs=1e-9
        )
        assert abs(differences[1]) < 0.01 * abs(differences[0]) < 1e-3


def test_formulas_take_the_index_where_they_find_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    silica = ("--set", "materials.silica={preset: fused_silica}", "--set", "modes.window=[1.44 um, 1.49 um]")
    arguments = (*silica, "--formulas", "--csv")
    _, out, _ = femwgm(capsys, "exact", "@freefem-sphere", *arguments)
    rows = from_csv(out)[1]
    assert rows
    assert all(abs(row["schiller_difference_nm"]) < 2e-4 for row in rows)


def test_formulas_are_empty_where_they_do_not_apply(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = femwgm(
        capsys, "exact", "@duan2022", "--formulas", "--csv", "--set", "modes.window=[659 nm, 660 nm]"
    )
    assert all(row["schiller_nm"] is None is row["lam_leung_young_difference_nm"] for row in from_csv(out)[1])
    _, table, _ = femwgm(capsys, "exact", "@duan2022", "--formulas", "--set", "modes.window=[659 nm, 660 nm]")
    assert "homogeneous" in table
