"""The pair of spaces for (E_t, v): numbering, orientation signs, discrete gradient and essential conditions.

On each cell the unknowns are ordered boundary first (edges of E_t, vertices and edges of v), then interior (E_t, v), so that
static condensation is a split of each cell matrix in two.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from skfem.assembly import Dofs

from femwgm.fem.element import CurlElement, ScalarElement
from femwgm.fem.quadrilateral import QuadLagrange, QuadNedelec
from femwgm.fem.triangle import TriLagrange, TriNedelec
from femwgm.ground.numerics import unit_gauss
from femwgm.ground.typing import Array, IntArray
from femwgm.mesh.curved import CurvedMesh


@lru_cache(maxsize=64)
def element_pair(corners: int, degree: int) -> tuple[CurlElement, ScalarElement]:
    """Nedelec element of the first kind and H1 element of the same degree on triangles (3) or quadrilaterals (4)."""
    if corners == 4:
        return QuadNedelec(degree), QuadLagrange(degree)
    return TriNedelec(degree), TriLagrange(degree)


@lru_cache(maxsize=64)
def discrete_gradient(corners: int, degree: int) -> Array:
    """Matrix D with grad psi_j = sum_i N_i D_ij on the reference cell: the H1 gradients written in the Nedelec basis."""
    curl, scalar = element_pair(corners, degree)
    t = unit_gauss(degree + 3)[0]
    X = np.array(np.meshgrid(t, t)).reshape(2, -1)
    if corners == 3:
        X = X[:, X.sum(axis=0) < 1.0]
    basis = curl.tabulate(X)[0].reshape(curl.size, -1).T
    grads = scalar.tabulate(X)[1].reshape(scalar.size, -1).T
    Q, R = np.linalg.qr(basis)
    D = np.linalg.solve(R, Q.T @ grads)
    D[np.abs(D) < 1e-12] = 0.0
    return np.asarray(D)


class Space:
    """Unknowns of (E_t, v) of a given degree on a mesh.

    Attributes
    ----------
    dofs
        Global number of each local unknown, shape (cells, n), boundary unknowns first.
    signs
        Orientation sign of each local unknown, shape (cells, n).
    from_curl, from_scalar
        Position in the local order of each function of the Nedelec and of the H1 element.
    boundary_size
        Number of local unknowns on the cell's boundary.
    size
        Number of global unknowns, before conditions.
    """

    def __init__(self, mesh: CurvedMesh, degree: int) -> None:
        self.mesh, self.degree = mesh, degree
        self.curl, self.scalar = element_pair(mesh.corners, degree)
        self.curl_dofs = Dofs(mesh.topology, self.curl)
        self.scalar_dofs = Dofs(mesh.topology, self.scalar, offset=self.curl_dofs.N)
        self.size = int(self.scalar_dofs.N)
        nc, ns, bc, bs = self.curl.size, self.scalar.size, self.curl.boundary_size, self.scalar.boundary_size
        self.boundary_size = bc + bs
        self.from_curl = np.r_[0:bc, bc + bs : bs + nc]
        self.from_scalar = np.r_[bc : bc + bs, bs + nc : nc + ns]
        self.dofs = self._local_order(self.curl_dofs.element_dofs.T, self.scalar_dofs.element_dofs.T)
        t = mesh.topology.t
        self.signs = self._local_order(self.curl.signs(t), self.scalar.signs(t))
        self.probes: dict[Any, Any] = {}  # points that femwgm.fem.field has located and tabulated

    def _local_order(self, curl: Array, scalar: Array) -> Array:
        out = np.empty((curl.shape[0], curl.shape[1] + scalar.shape[1]), dtype=curl.dtype)
        out[:, self.from_curl], out[:, self.from_scalar] = curl, scalar
        return out

    def part(self, cells: IntArray) -> Space:
        """The same unknowns on some of the cells only: what `femwgm.fem.assemble` needs to work on a few at a time."""
        out = copy(self)
        mesh = self.mesh
        medium = None if mesh.medium is None else mesh.medium[cells]
        out.mesh = replace(mesh, nodes=mesh.nodes[cells], region=mesh.region[cells], medium=medium)
        out.dofs, out.signs, out.probes = self.dofs[cells], self.signs[cells], {}
        return out

    @property
    def interior_size(self) -> int:
        """Number of local unknowns inside a cell."""
        return int(self.dofs.shape[1]) - self.boundary_size

    def fixed(self, m: int, conductors: Iterable[str]) -> Array:
        """Mask of the global unknowns that vanish: perfect conductors by boundary name, and the axis for azimuthal order m.

        On the axis v = 0 for every m, and the tangential E_t = 0 unless m = 0.
        """
        mask = np.zeros(self.size, dtype=bool)
        for name in conductors:
            facets = self.mesh.boundaries.get(name, np.empty(0, dtype=np.int64))
            self._fix(mask, facets, curl=True)
        self._fix(mask, self.mesh.boundaries.get("axis", np.empty(0, dtype=np.int64)), curl=m != 0)
        return mask

    def _fix(self, mask: Array, facets: IntArray, *, curl: bool) -> None:
        if curl:
            mask[self.curl_dofs.facet_dofs[:, facets]] = True
        vertices = np.unique(self.mesh.topology.facets[:, facets])
        mask[self.scalar_dofs.nodal_dofs[:, vertices]] = True
        if self.degree > 1:
            mask[self.scalar_dofs.facet_dofs[:, facets]] = True
