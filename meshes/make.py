"""Write the example meshes of this folder and check them against `SHA256SUMS`.

python meshes/make.py          # rewrite the meshes and the sums
python meshes/make.py --check  # compare only
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from pathlib import Path

import numpy as np

from femwgm.mesh.polar import PolarPlan, build_polar

HOME = Path(__file__).parent
QUARTER = (0.0, np.pi / 4, np.pi / 2)
PLANS = {
    "ball.msh": PolarPlan((0.0, 0.5, 1.0), ("ball", "ball"), QUARTER, 3),
    "coated_sphere_rim.msh": PolarPlan(
        (8.9, 9.6, 10.0, 10.49, 10.8, 11.4), ("core", "core", "shell", "air", "air"), (0.0, 0.24, 0.39), 6
    ),
}


def main(check: bool) -> int:
    """Write the meshes, or only compare them; the exit status."""
    sums = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name, plan in PLANS.items():
            path = Path(scratch if check else HOME) / name
            build_polar(plan, path)
            sums[name] = hashlib.sha256((HOME / name).read_bytes()).hexdigest()
    text = "".join(f"{digest}  {name}\n" for name, digest in sums.items())
    if check:
        return 0 if (HOME / "SHA256SUMS").read_text() == text else 1
    (HOME / "SHA256SUMS").write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))
