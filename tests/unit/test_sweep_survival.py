"""Sweeps as processes: killed at random, interrupted, out of disk, on a real cluster, in great number."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.cheap_points import SOLVER, thickness_sweep

from femwgm.sweeps import load_sweep, run_sweep

TESTS = Path(__file__).resolve().parents[1]
POINTS = 60


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{TESTS.parent}{os.pathsep}{TESTS}", "PYTHONUNBUFFERED": "1", **more}


def start(
    folder: Path,
    log: Path,
    *,
    seconds: float = 0.0,
    workers: int = 2,
    points: int = POINTS,
    **options: object,
) -> subprocess.Popen[str]:
    """A sweep in a process of its own."""
    code = (
        "import sys; from support.cheap_points import *; from femwgm.sweeps import run_sweep\n"
        f"r = run_sweep(thickness_sweep({points}), {str(folder)!r}, workers={workers}, solver=SOLVER, **{options!r})\n"
        "print(r.done, r.solved_now, r.failed)"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code], env=environment(CHEAP_LOG=str(log), CHEAP_SECONDS=str(seconds)), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def children(pid: int) -> list[int]:
    """Processes started by a process, from /proc."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == pid:
                found.append(int(entry.name))
    return found


def gone(pids: list[int], seconds: float = 10.0) -> bool:
    """Whether all the processes end in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not any(alive(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def finished(folder: Path) -> set[str]:
    return {path.stem for path in folder.glob("points/*/*.json")}


def whole(folder: Path) -> bool:
    """Whether every point and table on disk can be read to its end."""
    return all(json.loads(path.read_bytes())["key"] == path.stem for path in folder.glob("points/*/*.json"))


@pytest.mark.slow
def test_killed_at_twenty_random_moments_it_resumes_to_the_same_table(tmp_path) -> None:
    calm = run_sweep(thickness_sweep(POINTS), tmp_path / "calm", workers=0, solver=SOLVER)
    folder, log = tmp_path / "s", tmp_path / "log"
    rng = random.Random(5)
    before: set[str] = set()
    kills = lost = 0
    while kills < 20 or len(finished(folder)) < POINTS:
        parent = start(folder, log, seconds=0.1)
        # Importing takes about half a second: from within it to well inside the points.
        moment = time.monotonic() + rng.uniform(0.2, 2.0)
        while time.monotonic() < moment and parent.poll() is None:
            time.sleep(0.01)
        if kills >= 20:
            parent.wait()
            break
        workers = children(parent.pid)
        if workers and rng.random() < 0.4:
            os.kill(rng.choice(workers), signal.SIGKILL)
            lost += 1
            time.sleep(rng.uniform(0.0, 0.3))
        parent.kill()
        parent.wait()
        parent.stdout.close()
        parent.stderr.close()
        assert gone(workers), "workers leave with their parent"
        assert whole(folder)
        assert before <= finished(folder), "what was finished stays"
        before = finished(folder)
        kills += 1
        if len(before) == POINTS:
            # Done early: start over on a fresh folder, so that there are twenty kills of a living sweep.
            folder, before = tmp_path / f"s{kills}", set()
            log = tmp_path / f"log{kills}"
    result = run_sweep(thickness_sweep(POINTS), folder, workers=2, solver=SOLVER)
    assert result.done == POINTS
    assert result.table.equals(calm.table)
    assert not list(folder.rglob("*.partial"))
    # Each kill of the parent may lose the points in flight, one a worker, each killed worker its own; none is lost once on disk.
    solved = [float(line) for line in log.read_text().split()]
    assert len(set(solved)) == POINTS
    assert len(solved) <= POINTS + 2 * kills + lost


def test_no_finished_point_is_solved_twice_after_a_kill(tmp_path) -> None:
    folder, log = tmp_path / "s", tmp_path / "log"
    parent = start(folder, log, seconds=0.05, workers=1, points=30)
    while len(finished(folder)) < 5:
        assert parent.poll() is None
        time.sleep(0.01)
    workers = children(parent.pid)
    parent.kill()
    parent.communicate()
    assert gone(workers)
    kept = {path: path.stat().st_mtime_ns for path in folder.glob("points/*/*.json")}
    first = [float(line) for line in log.read_text().split()]
    result = run_sweep(thickness_sweep(30), folder, workers=0, solver=SOLVER)
    assert result.solved_now == 30 - len(kept)
    assert all(path.stat().st_mtime_ns == written for path, written in kept.items())
    # At most the one in flight had been solved without reaching the disk.
    assert len(first) - len(kept) in (0, 1)


@pytest.mark.parametrize("number", [pytest.param(signal.SIGINT, marks=pytest.mark.slow), signal.SIGTERM])
def test_ctrl_c_and_a_batch_system_leave_tables_and_their_status(tmp_path, number) -> None:
    import yaml

    config = tmp_path / "sweep.yaml"
    config.write_text(yaml.safe_dump({**thickness_sweep(40), "outputs": {"plots": False}}))
    code = (
        "import sys; import femwgm.sweeps.run as r; import functools; from support.cheap_points import SOLVER\n"
        "r.run_sweep.__kwdefaults__['solver'] = SOLVER\n"
        f"from femwgm.cli import main; main(['sweep', {str(config)!r}, '-o', {str(tmp_path / 's')!r}, '--workers', '1'])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=environment(CHEAP_SECONDS="0.1"), stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    while len(finished(tmp_path / "s")) < 3:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.02)
    os.killpg(process.pid, number)  # as a terminal does: to the workers as well
    _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + number  # as shells report a signal: 130 and 143
    assert said.strip().splitlines()[-1] == f"femwgm: interrupted; rerun to resume from {tmp_path / 's'}"
    assert "Traceback" not in said
    stored = load_sweep(tmp_path / "s")
    assert 3 <= stored.done < 40
    assert len(stored.table) == 2 * stored.done


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk takes root")
def test_a_disk_that_is_really_full_or_read_only(tmp_path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)], check=False
    ).returncode:
        pytest.skip("no mount here")
    try:
        full = start(disk / "s", tmp_path / "log", points=200)
        _, said = full.communicate(timeout=120)
        assert full.returncode != 0
        last = said.strip().splitlines()[-1]
        assert "OutputError" in last
        assert "No space left on device" in last
        assert whole(disk / "s")
        kept = len(finished(disk / "s"))
        assert kept > 10
        subprocess.run(["mount", "-o", "remount,size=8m", str(disk)], check=True)
        again = start(disk / "s", tmp_path / "log", points=200)
        out, said = again.communicate(timeout=120)
        assert out.split() == ["200", str(200 - kept), "0"], said
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        refused = start(disk / "t", tmp_path / "log", points=2)
        _, said = refused.communicate(timeout=60)
        assert "Read-only file system" in said.strip().splitlines()[-1]
    finally:
        subprocess.run(["umount", str(disk)], check=False)


@pytest.mark.slow
def test_ten_thousand_points_do_not_fill_the_memory(tmp_path, record_property) -> None:
    """The time they take is measured by benchmarks/sweeps.py."""
    run_sweep(thickness_sweep(500), tmp_path / "warm", workers=1, solver=SOLVER)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = run_sweep(thickness_sweep(10_000), tmp_path / "s", workers=1, solver=SOLVER)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    record_property("MiB", grown)
    assert result.done == 10_000
    assert grown < 60
    assert run_sweep(thickness_sweep(10_000), tmp_path / "s", workers=0, solver=SOLVER).solved_now == 0


class Cluster:
    """A dask scheduler and two workers, each a process of its own."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder, self.variables = folder, variables
        self.file = folder / "scheduler.json"
        dask = [
            sys.executable,
            "-m",
            "distributed.cli.dask_scheduler",
            "--port",
            "0",
            "--dashboard-address",
            ":0",
        ]
        self.scheduler = self._start([*dask, "--host", "127.0.0.1", "--scheduler-file", str(self.file)])
        self.workers = [self.add() for _ in range(2)]

    def add(self) -> subprocess.Popen[bytes]:
        """One more worker; without a nanny, so that killing it is final."""
        worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(self.file)]
        return self._start(
            [
                *worker,
                "--nthreads",
                "1",
                "--no-nanny",
                "--no-dashboard",
                "--local-directory",
                str(self.folder),
            ]
        )

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command, env=environment(**self.variables), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    @property
    def address(self) -> str:
        deadline = time.monotonic() + 60.0
        while time.monotonic() < deadline:
            try:
                return json.loads(self.file.read_text())["address"]
            except (OSError, ValueError):
                time.sleep(0.1)
        raise TimeoutError("the scheduler did not start")

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@pytest.mark.slow
def test_a_real_cluster_gives_the_same_table_and_survives_a_dead_worker(tmp_path) -> None:
    calm = run_sweep(thickness_sweep(POINTS), workers=0, solver=SOLVER)
    log = tmp_path / "log"
    with Cluster(tmp_path, CHEAP_LOG=str(log), CHEAP_SECONDS="0.1") as cluster:
        sweep = start(tmp_path / "s", log, scheduler=cluster.address)
        while len(finished(tmp_path / "s")) < 10:
            assert sweep.poll() is None, sweep.stderr.read()
            time.sleep(0.05)
        cluster.workers[0].kill()
        out, said = sweep.communicate(timeout=180)
        assert out.split() == [str(POINTS), str(POINTS), "0"], said
    assert load_sweep(tmp_path / "s").table.equals(calm.table)


@pytest.mark.slow
def test_a_lost_scheduler_is_one_line_and_loses_nothing(tmp_path) -> None:
    log = tmp_path / "log"
    with Cluster(tmp_path, CHEAP_LOG=str(log), CHEAP_SECONDS="0.1") as cluster:
        sweep = start(tmp_path / "s", log, scheduler=cluster.address)
        while len(finished(tmp_path / "s")) < 5:
            assert sweep.poll() is None, sweep.stderr.read()
            time.sleep(0.05)
        cluster.scheduler.kill()
        _, said = sweep.communicate(timeout=120)
    assert sweep.returncode == 1
    last = said.strip().splitlines()[-1]
    assert "SolveError: the scheduler" in last
    kept = len(finished(tmp_path / "s"))
    assert kept >= 5
    assert (
        run_sweep(thickness_sweep(POINTS), tmp_path / "s", workers=0, solver=SOLVER).solved_now
        == POINTS - kept
    )


@pytest.mark.slow
def test_no_scheduler_at_the_address_is_one_line(tmp_path, monkeypatch) -> None:
    from femwgm.errors import SolveError
    from femwgm.sweeps import cluster

    monkeypatch.setattr(cluster, "_TIMEOUT", "2s")
    with pytest.raises(SolveError, match="no dask scheduler answers at 'tcp://127"):
        run_sweep(thickness_sweep(2), tmp_path / "s", scheduler="tcp://127.0.0.1:9", solver=SOLVER)
