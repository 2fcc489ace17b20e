"""A mode of any body of revolution in NGSolve: curved triangles, hp towards corners, a box of complex stretching, condensation.

The cross-section comes as closed chains of curves, the first that covers a point wins. Unknowns are the in-plane field in H(curl)
of degree p and v = -i r E_phi in H1 of degree p + 1; inverse iteration next to a wavenumber that is known beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ngsolve as ng
import numpy as np
from netgen.occ import (
    ArcOfCircle,
    Edge,
    Face,
    Glue,
    OCCGeometry,
    Pnt,
    Segment,
    SplineApproximation,
    Wire,
    WorkPlane,
)

ng.ngsglobals.msg_level = 0
STRENGTH = 1.5


@dataclass(frozen=True)
class Setting:
    """Degree p, largest cell (um) in the body, in what coats it and around it, levels of hp refinement at the corners."""

    degree: int
    inside: float
    coating: float
    outside: float
    levels: int = 0


@dataclass(frozen=True)
class Domain:
    """Box (r0, r1, z0, z1), depth of the absorbing layer beyond r1, below z0, above z1 (um), and what lies in it.

    `parts` are (name, curves) with curves from `femwgm.geometry.curves`; `corners` are points (r, z) with sharp edges.
    """

    box: tuple[float, float, float, float]
    layer: tuple[float, float, float]
    parts: Sequence[tuple[str, Sequence[Any]]]
    ambient: str
    corners: Sequence[tuple[float, float]] = ()


def solve(
    domain: Domain, indices: Mapping[str, float], m: int, k0: complex, mirror: str | None, setting: Setting
) -> tuple[complex, int]:
    """Wavenumber next to `k0` (rad/um), and the number of unknowns."""
    mesh = _mesh(domain, setting)
    mesh.Curve(setting.degree + 1)
    stretched = any(domain.layer)
    r, sr, sz = _stretching(domain) if stretched else (ng.x, 1.0, 1.0)
    walls = "outer" + ("|mirror" if mirror == "conductor" else "")
    space = ng.HCurl(mesh, order=setting.degree, dirichlet=walls + "|axis", complex=stretched) * ng.H1(
        mesh, order=setting.degree + 1, dirichlet=walls + "|axis", complex=stretched
    )
    (E, v), (F, w) = space.TnT()
    g, h = ng.grad(v) - m * E, ng.grad(w) - m * F
    eps = mesh.MaterialCF({name: n**2 for name, n in indices.items()})
    stiffness = (
        sz / (sr * r) * g[0] * h[0] + sr / (sz * r) * g[1] * h[1] + r / (sr * sz) * ng.curl(E) * ng.curl(F)
    )
    mass = eps * (r * sz / sr * E[0] * F[0] + r * sr / sz * E[1] * F[1] + sr * sz / r * v * w)
    shift = (k0 if stretched else k0.real) ** 2
    dX = ng.dx(bonus_intorder=4)
    A = ng.BilinearForm((stiffness - shift * mass) * dX, symmetric=True, condense=True).Assemble()
    M = ng.BilinearForm(mass * dX, symmetric=True).Assemble()
    inverse = A.mat.Inverse(space.FreeDofs(True), inverse="sparsecholesky")
    identity = ng.IdentityMatrix(space.ndof, complex=stretched)
    solver = (identity + A.harmonic_extension) @ inverse @ (
        identity + A.harmonic_extension_trans
    ) + A.inner_solve
    x, y, Mx = (M.mat.CreateColVector() for _ in range(3))
    free = np.array(space.FreeDofs())
    x.FV().NumPy()[:] = np.random.default_rng(1).standard_normal(space.ndof) * free
    inverse_gap = 0.0
    for _ in range(8):
        Mx.data = M.mat * x
        y.data = solver * Mx
        X, Y, right = (np.array(vector.FV().NumPy()) * free for vector in (x, y, Mx))
        new = (right @ Y) / (right @ X)
        x.FV().NumPy()[:] = Y / np.linalg.norm(Y)
        if abs(new - inverse_gap) < 1e-13 * abs(new) * abs(new * shift):
            break
        inverse_gap = new
    return complex(np.sqrt(complex(shift + 1.0 / new))), int(free.sum())


def _stretching(domain: Domain) -> tuple[Any, Any, Any]:
    """Complex radius, and the factors by which lengths along r and z are stretched."""
    _, r1, z0, z1 = domain.box
    beyond, below, above = domain.layer
    out = ng.IfPos(ng.x - r1, ng.x - r1, 0.0) if beyond else ng.CF(0.0)
    inside = lambda depth, gap: ng.IfPos(gap, 1.0, 0.0) if depth else ng.CF(0.0)  # noqa: E731
    sr = 1.0 + 1j * STRENGTH * inside(beyond, ng.x - r1)
    sz = 1.0 + 1j * STRENGTH * (inside(below, z0 - ng.y) + inside(above, ng.y - z1))
    return ng.x + 1j * STRENGTH * out, sr, sz


def _mesh(domain: Domain, setting: Setting) -> Any:
    r0, r1, z0, z1 = domain.box
    beyond, below, above = domain.layer
    r = [r0, r1] + ([r1 + beyond] if beyond else [])
    z = ([z0 - below] if below else []) + [z0, z1] + ([z1 + above] if above else [])
    tiles = [
        WorkPlane().MoveTo(a, c).Rectangle(b - a, d - c).Face()
        for a, b in zip(r, r[1:], strict=False)
        for c, d in zip(z, z[1:], strict=False)
    ]
    faces = []
    for tile in tiles:
        rest = tile
        sizes = [setting.inside, *(len(domain.parts) - 1) * [setting.coating], setting.outside]
        for (name, curves), size in zip([*domain.parts, (domain.ambient, None)], sizes, strict=True):
            piece = rest if curves is None else rest * _face(curves)
            for face in piece.faces:
                face.name, face.maxh = name, size
                faces.append(face)
            if curves is not None:
                rest = rest - _face(curves)
    shape = Glue(faces)
    for edge in shape.edges:
        sides = (
            _on(edge, 0, r[-1])
            or _on(edge, 1, z[0])
            or _on(edge, 1, z[-1])
            or (_on(edge, 0, r0) and r0 > 0.0)
        )
        edge.name = "outer" if sides else "inner"
        if _on(edge, 0, 0.0):
            edge.name = "axis"
        elif _on(edge, 1, 0.0) and z[0] == 0.0:
            edge.name = "mirror"
    for vertex in shape.vertices:
        if any(abs(vertex.p.x - a) + abs(vertex.p.y - b) < 1e-7 for a, b in domain.corners):
            vertex.hpref = 1
    mesh = ng.Mesh(OCCGeometry(shape, dim=2).GenerateMesh(maxh=1e9, grading=0.3))
    if setting.levels:
        mesh.RefineHP(setting.levels, 0.2)
    return mesh


def _on(edge: Any, axis: int, value: float) -> bool:
    """Whether an edge lies on a line of constant r (axis 0) or z (axis 1)."""
    return all(abs(point[axis] - value) < 1e-9 for point in (edge.start, edge.end, edge.center))


def _face(curves: Sequence[Any]) -> Any:
    return Face(Wire([_edge(curve) for curve in curves]))


def _edge(curve: Any) -> Edge:
    """A line, an arc of a circle, or a spline through many points of any other curve."""

    def point(t: float) -> Pnt:
        r, z = curve.at(np.array([t]))[0]
        return Pnt(float(r), float(z), 0.0)

    kind = type(curve).__name__
    if kind == "Line":
        return Segment(point(0.0), point(1.0))
    if kind == "Arc" and curve.circular:
        return ArcOfCircle(point(0.0), point(0.5), point(1.0))
    points = [point(float(t)) for t in np.linspace(0.0, 1.0, 80)]
    return SplineApproximation(points, deg_min=8, deg_max=8, tol=1e-10)
