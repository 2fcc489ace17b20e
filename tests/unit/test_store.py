"""The run folder: exact numbers, any size of Q, whole files or none."""

from __future__ import annotations

import errno
import json
import math
import os
import re
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from femwgm.config import config_hash, load_config
from femwgm.errors import AccuracyError, ConfigError, MissingExtraError, OutputError, SolveError
from femwgm.ground.columns import SHARES, columns
from femwgm.ground.variables import UNITS
from femwgm.store import RunFolder, decimal_text, from_csv, load_run, log10_of, to_csv, to_netcdf, write_bytes
from femwgm.store.lock import LOCK

CONFIG = load_config(Path(__file__).resolve().parents[2] / "configs" / "duan2022.yaml")
REGIONS = ["core", "shell", "air"]


def row(**changes: Any) -> dict[str, Any]:
    entries: dict[str, Any] = {
        "pol": "TM", "q": 1, "l": 163, "m": 163, "p": 0, "wavelength_nm": 659.12100491059,
        "k0_re_per_um": 9.532673430134, "k0_im_per_um": -5e-324, "n_eff": 1.63, "n_g": 1.763, "q_rad": 1.548939697e46,
        "energy_core": 0.0386674, "energy_shell": 0.9471526, "energy_air": 0.01418, "dofs": 2305, "seconds": 0.1,
    }  # fmt: skip
    return {**entries, **changes}


@dataclass
class Result:
    rows: list[dict[str, Any]] = field(
        default_factory=lambda: [row(), row(pol="TE", l=None, q_rad="1.2e+1284")]
    )
    regions: list[str] = field(default_factory=lambda: list(REGIONS))
    warnings: list[str] = field(default_factory=lambda: ["one thing"])


def test_header_is_that_of_the_contract() -> None:
    names, rows = from_csv(to_csv([row(confidence=0.9)], REGIONS))
    assert names == [*columns(REGIONS), "confidence"]
    assert rows[0]["confidence"] == 0.9


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_come_back_exactly(number: float) -> None:
    _, rows = from_csv(to_csv([row(wavelength_nm=number)], REGIONS))
    assert rows[0]["wavelength_nm"] == number
    _, rows = from_csv(to_csv([row(wavelength_nm=np.float64(number))], REGIONS))
    assert rows[0]["wavelength_nm"] == number


@pytest.mark.parametrize("missing", [None, math.nan, math.inf, np.nan])
def test_what_does_not_apply_is_empty_never_zero(missing: Any) -> None:
    text = to_csv([row(q_abs=missing, l=missing)], REGIONS)
    names = text.splitlines()[0].split(",")
    cells = text.splitlines()[1].split(",")
    assert cells[names.index("q_abs")] == cells[names.index("l")] == ""
    assert from_csv(text)[1][0]["q_abs"] is None


def test_zero_stays_zero() -> None:
    assert from_csv(to_csv([row(p=0, k0_im_per_um=0.0)], REGIONS))[1][0]["k0_im_per_um"] == 0.0


@given(st.floats(min_value=-5000, max_value=200_000))
def test_any_size_of_q_as_decimal_text(log10: float) -> None:
    text = decimal_text(log10)
    back = log10_of(text)
    assert back is not None
    assert back == pytest.approx(log10, abs=1e-9, rel=1e-14)
    assert 1.0 <= float(text.partition("e")[0]) < 10.0


@given(st.floats(min_value=1e-300, max_value=1e300))
def test_decimal_text_agrees_with_floats_where_both_exist(number: float) -> None:
    assert float(decimal_text(math.log10(number))) == pytest.approx(number, rel=1e-9)


def test_q_beyond_floats_is_written_from_its_logarithm() -> None:
    rows = [row(q_rad=math.inf, log10_q_rad=1284.0791812460477), row(q_rad=1.5e46, log10_q_rad=46.17)]
    back = from_csv(to_csv(rows, REGIONS))[1]
    assert str(back[0]["q_rad"]).startswith("1.200000000e+1284")
    assert back[1]["q_rad"] == 1.5e46


def test_total_q_follows_radiation_where_nothing_else_is_lost() -> None:
    _, rows = from_csv(to_csv([row(q_rad=math.inf, q_total=math.inf, log10_q_rad=400.5, met=True)], REGIONS))
    assert rows[0]["q_total"] == rows[0]["q_rad"] == "3.162277660e+400"
    assert rows[0]["met"] is True


def test_netcdf_opens_in_xarray_with_units(tmp_path: Path) -> None:
    xarray = pytest.importorskip("xarray")
    path = tmp_path / "modes.nc"
    rows = [row(q_rad="1.2e+1284", label="hybrid"), row(pol="TE", l=None, q_abs=None)]
    path.write_bytes(to_netcdf(rows, REGIONS, {"title": "test"}))
    with xarray.open_dataset(path, engine="h5netcdf") as data:
        assert data.sizes == {"mode": 2, "region": 3}
        assert list(data["pol"].values) == ["TM", "TE"]
        assert {"pol", "q", "l", "m", "p", "region"} <= set(data.coords)
        assert data["wavelength_nm"].values[0] == 659.12100491059
        assert data["wavelength_nm"].attrs["units"] == "nm"
        assert data["m"].dtype == np.int64
        assert np.isnan(data["l"].values[1])
        assert data["energy"].sel(region="shell").values[0] == 0.9471526
        assert np.isnan(data["e2"].values).all()
        assert data["log10_q_rad"].values[0] == pytest.approx(1284.0791812460477)
        assert list(data["label"].values) == ["hybrid", ""]
        assert data.attrs["title"] == "test"


def test_netcdf_of_no_modes(tmp_path: Path) -> None:
    xarray = pytest.importorskip("xarray")
    (tmp_path / "modes.nc").write_bytes(to_netcdf([], REGIONS, {}))
    with xarray.open_dataset(tmp_path / "modes.nc", engine="h5netcdf") as data:
        assert data.sizes["mode"] == 0


def test_every_column_of_the_contract_has_a_unit() -> None:
    plain = [name for name in columns(["x"]) if not name.endswith("_x")]
    assert set(plain) | set(SHARES) <= set(UNITS)


def listing(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and p.name != LOCK}


def paint(result: Any, folder: Path) -> None:
    (folder / "fields").mkdir()
    for i in range(len(result.rows)):
        (folder / "fields" / f"{i}.vtu").write_text("field")


def test_a_run_comes_back(tmp_path: Path) -> None:
    result = Result()
    with RunFolder(tmp_path / "a" / "b", CONFIG) as folder:
        assert load_run(folder.path).status == "running"
        folder.save(result, times={"solve": 1.5}, artists=[paint])
    run = load_run(tmp_path / "a" / "b")
    assert run.status == "done"
    assert run.config == CONFIG
    assert run.regions == REGIONS
    assert run.warnings == ["one thing"]
    assert run.rows[0]["wavelength_nm"] == 659.12100491059
    assert run.rows[1]["q_rad"] == "1.2e+1284"
    assert run.info["config_hash"] == config_hash(CONFIG)
    assert run.info["seconds"]["solve"] == 1.5
    assert run.info["versions"]["python"]
    expected = {"config.resolved.yaml", "modes.csv", "modes.nc", "run.json", "fields/0.vtu", "fields/1.vtu"}
    assert listing(run.path) == expected


def test_a_second_run_replaces_the_first_and_leaves_strangers_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with RunFolder(tmp_path, CONFIG) as folder:
        folder.save(Result(), artists=[paint])
    (tmp_path / "fields" / "mine.txt").write_text("mine too")
    with RunFolder(tmp_path, CONFIG) as folder:
        folder.save(Result(rows=[row()]), artists=[paint])
    files = {
        "notes.txt",
        "fields/mine.txt",
        "fields/0.vtu",
        "config.resolved.yaml",
        "modes.csv",
        "modes.nc",
        "run.json",
    }
    assert listing(tmp_path) == files


@pytest.mark.parametrize("error", [ConfigError("bad"), OutputError("bad")])
def test_bad_input_leaves_nothing(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(type(error)), RunFolder(tmp_path / "new" / "er", CONFIG):
        raise error
    assert not list(tmp_path.iterdir())
    with pytest.raises(type(error)), RunFolder(tmp_path, CONFIG):
        raise error
    assert tmp_path.is_dir()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (KeyboardInterrupt(), "interrupted"),
        (SolveError("diverged"), "failed"),
        (RuntimeError("a bug"), "failed"),
    ],
)
def test_what_breaks_off_leaves_a_readable_folder(tmp_path: Path, error: BaseException, status: str) -> None:
    with pytest.raises(type(error)), RunFolder(tmp_path, CONFIG):
        raise error
    run = load_run(tmp_path)
    assert run.status == status
    assert run.rows == []
    assert run.config == CONFIG


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ConfigError("bad"), SolveError("diverged")])
def test_a_finished_run_survives_a_broken_one(tmp_path: Path, error: BaseException) -> None:
    with RunFolder(tmp_path, CONFIG) as folder:
        folder.save(Result())
    before = {name: (tmp_path / name).read_bytes() for name in listing(tmp_path)}
    other = load_config(CONFIG, ["materials.npl.n=1.8"])
    with pytest.raises(type(error)), RunFolder(tmp_path, other):
        raise error
    assert {name: (tmp_path / name).read_bytes() for name in listing(tmp_path)} == before


def test_best_values_of_an_inaccurate_run_are_kept(tmp_path: Path) -> None:
    def solve(folder: RunFolder) -> None:
        folder.save(Result(), status="inaccurate", reason="2e-8 instead of 1e-8")
        raise AccuracyError("2e-8 instead of 1e-8")

    with pytest.raises(AccuracyError), RunFolder(tmp_path, CONFIG) as folder:
        solve(folder)
    run = load_run(tmp_path)
    assert run.status == "inaccurate"
    assert run.info["reason"] == "2e-8 instead of 1e-8"
    assert len(run.rows) == 2


class FullDisk:
    """Makes the n-th rename or write fail as a full disk does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fail_at: int) -> None:
        self.count, self.fail_at = 0, fail_at
        real = os.fsync

        def fsync(descriptor: int) -> None:
            self.count += 1
            if self.count == self.fail_at:
                raise OSError(errno.ENOSPC, "No space left on device")
            real(descriptor)

        monkeypatch.setattr(os, "fsync", fsync)


@pytest.mark.parametrize("fail_at", [*range(1, 15), 16, 18])
def test_a_full_disk_is_one_line_and_leaves_all_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fail_at: int
) -> None:
    disk = FullDisk(monkeypatch, fail_at)
    place = tmp_path / "r"
    try:
        with RunFolder(place, CONFIG) as folder:
            folder.save(Result(), artists=[paint])
    except OutputError as error:
        assert re.fullmatch(r".*No space left on device.*", str(error))  # noqa: PT017 - not every moment is an error
        assert listing(tmp_path) == set()
        assert not place.exists()
    else:
        assert load_run(place).rows[0]["wavelength_nm"] == 659.12100491059
    assert disk.count >= fail_at
    with RunFolder(place, CONFIG) as folder:
        folder.save(Result(), artists=[paint])
    assert not any("partial" in str(path) for path in tmp_path.rglob("*"))
    assert load_run(place).status == "done"


def test_a_painter_without_its_package_costs_a_picture_not_the_run(tmp_path: Path) -> None:
    def lacks(result: Any, folder: Path) -> None:
        raise MissingExtraError("no EGL here")

    with RunFolder(tmp_path, CONFIG) as folder:
        folder.save(Result(), artists=[lacks, paint])
    run = load_run(tmp_path)
    assert run.status == "done"
    assert run.warnings == ["one thing", "no EGL here"]
    assert "fields/0.vtu" in listing(tmp_path)


def test_tables_are_complete_before_the_first_picture_and_stay_when_it_breaks_off(tmp_path: Path) -> None:
    seen = []

    def looks(result: Any, folder: Path) -> None:
        seen.append(load_run(tmp_path))
        paint(result, folder)

    def breaks_off(result: Any, folder: Path) -> None:
        (folder / "half.png").write_text("half")
        raise KeyboardInterrupt

    with RunFolder(tmp_path, CONFIG) as folder:
        folder.save(Result())
        with pytest.raises(KeyboardInterrupt):
            folder.add(Result(), [looks, breaks_off])
    assert [(run.status, len(run.rows)) for run in [*seen, load_run(tmp_path)]] == [("done", 2)] * 2
    files = {"config.resolved.yaml", "modes.csv", "modes.nc", "run.json", "fields/0.vtu", "fields/1.vtu"}
    assert listing(tmp_path) == files
    assert set(load_run(tmp_path).info["sha256"]) == files - {"run.json"}


def test_a_painter_on_a_full_disk(tmp_path: Path) -> None:
    def fails(result: Any, folder: Path) -> None:
        paint(result, folder)
        raise OSError(errno.ENOSPC, "No space left on device")

    with RunFolder(tmp_path / "r", CONFIG) as folder:
        folder.save(Result(), artists=[fails])
    run = load_run(tmp_path / "r")
    assert (run.status, len(run.rows)) == ("done", 2)
    assert run.warnings[1:] == ["fails are not complete (No space left on device); the tables are"]


@pytest.mark.skipif(
    not Path("/dev/shm").is_dir() or shutil.which("unshare") is None, reason="needs Linux namespaces"
)
def test_a_really_full_disk(tmp_path: Path) -> None:
    """A tmpfs of 64 kB in a mount namespace of its own."""
    script = textwrap.dedent(
        """
        import pathlib, sys
        sys.path[:0] = [sys.argv[2], sys.argv[3]]
        import test_store as t
        from femwgm.errors import OutputError
        from femwgm.store import RunFolder
        target = pathlib.Path(sys.argv[1])
        rows = [t.row() for _ in range(1000)]
        try:
            with RunFolder(target / "run", t.CONFIG) as folder:
                folder.save(t.Result(rows=rows))
        except OutputError as error:
            print(error)
        print(sorted(p.name for p in target.iterdir()))
        """
    )
    code = tmp_path / "run.py"
    code.write_text(script)
    disk = tmp_path / "disk"
    disk.mkdir()
    here = Path(__file__).resolve()
    mount = f"mount -t tmpfs -o size=64k tmpfs {disk} && exec {sys.executable} {code} {disk} {here.parent} {here.parents[2]}"
    done = subprocess.run(["unshare", "-rm", "sh", "-c", mount], capture_output=True, text=True, check=False)
    if done.returncode != 0 and "Operation not permitted" in done.stderr + done.stdout:
        pytest.skip("namespaces are not permitted here")
    lines = done.stdout.splitlines()
    assert "No space left on device" in lines[0], done.stderr
    assert lines[1] == "[]"


def test_unusable_places_are_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for bad in (
        tmp_path / "file",
        tmp_path / "file" / "below",
        "/proc/femwgm/run",
        tmp_path / ("x" * 300),
        "a\0b",
    ):
        with pytest.raises(OutputError) as caught, RunFolder(bad, CONFIG):
            pytest.fail("the body ran")
        assert "\n" not in str(caught.value)


def test_a_refused_place_keeps_the_run_that_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with RunFolder(tmp_path, CONFIG) as folder:
        folder.save(Result())
    before = listing(tmp_path)

    def refuses(**_: Any) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("tempfile.TemporaryFile", refuses)
    with pytest.raises(OutputError, match="Read-only"):
        RunFolder(tmp_path, CONFIG).__enter__()
    assert listing(tmp_path) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="Permission denied"), RunFolder(tmp_path, CONFIG):
        pytest.fail("the body ran")


@pytest.mark.parametrize(
    "damage",
    [
        lambda d: (d / "run.json").unlink(),
        lambda d: (d / "run.json").write_text("{"),
        lambda d: (d / "run.json").write_text("[]"),
        lambda d: (d / "run.json").write_text(
            json.dumps({"format": 99, "status": "done", "regions": [], "warnings": []})
        ),
        lambda d: (d / "modes.csv").write_text("a,b\n1\n"),
        lambda d: (d / "modes.csv").write_bytes(b"\xff\xfe"),
        lambda d: (d / "config.resolved.yaml").unlink(),
        lambda d: (d / "config.resolved.yaml").write_text("schema: 1"),
    ],
)
def test_damaged_folders_are_one_line(tmp_path: Path, damage: Any) -> None:
    with RunFolder(tmp_path, CONFIG) as folder:
        folder.save(Result())
    damage(tmp_path)
    with pytest.raises((OutputError, ConfigError)) as caught:
        load_run(tmp_path)
    assert "\n" not in str(caught.value)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no such run folder"):
        load_run(tmp_path / "none")


def test_a_file_is_never_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x"
    write_bytes(path, b"old")
    FullDisk(monkeypatch, 1)
    with pytest.raises(OutputError):
        write_bytes(path, b"new" * 1000)
    assert path.read_bytes() == b"old"
    assert listing(tmp_path) == {"x"}
