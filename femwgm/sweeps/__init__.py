"""Sweeps over any keys of the configuration: resumable, local or on a cluster, modes followed from point to point.

`femwgm.sweep` is `run_sweep` under the name that users call it by.
"""

from __future__ import annotations

from femwgm.sweeps.result import SweepResult, load_sweep
from femwgm.sweeps.run import run_sweep

__all__ = ["SweepResult", "load_sweep", "run_sweep", "sweep"]

sweep = run_sweep
