"""One Gmsh session for the whole process: starting the library costs far more than building a small mesh."""

from __future__ import annotations

import atexit
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from femwgm.ground.interrupts import handlers_kept


@contextmanager
def gmsh_model(name: str) -> Iterator[Any]:
    """The `gmsh` module with a fresh, silent model of the given name, removed afterwards.

    Raises
    ------
    MeshError
        With Gmsh's own words when it fails inside the block, or when its system libraries are missing.
    """
    from femwgm.errors import MeshError

    try:
        import gmsh
    except OSError as error:
        raise MeshError(
            f"gmsh could not be loaded ({error}); `femwgm doctor` names the system packages it needs"
        ) from None
    if not gmsh.isInitialized():
        with handlers_kept():  # the library sets its own
            gmsh.initialize(argv=[], readConfigFiles=False, interruptible=False)
        atexit.register(_finalize, gmsh)
    with _options_kept(gmsh):
        yield from _model(gmsh, name)


def _model(gmsh: Any, name: str) -> Iterator[Any]:
    from femwgm.errors import FemwgmError, MeshError

    gmsh.option.restoreDefaults()  # what one model, or a caller, sets must not reach the next
    for option, value in (("General.Terminal", 0), ("General.NumThreads", 1), ("Mesh.MshFileVersion", 4.1)):
        gmsh.option.setNumber(option, value)
    gmsh.model.add(name)
    try:
        yield gmsh
    except FemwgmError:
        raise
    except Exception as error:
        raise MeshError(f"gmsh could not build the mesh {name!r}: {error}") from error
    finally:
        gmsh.model.remove()


@contextmanager
def _options_kept(gmsh: Any) -> Iterator[None]:
    """Put the options and the current model of whoever else uses the session back afterwards."""
    current, terminal = gmsh.model.getCurrent(), gmsh.option.getNumber("General.Terminal")
    gmsh.option.setNumber("General.Terminal", 0)  # nor is a word of this said
    with tempfile.TemporaryDirectory(prefix="femwgm-") as folder:
        file = str(Path(folder) / "former.opt")
        gmsh.write(file)
        try:
            yield
        finally:
            gmsh.option.setNumber("General.Terminal", 0)
            gmsh.merge(file)
            gmsh.option.setNumber("General.Terminal", terminal)
            if current in gmsh.model.list():
                gmsh.model.setCurrent(current)


def _finalize(gmsh: Any) -> None:
    if gmsh.isInitialized():
        gmsh.finalize()
