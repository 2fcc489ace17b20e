"""Pictures and exports: functions that take modes and Axes (or a plotter) and give them back; nothing here is imported early.

>>> from femwgm import views
>>> callable(views.meridian)
True
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_WHERE = {
    "figures.plane": ("meridian", "colour_bar", "mode_box"),
    "fields.line": ("Profile", "profile"),
    "figures.equator": ("ring",),
    "figures.radius": ("radial",),
    "figures.spectrum": ("comb", "lines"),
    "figures.domain": ("body", "mesh"),
    "figures.losses": ("budget", "channels"),
    "figures.evidence": ("convergence", "error_bars"),
    "figures.along": ("axis_figure",),
    "figures.sweeps": ("free_spectral_range", "fsr_figure", "write_sweep_plots"),
    "figures.pages": (
        "mode_figure",
        "published_planes",
        "published_radial",
        "comb_figure",
        "domain_figure",
        "evidence_figure",
    ),
    "fields.quantities": ("QUANTITIES", "Quantity", "Wave", "quantity"),
    "fields.source": ("ModeView", "RunView", "mode_view", "run_view"),
    "fields.patches": ("Medium", "Patches", "from_field"),
    "files.fields": ("read_mode", "write_mode", "write_series"),
    "figures.style": ("look", "new_figure", "save"),
    "files.arrays": ("arrays", "write_exports", "write_xdmf"),
    "files.outputs": ("write_fields", "write_outputs", "write_plots"),
    "files.imperfect": ("write_splittings", "write_surfaces"),
    "figures.splitting": ("splitting", "splitting_figure"),
    "space.supermode": ("draw_supermode",),
    "space.scene": ("Look", "Scene"),
    "space.shots": ("render",),
    "space.film": ("animate",),
    "space.app": ("view", "view_run"),
}
_ORIGIN = {name: module for module, names in _WHERE.items() for name in names}
__all__ = sorted(_ORIGIN)  # noqa: PLE0605 - a list, only computed


def __getattr__(name: str) -> Any:
    if name not in _ORIGIN:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ORIGIN[name]}"), name)


def __dir__() -> list[str]:
    return __all__
