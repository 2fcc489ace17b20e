"""A run over an older one, killed at every step it takes on the disk: the folder holds the old result or the new one, whole."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from femwgm.config import load_config
from femwgm.errors import OutputError
from femwgm.store import RunFolder, load_run

CONFIG = load_config(Path(__file__).resolve().parents[2] / "configs" / "duan2022.yaml")
OTHER = load_config(CONFIG, ["materials.npl.n=1.8"])
STEPS = (
    "os.rename",
    "os.replace",
    "os.fsync",
    "os.unlink",
    "os.remove",
    "os.mkdir",
    "os.rmdir",
    "os.truncate",
)
"""What changes a disk, by the names of the interpreter's audit or of the function."""

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@pytest.fixture(autouse=True)
def cheap_netcdf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("femwgm.store.folder.to_netcdf", lambda *_: b"netCDF")


@dataclass
class Result:
    rows: list[dict[str, Any]]
    regions: list[str] = field(default_factory=lambda: ["core", "shell", "air"])
    warnings: list[str] = field(default_factory=list)


def result(wavelength: float) -> Result:
    return Result([{"pol": "TE", "q": 1, "l": 165, "m": 165, "p": 0, "wavelength_nm": wavelength}])


def paint(content: str) -> Callable[[Any, Path], None]:
    def artist(_result: Any, folder: Path) -> None:
        (folder / "fields").mkdir()
        (folder / "fields" / f"{content}.vtu").write_text(content)
        (folder / "fields" / "same.vtu").write_text(content)

    return artist


def write_new(folder: Path) -> None:
    with RunFolder(folder, OTHER) as run:
        run.save(result(650.0), artists=[paint("new")])


class DiesAt:
    """Kills the process just before its n-th step on the disk."""

    def __init__(self, step: int) -> None:
        self.left = step
        for name in STEPS:
            bare = name.removeprefix("os.")
            setattr(os, bare, self.counted(getattr(os, bare)))

    def counted(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **options)

        return call


def dies(step: int, folder: Path) -> bool:
    """Whether the run was killed; False once it has fewer steps."""
    child = os.fork()
    if child == 0:
        try:
            DiesAt(step)
            write_new(folder)
        finally:
            sys.stderr.flush()
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def state(folder: Path) -> str:
    """Which result the folder holds; fails if it is a mixture."""
    run = load_run(folder)
    (row,) = run.rows
    assert run.status == "done"
    kind = {640.0: "old", 650.0: "new"}[row["wavelength_nm"]]
    assert run.config == (CONFIG if kind == "old" else OTHER)
    if json.loads((folder / "run.json").read_text())["status"] != "writing":
        # Between commits the files themselves are of one kind too; of pictures of the new one there may be none yet.
        assert ("1.8" in (folder / "config.resolved.yaml").read_text()) == (kind == "new")
        fields = {p.name: p.read_text() for p in (folder / "fields").glob("*.vtu")}
        assert set(fields.values()) <= {kind}, fields
    return kind


def test_killed_at_every_step_over_an_older_run(tmp_path: Path) -> None:
    seen = []
    for step in range(1, 200):
        folder = tmp_path / str(step)
        with RunFolder(folder, CONFIG) as run:
            run.save(result(640.0), artists=[paint("old")])
        killed = dies(step, folder)
        seen.append(state(folder))
        # Whoever comes next finds a folder that works, and leaves nothing of the dead behind.
        with pytest.raises(OutputError), RunFolder(folder, CONFIG):
            raise OutputError("stop")
        assert state(folder) == seen[-1]
        assert not list(folder.glob(".partial-*"))
        write_new(folder)
        assert state(folder) == "new"
        assert {p.name for p in (folder / "fields").iterdir()} == {"new.vtu", "same.vtu"}
        if not killed:
            break
    assert len(seen) > 20, "the steps are counted"
    assert seen == sorted(seen, reverse=True), "old until the commit, new from then on"
    assert {*seen} == {"old", "new"}


def test_killed_at_any_step_of_a_first_run(tmp_path: Path) -> None:
    for step in range(1, 200, 3):
        folder = tmp_path / str(step)
        killed = dies(step, folder)
        if (folder / "run.json").exists():
            run = load_run(folder)
            assert (run.status, len(run.rows)) in (("running", 0), ("done", 1))
        write_new(folder)
        assert state(folder) == "new"
        if not killed:
            break
    else:
        pytest.fail("it never ends")


def test_only_what_the_run_made_is_deleted(tmp_path: Path) -> None:
    """A user's files, files of the run that were changed since, and an account that lies."""
    with RunFolder(tmp_path, CONFIG) as run:
        run.save(result(640.0), artists=[paint("old")])
    (tmp_path / "thesis.tex").write_text("years")
    (tmp_path / "fields" / "old.vtu").write_text("touched up by hand")
    account = json.loads((tmp_path / "run.json").read_text())
    account["sha256"] |= {"thesis.tex": "0" * 64, "../outside": "0" * 64, "/etc/passwd": "0" * 64}
    (tmp_path / "run.json").write_text(json.dumps(account))
    write_new(tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "years"
    assert (tmp_path / "fields" / "old.vtu").read_text() == "touched up by hand"
    assert (tmp_path / "fields" / "same.vtu").read_text() == "new"


@pytest.mark.parametrize(
    "lie", [{}, {"stage": ""}, {"stage": "."}, {"stage": "fields"}, {"stage": "../x"}, {"stage": 3}]
)
def test_an_account_that_lies_about_a_commit_moves_and_deletes_nothing(
    tmp_path: Path, lie: dict[str, Any]
) -> None:
    folder = tmp_path / "run"
    with RunFolder(folder, CONFIG) as run:
        run.save(result(640.0), artists=[paint("old")])
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "modes.csv").write_text("a stranger's")
    account = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(
        json.dumps({**account, "status": "writing", "becomes": "done", "moved": ["modes.csv"], **lie})
    )
    assert load_run(folder).status == "done"
    with pytest.raises(OutputError), RunFolder(folder, CONFIG):
        raise OutputError("stop")
    assert state(folder) == "old"
    assert (tmp_path / "x" / "modes.csv").read_text() == "a stranger's"


def test_the_configuration_in_the_folder_survives_a_run_that_finds_nothing(tmp_path: Path) -> None:
    (tmp_path / "config.resolved.yaml").write_text("mine")
    (tmp_path / "modes.csv").write_text("x")
    with (
        pytest.raises(OutputError, match=r"holds a config.resolved.yaml that no run wrote; move it away"),
        RunFolder(tmp_path, CONFIG),
    ):
        pytest.fail("the body ran")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["config.resolved.yaml", "modes.csv"]
    assert (tmp_path / "modes.csv").read_text() == "x"


@pytest.mark.parametrize("name", ["modes.csv", "config.resolved.yaml"])
def test_what_was_changed_after_the_run_is_told(tmp_path: Path, name: str) -> None:
    with RunFolder(tmp_path, CONFIG) as run:
        run.save(result(640.0))
    with (tmp_path / name).open("a") as stream:
        stream.write("\n")
    with pytest.raises(OutputError, match=rf"{name}: was changed after the run; restore it"):
        load_run(tmp_path)


def test_a_hash_of_another_configuration_is_told(tmp_path: Path) -> None:
    with RunFolder(tmp_path, CONFIG) as run:
        run.save(result(640.0))
    text = (tmp_path / "run.json").read_text()
    (tmp_path / "run.json").write_text(text.replace('"config_hash": "', '"config_hash": "0'))
    with pytest.raises(OutputError, match="was changed after the run"):
        load_run(tmp_path)


def test_runs_and_sweeps_keep_out_of_each_other(tmp_path: Path) -> None:
    (tmp_path / "sweep.json").write_text("{}")
    with pytest.raises(OutputError, match="holds a sweep, not a run"), RunFolder(tmp_path, CONFIG):
        pytest.fail("the body ran")
    assert [p.name for p in tmp_path.iterdir()] == ["sweep.json"]


def test_a_second_run_into_the_same_folder_is_told(tmp_path: Path) -> None:
    with RunFolder(tmp_path, CONFIG) as run:
        with pytest.raises(
            OutputError, match=rf"another run or sweep is using this folder .process {os.getpid()} on"
        ):
            RunFolder(tmp_path, OTHER).__enter__()
        run.save(result(640.0))
    assert state_of_old(tmp_path)


def state_of_old(folder: Path) -> bool:
    return bool(load_run(folder).rows[0]["wavelength_nm"] == 640.0)
