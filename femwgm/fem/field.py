"""Evaluation of a finite-element solution: E and H anywhere in the domain, exact to the degree of the element."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from femwgm.fem.mapping import CurvedMapping
from femwgm.fem.spaces import Space
from femwgm.typing import Array, ComplexArray, IntArray

_MIRROR_E = {"conductor": (-1.0, -1.0, 1.0), "natural": (1.0, 1.0, -1.0)}


def mirror_signs(mirror: str) -> tuple[float, float, float]:
    """Signs of (E_r, E_phi, E_z) at -z relative to +z; those of H are the opposite ones."""
    return _MIRROR_E[mirror]


@dataclass(frozen=True)
class CellField:
    """A field (E_t, v) by its coefficients on each cell.

    Attributes
    ----------
    space
        The spaces of the coefficients.
    coefficients
        Local coefficients with orientation signs applied, shape (cells, n).
    m
        Azimuthal order.
    k0
        Vacuum wavenumber (rad/um), complex.
    mirror
        "conductor" or "natural" if the domain ends at the mirror plane z = 0, else None: how the field continues below.
    """

    space: Space
    coefficients: Array
    m: int
    k0: complex
    mirror: str | None = None

    def scaled(self, factor: complex) -> CellField:
        """The field times a number."""
        return CellField(self.space, self.coefficients * factor, self.m, self.k0, self.mirror)

    def at_reference(self, X: Array, cells: IntArray | None = None) -> tuple[ComplexArray, ComplexArray, Array]:
        """E and H (3, cells, points) as (r, phi, z) components and positions (2, cells, points) at reference points.

        X has shape (2, points), or (2, cells, points) for points of their own in each cell. H is curl E / (i k0): the magnetic
        field times the impedance of vacuum.
        """
        cells = np.arange(self.space.mesh.cells) if cells is None else cells
        mapping = CurvedMapping(self.space.mesh)
        flat = X.reshape(2, -1)
        N, curlN = self.space.curl.tabulate(flat)
        psi, dpsi = self.space.scalar.tabulate(flat)
        u = self.coefficients[cells][:, self.space.from_curl]
        s = self.coefficients[cells][:, self.space.from_scalar]
        if X.ndim == 2:
            Et, curl = np.einsum("en,ndp->dep", u, N), u @ curlN
            v, grad = s @ psi, np.einsum("en,ndp->dep", s, dpsi)
        else:
            shape = X.shape[1:]
            N, curlN = N.reshape(-1, 2, *shape), curlN.reshape(-1, *shape)
            psi, dpsi = psi.reshape(-1, *shape), dpsi.reshape(-1, 2, *shape)
            Et, curl = np.einsum("en,ndep->dep", u, N), np.einsum("en,nep->ep", u, curlN)
            v, grad = np.einsum("en,nep->ep", s, psi), np.einsum("en,ndep->dep", s, dpsi)
        inverse = mapping.invDF(X, cells)
        Et, grad = np.einsum("ijep,iep->jep", inverse, Et), np.einsum("ijep,iep->jep", inverse, grad)
        curl = curl / mapping.detDF(X, cells)
        x = mapping.F(X, cells)
        r = np.where(x[0] == 0.0, 1e-300, x[0])
        g = self.m * Et - grad
        E = np.stack([Et[0], 1j * v / r, Et[1]])
        H = np.stack([g[1] / (r * self.k0), 1j * curl / self.k0, -g[0] / (r * self.k0)])
        return E.astype(np.complex128), H.astype(np.complex128), x

    def locate(self, r: Array, z: Array) -> tuple[IntArray, Array]:
        """Cell of each point (-1 outside) and its reference coordinates (2, points), for real positions of the domain."""
        mesh = self.space.mesh
        real = mesh if not np.iscomplexobj(mesh.nodes) else mesh.with_nodes(mesh.nodes.real)
        mapping = CurvedMapping(real)
        lower, upper = mesh.bounds
        margin = 0.02 * (upper - lower) + 1e-12
        owner, X = np.full(r.shape, -1), np.zeros((2, *r.shape))
        points = np.stack([r, z])
        for cell in range(mesh.cells):
            near = (points > (lower[cell] - margin[cell])[:, None]) & (points < (upper[cell] + margin[cell])[:, None])
            index = np.flatnonzero(near.all(axis=0) & (owner < 0))
            if not len(index):
                continue
            local = _newton(mapping, points[:, index], cell)
            inside = _inside(local, mesh.corners)
            owner[index[inside]], X[:, index[inside]] = cell, local[:, inside]
        return owner, X

    def __call__(self, r: Array, z: Array) -> tuple[ComplexArray, ComplexArray]:
        """E and H at positions r, z (um) of any common shape: (3, ...) each; zero outside the domain, where the field has died."""
        r, z = np.broadcast_arrays(np.asarray(r, dtype=float), np.asarray(z, dtype=float))
        flat_r, flat_z = r.ravel(), z.ravel()
        below = (flat_z < 0.0) if self.mirror else np.zeros(flat_z.shape, dtype=bool)
        owner, X = self.locate(flat_r, np.where(below, -flat_z, flat_z))
        E, H = np.zeros((3, len(flat_r)), dtype=np.complex128), np.zeros((3, len(flat_r)), dtype=np.complex128)
        for cell in np.unique(owner[owner >= 0]):
            index = np.flatnonzero(owner == cell)
            e, h, _ = self.at_reference(X[:, index], np.array([cell]))
            E[:, index], H[:, index] = e[:, 0], h[:, 0]
        if self.mirror:
            sign = np.array(mirror_signs(self.mirror))[:, None]
            E[:, below], H[:, below] = E[:, below] * sign, -H[:, below] * sign
        return E.reshape(3, *r.shape), H.reshape(3, *r.shape)


def _inside(X: Array, corners: int, slack: float = 1e-9) -> Array:
    inside = (X > -slack).all(axis=0)
    return np.asarray(inside & ((X < 1.0 + slack).all(axis=0) if corners == 4 else (X.sum(axis=0) < 1.0 + slack)))


def _newton(mapping: CurvedMapping, points: Array, cell: int, steps: int = 12) -> Array:
    """Reference coordinates of points near one cell; what does not converge ends outside."""
    tind = np.array([cell])
    X = np.full(points.shape, 0.5 if mapping.curved.corners == 4 else 1.0 / 3.0)
    for _ in range(steps):
        gap = points[:, None, :] - mapping.F(X, tind)
        step = np.einsum("ijep,jep->ip", mapping.invDF(X, tind), gap)
        X = np.clip(X + np.clip(step, -0.6, 0.6), -0.5, 1.5)
        if np.abs(step).max(initial=0.0) < 1e-13:
            break
    return X
