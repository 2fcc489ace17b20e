"""One point of a sweep: its configuration, its key, and what solving it leaves behind."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from typing import Any

from femwgm.config import RunConfig, config_hash, dump_resolved
from femwgm.config.load import validate
from femwgm.config.overrides import set_key
from femwgm.config.yamlio import parse_yaml
from femwgm.errors import ConfigError, FemwgmError, SolveError
from femwgm.ground.numerics import NUMERICAL_VERSION

FORMAT = 1
"""Version of the record of a point."""
DEFAULT_SOLVER = "femwgm.sweeps.points:solve_with_pipeline"
ONE_AT_A_TIME = threading.Lock()
"""Gmsh and the BLAS serve one caller per process, whatever a cluster's worker would like to run at once."""


@dataclass(frozen=True)
class Solved:
    """What a solver gives back for a point.

    Attributes
    ----------
    rows
        The table, a mapping for each mode.
    regions
        Region names, ambient last.
    met
        Whether the accuracy asked for was reached.
    warnings
        What the user should know.
    marks
        For each mode, a packed fingerprint of its field, or None.
    parities
        For each mode, its mirror parity, None where there is no mirror plane.
    """

    rows: Sequence[Mapping[str, Any]]
    regions: Sequence[str]
    met: bool = True
    warnings: Sequence[str] = ()
    marks: Sequence[dict[str, str] | None] = ()
    parities: Sequence[str | None] = ()


Solver = Callable[[RunConfig, bool], Solved]
"""Takes the configuration of a point and whether its modes will be followed."""


def solve_with_pipeline(config: RunConfig, follow: bool) -> Solved:
    """The modes of a point, by `femwgm.runs.loop.run`."""
    from femwgm.runs.loop import run
    from femwgm.sweeps.fingerprint import fingerprint, pack

    result = run(config)
    marks = [
        pack(fingerprint(mode)) if follow and mode.field_data is not None else None for mode in result.modes
    ]
    parities = [getattr(mode.field_data, "mirror", None) for mode in result.modes]
    rows = [{**row, "reduced": False} for row in result.rows]
    return Solved(rows, result.regions, result.met, result.warnings, marks, parities)


@dataclass(frozen=True)
class Record:
    """What is stored of a point.

    Attributes
    ----------
    key
        Content hash of the resolved configuration and the numerical version.
    status
        "done", "inaccurate" (solved, but short of the accuracy asked for; the rows say so) or "failed".
    reason
        Why a point failed, in one line.
    solved
        Rows and what belongs to them.
    seconds, attempts, worker, details
        Evidence: wall time, how often the point was begun, who solved it, the traceback of an unforeseen error.
    """

    key: str
    status: str
    reason: str | None = None
    solved: Solved = field(default_factory=lambda: Solved((), ()))
    seconds: float = 0.0
    attempts: int = 1
    worker: str = ""
    details: str | None = None

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to do."""
        return self.status in ("done", "inaccurate")

    def encode(self) -> bytes:
        """The record as JSON; floats keep every digit."""
        content = {
            "format": FORMAT, "key": self.key, "numerical_version": NUMERICAL_VERSION, "status": self.status,
            "reason": self.reason, "seconds": round(self.seconds, 4), "attempts": self.attempts, "worker": self.worker,
            "details": self.details, "regions": list(self.solved.regions), "rows": [dict(row) for row in self.solved.rows],
            "met": self.solved.met, "warnings": list(self.solved.warnings), "marks": list(self.solved.marks),
            "parities": list(self.solved.parities),
        }  # fmt: skip
        return (
            json.dumps(content, separators=(",", ":"), default=_plain, ensure_ascii=False) + "\n"
        ).encode()

    @staticmethod
    def decode(raw: bytes, key: str) -> Record | None:
        """The record in `raw`; None if it is not a whole record of this key."""
        try:
            c = json.loads(raw)
            if c["format"] != FORMAT or c["key"] != key:
                return None
            solved = Solved(c["rows"], c["regions"], c["met"], c["warnings"], c["marks"], c["parities"])
            return Record(
                c["key"],
                c["status"],
                c["reason"],
                solved,
                c["seconds"],
                c["attempts"],
                c["worker"],
                c["details"],
            )
        except (ValueError, KeyError, TypeError):
            return None


def _plain(value: Any) -> Any:
    """NumPy scalars as Python numbers."""
    return value.item() if hasattr(value, "item") else str(value)


@dataclass(frozen=True)
class Setup:
    """What all points share, in a form that travels to workers.

    Attributes
    ----------
    base
        The configuration without its sweep, resolved, as plain data.
    paths
        Where the entries of a point go in `base`.
    solver
        "module:function" that solves a point.
    follow
        Whether modes will be followed.
    version
        Numerical version of the code; a worker of another version refuses.
    """

    base: Mapping[str, Any]
    paths: Sequence[Sequence[str]]
    solver: str = DEFAULT_SOLVER
    follow: bool = True
    version: int = NUMERICAL_VERSION

    @staticmethod
    def of(
        config: RunConfig, keys: Sequence[str], solver: str = DEFAULT_SOLVER, *, follow: bool = True
    ) -> Setup:
        """The setup of a sweep over `keys`.

        Raises
        ------
        ConfigError
            When a key leads nowhere.
        """
        base = parse_yaml(dump_resolved(config.model_copy(update={"sweep": None})))
        paths = []
        for i, key in enumerate(keys):
            trial = json.loads(json.dumps(base))
            try:
                paths.append(set_key(trial, key.split("."), None).split("."))
            except ConfigError as error:
                raise ConfigError(
                    error.rule, key=f"sweep.axes.{i}.key", value=key, remedy=error.remedy
                ) from None
        return Setup(base, paths, solver, follow)

    def config(self, entries: Sequence[Any]) -> RunConfig:
        """The configuration of a point.

        Raises
        ------
        ConfigError
            When the entries do not make a valid configuration.
        """
        raw: Any = self.base
        for path, entry in zip(self.paths, entries, strict=True):
            raw = _with(raw, path, entry)
        return validate(raw)

    def key(self, config: RunConfig) -> str:
        """Key of a point: equal for equal physics computed by numerically equal code."""
        follow = "followed" if self.follow else "plain"
        content = f"{config_hash(config)} {self.version} {self.solver} {follow}"
        return hashlib.sha256(content.encode()).hexdigest()

    def invalid_key(self, entries: Sequence[Any]) -> str:
        """Key of a point that has no valid configuration."""
        return hashlib.sha256(
            json.dumps([self.base, self.paths, list(entries)], sort_keys=True).encode()
        ).hexdigest()

    def encode(self) -> bytes:
        """The setup as bytes."""
        return json.dumps([self.base, self.paths, self.solver, self.follow, self.version]).encode()


def _with(node: Any, path: Sequence[str], entry: Any) -> Any:
    """A copy of nested data with one entry replaced; whatever lies off the path is shared."""
    if not path:
        return entry
    head, rest = path[0], path[1:]
    if isinstance(node, list):
        changed = list(node)
        changed[int(head)] = _with(changed[int(head)], rest, entry)
        return changed
    known = dict(node or {})
    known[head] = _with(known.get(head), rest, entry)
    return known


@lru_cache(maxsize=4)
def setup_of(encoded: bytes) -> Setup:
    """The setup that was encoded."""
    return Setup(*json.loads(encoded))


def work(setup: bytes, key: str, entries: Sequence[Any], attempt: int = 1) -> tuple[str, bytes]:
    """Solve a point, wherever this runs; what goes wrong becomes a record as well.

    Returns
    -------
    status, record
        The record is encoded.
    """
    begin = time.perf_counter()
    known = setup_of(setup)
    reason = details = None
    solved = Solved((), ())
    with ONE_AT_A_TIME:
        try:
            if known.version != NUMERICAL_VERSION:
                raise SolveError(
                    f"the worker's femwgm has numerical version {NUMERICAL_VERSION}, the sweep's {known.version}; "
                    "install the same on both"
                )
            module, _, name = known.solver.partition(":")
            solver: Solver = getattr(import_module(module), name)
            solved = solver(known.config(entries), known.follow)
            status = "done" if solved.met else "inaccurate"
        except FemwgmError as error:
            status, reason = "failed", str(error)
        except Exception as error:  # noqa: BLE001  a sweep outlives whatever a point raises
            status, reason = "failed", f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
            details = traceback.format_exc()
    seconds = time.perf_counter() - begin
    record = Record(key, status, reason, solved, seconds, attempt, worker_name(), details)
    return status, record.encode()


def worker_name() -> str:
    """Host and process that solve here."""
    return f"{socket.gethostname()}:{os.getpid()}"


def failure(key: str, reason: str, attempts: int = 1) -> tuple[str, bytes]:
    """Status and record of a point that nobody could solve."""
    return "failed", Record(key, "failed", reason, attempts=attempts).encode()
