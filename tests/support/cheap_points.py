"""Solvers for sweeps that cost nothing, leave a log of what they solved, and misbehave when told to by the environment."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from femwgm.config import RunConfig
from femwgm.errors import SolveError
from femwgm.sweeps.points import Solved

BASE = {
    "schema": 1,
    "name": "cheap",
    "geometry": {
        "kind": "layered_sphere",
        "layers": [
            {"name": "core", "material": "silica", "diameter": "20 um"},
            {"name": "shell", "material": "npl", "thickness": "490 nm"},
        ],
        "ambient": "air",
    },
    "materials": {"silica": {"n": 1.45}, "npl": {"n": 1.768}, "air": {"n": 1.0}},
    "modes": {"window": ["640 nm", "670 nm"]},
}
SOLVER = "support.cheap_points:solve"


def thickness_sweep(count: int, start: str = "300 nm", stop: str = "800 nm") -> dict[str, object]:
    """The configuration of a sweep over `count` shell thicknesses."""
    span = {"start": start, "stop": stop, "count": count}
    return {
        **BASE,
        "sweep": {"axes": [{"key": "geometry.layers.shell.thickness", "name": "thickness", "linear": span}]},
    }


def _row(thickness: float, index: float, pol: str) -> dict[str, object]:
    wavelength = 655.0 + 10.0 * thickness * index + (pol == "TM") / 3.0
    k0 = 2e3 * 3.141592653589793 / wavelength
    return {
        "pol": pol, "q": 1, "l": 165, "m": 165, "p": 0, "wavelength_nm": wavelength, "k0_re_per_um": k0, "k0_im_per_um": 0.0,
        "n_eff": 1.64, "n_g": 1.76, "fsr_nm": 3.7, "q_rad": float("inf"), "log10_q_rad": 1284.25, "q_abs": None,
        "q_total": float("inf"), "mode_volume_um3": 50.0, "energy_core": 0.04, "e2_core": 0.06, "radial_e2_core": 0.05,
        "energy_shell": 0.94, "e2_shell": 0.9, "radial_e2_shell": 0.91, "energy_air": 0.02, "e2_air": 0.04,
        "radial_e2_air": 0.04, "wavelength_error": 1e-9, "residual": 1e-15, "dofs": 1809, "seconds": 0.0, "met": True,
    }  # fmt: skip


def solve(config: RunConfig, follow: bool) -> Solved:
    """Two rows that depend on the shell.

    CHEAP_LOG names a file that gets a line for each point; CHEAP_SECONDS is how long a point takes; CHEAP_FAIL, CHEAP_BUG,
    CHEAP_KILL and CHEAP_KILL_ONCE name thicknesses (nm) that raise a solver's error, raise something else, kill the process, and
    kill the first process that tries.
    """
    thickness = round(1e3 * config.geometry.layers[1].thickness_um, 6)
    log = os.environ.get("CHEAP_LOG")
    time.sleep(float(os.environ.get("CHEAP_SECONDS", "0")))
    if _named("CHEAP_KILL", thickness):
        os.kill(os.getpid(), signal.SIGKILL)
    if _named("CHEAP_KILL_ONCE", thickness) and log is not None:
        flag = Path(f"{log}.killed")
        if not flag.exists():
            flag.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    if _named("CHEAP_FAIL", thickness):
        raise SolveError("the eigenproblem did not converge")
    if _named("CHEAP_BUG", thickness):
        raise ZeroDivisionError("division\nby zero")
    if log is not None:
        with Path(log).open("a") as stream:
            stream.write(f"{thickness}\n")
    index = config.materials["npl"].n
    return Solved([_row(thickness * 1e-3, index, pol) for pol in ("TE", "TM")], config.geometry.regions)


def _named(variable: str, thickness: float) -> bool:
    return any(float(word) == thickness for word in os.environ.get(variable, "").split())
