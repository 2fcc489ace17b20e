"""Closed axisymmetric cavities by scikit-fem as it ships: second-order Nedelec and Lagrange triangles on a gmsh mesh of its own.

Nothing of femwgm is used: the geometry is drawn by gmsh's own shapes, a point tells its permittivity, the forms are written out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import gmsh
import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spl
from skfem import Basis, BilinearForm, ElementTriN2, ElementTriP2, MeshTri, MeshTri2
from skfem.helpers import dot, grad

Draw = Callable[[], Sequence[int]]


def mesh_of(box: tuple[float, float, float, float], draw: Draw, h: float, corner: float) -> MeshTri2:
    """Curved triangles of the rectangle (r0, r1, z0, z1) that respect the surfaces that `draw` makes in gmsh.

    `h` is the edge length away from corners, `corner` at the points that gmsh's shapes have.
    """
    r0, r1, z0, z1 = box
    if not gmsh.isInitialized():
        gmsh.initialize(interruptible=False)
    gmsh.option.restoreDefaults()
    gmsh.option.setNumber("General.Terminal", 0)
    try:
        gmsh.model.add("twin")
        can = gmsh.model.occ.addRectangle(r0, z0, 0.0, r1 - r0, z1 - z0)
        gmsh.model.occ.fragment([(2, can)], [(2, tag) for tag in draw()])
        gmsh.model.occ.synchronize()
        field = gmsh.model.mesh.field
        places = {tag: gmsh.model.getValue(0, tag, []) for _, tag in gmsh.model.getEntities(0)}
        inside = [tag for tag, (r, z, _) in places.items() if r < r1 - 1e-9 and z0 + 1e-9 < z < z1 - 1e-9]
        near = field.add("Distance")
        field.setNumbers(near, "PointsList", inside)
        size = field.add("Threshold")
        for name, value in {
            "InField": near,
            "SizeMin": corner,
            "SizeMax": h,
            "DistMin": 0.0,
            "DistMax": 4.0 * h,
        }.items():
            field.setNumber(size, name, value)
        field.setAsBackgroundMesh(size)
        for option in ("MeshSizeExtendFromBoundary", "MeshSizeFromPoints"):
            gmsh.option.setNumber(f"Mesh.{option}", 0)
        gmsh.model.mesh.generate(2)
        gmsh.model.mesh.setOrder(2)
        tags, coordinates, _ = gmsh.model.mesh.getNodes()
        place = np.zeros(int(tags.max()) + 1, dtype=np.int64)
        place[tags] = np.arange(len(tags))
        cells = place[np.concatenate(gmsh.model.mesh.getElements(2)[2]).reshape(-1, 6)]
        points = coordinates.reshape(-1, 3)[:, :2]
    finally:
        gmsh.model.remove()
    used, numbered = np.unique(cells[:, :3], return_inverse=True)
    vertices = numbered.reshape(-1, 3)
    straight = MeshTri(points[used].T, np.sort(vertices, axis=1).T)
    middles = {
        (min(ends), max(ends)): points[middle]
        for corners, nodes in zip(vertices.tolist(), cells[:, 3:].tolist(), strict=True)
        for ends, middle in zip(zip(corners, corners[1:] + corners[:1], strict=True), nodes, strict=True)
    }
    curved = MeshTri2.from_mesh(straight)
    places = curved.doflocs.copy()
    for facet, (one, two) in enumerate(straight.facets.T.tolist()):
        places[:, straight.nvertices + facet] = middles[min(one, two), max(one, two)]
    return MeshTri2(places, curved.t)


def wavenumbers(
    mesh: MeshTri2, eps: Callable[[np.ndarray, np.ndarray], np.ndarray], m: int, near: float, count: int
) -> np.ndarray:
    """Vacuum wavenumbers of order m nearest to `near`, ascending; all of the boundary is a conductor, or the axis."""
    field = Basis(mesh, ElementTriN2(), intorder=7)
    scalar = field.with_element(ElementTriP2())
    middle = mesh.p[:, mesh.t].mean(axis=1)
    medium = eps(*middle)[:, None]

    @BilinearForm
    def curls(u, v, w):  # type: ignore[no-untyped-def]
        return w.x[0] * u.curl * v.curl + m**2 / w.x[0] * dot(u, v)

    @BilinearForm
    def mixed(u, v, w):  # type: ignore[no-untyped-def]
        return -m / w.x[0] * dot(u, grad(v))

    @BilinearForm
    def slopes(u, v, w):  # type: ignore[no-untyped-def]
        return dot(grad(u), grad(v)) / w.x[0]

    @BilinearForm
    def mass(u, v, w):  # type: ignore[no-untyped-def]
        return medium * w.x[0] * dot(u, v)

    @BilinearForm
    def azimuthal(u, v, w):  # type: ignore[no-untyped-def]
        return medium / w.x[0] * u * v

    B = mixed.assemble(field, scalar)
    K = sp.bmat([[curls.assemble(field), B.T], [B, slopes.assemble(scalar)]], format="csc")
    M = sp.block_diag([mass.assemble(field), azimuthal.assemble(scalar)], format="csc")
    fixed = np.concatenate([field.get_dofs().all(), field.N + scalar.get_dofs().all()])
    free = np.setdiff1d(np.arange(K.shape[0]), fixed)
    values = spl.eigsh(K[free][:, free], count, M[free][:, free], near**2, return_eigenvectors=False)
    return np.sqrt(np.sort(values))
