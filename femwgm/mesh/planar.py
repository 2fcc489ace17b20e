"""Unstructured meshes of curved triangles for any cross-section, cut to a box, with an absorbing layer around it where asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from femwgm.errors import MeshError
from femwgm.geometry.curves import Arc, Curve, Line, Point
from femwgm.geometry.outline import Outline
from femwgm.geometry.section import Piece, Section
from femwgm.ground.typing import Array
from femwgm.mesh.curved import CurvedMesh, reference_nodes
from femwgm.mesh.domain import PML
from femwgm.mesh.gmsh_session import gmsh_model
from femwgm.mesh.load import from_model
from femwgm.mesh.sizes import Sizes

_LAYER = PML + ":"
_HOLE = ""
_UNIT = 100.0
"""Size (in the units of the CAD kernel) that a domain is scaled to: the kernel's tolerances are absolute."""


@dataclass(frozen=True)
class Box:
    """Rectangle of the half plane (um)."""

    r0: float
    r1: float
    z0: float
    z1: float

    @property
    def diagonal(self) -> float:
        """Length of the diagonal (um)."""
        return float(np.hypot(self.r1 - self.r0, self.z1 - self.z0))


@dataclass(frozen=True)
class Frame:
    """Depths (um) of the absorbing layer outside a box: beyond its outer radius, below and above; zero for none."""

    outside: float = 0.0
    below: float = 0.0
    above: float = 0.0

    def around(self, box: Box) -> Box:
        """The box with its frame."""
        return Box(box.r0, box.r1 + self.outside, box.z0 - self.below, box.z1 + self.above)


@dataclass(frozen=True)
class Extent:
    """Part of a box that is meshed: the union of the `hull` (all of the box, if empty) without the `holes`, where no field is.

    A hull and an absorbing layer exclude each other.
    """

    hull: tuple[Outline, ...] = ()
    holes: tuple[Outline, ...] = ()


def build_planar(
    section: Section, box: Box, sizes: Sizes, order: int, *, frame: Frame | None = None, mirror: bool = False,
    extent: Extent | None = None, path: Path | None = None,
) -> CurvedMesh:  # fmt: skip
    """Mesh of triangles of a section within a box (positions real: the layer is stretched afterwards).

    Parameters
    ----------
    section
        What to mesh.
    box
        Domain without its absorbing layer; whatever sticks out is cut off.
    sizes
        Wanted edge lengths.
    order
        Polynomial order of the cells.
    frame
        Absorbing layer around the box.
    mirror
        Whether the lower end z = 0 is a mirror plane.
    extent
        What of the box belongs to the domain, if not all.
    path
        Where to write the mesh (.msh), if anywhere.

    Raises
    ------
    MeshError
        If no valid mesh is found.
    """
    frame = frame or Frame()
    for _ in range(_TRIES):
        mesh = _build(section, box, sizes, order, frame, mirror, extent or Extent(), path)
        folded = _folded(mesh)
        if not folded.any():
            return mesh
        sizes = sizes.finer(mesh.nodes[folded], _FINER)
    raise MeshError(
        "gmsh found no mesh whose curved cells keep their orientation; ask for smaller cells (discretization.refine)"
    )


_TRIES, _FINER = 8, 0.6
"""How often a mesh with folded cells is made anew, and the factor on sizes about them: thin layers that turn take small cells."""


def _build(
    section: Section,
    box: Box,
    sizes: Sizes,
    order: int,
    frame: Frame,
    mirror: bool,
    extent: Extent,
    path: Path | None,
) -> CurvedMesh:
    outer = frame.around(box)
    scale = _UNIT / outer.diagonal
    with gmsh_model("planar") as gmsh:
        builder = _Builder(gmsh.model, section, box, outer, scale, mirror, extent)
        regions = builder.build()
        for option, value in (
            ("MeshSizeExtendFromBoundary", 0), ("MeshSizeFromPoints", 0), ("MeshSizeFromCurvature", 0), ("Algorithm", 6),
        ):  # fmt: skip
            gmsh.option.setNumber(f"Mesh.{option}", value)
        with sizes.rule(gmsh, scale):
            gmsh.model.mesh.generate(2)
            gmsh.model.mesh.setOrder(order)
        if path is not None:
            gmsh.write(str(path))
        mesh = from_model(gmsh.model, order, regions)
    return _with_layer(_rescaled(mesh, 1.0 / scale))


def _rescaled(mesh: CurvedMesh, factor: float) -> CurvedMesh:
    topology = type(mesh.topology)(mesh.topology.p * factor, mesh.topology.t, sort_t=False)
    return replace(mesh, topology=topology, nodes=mesh.nodes * factor)


def _with_layer(mesh: CurvedMesh) -> CurvedMesh:
    """One region for the absorbing layer, with the medium that each of its cells continues."""
    if not any(name.startswith(_LAYER) for name in mesh.regions):
        return mesh
    under = [name.removeprefix(_LAYER) for name in mesh.regions]
    solid = tuple(dict.fromkeys(under))
    names = (*solid, PML)
    medium = np.array([solid.index(name) for name in under])[mesh.region]
    is_layer = np.array([name.startswith(_LAYER) for name in mesh.regions])[mesh.region]
    return replace(mesh, region=np.where(is_layer, len(solid), medium), regions=names, medium=medium)


def _folded(mesh: CurvedMesh) -> Array:
    """Curved cells that do not keep their orientation at a grid of their points (cells,)."""
    slopes = _node_slopes(mesh.order, 2 * mesh.order)
    J = np.einsum("end,njp->edjp", mesh.nodes, slopes)
    return np.asarray((J[:, 0, 0] * J[:, 1, 1] - J[:, 0, 1] * J[:, 1, 0] <= 0.0).any(axis=1))


@lru_cache(maxsize=32)
def _node_slopes(order: int, samples: int) -> Array:
    """Gradients of the Lagrange functions of a triangle's nodes at a grid of points, (nodes, 2, points)."""
    X, grid = reference_nodes(3, order), reference_nodes(3, samples)
    powers = [(i, j) for i in range(order + 1) for j in range(order + 1 - i)]
    basis = np.array([_leg(i, X[0]) * _leg(j, X[1]) for i, j in powers])
    slopes = np.array(
        [[_leg(i, grid[0], 1) * _leg(j, grid[1]), _leg(i, grid[0]) * _leg(j, grid[1], 1)] for i, j in powers]
    )
    return np.asarray(np.tensordot(np.linalg.inv(basis), slopes, axes=(1, 0)))


def _leg(degree: int, x: Array, derivative: int = 0) -> Array:
    """Legendre polynomial on [0, 1] or its derivative."""
    series = np.polynomial.Legendre.basis(degree, domain=[0.0, 1.0])
    return np.asarray((series.deriv(derivative) if derivative else series)(x))


class _Builder:
    """The section in the CAD kernel: faces cut against each other, each named by its first owner."""

    def __init__(
        self, model: Any, section: Section, box: Box, outer: Box, scale: float, mirror: bool, extent: Extent
    ) -> None:
        self.model, self.occ, self.extent = model, model.occ, extent
        self.section, self.box, self.outer, self.scale, self.mirror = section, box, outer, scale, mirror
        self.points: dict[tuple[float, float], int] = {}

    def build(self) -> tuple[str, ...]:
        """Make everything; names of the regions that have cells."""
        frame = self._frame()
        owners: list[tuple[int, str]] = []
        for part in self.section.parts:
            faces = (
                self._piece(part.outline) if isinstance(part, Piece) else self._slab(part.bottom, part.top)
            )
            owners += [(face, part.region) for face in faces]
        owners = [(face, _HOLE) for hole in self.extent.holes for face in self._piece(hole)] + owners
        tools = [(2, face) for face, _ in frame] + [(2, face) for face, _ in owners]
        parents = self.occ.fragment(tools[:1], tools[1:])[1] if len(tools) > 1 else [tools]
        self.occ.synchronize()
        in_layer = {tag for (_, layer), out in zip(frame, parents, strict=False) for _, tag in out if layer}
        every = {tag for out in parents[: len(frame)] for _, tag in out}
        name = dict.fromkeys(every, self.section.ambient)
        for (_, region), out in reversed(list(zip(owners, parents[len(frame) :], strict=True))):
            name.update({tag: region for _, tag in out if tag in every})
        every = {tag for tag in every if name[tag] != _HOLE}
        name = {tag: region for tag, region in name.items() if tag in every}
        groups: dict[str, list[int]] = {}
        for tag, region in sorted(name.items()):
            groups.setdefault((_LAYER if tag in in_layer else "") + region, []).append(tag)
        stray = [(2, tag) for out in parents for _, tag in out if tag not in every]
        if stray:
            self.occ.remove(stray, recursive=True)
            self.occ.synchronize()
        order = [*self.section.regions, *(_LAYER + region for region in self.section.regions)]
        for region in order:
            if region in groups:
                self.model.addPhysicalGroup(2, groups[region], name=region)
        self._name_boundaries()
        return tuple(region for region in order if region in groups)

    def _frame(self) -> list[tuple[int, bool]]:
        """Faces that tile the domain, and whether each belongs to the absorbing layer."""
        if self.extent.hull:
            faces = [(2, face) for outline in self.extent.hull for face in self._piece(outline)]
            fused = self.occ.fuse(faces[:1], faces[1:])[0] if len(faces) > 1 else faces
            return [(int(tag), False) for _, tag in fused]
        box, outer = self.box, self.outer
        r = [box.r0, box.r1] + ([outer.r1] if outer.r1 > box.r1 else [])
        z = (
            ([outer.z0] if outer.z0 < box.z0 else [])
            + [box.z0, box.z1]
            + ([outer.z1] if outer.z1 > box.z1 else [])
        )
        tiles = []
        for a, b in zip(r, r[1:], strict=False):
            for c, d in zip(z, z[1:], strict=False):
                tiles.append((self._rectangle(a, b, c, d), a >= box.r1 or c >= box.z1 or d <= box.z0))
        return tiles

    def _rectangle(self, r0: float, r1: float, z0: float, z1: float) -> int:
        s = self.scale
        return int(self.occ.addRectangle(s * r0, s * z0, 0.0, s * (r1 - r0), s * (z1 - z0)))

    def _slab(self, bottom: float, top: float) -> list[int]:
        low, high = max(bottom, self.outer.z0), min(top, self.outer.z1)
        return [self._rectangle(self.outer.r0, self.outer.r1, low, high)] if high > low else []

    def _piece(self, outline: Outline) -> list[int]:
        self.points = {}  # cutting a piece to the box takes its points away: no other piece may stand on them
        curves = [self._curve(curve) for curve in _split(outline.curves)]
        face = self.occ.addPlaneSurface([self.occ.addCurveLoop(curves)])
        polygon, o = outline.polygon, self.outer
        low, high = polygon.min(axis=0), polygon.max(axis=0)
        if low[0] >= o.r0 and high[0] <= o.r1 and low[1] >= o.z0 and high[1] <= o.z1:
            return [face]
        cut, _ = self.occ.intersect([(2, face)], [(2, self._rectangle(o.r0, o.r1, o.z0, o.z1))])
        return [tag for dim, tag in cut if dim == 2]

    def _point(self, point: Point) -> int:
        at = (point[0] * self.scale, point[1] * self.scale)
        key = (
            round(at[0], 9),
            round(at[1], 9),
        )  # the points themselves are not rounded: that showed in combs, by 1e-11
        if key not in self.points:
            self.points[key] = self.occ.addPoint(*at, 0.0)
        return self.points[key]

    def _curve(self, curve: Curve) -> int:
        start, end = self._point(curve.start), self._point(curve.end)
        if isinstance(curve, Line):
            return int(self.occ.addLine(start, end))
        if isinstance(curve, Arc):
            centre = self._point(curve.centre)
            if curve.circular:
                return int(self.occ.addCircleArc(start, centre, end))
            major = (curve.semi_r, 0.0) if curve.semi_r > curve.semi_z else (0.0, curve.semi_z)
            tip = self._point((curve.centre[0] + major[0], curve.centre[1] + major[1]))
            return int(self.occ.addEllipseArc(start, centre, tip, end))
        count = max(16, 2 * len(getattr(curve, "points", ())))
        inner = [
            self._point((float(r), float(z))) for r, z in curve.at(np.linspace(0.0, 1.0, count + 1)[1:-1])
        ]
        return int(self.occ.addSpline([start, *inner, end]))

    def _name_boundaries(self) -> None:
        faces = self.model.getEntities(2)
        edges = [tag for _, tag in self.model.getBoundary(faces, combined=True, oriented=False)]
        named: dict[str, list[int]] = {"axis": [], "mirror": [], "wall": [], "outer": []}
        small = 1e-6 * _UNIT
        walls = self.section.walls
        at_r, at_z = (
            [w * self.scale for w in side if w is not None]
            for side in ((walls.radius,), (walls.bottom, walls.top))
        )
        for edge in edges:
            x0, y0, _, x1, y1, _ = self.model.getBoundingBox(1, edge)
            on_axis = max(abs(x0), abs(x1)) < small
            on_plane = self.mirror and max(abs(y0), abs(y1)) < small
            on_wall = any(max(abs(x0 - w), abs(x1 - w)) < small for w in at_r)
            on_wall = on_wall or any(max(abs(y0 - w), abs(y1 - w)) < small for w in at_z)
            named["axis" if on_axis else "mirror" if on_plane else "wall" if on_wall else "outer"].append(
                edge
            )
        for name, tags in named.items():
            if tags:
                self.model.addPhysicalGroup(1, tags, name=name)


def _split(curves: Sequence[Curve]) -> list[Curve]:
    """Arcs in pieces of at most a quarter turn, as the kernel wants them."""
    out: list[Curve] = []
    for curve in curves:
        if not isinstance(curve, Arc):
            out.append(curve)
            continue
        count = max(1, int(np.ceil(abs(curve.last - curve.first) / (0.5 * np.pi) - 1e-9)))
        cuts = np.linspace(curve.first, curve.last, count + 1)
        out += [replace(curve, first=float(a), last=float(b)) for a, b in zip(cuts, cuts[1:], strict=False)]
    return out
