"""The map from the reference cell to a curved cell, real or complex, in the form that scikit-fem asks for."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from skfem.mapping import Mapping

from femwgm.errors import MeshError
from femwgm.fem.element import ScalarElement
from femwgm.fem.quadrilateral import QuadLagrange
from femwgm.fem.triangle import TriLagrange
from femwgm.ground.typing import Array, IntArray
from femwgm.mesh.curved import CurvedMesh, reference_nodes


@lru_cache(maxsize=64)
def _nodal_to_modal(corners: int, order: int) -> tuple[ScalarElement, Array]:
    element: ScalarElement = QuadLagrange(order) if corners == 4 else TriLagrange(order)
    values, _ = element.tabulate(reference_nodes(corners, order))
    return element, np.linalg.inv(values)


def shape_functions(corners: int, order: int, X: Array) -> tuple[Array, Array]:
    """Lagrange functions of the nodes and their gradients at points X (2, points): (nodes, points), (nodes, 2, points)."""
    element, inverse = _nodal_to_modal(corners, order)
    values, grads = element.tabulate(X)
    return inverse @ values, np.tensordot(inverse, grads, axes=(1, 0))


class CurvedMapping(Mapping):  # type: ignore[misc]
    """Isoparametric map of a `CurvedMesh`; positions and Jacobians are complex where the nodes are.

    Arrays follow scikit-fem: points (2, cells, points), Jacobians (2, 2, cells, points) with the component first.
    """

    def __init__(self, mesh: CurvedMesh) -> None:
        self.curved = mesh
        self.mesh = mesh.topology
        self.dim = 2

    def _nodes(self, tind: IntArray | None) -> Array:
        return self.curved.nodes if tind is None else self.curved.nodes[tind]

    def _shape(self, X: Array) -> tuple[Array, Array]:
        value, grad = shape_functions(self.curved.corners, self.curved.order, X.reshape(2, -1))
        return value.reshape(-1, *X.shape[1:]), grad.reshape(-1, 2, *X.shape[1:])

    def F(self, X: Array, tind: IntArray | None = None) -> Array:
        """Positions of reference points, shared by all cells (2, points) or one set per cell (2, cells, points)."""
        return self._moved(self._shape(X)[0], self._nodes(tind), X.ndim)

    def DF(self, X: Array, tind: IntArray | None = None) -> Array:
        """Jacobian d x_i / d X_j."""
        return self._turned(self._shape(X)[1], self._nodes(tind), X.ndim)

    def both(self, X: Array, tind: IntArray | None = None) -> tuple[Array, Array]:
        """Positions and Jacobians."""
        value, grad = self._shape(X)
        nodes = self._nodes(tind)
        return self._moved(value, nodes, X.ndim), self._turned(grad, nodes, X.ndim)

    @staticmethod
    def _moved(value: Array, nodes: Array, ndim: int) -> Array:
        if ndim == 2:
            return np.moveaxis(np.matmul(np.swapaxes(nodes, 1, 2), value), 1, 0)
        return np.einsum("end,nep->dep", nodes, value)

    @staticmethod
    def _turned(grad: Array, nodes: Array, ndim: int) -> Array:
        if ndim == 2:
            flat = np.matmul(np.swapaxes(nodes, 1, 2), grad.reshape(len(grad), -1))
            return np.moveaxis(flat.reshape(len(nodes), 2, 2, -1), 0, 2)
        return np.einsum("end,njep->djep", nodes, grad)

    def modal(self) -> Array:
        """Coefficients of the map of each cell in the hierarchical H1 basis of the map's order, shape (cells, functions, 2)."""
        _, inverse = _nodal_to_modal(self.curved.corners, self.curved.order)
        return np.matmul(inverse.T, self.curved.nodes)

    def at_own_points(self, modal: Array, X: Array) -> tuple[Array, Array]:
        """Positions (2, points) and Jacobians (2, 2, points) of points (2, points), each with its row of `modal` coefficients."""
        element, _ = _nodal_to_modal(self.curved.corners, self.curved.order)
        values, grads = element.tabulate(X)
        table = np.concatenate([values[:, None], grads], axis=1).transpose(2, 1, 0)
        out = np.matmul(table, modal)
        return out[:, 0].T, out[:, 1:].transpose(2, 1, 0)

    def detDF(self, X: Array, tind: IntArray | None = None) -> Array:
        """Determinant of the Jacobian."""
        J = self.DF(X, tind)
        return J[0, 0] * J[1, 1] - J[0, 1] * J[1, 0]

    def invDF(self, X: Array, tind: IntArray | None = None) -> Array:
        """Inverse of the Jacobian."""
        J = self.DF(X, tind)
        det = J[0, 0] * J[1, 1] - J[0, 1] * J[1, 0]
        return np.stack([np.stack([J[1, 1], -J[0, 1]]), np.stack([-J[1, 0], J[0, 0]])]) / det

    def invF(self, x: Array, tind: IntArray | None = None, newton_steps: int = 30) -> Array:
        """Reference points of positions x (2, cells, points), by Newton's method from the cell's centre.

        Raises
        ------
        MeshError
            If the iteration does not converge, which means that a position lies far outside its cell.
        """
        centre = 0.5 if self.curved.corners == 4 else 1.0 / 3.0
        X = np.full(x.shape, centre)
        for _ in range(newton_steps):
            step = np.einsum("ijep,jep->iep", self.invDF(X, tind), x - self.F(X, tind)).real
            X = X + np.clip(step, -0.5, 0.5)
            if np.abs(step).max(initial=0.0) < 1e-13:
                return X
        if np.abs(step).max() > 1e-9:
            raise MeshError("a point could not be located in its cell: the mesh is too distorted")
        return X
