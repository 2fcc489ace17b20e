"""`run_sweep`: every point of a configuration's sweep, solved once, wherever and in whatever order."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from femwgm.config import RunConfig, config_hash, dump_resolved, load_config
from femwgm.errors import ConfigError, OutputError
from femwgm.ground.files import write_bytes
from femwgm.ground.numerics import NUMERICAL_VERSION
from femwgm.store.folder import package_versions
from femwgm.sweeps.agenda import Agenda, stretches
from femwgm.sweeps.axes import Plan, expand
from femwgm.sweeps.folder import SweepFolder
from femwgm.sweeps.jobs import LEFT, Outcome, Task
from femwgm.sweeps.local import Jobs, run_here, run_in_processes, usable_cores
from femwgm.sweeps.points import DEFAULT_SOLVER, Record, Setup, failure
from femwgm.sweeps.result import SweepResult
from femwgm.sweeps.survey import Survey
from femwgm.sweeps.tables import write_tables

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many points are finished, and how many there are."""


def run_sweep(
    config: RunConfig | Mapping[str, Any] | str | Path, out: str | Path | None = None, *, workers: int | None = None,
    scheduler: str | None = None, progress: Progress | None = None, solver: str = DEFAULT_SOLVER, solve: bool = True,
) -> SweepResult:  # fmt: skip
    """Run a configuration at every point of its `sweep` axes; called again on the same folder, it resumes.

    Parameters
    ----------
    config
        A configuration with a `sweep` section, a mapping, or the path of a YAML file.
    out
        Folder for points and tables; without it nothing is kept on disk.
    workers
        Processes on this machine, by default one for each core; 0 solves in this process. With `scheduler`, how many workers to
        wait for.
    scheduler
        Address of a dask scheduler that solves the points instead.
    progress
        Called as points are finished.
    solver
        "module:function" that solves a point.
    solve
        False rebuilds the tables from the points on disk and solves nothing.

    Returns
    -------
    SweepResult
        Failed points are counted and listed there; they raise nothing.

    Raises
    ------
    ConfigError
        When there is no sweep, a key leads nowhere, or no point has a valid configuration.
    OutputError
        When the folder cannot be written or another sweep works in it; finished points stay.
    SolveError
        When no worker can be started or the scheduler is lost.
    KeyboardInterrupt
        After the tables of the points finished so far are written.
    """
    cfg = load_config(config)
    if cfg.sweep is None:
        example = "{axes: [{key: geometry.layers.shell.thickness, linear: {start: 300 nm, stop: 800 nm, count: 11}}]}"
        file = config if isinstance(config, str | Path) else None
        raise ConfigError(
            "is required and missing", file=file, key="sweep", remedy=f"add e.g. 'sweep: {example}'"
        )
    plan = expand(cfg.sweep)
    setup = Setup.of(cfg, [c.key for c in plan.columns], solver, follow=plan.follow is not None)
    tell = progress or _silent
    with contextlib.ExitStack() as stack:
        place = (
            Path(out)
            if out is not None
            else Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="femwgm-")))
        )
        folder = SweepFolder(place)
        keys = _Keys(setup, plan, tell)
        stack.enter_context(folder.held())
        job = _Job(cfg, plan, setup, keys, folder, tell)
        if solve:
            job.solve(_runner(setup, workers, scheduler))
        else:
            job.finish("rebuilt")
        return job.result(keep=out is not None)


def _silent(_what: str, _done: int, _total: int) -> None:
    """No progress."""


Runner = Callable[[Jobs, int], Iterator[Outcome]]


def _runner(setup: Setup, workers: int | None, scheduler: str | None) -> Runner:
    """What solves jobs, given how many points there are."""
    encoded = setup.encode()
    if scheduler is not None:
        from femwgm.sweeps.cluster import run_on_cluster

        return lambda jobs, _: run_on_cluster(encoded, jobs, scheduler, workers)
    if workers == 0:
        return lambda jobs, _: run_here(encoded, jobs)
    return lambda jobs, points: run_in_processes(encoded, jobs, min(workers or usable_cores(), points))


class _Keys:
    """Key of every point, and why some points have no valid configuration."""

    def __init__(self, setup: Setup, plan: Plan, tell: Progress) -> None:
        self._raw = bytearray()
        self.invalid: dict[int, str] = {}
        first: ConfigError | None = None
        for point in range(plan.count):
            if point % 256 == 0:
                tell("checking the points", 0, plan.count)
            entries = plan.entries(point)
            try:
                key = setup.key(setup.config(entries))
            except ConfigError as error:
                first = first or error
                self.invalid[point] = str(error)
                key = setup.invalid_key(entries)
            self._raw += bytes.fromhex(key)
        if first is not None and len(self.invalid) == plan.count:
            raise ConfigError(
                f"at every point of the sweep: {first.rule}",
                key=first.key,
                value=first.value,
                remedy=first.remedy,
            )

    def __getitem__(self, point: int) -> str:
        return self._raw[32 * point : 32 * point + 32].hex()


class _Job:
    """One call of `run_sweep` on a folder that it holds."""

    def __init__(
        self, config: RunConfig, plan: Plan, setup: Setup, keys: _Keys, folder: SweepFolder, tell: Progress
    ) -> None:
        self.config, self.plan, self.setup, self.keys, self.folder, self.tell = (
            config,
            plan,
            setup,
            keys,
            folder,
            tell,
        )
        self.started = datetime.now(UTC)
        self.solved_now = 0
        self.survey = Survey()

    def read(self, point: int) -> Record | None:
        return self.folder.read(self.keys[point])

    def todo(self) -> list[int]:
        """Points that are not on disk, each once; invalid ones are recorded at once, failed ones are tried again."""
        seen: set[str] = set()
        points = []
        for point in range(self.plan.count):
            key = self.keys[point]
            if key in seen:
                continue
            seen.add(key)
            if point in self.keys.invalid:
                self.folder.write(key, failure(key, self.keys.invalid[point])[1])
                continue
            record = self.folder.read(key)
            if record is None or not record.finished:
                points.append(point)
        return points

    def solve(self, runner: Runner) -> None:
        """Solve what is left, store each point as it comes, and leave tables whatever happens."""
        write_bytes(self.folder.path / "config.resolved.yaml", dump_resolved(self.config).encode())
        points = self.todo()
        done = self.plan.count - len(points)
        agenda = self._agenda(points)
        self.tell("solving", done, self.plan.count)
        self.survey.counts["done"] = done
        self._describe("running", None)
        try:
            with contextlib.closing(runner(agenda.take, len(points))) as outcomes:  # type: ignore[type-var]
                for task, status, record in outcomes:
                    agenda.heard(task, status, record)
                    if status != LEFT:
                        self.folder.write(task.key, record)
                        done += 1
                        self.solved_now += 1
                        self.tell("solving", done, self.plan.count)
        except BaseException as error:
            with contextlib.suppress(OutputError):
                self.finish(
                    "interrupted" if isinstance(error, KeyboardInterrupt) else "stopped", str(error) or None
                )
            raise
        self.finish("done")

    def _agenda(self, points: Sequence[int]) -> Agenda:
        def task(point: int) -> Task:
            return Task(point, self.keys[point], tuple(self.plan.entries(point)))

        def stored(point: int) -> bytes | None:
            record = self.read(point)
            if record is None or not record.finished or any(row.get("reduced") for row in record.solved.rows):
                return None
            return record.encode()

        basis = self.plan.basis and self.setup.solver == DEFAULT_SOLVER
        parts = (
            stretches(self.plan, lambda point: self.setup.config(self.plan.entries(point))) if basis else []
        )
        return Agenda(points, parts, stored, task, self.config.accuracy.wavelength)

    def finish(self, status: str, reason: str | None = None) -> None:
        """Write the tables and `sweep.json` from the points on disk."""
        self.tell("writing the tables", self.plan.count, self.plan.count)
        attributes: dict[str, str | int] = {
            "title": self.config.name,
            "femwgm_version": package_versions().get("femwgm", "unknown"),
            "numerical_version": NUMERICAL_VERSION,
            "config_hash": config_hash(self.config),
            "config": dump_resolved(self.config),
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "axes": " ".join(c.name for c in self.plan.columns),
            "shape": " ".join(str(n) for n in self.plan.shape),
        }
        self.survey = write_tables(self.folder.path, self.plan, self.read, attributes)
        if status in ("done", "rebuilt"):
            counts = self.survey.counts
            status = "incomplete" if counts.get("missing") else "failed" if counts.get("failed") else "done"
        self._describe(status, reason)

    def _describe(self, status: str, reason: str | None) -> None:
        counts = self.survey.counts
        now = datetime.now(UTC)
        solved = counts.get("done", 0) + counts.get("inaccurate", 0)
        self.folder.describe(
            format=1,
            name=self.config.name,
            status=status,
            reason=reason,
            axes=[{"name": c.name, "key": c.key, "unit": c.unit} for c in self.plan.columns],
            follow=self._followed(),
            points={
                "total": self.plan.count,
                "done": solved,
                "inaccurate": counts.get("inaccurate", 0),
                "failed": counts.get("failed", 0),
                "solved_now": self.solved_now,
            },
            crossings=len(self.survey.meetings),
            started=self.started.isoformat(timespec="seconds"),
            written=now.isoformat(timespec="seconds"),
            seconds={
                "wall": round((now - self.started).total_seconds(), 3),
                "all_points": round(self.survey.seconds, 3),
            },
            numerical_version=NUMERICAL_VERSION,
            versions=package_versions(),
        )

    def _followed(self) -> str | None:
        return None if self.plan.follow is None else self.plan.columns[self.plan.follow].name

    def result(self, *, keep: bool) -> SweepResult:
        """The result; with its tables in hand if the folder will not be kept."""
        counts, path = self.survey.counts, self.folder.path
        solved = counts.get("done", 0) + counts.get("inaccurate", 0)
        return SweepResult(
            path if keep else None, {c.name: c.unit for c in self.plan.columns}, {c.name: c.key for c in self.plan.columns},
            self._followed(), self.plan.count, solved, counts.get("failed", 0), counts.get("inaccurate", 0), self.solved_now,
            csv=None if keep else (path / "sweep.csv").read_text(encoding="utf-8"),
            crossings_csv=None if keep else (path / "crossings.csv").read_text(encoding="utf-8"),
            netcdf=None if keep else (path / "sweep.nc").read_bytes(),
        )  # fmt: skip
