"""What this installation has, lacks and will use."""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import subprocess
import sys
from importlib import metadata, util

from rich.table import Table
from rich.text import Text

from femwgm.cli.tables import console

CORE = (
    "numpy", "scipy", "scikit-fem", "gmsh", "meshio", "pydantic", "pyyaml", "pint", "xarray", "h5netcdf", "typer",
    "rich", "dask", "distributed", "threadpoolctl", "matplotlib", "pyvista",
)  # fmt: skip
EXTRAS = {
    "py-mkl-pardiso": "faster factorisations (femwgm[fast])",
}
GRAPHICS = {"libGL.so.1": "libgl1", "libEGL.so.1": "libegl1", "libGLU.so.1": "libglu1-mesa"}


def examine() -> int:
    """Print the report; 0 when every core part works, else 2."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column()
    missing = [_package(table, name) for name in CORE].count(False)
    for name, purpose in EXTRAS.items():
        _extra(table, name, purpose)
    if sys.platform == "linux":
        for library, package in GRAPHICS.items():
            missing += not _library(table, library, package)
    missing += not _works(table, "gmsh", "import gmsh; gmsh.initialize(interruptible=False); gmsh.finalize()")
    _threads(table)
    screen = console()
    installed = "unknown"
    with contextlib.suppress(metadata.PackageNotFoundError):
        installed = metadata.version("femwgm")
    screen.print(
        f"femwgm {installed}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    )
    screen.print(table)
    screen.print(
        Text("all core parts work", "green") if not missing else Text(f"{missing} parts missing", "red")
    )
    return 2 if missing else 0


def _row(table: Table, good: bool | None, name: str, remark: str) -> None:
    mark = Text("·", "dim") if good is None else Text("ok", "green") if good else Text("no", "red")
    table.add_row(mark, name, Text(remark))


def _package(table: Table, name: str) -> bool:
    try:
        _row(table, True, name, metadata.version(name))
    except metadata.PackageNotFoundError:
        _row(table, False, name, f"missing: pip install {name}")
        return False
    return True


def _extra(table: Table, name: str, purpose: str) -> None:
    try:
        _row(table, True, name, f"{metadata.version(name)}, {purpose}")
    except metadata.PackageNotFoundError:
        _row(table, None, name, f"not installed: {purpose}")


def _library(table: Table, library: str, package: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        _row(table, False, library, f"missing: apt-get install {package}")
        return False
    _row(table, True, library, "loads")
    return True


def _works(table: Table, name: str, code: str) -> bool:
    """Try it in a process of its own: a broken library may take its process down."""
    if util.find_spec(name) is None:
        return False
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
    last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
    _row(table, done.returncode == 0, f"{name} starts", "yes" if done.returncode == 0 else last)
    return done.returncode == 0


def _threads(table: Table) -> None:
    with contextlib.suppress(ImportError):
        import scipy.linalg  # noqa: F401 - loads the BLAS that is asked about
        from threadpoolctl import threadpool_info

        for pool in threadpool_info():
            _row(
                table,
                None,
                f"{pool['internal_api']} threads",
                f"{pool['num_threads']} ({pool.get('version')})",
            )
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    _row(table, None, "processors", f"{usable} usable of {os.cpu_count()}")
    display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    _row(table, None, "display", display or "none: pictures are rendered off screen")
