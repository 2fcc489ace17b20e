"""`run`: from a configuration to modes, and to a run folder if one is given, interrupted or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from femwgm.config import RunConfig, load_config
from femwgm.errors import MissingExtraError
from femwgm.store import RunFolder
from femwgm.store.folder import Artist
from femwgm.store.rows import Row

if TYPE_CHECKING:
    from femwgm.runs.loop import RunResult

__all__ = ["part", "run", "run_into"]


@dataclass(frozen=True)
class _Partial:
    """What an interrupted run had finished."""

    rows: Sequence[Row]
    regions: Sequence[str]
    warnings: Sequence[str]


def part(module: str, name: str) -> Callable[..., Any]:
    """A function of a part of femwgm that is imported only where it is used."""
    try:
        function: Callable[..., Any] = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise MissingExtraError(f"{module}.{name} is not available here ({error})") from None
    return function


def _artist(writer: str) -> Artist:
    """A writer of the views, looked up only when it paints."""

    def paint(result: Any, folder: Path) -> None:
        part("femwgm.views", writer)(result, folder)

    return paint


def artists(config: RunConfig) -> list[Artist]:
    """Writers of the fields and pictures that the configuration asks for."""
    wanted = (("fields", "write_fields"), ("exports", "write_exports"), ("plots", "write_plots"))
    return [_write_meshes, *(_artist(writer) for output, writer in wanted if getattr(config.outputs, output))]


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
    progress: Callable[[str, int, int], None] | None = None,
) -> RunResult:
    """Modes of a configuration.

    Parameters
    ----------
    config
        A configuration, a mapping in the form of the YAML file, or the path of one.
    out
        Folder for tables, fields and pictures; nothing is written without it.
    progress
        Called as (what, modes finished, modes in all).

    Raises
    ------
    ConfigError, MaterialError, GeometryError
        If the configuration cannot be used, or no mode lies in the window.
    SolveError
        If an eigenproblem does not converge. A mode that misses the accuracy is no error here: it says `met` = False.
    OutputError
        If `out` cannot be written.
    """
    settings = config if isinstance(config, RunConfig) else load_config(config)
    result: RunResult = run_into(settings, out, progress=progress)[0]
    return result


def run_into(
    config: RunConfig, out: str | Path | None, *, progress: Callable[[str, int, int], None] | None = None
) -> tuple[Any, Sequence[str]]:
    """Run, and leave a run folder at `out` if there is one.

    Returns
    -------
    RunResult, remarks
        The remarks are the result's warnings and what could not be painted.

    Raises
    ------
    OutputError
        Before any work, when the folder cannot be written.
    KeyboardInterrupt
        After the modes finished so far are stored.
    """
    from femwgm.runs.loop import run

    if out is None:
        result = run(config, progress=progress)
        return result, result.warnings
    finished: list[Any] = []
    with RunFolder(out, config) as folder:
        try:
            result = run(config, progress=progress, on_mode=finished.append)
        except KeyboardInterrupt:
            if finished:
                done = _Partial([mode.row() for mode in finished], config.geometry.regions, ["interrupted"])
                folder.save(done, status="interrupted", reason="interrupted")
            raise
        if progress is not None:
            progress("writing", len(finished), len(finished))
        folder.save(
            result,
            status="done" if result.met else "inaccurate",
            times={"solve": result.seconds},
            artists=artists(config),
            reason=None if result.met else "the accuracy asked for was missed",
        )
    return result, [*result.warnings, *folder.remarks]
