"""The exact solution needs numpy and scipy alone: it runs where neither pandas nor a mesher nor VTK can be had."""

from __future__ import annotations

import json
import subprocess
import sys

CODE = """
import importlib.abc, json, sys
class Refuse(importlib.abc.MetaPathFinder):
    allowed = {"numpy", "scipy", "femwgm"} | set(sys.stdlib_module_names)
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in self.allowed and not name.startswith("_"):
            raise ImportError(f"{name} is not to be had here")
sys.meta_path.insert(0, Refuse())
import femwgm
from femwgm.analytic.formulas import by_formulas
sphere = femwgm.analytic.layered_sphere([10.0, 10.49], [1.45, 1.768, 1.0])
modes = sphere.modes((0.64, 0.67), radial_orders=[1])
mode = sphere.mode("TM", l=163, q=1)
ball = femwgm.analytic.layered_sphere([36.0], [1.46, 1.0]).mode("TE", l=213, q=1)
print(json.dumps([len(modes), mode.wavelength_nm, mode.log10_q_rad, mode.n_g, mode.fsr_nm, list(mode.energy.values()),
                  by_formulas(ball)["schiller_difference_nm"]]))
"""


def test_comb_fields_q_and_fsr_by_numpy_and_scipy_alone() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    count, wavelength, log10_q, n_g, fsr, energy, difference = json.loads(done.stdout)
    assert count == 16
    assert abs(wavelength - 659.12100491) < 1e-7
    assert abs(log10_q - 42.2) < 0.1
    assert abs(n_g - 1.7869) < 1e-4
    assert abs(fsr - 3.6887) < 1e-4
    assert abs(energy[0] - 0.0386674) < 1e-6
    assert abs(difference) < 1e-4
