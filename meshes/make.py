"""Write the example meshes of this folder and check them against `SHA256SUMS`.

python meshes/make.py          # rewrite the meshes and the sums
python meshes/make.py --check  # compare only
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np

from femwgm.mesh.gmsh_session import gmsh_model
from femwgm.mesh.polar import PolarPlan, build_polar

HOME = Path(__file__).parent
QUARTER = (0.0, np.pi / 4, np.pi / 2)
PLANS = {
    "ball.msh": PolarPlan((0.0, 0.5, 1.0), ("ball", "ball"), QUARTER, 3),
    "coated_sphere_rim.msh": PolarPlan(
        (8.9, 9.6, 10.0, 10.49, 10.8, 11.4), ("core", "core", "shell", "air", "air"), (0.0, 0.24, 0.39), 6
    ),
}


def coated_ball(path: Path) -> None:
    """A ball of 4 um with a film of 490 nm as a drawing program would mesh it: triangles, named groups, no air."""
    with gmsh_model("coated ball") as gmsh:
        occ = gmsh.model.occ
        core, whole = (occ.addDisk(0.0, 0.0, 0.0, radius, radius) for radius in (4.0, 4.49))
        half = occ.addRectangle(0.0, -5.0, 0.0, 5.0, 10.0)
        occ.fragment([(2, whole)], [(2, core)])
        occ.synchronize()
        surfaces = gmsh.model.getEntities(2)
        occ.intersect([s for s in surfaces if s[1] != half], [(2, half)])
        occ.synchronize()
        areas = {tag: occ.getMass(2, tag) for _, tag in gmsh.model.getEntities(2)}
        large, small = max(areas, key=areas.__getitem__), min(areas, key=areas.__getitem__)
        for name, tag in (("core", large), ("film", small)):
            gmsh.model.addPhysicalGroup(2, [tag], name=name)
        gmsh.option.setNumber("Mesh.MeshSizeMax", 0.5)
        gmsh.model.mesh.generate(2)
        gmsh.model.mesh.setOrder(3)
        gmsh.write(str(path))


def main(check: bool) -> int:
    """Write the meshes, or only compare them; the exit status."""
    sums = {}
    builders = {name: partial(build_polar, plan) for name, plan in PLANS.items()}
    with tempfile.TemporaryDirectory() as scratch:
        for name, build in {**builders, "coated_ball.msh": coated_ball}.items():
            build(Path(scratch if check else HOME) / name)
            sums[name] = hashlib.sha256((HOME / name).read_bytes()).hexdigest()
    text = "".join(f"{digest}  {name}\n" for name, digest in sums.items())
    if check:
        return 0 if (HOME / "SHA256SUMS").read_text() == text else 1
    (HOME / "SHA256SUMS").write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))
