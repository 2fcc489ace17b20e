"""One Gmsh session for the whole process: starting the library costs far more than building a small mesh."""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_started = False


@contextmanager
def gmsh_model(name: str) -> Iterator[Any]:
    """The `gmsh` module with a fresh, silent model of the given name, removed afterwards.

    Raises
    ------
    MeshError
        With Gmsh's own words when it fails inside the block, or when its system libraries are missing.
    """
    from femwgm.errors import FemwgmError, MeshError

    global _started  # noqa: PLW0603 - the library is started once for the process
    try:
        import gmsh
    except OSError as error:
        raise MeshError(
            f"gmsh could not be loaded ({error}); `femwgm doctor` names the system packages it needs"
        ) from None
    if not _started:
        gmsh.initialize(argv=[], readConfigFiles=False, interruptible=False)
        atexit.register(gmsh.finalize)
        _started = True
    gmsh.option.restoreDefaults()  # what one model sets must not reach the next
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
