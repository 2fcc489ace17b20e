"""What a sweep leaves on disk: tables, failures, resumption, locks, refusals of the disk."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.cheap_points import BASE, SOLVER, thickness_sweep

from femwgm.errors import ConfigError, OutputError
from femwgm.ground.columns import columns
from femwgm.store import from_csv
from femwgm.sweeps import load_sweep, run_sweep
from femwgm.sweeps.points import Setup

KEY = "geometry.layers.shell.thickness"


def sweep(config, out=None, **options):
    return run_sweep(config, out, **{"workers": 0, "solver": SOLVER, **options})


def solved(log: Path) -> list[float]:
    return [float(line) for line in log.read_text().split()] if log.exists() else []


@pytest.fixture
def log(tmp_path, monkeypatch) -> Path:
    """A file with the thickness of every point that was solved."""
    path = tmp_path / "solved.log"
    monkeypatch.setenv("CHEAP_LOG", str(path))
    return path


def test_the_table_has_the_axes_then_the_columns_of_modes_csv(tmp_path) -> None:
    sweep(thickness_sweep(3), tmp_path / "s")
    names, rows = from_csv((tmp_path / "s" / "sweep.csv").read_text())
    contract = columns(["core", "shell", "air"])
    assert names[: 1 + len(contract)] == ["thickness_nm", *contract]
    assert [row["thickness_nm"] for row in rows] == [300, 300, 550, 550, 800, 800]
    assert rows[0]["q_rad"] == "1.778279410e+1284"
    assert rows[0]["q_abs"] is None
    assert {row["status"] for row in rows} == {"done"}


def test_python_and_disk_give_the_same_and_nothing_is_written_without_out(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    without = sweep(thickness_sweep(3))
    assert not list(tmp_path.iterdir())
    assert without.path is None
    kept = sweep(thickness_sweep(3), tmp_path / "s")
    assert without.table.equals(kept.table)
    assert without.to_xarray().equals(kept.to_xarray())
    assert load_sweep(tmp_path / "s").table.equals(kept.table)


def test_femwgm_sweep_is_a_function_whatever_was_imported_before(tmp_path) -> None:
    code = (
        "import inspect, femwgm, femwgm.sweeps.axes; from support.cheap_points import *;"
        "assert inspect.isfunction(femwgm.sweep) and 'resumes' in inspect.getdoc(femwgm.sweep);"
        "assert list(inspect.signature(femwgm.sweep).parameters)[:2] == ['config', 'out'];"
        "r = femwgm.sweep(thickness_sweep(2), 's', workers=0, solver=SOLVER);"
        "assert isinstance(r, femwgm.SweepResult) and femwgm.load_sweep('s').done == r.done == 2"
    )
    run_python(code, tmp_path)


def test_netcdf_carries_units_provenance_and_points(tmp_path) -> None:
    data = sweep(thickness_sweep(4), tmp_path / "s").to_xarray()
    assert data.sizes == {"row": 8, "region": 3, "point": 4}
    assert data["thickness_nm"].attrs["units"] == "nm"
    assert data["wavelength_nm"].attrs["units"] == "nm"
    np.testing.assert_array_equal(data["point_thickness_nm"][data["point_of_row"]], data["thickness_nm"])
    assert data["m"].dtype == np.int64
    assert list(data["energy"].sel(region="shell").values) == [0.94] * 8
    for name in ("config", "config_hash", "femwgm_version", "numerical_version", "created"):
        assert str(data.attrs[name])


def test_failed_points_are_recorded_and_the_sweep_goes_on(tmp_path, monkeypatch, log) -> None:
    monkeypatch.setenv("CHEAP_FAIL", "400")
    monkeypatch.setenv("CHEAP_BUG", "500 600")
    result = sweep(thickness_sweep(6), tmp_path / "s")
    assert (result.points, result.done, result.failed) == (6, 3, 3)
    assert not result.met
    table = result.table[result.table["status"] == "failed"]
    assert list(table["thickness_nm"]) == [400, 500, 600]
    assert list(table["reason"]) == [
        "the eigenproblem did not converge",
        *["ZeroDivisionError: division by zero"] * 2,
    ]
    assert table["wavelength_nm"].isna().all()
    assert result.reasons[0] == ({"thickness_nm": 400.0}, "the eigenproblem did not converge")
    monkeypatch.delenv("CHEAP_BUG")
    again = sweep(thickness_sweep(6), tmp_path / "s")
    assert (again.done, again.failed, again.solved_now) == (5, 1, 3)
    assert sorted(solved(log)) == [300, 500, 600, 700, 800]
    data = again.to_xarray()
    assert data.sizes["row"] == 11
    assert np.isnan(data["wavelength_nm"].where(data["status"] == "failed", drop=True)).all()


def test_a_rerun_solves_nothing_and_changed_inputs_solve_what_they_touch(tmp_path, log) -> None:
    sweep(thickness_sweep(6), tmp_path / "s")
    assert sweep(thickness_sweep(6), tmp_path / "s").solved_now == 0
    finer = sweep(thickness_sweep(11), tmp_path / "s")
    assert (finer.points, finer.solved_now) == (11, 5)
    assert len(solved(log)) == len(set(solved(log))) == 11
    other = thickness_sweep(6)
    other["materials"] = {**BASE["materials"], "npl": {"n": 1.8}}
    assert sweep(other, tmp_path / "s").solved_now == 6
    renamed = {**thickness_sweep(6), "name": "another name"}
    assert sweep(renamed, tmp_path / "s").solved_now == 0


def test_points_that_coincide_are_solved_once(tmp_path, log) -> None:
    config = thickness_sweep(2)
    config["sweep"] = {"axes": [{"key": KEY, "values": ["300 nm", "0.3 um", "400 nm"]}]}
    result = sweep(config, tmp_path / "s")
    assert sorted(solved(log)) == [300, 400]
    assert len(result.table) == 6


def test_points_without_a_valid_configuration_are_failures_unless_all_are(tmp_path) -> None:
    config = thickness_sweep(3, start="-100 nm", stop="300 nm")
    result = sweep(config, tmp_path / "s")
    assert (result.done, result.failed) == (2, 1) or (result.done, result.failed) == (1, 2)
    assert "must not be negative" in result.reasons[0][1]
    bad = {**BASE, "sweep": {"axes": [{"key": "geometry.layers.shell.thicknes", "values": ["1 nm", "2 nm"]}]}}
    with pytest.raises(ConfigError, match="did you mean 'thickness'"):
        sweep(bad, tmp_path / "bad")
    assert not (tmp_path / "bad").exists()
    with pytest.raises(ConfigError, match="sweep: is required"):
        sweep(BASE, tmp_path / "bad")


def test_tables_are_rebuilt_from_the_points_alone(tmp_path, log) -> None:
    folder = tmp_path / "s"
    first = sweep(thickness_sweep(4), folder).table
    for name in ("sweep.csv", "sweep.nc", "crossings.csv", "sweep.json"):
        (folder / name).unlink()
    result = sweep(thickness_sweep(4), folder, solve=False)
    assert len(solved(log)) == 4
    assert result.table.equals(first)
    assert {"sweep.csv", "sweep.nc", "crossings.csv", "sweep.json"} <= {p.name for p in folder.iterdir()}
    more = sweep(thickness_sweep(7), folder, solve=False)
    assert (more.points, more.done) == (7, 4)
    assert json.loads((folder / "sweep.json").read_text())["status"] == "incomplete"


def test_a_point_that_was_cut_short_or_is_another_is_solved_again(tmp_path, log) -> None:
    folder = tmp_path / "s"
    sweep(thickness_sweep(3), folder)
    files = sorted(folder.glob("points/*/*.json"))
    files[0].write_bytes(files[0].read_bytes()[:100])
    files[1].write_bytes(files[2].read_bytes())
    assert sweep(thickness_sweep(3), folder).solved_now == 2
    assert sweep(thickness_sweep(3), folder).solved_now == 0


def test_what_a_killed_writer_left_is_cleared_away(tmp_path) -> None:
    folder = tmp_path / "s"
    sweep(thickness_sweep(2), folder)
    half = next(folder.glob("points/*")) / ".abc.json.123.partial"
    half.write_text("half")
    sweep(thickness_sweep(2), folder)
    assert not list(folder.rglob("*.partial"))


def test_another_version_of_the_numbers_solves_anew(tmp_path, monkeypatch) -> None:
    from femwgm.sweeps import points

    sweep(thickness_sweep(2), tmp_path / "s")
    monkeypatch.setattr(points, "NUMERICAL_VERSION", points.NUMERICAL_VERSION + 1)
    monkeypatch.setattr(
        Setup.__init__, "__defaults__", (*Setup.__init__.__defaults__[:-1], points.NUMERICAL_VERSION)
    )
    assert sweep(thickness_sweep(2), tmp_path / "s").solved_now == 2


def test_a_worker_of_another_version_says_so(tmp_path) -> None:
    from femwgm.config import load_config
    from femwgm.sweeps.points import Record, work

    setup = Setup.of(load_config(BASE), [KEY], SOLVER)
    old = json.loads(setup.encode())
    old[-1] += 1
    status, record = work(json.dumps(old).encode(), "k", ["300 nm"])
    assert status == "failed"
    assert "numerical version" in Record.decode(record, "k").reason


def test_a_disk_that_fills_up_keeps_what_is_finished(tmp_path, monkeypatch, log) -> None:
    from femwgm.ground import files

    real, left = os.fsync, [4]

    def fsync(descriptor):
        file = Path(f"/proc/self/fd/{descriptor}").readlink()
        if "points" in file.parts and file.suffix == ".partial":
            left[0] -= 1
            if left[0] < 0:
                raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(files.os, "fsync", fsync)
    with pytest.raises(OutputError, match="No space left on device") as error:
        sweep(thickness_sweep(10), tmp_path / "s")
    assert "\n" not in str(error.value)
    assert len(list((tmp_path / "s").glob("points/*/*.json"))) == 4
    assert not list((tmp_path / "s").rglob("*.partial"))
    monkeypatch.undo()
    monkeypatch.setenv("CHEAP_LOG", str(log))
    result = sweep(thickness_sweep(10), tmp_path / "s")
    assert (result.done, result.solved_now) == (10, 6)


def test_a_point_is_on_disk_with_its_name_before_the_next_one_is_asked_for(tmp_path, monkeypatch) -> None:
    """What a power cut leaves is what was synced: the file before it is renamed, then each folder that names it."""
    from femwgm.ground import files

    real_sync, real_replace, done = os.fsync, Path.replace, []

    def fsync(descriptor):
        done.append(("sync", Path(f"/proc/self/fd/{descriptor}").readlink()))
        real_sync(descriptor)

    def replace(self, target):
        done.append(("rename", Path(target)))
        return real_replace(self, target)

    monkeypatch.setattr(files.os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    sweep(thickness_sweep(3), tmp_path / "s")
    points = [
        i for i, (what, path) in enumerate(done) if what == "rename" and path.parent.parent.name == "points"
    ]
    assert len(points) == 3
    for i in points:
        path = done[i][1]
        assert done[i - 1] == ("sync", path.with_name(done[i - 1][1].name))
        assert done[i - 1][1].suffix == ".partial"
        assert done[i + 1] == ("sync", path.parent)
        assert ("sync", path.parent.parent) in done[:i]
    assert ("sync", tmp_path / "s") in done[: points[0]]


def test_places_that_cannot_hold_a_sweep_are_refused_before_any_work(tmp_path, monkeypatch, log) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text("{}")
    for place, words in (
        ("file", "is a file"),
        ("file/below", "cannot be written"),
        ("run", "holds a run"),
        ("a\0b", "not a valid folder name"),
    ):
        with pytest.raises(OutputError, match=words):
            sweep(thickness_sweep(2), tmp_path / place)

    def refuse(*_args, **_kwargs):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(OutputError, match="Read-only file system"):
        sweep(thickness_sweep(2), tmp_path / "s")
    assert not solved(log)


def test_a_folder_in_use_is_refused_and_a_dead_holder_is_not(tmp_path) -> None:
    folder = tmp_path / "s"
    folder.mkdir()
    held = (
        "import sys, time; from pathlib import Path; from femwgm.store.lock import locked\n"
        "with locked(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", held, str(folder)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline().strip() == "held"
        with pytest.raises(
            OutputError,
            match=f"another run or sweep is using this folder .process {holder.pid} on .*wait for it",
        ):
            sweep(thickness_sweep(2), folder)
    finally:
        holder.kill()
        holder.wait()
    assert sweep(thickness_sweep(2), folder).done == 2


def test_without_locks_a_file_stands_in_and_that_of_a_dead_process_is_replaced(tmp_path, monkeypatch) -> None:
    """NFS without its lock service: errors of flock other than contention."""
    from femwgm.store.lock import locked

    def unsupported(*_args):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", unsupported)
    with locked(tmp_path), pytest.raises(OutputError, match="another run or sweep"), locked(tmp_path):
        pass
    dead = (
        "import os, sys, signal, errno, fcntl; from pathlib import Path; from femwgm.store.lock import locked\n"
        "def unsupported(*_): raise OSError(errno.ENOLCK, 'No locks available')\n"
        "fcntl.flock = unsupported\n"
        "with locked(Path(sys.argv[1])): os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", dead, str(tmp_path)], check=False)
    assert (tmp_path / ".femwgm.lock.soft").exists()
    with locked(tmp_path):
        pass


def test_an_interrupted_sweep_has_tables_and_can_be_resumed(tmp_path, log) -> None:
    def interrupt(what, done, _total):
        if what == "solving" and done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(thickness_sweep(8), tmp_path / "s", progress=interrupt)
    about = json.loads((tmp_path / "s" / "sweep.json").read_text())
    assert about["status"] == "interrupted"
    assert about["points"]["done"] == 3
    assert len(load_sweep(tmp_path / "s").table) == 6
    assert sweep(thickness_sweep(8), tmp_path / "s").solved_now == 5
    assert len(set(solved(log))) == len(solved(log)) == 8


def test_processes_give_what_one_process_gives_and_survive_a_death(tmp_path, monkeypatch, log) -> None:
    alone = sweep(thickness_sweep(12)).table
    log.unlink()
    monkeypatch.setenv("CHEAP_KILL_ONCE", "500")
    monkeypatch.setenv("CHEAP_KILL", "600")
    result = sweep(thickness_sweep(11), tmp_path / "s", workers=2)
    assert (result.done, result.failed) == (10, 1)
    assert "died on this point, 2 times (killed by SIGKILL)" in result.reasons[0][1]
    assert len(solved(log)) == len(set(solved(log))) == 10
    monkeypatch.delenv("CHEAP_KILL")
    whole = sweep(thickness_sweep(12), tmp_path / "s", workers=2)
    assert whole.table.equals(alone)


def test_a_worker_that_cannot_start_is_one_line(tmp_path, monkeypatch) -> None:
    from femwgm.errors import SolveError

    monkeypatch.setattr("femwgm.sweeps.local.sys.executable", "/no/such/python")
    with pytest.raises(SolveError, match="cannot be started"):
        sweep(thickness_sweep(2), tmp_path / "s", workers=1)
    monkeypatch.setattr("femwgm.sweeps.local.sys.executable", "/bin/false")
    with pytest.raises(SolveError, match="ended before it was ready"):
        sweep(thickness_sweep(2), tmp_path / "s", workers=1)


def run_python(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    tests = Path(__file__).resolve().parents[1]
    environment = {**os.environ, "PYTHONPATH": f"{tests.parent}{os.pathsep}{tests}"}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, check=True, capture_output=True, text=True
    )


def test_a_script_without_a_main_guard_may_sweep(tmp_path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from femwgm.sweeps import run_sweep\nfrom support.cheap_points import *\n"
        "print(run_sweep(thickness_sweep(2), workers=1, solver=SOLVER).done)\n"
    )
    done = run_python(f"import runpy; runpy.run_path({str(script)!r}, run_name='__main__')", tmp_path)
    assert done.stdout == "2\n"


def test_a_point_is_looked_at_as_often_among_many_as_among_few(tmp_path, monkeypatch) -> None:
    """What the bookkeeping costs grows with the points and no faster; benchmarks/sweeps.py measures it."""
    from femwgm.sweeps.folder import SweepFolder

    counts = dict.fromkeys(("read", "write", "describe"), 0)

    def counted(name, real):
        def call(self, *args, **options):
            counts[name] += 1
            return real(self, *args, **options)

        return call

    for name in counts:
        monkeypatch.setattr(SweepFolder, name, counted(name, getattr(SweepFolder, name)))
    seen = []
    for points in (20, 80):
        counts.update(dict.fromkeys(counts, 0))
        sweep(thickness_sweep(points), tmp_path / str(points))
        seen.append(dict(counts))
    for name, few in seen[0].items():
        assert seen[1][name] == (few if name == "describe" else 4 * few)
    assert seen[0]["read"] <= 3 * 20
    assert seen[0]["write"] == 20


@pytest.fixture
def cheap_cli(tmp_path, monkeypatch, log):
    """The command line with the cheap solver; gives the exit status and what was said."""
    import yaml

    from femwgm.cli import main
    from femwgm.sweeps.run import run_sweep as real

    monkeypatch.setitem(real.__kwdefaults__, "solver", SOLVER)

    def call(config, *arguments, capsys):
        file = tmp_path / "sweep.yaml"
        file.write_text(yaml.safe_dump({"outputs": {"plots": False}, **config}))
        with pytest.raises(SystemExit) as left:
            main(["sweep", str(file), "-o", str(tmp_path / "s"), "--workers", "1", *arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return left.value.code or 0, out, err

    return call


def test_exit_status_and_words_of_the_command_line(cheap_cli, tmp_path, monkeypatch, capsys) -> None:
    code, out, err = cheap_cli(thickness_sweep(5), capsys=capsys)
    assert (code, err) == (0, "")
    assert "5 of 5 points solved" in out
    monkeypatch.setenv("CHEAP_FAIL", "550")
    code, out, err = cheap_cli(thickness_sweep(5), "--set", "materials.npl.n=1.8", capsys=capsys)
    assert code == 3
    assert err.splitlines() == [
        "femwgm: failed at thickness_nm = 550.0: the eigenproblem did not converge",
        f"femwgm: 1 of 5 points have no result; the reasons are in {tmp_path / 's' / 'sweep.csv'}",
    ]
    monkeypatch.delenv("CHEAP_FAIL")
    code, out, err = cheap_cli(thickness_sweep(5), "--set", "materials.npl.n=1.8", capsys=capsys)
    assert code == 0
    assert "4 were there" in out
    code, out, err = cheap_cli(thickness_sweep(9), "--tables", capsys=capsys)
    assert code == 3
    assert "4 of 9 points have no result" in err
    code, out, err = cheap_cli(BASE, capsys=capsys)
    assert code == 2
    assert "sweep: is required and missing; add" in err
    code, out, err = cheap_cli(thickness_sweep(5), "--set", "sweep.axes.0.key=geometry.lairs", capsys=capsys)
    assert code == 2
    assert len(err.splitlines()) == 1


def test_figures_come_with_the_tables(cheap_cli, tmp_path, capsys) -> None:
    code, out, _ = cheap_cli({**thickness_sweep(5), "outputs": {"plots": True}}, capsys=capsys)
    assert code == 0
    pictures = sorted((tmp_path / "s" / "plots").iterdir())
    assert [p.name for p in pictures] == ["along_axis.png"]
    assert all(p.read_bytes().startswith(b"\x89PNG") for p in pictures)
    drawn = {
        "axes": [{"key": KEY, "normal": {"mean": "490 nm", "sd": "5 nm"}}],
        "sample": {"count": 20, "seed": 1},
    }
    code, out, _ = cheap_cli({**BASE, "sweep": drawn, "outputs": {"plots": True}}, capsys=capsys)
    assert code == 0
    assert str(tmp_path / "s" / "plots" / "spread.png") in out
