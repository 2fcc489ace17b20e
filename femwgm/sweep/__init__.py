"""Sweeps over any keys of the configuration: resumable, local or on a cluster, modes followed from point to point.

The package can be called: `femwgm.sweep(config)` is `run_sweep`, whether `femwgm.sweep` was imported as a module before or not.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from femwgm.sweep.result import SweepResult, load_sweep
from femwgm.sweep.run import run_sweep

__all__ = ["SweepResult", "load_sweep", "run_sweep", "sweep"]

sweep = run_sweep


class _Callable(ModuleType):
    """A module that is also the function it is named after."""

    def __call__(self, *arguments: Any, **options: Any) -> SweepResult:
        return run_sweep(*arguments, **options)


sys.modules[__name__].__class__ = _Callable
