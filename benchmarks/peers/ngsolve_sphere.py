"""NGSolve on a layered sphere, at its best: structured curved quadrilaterals, degrees and cells tuned by hand, the shift given.

From trials that used NGSolve the way its own documentation does (HCurl x H1, weak form in a dozen lines, Arnoldi with a shift),
made faster here in ways that a patient user would find: real matrices with SciPy's Lanczos around NGSolve's own factorisation
("real"), the same with element interiors condensed ("condensed"), and NGSolve's complex Arnoldi ("arnoldi"). The benchmark takes
the fastest. What the user writes and tunes: the weak form, the map of the mesh, the box, the shift, and the layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np


@dataclass(frozen=True)
class Box:
    """Cells: numbers of rings in core, shell and air (and layer), of segments; depths (um) and the largest latitude (rad)."""

    degree: int
    core: int
    shell: int
    air: int
    segments: int
    inner: float
    outer: float
    latitude: float
    way: str = "real"


def structured_mesh(rings, segments, latitude, degree):
    """Quadrilaterals in (rho, latitude), deformed to (r, z) by polynomials of degree + 1."""
    import ngsolve as ngs
    from ngsolve.meshes import MakeStructured2DMesh

    n = len(rings) - 1
    rings = np.asarray(rings)

    def place(s, t):
        return float(np.interp(s * n, range(n + 1), rings)), latitude * t

    mesh = MakeStructured2DMesh(quads=True, nx=n, ny=segments, mapping=place)
    deformation = ngs.GridFunction(ngs.VectorH1(mesh, order=degree + 1))
    deformation.Interpolate(ngs.CF((ngs.x * ngs.cos(ngs.y) - ngs.x, ngs.x * ngs.sin(ngs.y) - ngs.y)))
    return mesh, deformation


class ClosedSphere:
    """A sphere of core, shell and air in a conducting box; one mesh for all modes, as a user would write it."""

    def __init__(self, radii, indices, box):
        import ngsolve as ngs

        self.box = box
        a, b = radii
        rings = np.concatenate(
            [
                np.linspace(a - box.inner, a, box.core + 1),
                np.linspace(a, b, box.shell + 1)[1:],
                np.linspace(b, b + box.outer, box.air + 1)[1:],
            ]
        )
        self.mesh, deformation = structured_mesh(rings, box.segments, box.latitude, box.degree)
        rho = ngs.x
        eps = ngs.CF(
            ngs.IfPos(a - rho, indices[0] ** 2, ngs.IfPos(b - rho, indices[1] ** 2, indices[2] ** 2))
        )
        self.eps = ngs.GridFunction(ngs.L2(self.mesh, order=0))
        self.eps.Set(eps)
        self.mesh.SetDeformation(deformation)
        self._spaces = {}

    def space(self, pol):
        import ngsolve as ngs

        if pol not in self._spaces:
            walls = "left|right|top" + ("|bottom" if pol == "TE" else "")
            mixed = {"dirichlet": walls, "complex": self.box.way == "arnoldi"}
            p = self.box.degree
            self._spaces[pol] = ngs.HCurl(self.mesh, order=p, **mixed) * ngs.H1(
                self.mesh, order=p + 1, **mixed
            )
        return self._spaces[pol]

    def solve(self, pol, m, k_near, count=2):
        """Wavenumber (rad/um) nearest to the shift, one part in a thousand above `k_near`, and the number of unknowns."""
        import ngsolve as ngs

        V = self.space(pol)
        (E, W), (F, G) = V.TnT()
        r, eps, dx = ngs.x, self.eps, ngs.dx(bonus_intorder=4)
        stiffness = (
            1 / r * (ngs.grad(W) - m * E) * (ngs.grad(G) - m * F) + r * ngs.curl(E) * ngs.curl(F)
        ) * dx
        mass = eps * (r * E * F + W * G / r) * dx
        shift = (k_near * (1 + 1e-3)) ** 2
        free = V.FreeDofs()
        M = ngs.BilinearForm(V, symmetric=self.box.way != "arnoldi")
        M += mass
        M.Assemble()
        if self.box.way == "arnoldi":
            A = ngs.BilinearForm(V)
            A += stiffness
            A.Assemble()
            kept = [ngs.la.CreateVVector(V.ndof, complex=True) for _ in range(count + 2)]
            values = ngs.ArnoldiSolver(A.mat, M.mat, free, kept, shift, inverse="sparsecholesky")
            k = np.sqrt(np.array(list(values), complex)).real
        else:
            condensed = self.box.way == "condensed"
            B = ngs.BilinearForm(V, symmetric=True, condense=condensed)
            B += stiffness
            B += -shift * mass
            B.Assemble()
            if condensed:
                skeleton = B.mat.Inverse(V.FreeDofs(coupling=True), inverse="sparsecholesky")
                identity = ngs.IdentityMatrix(V.ndof)
                extension = identity + B.harmonic_extension
                inverse = extension @ (skeleton @ (identity + B.harmonic_extension_trans)) + B.inner_solve
            else:
                inverse = B.mat.Inverse(free, inverse="sparsecholesky")
            k = np.sqrt(lanczos(M.mat, inverse, free, shift, count))
        best = int(np.argmin(np.abs(k - k_near)))
        return float(k[best]), int(sum(free))


def lanczos(M, inverse, free, shift, count):
    """Eigenvalues nearest to the shift by SciPy's Lanczos around NGSolve's products."""
    import scipy.sparse.linalg as spla

    n = M.height
    mask = np.array(list(free), dtype=float)
    x, y = M.CreateColVector(), M.CreateColVector()
    xv, yv = x.FV().NumPy(), y.FV().NumPy()

    def product(operator):
        def apply(v):
            xv[:] = mask * v.ravel()
            y.data = operator * x
            return mask * yv

        return spla.LinearOperator((n, n), matvec=apply, dtype=float)

    mass = product(M)
    start = mask * np.random.default_rng(0).standard_normal(n)
    return spla.eigsh(
        mass, k=count, M=mass, sigma=shift, OPinv=product(inverse), ncv=max(8, 2 * count + 2), v0=start,
        return_eigenvectors=False,
    )  # fmt: skip


class OpenSphere:
    """A bare leaky sphere with a spherical perfectly matched layer written as anisotropic tensors."""

    def __init__(
        self,
        radius,
        index,
        degree,
        core,
        air,
        layer,
        segments,
        inner,
        start,
        depth,
        strength,
        latitude,
        inverse,
    ):
        import ngsolve as ngs

        self.degree, self.inverse, self.strength, self.start = degree, inverse, strength, start
        rings = np.concatenate(
            [
                np.linspace(inner, radius, core + 1),
                np.linspace(radius, start, air + 1)[1:],
                np.linspace(start, start + depth, layer + 1)[1:],
            ]
        )
        self.mesh, deformation = structured_mesh(rings, segments, latitude, degree)
        self.eps, self.inside = (ngs.GridFunction(ngs.L2(self.mesh, order=0)) for _ in range(2))
        self.eps.Set(ngs.IfPos(radius - ngs.x, index**2, 1.0))
        self.inside.Set(ngs.IfPos(ngs.x - start, 1.0, 0.0))
        self.mesh.SetDeformation(deformation)

    def solve(self, pol, m, k_near, count=6):
        """Complex wavenumber nearest to the shift, one per cent above Re `k_near`, and the number of unknowns."""
        import ngsolve as ngs

        walls = "left|right|top" + ("|bottom" if pol == "TE" else "")
        p = self.degree
        V = ngs.HCurl(self.mesh, order=p, dirichlet=walls, complex=True) * ngs.H1(
            self.mesh, order=p + 1, dirichlet=walls, complex=True
        )
        (E, W), (F, G) = V.TnT()
        x, y = ngs.x, ngs.y
        rho = ngs.sqrt(x * x + y * y)
        s = 1 + 1j * self.strength * self.inside
        q = 1 + 1j * self.strength * self.inside * (rho - self.start) / rho
        radial, polar = ngs.CF((x / rho, y / rho)), ngs.CF((-y / rho, x / rho))

        def tensor(u, v):
            return q * q / s * (radial * u) * (radial * v) + s * (polar * u) * (polar * v)

        dx = ngs.dx(bonus_intorder=6)
        A, M = ngs.BilinearForm(V), ngs.BilinearForm(V)
        A += (
            tensor(ngs.grad(W) - m * E, ngs.grad(G) - m * F) / (x * q * q) + x / s * ngs.curl(E) * ngs.curl(F)
        ) * dx
        M += self.eps * (x * tensor(E, F) + s * W * G / x) * dx
        A.Assemble()
        M.Assemble()
        free = V.FreeDofs()
        kept = [ngs.la.CreateVVector(V.ndof, complex=True) for _ in range(count)]
        shift = complex((complex(k_near).real * 1.01) ** 2)
        values = ngs.ArnoldiSolver(A.mat, M.mat, free, kept, shift, inverse=self.inverse)
        k = np.sqrt(np.array(list(values), complex))
        k = np.where(k.real < 0, -k, k)
        return complex(k[np.argmin(np.abs(k - k_near))]), int(sum(free))


def gaussian_latitude(m, tolerance):
    """Latitude beyond which an equatorial mode cos(beta)^m has fallen below the square root of the tolerance, with a reserve."""
    return 1.25 * sqrt(np.log(1.0 / tolerance) / m)
