"""`run`: from a configuration to modes, and to a run folder if one is given, interrupted or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from signal import SIGINT
from typing import TYPE_CHECKING, Any

from femwgm.config import RunConfig, load_config
from femwgm.errors import MissingExtraError, OutputError
from femwgm.ground.files import write_bytes
from femwgm.ground.interrupts import Interrupted
from femwgm.store import RunFolder
from femwgm.store.folder import Artist
from femwgm.ground.rows import Row, plain_csv

if TYPE_CHECKING:
    from femwgm.runs.loop import RunResult

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is finished, and how much there is."""


@dataclass(frozen=True)
class _Partial:
    """What an interrupted run had finished."""

    modes: Sequence[Any]
    regions: Sequence[str]
    warnings: Sequence[str]

    @property
    def rows(self) -> list[Row]:
        """The table."""
        return [mode.row() for mode in self.modes]


def part(module: str, name: str) -> Callable[..., Any]:
    """A function of a part of femwgm that is imported only where it is used."""
    try:
        function: Callable[..., Any] = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise MissingExtraError(f"{module}.{name} is not available here ({error})") from None
    return function


def _artist(writer: str, progress: Progress | None) -> Artist:
    """A writer of the views, looked up only when it paints."""

    def paint(result: Any, folder: Path) -> None:
        part("femwgm.views", writer)(result, folder, progress)

    paint.__name__ = writer
    return paint


def artists(config: RunConfig, progress: Progress | None = None, *, pictures: bool = True) -> list[Artist]:
    """Writers of the meshes, fields and pictures that the configuration asks for, the pictures last."""
    outputs = config.outputs
    if config.splits_sphere:
        asked = {"write_surfaces": outputs.fields, "write_splittings": outputs.plots and pictures}
        return [_artist(writer, progress) for writer, wanted in asked.items() if wanted]
    wanted = {
        "write_fields": outputs.fields, "write_exports": outputs.exports, "write_plots": outputs.plots and pictures
    }  # fmt: skip
    return [_write_meshes, *(_artist(writer, progress) for writer, asked in wanted.items() if asked)]


def _write_multiplets(result: RunResult, folder: Path) -> None:
    """The split lines of an imperfect sphere as multiplets.csv."""
    from femwgm.imperfections.run import LINES, line_rows

    rows = [row for lines in result.multiplets for row in line_rows(lines)]
    write_bytes(folder / "multiplets.csv", plain_csv(rows, LINES).encode())


def _write_meshes(result: Any, folder: Path) -> None:
    """Meshes of the run as mesh/domain-N.msh."""
    from femwgm.mesh.save import write_mesh

    home = folder / "mesh"
    home.mkdir(exist_ok=True)
    for number, (_, mesh) in enumerate(result.domains, start=1):
        write_mesh(mesh, home / f"domain-{number}.msh")


def run(
    config: RunConfig | Mapping[str, Any] | str | Path,
    out: str | Path | None = None,
    *,
    progress: Progress | None = None,
) -> RunResult:
    """Compute the modes of a configuration.

    Parameters
    ----------
    config
        A configuration, a mapping in the form of the YAML file, the path of one, or `@NAME` of one that comes with femwgm.
    out
        Folder for tables, fields and pictures; nothing is written without it.
    progress
        Called as (what, modes finished, modes in all).

    Raises
    ------
    ConfigError, MaterialError, GeometryError
        If the configuration cannot be used, or no mode lies in the window.
    SolveError
        If an eigenproblem does not converge. A mode that misses the accuracy raises nothing; its `met` is False.
    OutputError
        If `out` cannot be written to.
    """
    settings = config if isinstance(config, RunConfig) else load_config(config)
    result: RunResult = run_into(settings, out, progress=progress)[0]
    return result


def run_into(
    config: RunConfig,
    out: str | Path | None,
    *,
    progress: Progress | None = None,
    on_tables: Callable[[RunResult], None] | None = None,
    pictures: bool = True,
) -> tuple[RunResult, Sequence[str]]:
    """Run, and write a run folder to `out` if one is given: first the tables, then fields, then pictures.

    Parameters
    ----------
    config, out, progress
        As for `run`.
    on_tables
        Called with the result once the tables are saved, before any field or picture is written.
    pictures
        False skips the pictures, whatever the configuration says.

    Returns
    -------
    RunResult, remarks
        The remarks name pictures that could not be drawn; they do not include the warnings of the result.

    Raises
    ------
    OutputError
        Before any work, when the folder cannot be written.
    Interrupted
        After the modes finished so far are stored; its text says how many.
    """
    from femwgm.runs.loop import run

    announce = on_tables or _ignore
    if out is None:
        result = run(config, progress=progress)
        announce(result)
        return result, ()
    finished: list[Any] = []
    tell = _Counting(progress)
    with RunFolder(out, config) as folder:
        try:
            result = run(config, progress=tell, on_mode=finished.append)
            folder.save(
                result,
                status="done" if result.met else "inaccurate",
                times={"solve": result.seconds},
                artists=[_write_multiplets] if result.multiplets else [],
                reason=None if result.met else "the accuracy asked for was missed",
            )
        except KeyboardInterrupt as signal:
            raise _kept(folder, finished, max(tell.total, len(finished)), signal) from None
        try:
            announce(result)
            folder.add(result, artists(config, progress, pictures=pictures))
        except KeyboardInterrupt as signal:
            count = len(result.modes)
            raise _interrupted(f"{count} of {count} modes are in {out}, pictures are not", signal) from None
    return result, folder.remarks


def _kept(folder: RunFolder, finished: Sequence[Any], total: int, signal: KeyboardInterrupt) -> Interrupted:
    """Store the modes that are finished, unless the folder holds the whole result already; what the user is told."""
    if folder.saved:
        return _interrupted(f"{total} of {total} modes are in {folder.path}, pictures are not", signal)
    if folder.repeats:
        return _interrupted(
            f"the finished run of the same configuration in {folder.path} is as it was", signal
        )
    if not finished:
        return _interrupted("no mode was finished", signal)
    modes = sorted(finished, key=lambda mode: (mode.wavelength_nm, mode.pol, mode.m))
    try:
        done = _Partial(modes, folder.config.geometry.regions, ["interrupted"])
        folder.save(done, status="interrupted", reason="interrupted")
    except OutputError as error:
        return _interrupted(f"{len(modes)} finished modes are lost: {error}", signal)
    return _interrupted(
        f"{len(modes)} of {total} modes are in {folder.path}, fields and pictures are not", signal
    )


def _interrupted(message: str, signal: KeyboardInterrupt) -> Interrupted:
    return Interrupted(message, getattr(signal, "number", SIGINT))


class _Counting:
    """Progress that remembers how many modes there are."""

    def __init__(self, progress: Progress | None) -> None:
        self.progress, self.total = progress, 0

    def __call__(self, what: str, done: int, total: int) -> None:
        self.total = total
        if self.progress:
            self.progress(what, done, total)


def _ignore(_result: RunResult) -> None:
    """Nobody waits for the tables."""
