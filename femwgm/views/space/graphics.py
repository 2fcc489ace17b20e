"""Whether this machine can draw in three dimensions, found out before VTK would end the process over it."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any

from femwgm.errors import MissingExtraError

_PACKAGES = {"libGL.so.1": "libgl1", "libEGL.so.1": "libegl1"}


def off_screen_plotter(size: tuple[int, int], shape: tuple[int, int] = (1, 1), **kwargs: Any) -> Any:
    """A PyVista plotter that draws into memory.

    Raises
    ------
    MissingExtraError
        If PyVista or a graphics library is not there.
    """
    ensure_graphics()
    import pyvista as pv

    return pv.Plotter(off_screen=True, window_size=list(size), shape=shape, border=False, **kwargs)


def ensure_graphics(*, on_screen: bool = False) -> None:
    """See that VTK can open a window, or draw without one.

    Raises
    ------
    MissingExtraError
        With one line that names what is missing and how to get it.
    """
    if not sys.platform.startswith("linux"):
        return
    display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if on_screen and not display:
        raise MissingExtraError(
            "there is no display to open a window on; write a picture with --png, or serve it with --web"
        )
    _load("libGL.so.1")
    if not display or os.environ.get("VTK_DEFAULT_OPENGL_WINDOW") == "vtkEGLRenderWindow":
        os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
        if (
            os.environ["VTK_DEFAULT_OPENGL_WINDOW"] == "vtkEGLRenderWindow"
            and egl_devices(_load("libEGL.so.1")) == 0
        ):
            raise MissingExtraError(
                "EGL knows no device to draw with; install Mesa's driver: apt-get install libegl-mesa0"
            )


def _load(library: str) -> ctypes.CDLL:
    try:
        return ctypes.CDLL(library)
    except OSError:
        package = _PACKAGES.get(library, library)
        raise MissingExtraError(
            f"drawing in three dimensions needs {library}, which this machine lacks; apt-get install {package}"
        ) from None


def egl_devices(egl: ctypes.CDLL) -> int | None:
    """How many devices EGL can draw with; None where it cannot be asked."""
    egl.eglGetProcAddress.restype = ctypes.c_void_p
    address = egl.eglGetProcAddress(b"eglQueryDevicesEXT")
    if not address:
        return None
    count = ctypes.c_int(0)
    query = ctypes.CFUNCTYPE(ctypes.c_uint, ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(ctypes.c_int))(
        address
    )
    return count.value if query(0, None, ctypes.byref(count)) else None
