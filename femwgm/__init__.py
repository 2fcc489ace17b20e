"""femwgm: whispering-gallery modes of bodies of revolution by finite elements, with an error estimate on every number.

Examples
--------
>>> import femwgm
>>> sphere = femwgm.analytic.layered_sphere([10.0, 10.49], [1.45, 1.768, 1.0])
>>> round(sphere.mode("TM", l=163, q=1).wavelength_nm, 6)
659.121005
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from femwgm.ground.version import __version__

if TYPE_CHECKING:
    from femwgm import analytic
    from femwgm.config import RunConfig, load_config
    from femwgm.modes.mode import Mode
    from femwgm.modes.mode_set import ModeSet
    from femwgm.runs.loop import RunResult
    from femwgm.runs.mesh_modes import mesh_modes, mesh_problem
    from femwgm.runs.run import run
    from femwgm.store import load_run
    from femwgm.sweeps import SweepResult, load_sweep, sweep

__all__ = [
    "Mode",
    "ModeSet",
    "RunConfig",
    "RunResult",
    "SweepResult",
    "__version__",
    "analytic",
    "load_config",
    "load_run",
    "load_sweep",
    "mesh_modes",
    "mesh_problem",
    "run",
    "sweep",
]  # fmt: skip

# Imported when first asked for: `import femwgm` stays under half a second.
_HOMES = {
    "Mode": "femwgm.modes.mode",
    "ModeSet": "femwgm.modes.mode_set",
    "RunConfig": "femwgm.config",
    "RunResult": "femwgm.runs.loop",
    "SweepResult": "femwgm.sweeps",
    "load_config": "femwgm.config",
    "load_run": "femwgm.store",
    "load_sweep": "femwgm.sweeps",
    "mesh_modes": "femwgm.runs.mesh_modes",
    "mesh_problem": "femwgm.runs.mesh_modes",
    "run": "femwgm.runs.run",
    "sweep": "femwgm.sweeps",
}


def __getattr__(name: str) -> Any:
    if name == "analytic":
        return import_module("femwgm.analytic")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'femwgm' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
