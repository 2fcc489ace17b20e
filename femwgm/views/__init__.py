"""Pictures and exports: functions that take modes and Axes (or a plotter) and give them back; nothing here is imported early.

>>> from femwgm import views
>>> callable(views.meridian)
True
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_WHERE = {
    "plane": ("meridian", "colour_bar", "mode_box"),
    "line": ("Profile", "profile"),
    "equator": ("ring",),
    "radius": ("radial",),
    "spectrum": ("comb", "lines"),
    "domain": ("body", "mesh"),
    "losses": ("budget", "channels"),
    "evidence": ("convergence", "error_bars"),
    "along": ("axis_figure",),
    "sweeps": ("free_spectral_range", "fsr_figure", "write_sweep_plots"),
    "figures": (
        "mode_figure",
        "published_planes",
        "published_radial",
        "comb_figure",
        "domain_figure",
        "evidence_figure",
    ),
    "quantities": ("QUANTITIES", "Quantity", "Wave", "quantity"),
    "source": ("ModeView", "RunView", "mode_view", "run_view"),
    "patches": ("Medium", "Patches", "from_field"),
    "export": ("read_mode", "write_mode", "write_series"),
    "style": ("look", "new_figure", "save"),
    "plain": ("arrays", "write_exports", "write_xdmf"),
    "outputs": ("write_fields", "write_outputs", "write_plots"),
    "scene": ("Look", "Scene"),
    "shots": ("render",),
    "film": ("animate",),
    "app": ("view", "view_run"),
}
_ORIGIN = {name: module for module, names in _WHERE.items() for name in names}
__all__ = sorted(_ORIGIN)  # noqa: PLE0605 - a list, only computed


def __getattr__(name: str) -> Any:
    if name not in _ORIGIN:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ORIGIN[name]}"), name)


def __dir__() -> list[str]:
    return __all__
