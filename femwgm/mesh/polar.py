"""Structured meshes of quadrilaterals in polar coordinates about the centre, one Gmsh surface for each ring segment.

A ring segment lies between two radii and two latitudes. Where the body reaches the centre, an O-grid: one quadrilateral for each
quadrant, with straight sides and its fourth corner on the diagonal, so that no cell has a flat corner; the cells around it have
one straight and one curved side.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from femwgm.errors import MeshError
from femwgm.ground.typing import Array, IntArray
from femwgm.mesh.curved import CurvedMesh, reference_nodes
from femwgm.mesh.gmsh_session import gmsh_model
from femwgm.mesh.load import from_model
from femwgm.mesh.save import write_mesh


@dataclass(frozen=True)
class PolarPlan:
    """What to mesh: rings and latitudes.

    Attributes
    ----------
    radii
        Radii of all rings from the inside out (um); the first is 0 if the centre belongs to the domain.
    rings
        Name of the region of each ring, one fewer than the radii.
    latitudes
        Latitudes (rad) of the segment ends, ascending from 0 (mirror plane) or from -pi/2 or any lower bound.
    order
        Polynomial order of the cells.
    """

    radii: tuple[float, ...]
    rings: tuple[str, ...]
    latitudes: tuple[float, ...]
    order: int

    def __post_init__(self) -> None:
        if len(self.rings) != len(self.radii) - 1 or len(self.rings) < 1:
            raise MeshError("a polar mesh needs one region name for each ring between two radii")
        if not (np.all(np.diff(self.radii) > 0.0) and self.radii[0] >= 0.0):
            raise MeshError(f"the radii of a polar mesh must ascend from zero or more, got {self.radii}")
        if not (
            np.all(np.diff(self.latitudes) > 0.0) and np.max(np.abs(self.latitudes)) <= np.pi / 2 + 1e-12
        ):
            raise MeshError(
                f"the latitudes of a polar mesh must ascend within [-pi/2, pi/2], got {self.latitudes}"
            )

    @property
    def regions(self) -> tuple[str, ...]:
        """Region names in order of first appearance."""
        return tuple(dict.fromkeys(self.rings))


def build_polar(plan: PolarPlan, path: Path | None = None) -> CurvedMesh:
    """Mesh of quadrilaterals for a plan; written to `path` (.msh) if given.

    The boundaries are named "axis" (r = 0), "mirror" (the plane z = 0, where it bounds the domain), "outer" (all that truncates
    the domain).
    """
    plan = _with_core(plan)
    straight = plan.radii[1] if plan.radii[0] == 0.0 else None
    mesh = with_exact_nodes(_moved(plan) or _generated(plan), straight)
    if path is not None:
        write_mesh(mesh, path)
    return mesh


def _generated(plan: PolarPlan) -> CurvedMesh:
    """The mesh from Gmsh, kept for plans of the same kind."""
    with gmsh_model("polar") as gmsh:
        _Builder(gmsh.model, plan).build()
        gmsh.model.mesh.generate(2)
        gmsh.model.mesh.setOrder(plan.order)
        mesh = from_model(gmsh.model, plan.order, plan.regions)
    where = {corner: n for n, corner in enumerate(_corners(plan))}
    number = [where.get((float(r), float(z))) for r, z in mesh.topology.p.T]
    if None not in number:
        if len(_GENERATED) >= _KINDS:
            _GENERATED.pop(next(iter(_GENERATED)))
        _GENERATED[_kind(plan)] = (mesh, np.array(number))
    return mesh


_KINDS = 64
_GENERATED: dict[tuple[Any, ...], tuple[CurvedMesh, IntArray]] = {}
"""Meshes as Gmsh made them, by kind of plan, each with the number among the plan's corners of each vertex."""


def _kind(plan: PolarPlan) -> tuple[Any, ...]:
    """What the connections of a mesh follow from: plans that agree in it differ in their corners only."""
    ends = tuple((_end_name(a), _quarter(a)) for a in plan.latitudes)
    return plan.rings, plan.order, plan.radii[0] == 0.0, ends


def _moved(plan: PolarPlan) -> CurvedMesh | None:
    """A kept mesh with its vertices at the corners of this plan; None if there is none of its kind.

    Whatever else Gmsh does, the nodes follow from the vertices alone (`with_exact_nodes`): the mesh is the one it would make.
    """
    if _kind(plan) not in _GENERATED:
        return None
    mesh, number = _GENERATED[_kind(plan)]
    points = np.array(_corners(plan)).T[:, number]
    nodes = mesh.nodes.copy()
    nodes[:, :4] = points[:, mesh.topology.t].transpose(2, 1, 0)
    return replace(mesh, nodes=nodes, topology=type(mesh.topology)(points, mesh.topology.t))


def _corners(plan: PolarPlan) -> list[tuple[float, float]]:
    """Position of every corner, ring by ring, the centre last."""
    rings = [i for i, rho in enumerate(plan.radii) if rho > 0.0]
    return [*(_corner(plan, i, j) for i in rings for j in range(len(plan.latitudes))), (0.0, 0.0)]


def _corner(plan: PolarPlan, i: int, j: int) -> tuple[float, float]:
    """Position (r, z) where radius i meets latitude j."""
    rho, latitude = plan.radii[i], plan.latitudes[j]
    r = 0.0 if _end_name(latitude) == "axis" else float(rho * np.cos(latitude))
    return r, float(rho * np.sin(latitude))


def _end_name(latitude: float) -> str:
    """Name of the boundary that a domain has where it ends at a latitude."""
    if abs(abs(latitude) - np.pi / 2) < 1e-12:
        return "axis"
    return "mirror" if latitude == 0.0 else "outer"


def _quarter(latitude: float) -> bool:
    """Whether a latitude is that of a pole or of the equator."""
    return min(abs(latitude - q) for q in (-np.pi / 2, 0.0, np.pi / 2)) < 1e-12


def _with_core(plan: PolarPlan) -> PolarPlan:
    """The plan with a circle inside the innermost region if the first one bounds it: the first one becomes a polygon."""
    if plan.radii[0] > 0.0 or plan.rings[:1] == plan.rings[1:2]:
        return plan
    radii = (0.0, 0.5 * plan.radii[1], *plan.radii[1:])
    return replace(plan, radii=radii, rings=(plan.rings[0], *plan.rings))


def with_exact_nodes(mesh: CurvedMesh, straight: float | None = None) -> CurvedMesh:
    """The mesh with its nodes put on circles about the centre and on straight lines to rounding, inner nodes by blending.

    Sides between points at the radius `straight` (um) are chords, all other sides between points of one circle are arcs.

    Gmsh spaces the nodes of a curve to 1e-9 only, which shifts wavelengths by 1e-10. Blending is that of Gordon and Hall, Int. J.
    Numer. Methods Eng. 7, 461 (1973).
    """
    x, y = reference_nodes(4, mesh.order)
    corner = (mesh.nodes[:, :4, 0] + 1j * mesh.nodes[:, :4, 1])[:, :, None]
    a, b, c, d = corner[:, 0], corner[:, 1], corner[:, 2], corner[:, 3]
    bent = 0.0 if straight is None else straight
    sides = (1 - y) * _side(a, b, x, bent) + y * _side(d, c, x, bent)
    sides = sides + (1 - x) * _side(a, d, y, bent) + x * _side(b, c, y, bent)
    nodes = sides - ((1 - x) * (1 - y) * a + x * (1 - y) * b + x * y * c + (1 - x) * y * d)
    exact = np.stack([np.maximum(nodes.real, 0.0), nodes.imag], axis=-1)
    exact[np.abs(exact) < 1e-14 * np.abs(exact).max()] = 0.0
    return mesh.with_nodes(exact)


def _side(start: Array, stop: Array, t: Array, straight: float) -> Array:
    """Points r + i z on the side of each cell: an arc where both ends lie on one circle other than `straight`, else a segment."""
    chord = (1.0 - t) * start + t * stop
    rho, other = np.abs(start), np.abs(stop)
    arc = (np.abs(rho - other) < 1e-9 * other) & (np.abs(other - straight) > 1e-9 * other)
    angle = np.angle(np.where(arc, stop / np.where(rho > 0.0, start, 1.0), 1.0))
    return np.asarray(np.where(arc, start * np.exp(1j * t * angle), chord))


class _Builder:
    """Points, arcs and spokes on demand, each made once."""

    def __init__(self, model: Any, plan: PolarPlan) -> None:
        self.model, self.geo, self.plan = model, model.geo, plan
        self.points: dict[tuple[int, int], int] = {}
        self.curves: dict[tuple[str, int, int], int] = {}
        self.surfaces: dict[str, list[int]] = {name: [] for name in plan.regions}
        self.boundary: dict[str, list[int]] = {"axis": [], "mirror": [], "outer": []}
        self.centre = self.geo.addPoint(0.0, 0.0, 0.0)

    def build(self) -> None:
        plan = self.plan
        rings, segments = len(plan.rings), len(plan.latitudes) - 1
        first = 1 if plan.radii[0] == 0.0 else 0
        if first:
            self._core()
        for i in range(first, rings):
            for j in range(segments):
                loop = [self._spoke(i, j), self._arc(i + 1, j), -self._spoke(i, j + 1), -self._arc(i, j)]
                self._surface(plan.rings[i], loop)
        for i in range(first, rings):
            for j in (0, segments):
                self.boundary[_end_name(plan.latitudes[j])].append(self._spoke(i, j))
        for j in range(segments):
            self.boundary["outer"].append(self._arc(rings, j))
            if not first:
                self.boundary["outer"].append(self._arc(0, j))
        self.geo.synchronize()
        for name, tags in self.surfaces.items():
            self.model.addPhysicalGroup(2, tags, name=name)
        for name, tags in self.boundary.items():
            if tags:
                self.model.addPhysicalGroup(1, tags, name=name)

    def _point(self, i: int, j: int) -> int:
        if (i, j) not in self.points:
            self.points[i, j] = self.geo.addPoint(*_corner(self.plan, i, j), 0.0)
        return self.points[i, j]

    def _curve(self, key: tuple[str, int, int], make: Any) -> int:
        if key not in self.curves:
            self.curves[key] = make()
            self.geo.mesh.setTransfiniteCurve(self.curves[key], 2)
        return self.curves[key]

    def _arc(self, i: int, j: int) -> int:
        def make() -> int:
            ends = self._point(i, j), self._point(i, j + 1)
            if i == 1 and self.plan.radii[0] == 0.0:
                return int(self.geo.addLine(*ends))
            return int(self.geo.addCircleArc(ends[0], self.centre, ends[1]))

        return self._curve(("arc", i, j), make)

    def _spoke(self, i: int, j: int) -> int:
        return self._curve(
            ("spoke", i, j), lambda: self.geo.addLine(self._point(i, j), self._point(i + 1, j))
        )

    def _surface(self, region: str, loop: list[int]) -> None:
        surface = self.geo.addPlaneSurface([self.geo.addCurveLoop(loop)])
        self.geo.mesh.setTransfiniteSurface(surface)
        self.geo.mesh.setRecombine(2, surface)
        self.surfaces[region].append(surface)

    def _core(self) -> None:
        """Cells inside the first circle: one for each quadrant, with the centre and two (or one and a half) spokes as sides."""
        lat = np.array(self.plan.latitudes)
        ends = [j for j, a in enumerate(lat) if _quarter(a)]
        if (
            any(b - a != 2 for a, b in zip(ends, ends[1:], strict=False))
            or ends[-1] != len(lat) - 1
            or ends[0] != 0
        ):
            raise MeshError("a polar mesh that contains the centre needs two segments in each quadrant")
        spokes = {
            j: self._curve(("core", 0, j), lambda j=j: self.geo.addLine(self.centre, self._point(1, j)))
            for j in ends
        }
        for a, b in zip(ends, ends[1:], strict=False):
            self._surface(self.plan.rings[0], [spokes[a], self._arc(1, a), self._arc(1, a + 1), -spokes[b]])
        for j in (ends[0], ends[-1]):
            self.boundary[_end_name(self.plan.latitudes[j])].append(spokes[j])
