"""The command line: exit statuses, one line an error, tables that say what they show."""

from __future__ import annotations

import io
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from femwgm.cli import main
from femwgm.cli.tables import modes_table
from femwgm.config import load_config
from femwgm.config.yamlio import parse_yaml
from femwgm.errors import OutputError, SolveError
from femwgm.ground.numbers import decimals_for, percent, quality
from femwgm.store import from_csv, load_run

CONFIG = Path(__file__).resolve().parents[2] / "configs" / "duan2022.yaml"
QUICK = ["--set", "modes.window=[659 nm, 660 nm]", "--set", "accuracy.wavelength=1e-5", "--set", "outputs={}"]
QUICK += ["--set", "outputs.fields=false", "--set", "outputs.plots=false"]


def femwgm(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of the command line, in this process."""
    status = 0
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as leave:
        status = int(leave.code or 0)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def one_line(text: str) -> str:
    assert text.count("\n") == 1, text
    assert text.startswith("femwgm: ")
    assert "Traceback" not in text
    return text.strip()


def test_check_prints_a_valid_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = femwgm(capsys, "check", str(CONFIG))
    assert status == 0
    assert load_config(parse_yaml(out)) == load_config(CONFIG)
    assert "16 modes expected" in err
    assert "n = 1.768" in err


@pytest.mark.parametrize("name", ["toroid-web", "cavity-palace", "bisphere"])
def test_check_draws_the_body(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A picture of the cross-section with every region in it, before anything is solved."""
    picture = tmp_path / "shape.svg"
    status, _, err = femwgm(capsys, "check", str(CONFIG.parent / f"{name}.yaml"), "--plot", str(picture))
    assert status == 0
    assert f"drawn: {picture}" in err
    assert "<svg" in picture.read_text()[:2000]


def test_check_refuses_other_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = femwgm(capsys, "check", str(CONFIG), "--plot", str(tmp_path / "shape.bmp"))
    assert (status, out) == (2, "")
    assert ".png, .svg or .pdf" in one_line(err)
    assert not list(tmp_path.iterdir())


def test_a_picture_that_has_no_place_is_refused_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = tmp_path / "file"
    taken.write_text("")
    status, out, err = femwgm(capsys, "check", str(CONFIG), "--plot", str(taken / "shape.png"))
    assert (status, out) == (2, "")
    assert "cannot be written" in one_line(err)


def test_exact_prints_the_table_of_run(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = femwgm(capsys, "exact", str(CONFIG), "--csv")
    assert status == 0
    names, rows = from_csv(out)
    assert names[:6] == ["pol", "q", "l", "m", "p", "wavelength_nm"]
    (tm163,) = [r for r in rows if (r["pol"], r["l"]) == ("TM", 163)]
    assert tm163["wavelength_nm"] == pytest.approx(659.12100491059, rel=1e-13)
    assert tm163["energy_core"] == pytest.approx(0.0386674, abs=1e-7)
    _, table, _ = femwgm(capsys, "exact", str(CONFIG))
    assert "94.715" in table


@pytest.mark.parametrize(
    ("medium", "label", "wavelength_nm", "tolerance"),
    [
        ("{preset: npl_film}", ("TM", 163), 659.12100491059, 1e-13),  # index 1.768, known from 600 to 700 nm
        ("{n: 1.74}", ("TE", 163), 657.26759819, 1e-10),
        ("{n_ordinary: 1.768, n_extraordinary: 1.7, axis: radial}", ("TE", 165), 659.9952093089, 1e-12),
    ],
)
def test_exact_media(
    capsys: pytest.CaptureFixture[str],
    medium: str,
    label: tuple[str, int],
    wavelength_nm: float,
    tolerance: float,
) -> None:
    _, out, _ = femwgm(capsys, "exact", str(CONFIG), "--csv", "--set", f"materials.npl={medium}")
    found = {(r["pol"], r["l"]): r for r in from_csv(out)[1]}
    assert found[label]["wavelength_nm"] == pytest.approx(wavelength_nm, rel=tolerance)
    assert all(640.0 <= r["wavelength_nm"] <= 670.0 for r in found.values())


ROUGH = "losses={roughness: {rms: 1 nm, correlation_length: 20 nm}}"


@pytest.mark.parametrize(
    ("given", "said"), [("tolerances={materials.npl.n: 0.01}", "tolerances"), (ROUGH, "losses.roughness")]
)
def test_a_verb_says_what_it_leaves_out(capsys: pytest.CaptureFixture[str], given: str, said: str) -> None:
    status, out, err = femwgm(capsys, "exact", CONFIG, *QUICK, "--set", given, "--csv")
    assert (status, err) == (0, f"note: `exact` leaves out {said}, which `femwgm run` includes\n")
    assert out.startswith("pol,q,l,m,p,")


def test_exact_shows_losses_only_where_there_are_some(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = femwgm(capsys, "exact", str(CONFIG), "--csv", "--set", "materials.npl.k=1e-4")
    (tm163,) = [r for r in from_csv(out)[1] if (r["pol"], r["l"]) == ("TM", 163)]
    assert tm163["q_total"] == pytest.approx(9333.237513, rel=1e-9)
    _, out, _ = femwgm(capsys, "exact", str(CONFIG), "--csv")
    assert all(r["q_abs"] is None for r in from_csv(out)[1])


def test_exact_refuses_an_axis_along_z(capsys: pytest.CaptureFixture[str]) -> None:
    medium = "materials.npl={n_ordinary: 1.7, n_extraordinary: 1.8, axis: z}"
    status, _, err = femwgm(capsys, "exact", str(CONFIG), "--set", medium)
    assert status == 2
    assert "axis along z" in one_line(err)


def test_exact_refuses_what_it_cannot_solve(capsys: pytest.CaptureFixture[str]) -> None:
    spheroid = "geometry={kind: spheroid, aspect: 0.9, ambient: air, layers: [{name: a, material: npl, radius: 5 um}]}"
    status, _, err = femwgm(capsys, "exact", str(CONFIG), "--set", spheroid)
    assert status == 2
    assert "no exact solution" in one_line(err)


BAD = [
    (["check", "nowhere.yaml"], "no such file"),
    (["check", "."], "is a folder"),
    (["run", str(CONFIG), "--set", "geometry.layers.shell.thicknes=5 nm"], "did you mean 'thickness'?"),
    (["run", str(CONFIG), "--set", "geometry.layers.shell.thickness=490"], "bare number"),
    (["run", str(CONFIG), "--set", "nonsense"], "KEY=VALUE"),
    (
        [
            "check",
            str(CONFIG),
            "--set",
            "materials.npl={preset: water}",
            "--set",
            "modes.window=[2 um, 3 um]",
        ],
        "known from",
    ),
    (["sweep", str(CONFIG), "-o", "unused"], "sweep: is required and missing"),
    (["view", "nowhere"], "no such run folder"),
    (["report", "nowhere"], "no such run folder"),
]


@pytest.mark.parametrize(("arguments", "words"), BAD, ids=[" ".join(b[0])[-40:] for b in BAD])
def test_bad_input_is_one_line_and_status_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    status, out, err = femwgm(capsys, *arguments)
    assert status == 2
    assert words in one_line(err)
    assert out == ""


@pytest.mark.parametrize(
    "arguments", [["run"], ["run", "a", "b"], ["schema", "--foo"], ["nonsense"], ["view"]]
)
def test_wrong_usage_is_status_2(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    status, _, err = femwgm(capsys, *arguments)
    assert status == 2
    assert "Usage:" in err


def test_a_window_without_modes_names_the_nearest(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "run"
    empty = "modes.window=[660.1 nm, 660.2 nm]"
    status, _, err = femwgm(capsys, "run", str(CONFIG), "--set", empty, "-o", str(out))
    assert status == 2
    assert "the nearest are" in one_line(err)
    assert "l=165 at 659.99" in err
    assert not out.exists()


def test_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = femwgm(capsys, "schema")
    assert status == 0
    assert json.loads(out)["additionalProperties"] is False


def test_version_and_bare_call(capsys: pytest.CaptureFixture[str]) -> None:
    assert femwgm(capsys, "--version")[1].startswith("femwgm ")
    status, out, _ = femwgm(capsys)
    assert status == 0
    assert "run" in out


def test_run_leaves_a_folder_that_reproduces_itself(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    status, out, _ = femwgm(capsys, "run", str(CONFIG), *QUICK, "-o", str(first))
    assert status == 0
    assert "659.12" in out
    stored = load_run(first)
    assert stored.status == "done"
    assert {(row["pol"], row["l"]) for row in stored.rows} == {("TE", 165), ("TM", 163)}
    status, out, _ = femwgm(capsys, "run", str(first / "config.resolved.yaml"), "-o", str(second), "--csv")
    assert status == 0
    again = from_csv(out)[1]
    for a, b in zip(stored.rows, again, strict=True):
        assert a["wavelength_nm"] == pytest.approx(b["wavelength_nm"], rel=1e-12)


def test_run_without_a_folder_writes_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert femwgm(capsys, "run", str(CONFIG), *QUICK)[0] == 0
    assert not list(tmp_path.iterdir())


def test_an_unwritable_folder_is_refused_before_solving(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def solves(*_: Any, **__: Any) -> None:
        pytest.fail("it began to solve")

    monkeypatch.setattr("femwgm.runs.loop.run", solves)
    (tmp_path / "file").write_text("")
    status, _, err = femwgm(capsys, "run", str(CONFIG), "-o", str(tmp_path / "file" / "run"))
    assert status == 2
    assert "cannot be written" in one_line(err)


@pytest.mark.parametrize(("error", "expected"), [(OutputError("full"), 2), (SolveError("diverged"), 3)])
def test_errors_of_the_solver_keep_their_status(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, error: Exception, expected: int
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr("femwgm.runs.loop.run", fails)
    status, _, err = femwgm(capsys, "run", str(CONFIG))
    assert status == expected
    assert one_line(err) == f"femwgm: {error}"


def test_an_error_that_nobody_foresaw_is_a_line_and_a_log(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError("a bug\nin two lines")

    monkeypatch.setattr("femwgm.runs.loop.run", fails)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    status, _, err = femwgm(capsys, "run", str(CONFIG))
    assert status == 1
    line = one_line(err)
    assert line.startswith(
        "femwgm: internal error (RuntimeError: a bug in two lines); please report it with "
    )
    log = Path(line.rpartition(" ")[2])
    assert "in fails" in log.read_text()


def test_missed_accuracy_is_status_3_with_the_best_values_kept(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dataclasses

    from femwgm.modes.mode_set import ModeSet
    from femwgm.runs import loop as pipeline

    real = pipeline.run

    def misses(*arguments: Any, **options: Any) -> Any:
        result = real(*arguments, **options)
        modes = [dataclasses.replace(mode, met=False) for mode in result.modes]
        return dataclasses.replace(result, modes=ModeSet(modes, result.regions))

    monkeypatch.setattr(pipeline, "run", misses)
    status, out, err = femwgm(capsys, "run", str(CONFIG), *QUICK, "-o", str(tmp_path))
    assert status == 3
    assert "2 of 2 modes miss the accuracy" in one_line(err)
    assert "659.12" in out
    assert load_run(tmp_path).status == "inaccurate"
    assert [row["met"] for row in load_run(tmp_path).rows] == [False, False]


def test_an_interrupt_keeps_what_was_finished(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from femwgm.runs import loop as pipeline

    real = pipeline.run

    def breaks_off(config: Any, *, progress: Any, on_mode: Any) -> Any:
        def first_mode(mode: Any) -> None:
            on_mode(mode)
            raise KeyboardInterrupt

        return real(config, progress=progress, on_mode=first_mode)

    monkeypatch.setattr(pipeline, "run", breaks_off)
    status, _, err = femwgm(capsys, "run", str(CONFIG), *QUICK, "-o", str(tmp_path))
    assert status == 130
    assert (
        one_line(err) == f"femwgm: interrupted; 1 of 2 modes are in {tmp_path}, fields and pictures are not"
    )
    run = load_run(tmp_path)
    assert run.status == "interrupted"
    assert len(run.rows) == 1


FIELDS = ("--set", "outputs.fields=true", "--no-pictures")


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow)]
)
def test_a_signal_while_pictures_are_drawn_loses_no_mode(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    status: int,
) -> None:
    def draws(*_: Any) -> None:
        signal.raise_signal(number)

    monkeypatch.setattr("femwgm.views.files.outputs.write_fields", draws)
    got, _, err = femwgm(capsys, "run", str(CONFIG), *QUICK, *FIELDS, "-o", str(tmp_path))
    assert got == status
    assert one_line(err) == f"femwgm: interrupted; 2 of 2 modes are in {tmp_path}, pictures are not"
    run = load_run(tmp_path)
    assert (run.status, len(run.rows)) == ("done", 2)
    assert not list(tmp_path.glob(".partial-*"))


def test_a_picture_that_fails_is_a_remark(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draws(*_: Any) -> None:
        raise ValueError("no such colour")

    monkeypatch.setattr("femwgm.views.files.outputs.write_fields", draws)
    got, out, _ = femwgm(capsys, "run", str(CONFIG), *QUICK, *FIELDS, "-o", str(tmp_path))
    assert got == 0
    assert "note: fields are not complete (no such colour); the tables are" in out
    assert load_run(tmp_path).status == "done"


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("wait", [0.3, 0.8, 1.5, 2.2, 3.0, 4.0, 6.0, 9.0])
def test_a_signal_at_any_moment(tmp_path: Path, wait: float, number: int) -> None:
    out = tmp_path / "run"
    command = [sys.executable, "-m", "femwgm", "run", str(CONFIG), "-o", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(wait)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    # Until Python has come to the command line, a signal is the interpreter's own affair.
    assert process.returncode in (128 + number, -number, 0)
    if process.returncode == 128 + number:
        assert "Traceback" not in err
        told = re.search(r"interrupted; (\d+) of (\d+) modes are in", err)
        assert len(load_run(out).rows if out.exists() else []) == (int(told[1]) if told else 0)
    if out.exists():
        assert load_run(out).status in ("interrupted", "done")


@pytest.mark.gmsh
def test_doctor_finds_a_working_installation(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = femwgm(capsys, "doctor")
    assert status == 0
    assert "all core parts work" in out
    assert "femwgm[fast]" in out


def test_doctor_names_what_is_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from femwgm.cli import doctor

    monkeypatch.setattr(doctor, "CORE", ("numpy", "no-such-package"))
    monkeypatch.setattr(doctor, "GRAPHICS", {"libnosuch.so.9": "nosuch9"})
    monkeypatch.setattr(doctor, "_works", lambda *_: True)
    status, out, _ = femwgm(capsys, "doctor")
    assert status == 2
    assert "pip install no-such-package" in out
    if sys.platform == "linux":
        assert "apt-get install nosuch9" in out


def test_help_is_quick_and_light() -> None:
    code = "import sys\ntry:\n    from femwgm.cli import main; main(['--help'])\nexcept SystemExit: pass\n"
    code += "print(*sorted({m.split('.')[0] for m in sys.modules}), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(done.stderr.split()) & {
        "numpy",
        "scipy",
        "gmsh",
        "skfem",
        "pydantic",
        "matplotlib",
        "pyvista",
    }


def test_a_reader_that_leaves_is_no_error() -> None:
    command = f"{sys.executable} -m femwgm schema | head -n 1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout == "{\n"
    assert "Traceback" not in done.stderr


ROW = {
    "pol": "TM", "q": 1, "l": 163, "m": 163, "p": 0, "wavelength_nm": 659.12100491059, "wavelength_error": 1e-8,
    "n_eff": 1.63, "n_g": 1.763, "q_rad": 1.0e43, "energy_core": 0.0386674, "energy_air": 0.01418, "met": True,
}  # fmt: skip


def rendered(rows: list[dict[str, Any]]) -> str:
    out = Console(file=io.StringIO(), width=200)
    out.print(modes_table(rows, ["core", "air"], title="t"))
    return str(out.file.getvalue())  # type: ignore[attr-defined]


def test_the_table_shows_known_digits_and_no_empty_column() -> None:
    text = rendered([ROW])
    assert "659.121005 " in text
    assert "1.00×10⁴³" in text
    assert "3.867" in text
    assert "Q_abs" not in text
    assert "V (" not in text


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_a_narrow_terminal_loses_columns_not_digits(width: int) -> None:
    out = Console(file=io.StringIO(), width=width)
    row = {**ROW, "fsr_nm": 3.7, "mode_volume_um3": 30.0, "q_abs": 9333.2, "energy_shell": 0.947}
    out.print(modes_table([row], ["core", "shell", "air"], out=out))
    text = out.file.getvalue()  # type: ignore[attr-defined]
    assert "659.121005" in text
    assert "…" not in text
    assert "3.867" in text


def test_a_floor_of_q_is_shown_as_one() -> None:
    text = rendered([{**ROW, "q_rad": None, "q_rad_floor": 1e9}])
    assert "> 1.00×10⁹" in text


def test_a_q_beyond_floats_is_shown() -> None:
    assert "1.20×10¹²⁸⁴" in rendered([{**ROW, "q_rad": float("inf"), "log10_q_rad": 1284.0791812}])


@pytest.mark.parametrize("value", [9.995e9, 9.99999e20, 1e5, 99999.0, 1234.0, 3.5, 1e300])
def test_quality_never_shows_a_mantissa_of_ten(value: float) -> None:
    shown = quality(value)
    mantissa = float(shown.partition("×")[0])
    assert mantissa < 10.0 or "×" not in shown


def test_digits_follow_the_error() -> None:
    assert decimals_for(1e-10, 659.0) == 8
    assert decimals_for(0.1, 659.0) == 1
    assert percent(0.5) == "50.000"


def test_no_modes_make_an_empty_table() -> None:
    assert "mode" in rendered([])
