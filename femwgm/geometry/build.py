"""From a configured geometry to its cross-section: one function for each kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from femwgm.errors import GeometryError
from femwgm.geometry.coating import coated
from femwgm.geometry.curves import Arc, Curve, Line, Point, Spline, arc
from femwgm.geometry.drawn import along_mesh, through
from femwgm.geometry.outline import Outline, closed_outline, polygon_outline
from femwgm.geometry.section import Piece, Section, Slab, Walls

_FAR = 1e9


def section_of(geometry: Any) -> Section:
    """Cross-section of a geometry of the configuration (`femwgm.config.geometries`).

    Raises
    ------
    GeometryError
        One line that says what is wrong with the shape.
    """
    return _KINDS[geometry.kind](geometry)


def kinds() -> tuple[str, ...]:
    """The kinds that have a cross-section here."""
    return tuple(_KINDS)


def _assembled(geometry: Any, body: Sequence[Piece], further: Sequence[Piece] = ()) -> Section:
    """Body, what it stands on, background layers, coatings: the first that covers a point wins."""
    slabs = [
        Slab(b.name, -_FAR if b.bottom_um is None else b.bottom_um, b.top_um) for b in geometry.background
    ]
    films = []
    for i, coating in enumerate(geometry.coatings):
        films += [
            Piece(coating.name, coated(piece.outline, geometry.coatings[: i + 1]))
            for piece in body
            if piece.region == geometry.name
        ]
    e = geometry.enclosure
    walls = Walls() if e is None else Walls(e.radius_um, e.bottom_um, e.top_um)
    support = tuple(piece.region for piece in further)
    return Section(
        (*body, *further, *slabs, *films), geometry.ambient, geometry.radius_ref_um, walls, support
    )


def _pillar(geometry: Any, top: float, overlap: float = 0.0) -> list[Piece]:
    """The pillar below a height; `overlap` lets it reach into the body, which hides that part."""
    p = geometry.pillar
    if p is None:
        return []
    foot = p.foot_radius_um or p.radius_um
    points = [
        (0.0, top - p.height_um),
        (foot, top - p.height_um),
        (p.radius_um, top),
        (p.radius_um, top + overlap),
        (0.0, top + overlap),
    ]
    unique = [point for i, point in enumerate(points) if i == 0 or point != points[i - 1]]
    return [Piece(p.name, polygon_outline(unique, p.name))]


def _sphere(geometry: Any) -> Section:
    radii = geometry.radii_um
    names = list(geometry.region_materials)[:-1]
    pieces = [
        Piece(n, closed_outline([arc((0.0, 0.0), r, -90, 90)], n)) for n, r in zip(names, radii, strict=True)
    ]
    return Section(tuple(pieces), geometry.ambient, radii[-1])


def _spheroid(geometry: Any) -> Section:
    names = list(geometry.region_materials)[:-1]
    pieces = [
        Piece(n, closed_outline([_half_ellipse((0.0, 0.0), a, b)], n))
        for n, (a, b) in zip(names, geometry.semi_axes_um, strict=True)
    ]
    return Section(tuple(pieces), geometry.ambient, geometry.radius_ref_um)


def _half_ellipse(centre: Point, a: float, b: float) -> Arc:
    return Arc(centre, a, b, -0.5 * np.pi, 0.5 * np.pi)


def _disk(g: Any) -> Section:
    h, top = 0.5 * g.thickness_um, _top_radius(g.radius_um, g.thickness_um, g.sidewall_angle_deg, "disk")
    body = polygon_outline([(0.0, -h), (g.radius_um, -h), (top, h), (0.0, h)], g.name)
    return _assembled(g, [Piece(g.name, body)], _pillar(g, -h))


def _ring(g: Any) -> Section:
    h = 0.5 * g.thickness_um
    lean = _top_radius(0.0, g.thickness_um, g.sidewall_angle_deg, None)
    inner, outer = g.inner_radius_um - lean, g.outer_radius_um + lean
    if not 0.0 < inner < outer:
        raise GeometryError(
            f"ring: its walls lean so far that its upper face spans {inner:.6g} to {outer:.6g} um"
        )
    body = polygon_outline(
        [(g.inner_radius_um, -h), (g.outer_radius_um, -h), (outer, h), (inner, h), (g.inner_radius_um, -h)],
        g.name,
    )
    return _assembled(g, [Piece(g.name, body)], _pillar(g, -h))


def _top_radius(radius: float, thickness: float, angle: float, kind: str | None) -> float:
    top = radius - thickness / float(np.tan(np.radians(angle))) if angle != 90.0 else radius
    if kind is not None and not top > 0.0:
        raise GeometryError(
            f"{kind}: with a side-wall angle of {angle:g} degrees the upper face has the radius {top:.6g} um"
        )
    return top


def _torus(g: Any) -> Section:
    a, b = 0.5 * g.minor_diameter_um, 0.5 * (g.minor_height_um or g.minor_diameter_um)
    body = closed_outline([Arc((0.5 * g.diameter_um, 0.0), a, b, -np.pi, np.pi)], g.name)
    return _assembled(g, [Piece(g.name, body)])


def _toroid(g: Any) -> Section:
    a, low, thick = 0.5 * g.minor_diameter_um, -g.web_offset_um - 0.5 * g.web_thickness_um, g.web_thickness_um
    centre = (0.5 * g.diameter_um - a, 0.0)
    if thick == 0.0:
        return _assembled(g, [Piece(g.name, closed_outline([Arc(centre, a, a, -np.pi, np.pi)], g.name))])
    below, above = float(np.arcsin(low / a)), float(np.arcsin((low + thick) / a))
    rim = Arc(centre, a, a, -np.pi - below, np.pi - above)
    curves: list[Curve] = [Line((0.0, low), rim.start), rim, Line(rim.end, (0.0, low + thick))]
    return _assembled(g, [Piece(g.name, closed_outline(curves, g.name))], _pillar(g, low))


def _hemisphere(g: Any) -> Section:
    height = g.height_um or g.radius_um
    curves: list[Curve] = [
        Line((0.0, 0.0), (g.radius_um, 0.0)),
        Arc((0.0, 0.0), g.radius_um, height, 0.0, 0.5 * np.pi),
    ]
    return _assembled(g, [Piece(g.name, closed_outline(curves, g.name))], _pillar(g, 0.0))


def _pedestal_sphere(g: Any) -> Section:
    b = 0.5 * (g.height_um or 2.0 * g.radius_um)
    body = closed_outline([_half_ellipse((0.0, 0.0), g.radius_um, b)], g.name)
    top, overlap = -b, 0.0
    if g.pillar is not None:
        if not g.pillar.radius_um < g.radius_um:
            raise GeometryError(
                f"pillar: its radius {g.pillar.radius_um:g} um is not below that of the sphere, {g.radius_um:g} um"
            )
        top = -b * float(np.sqrt(1.0 - (g.pillar.radius_um / g.radius_um) ** 2))
        overlap = 0.5 * (b + top)
    return _assembled(g, [Piece(g.name, body)], _pillar(g, top, overlap))


def _bottle_curve(g: Any, inset: float = 0.0) -> Curve:
    half = 0.5 * g.length_um
    if g.curvature_per_um == 0.0:
        return Line((g.radius_um - inset, -half), (g.radius_um - inset, half))
    z = np.linspace(-half, half, 129)
    r = g.radius_um / np.sqrt(1.0 + (g.curvature_per_um * z) ** 2) - inset
    slope = -g.radius_um * g.curvature_per_um**2 * half / (1.0 + (g.curvature_per_um * half) ** 2) ** 1.5
    return Spline(tuple(zip(r.tolist(), z.tolist(), strict=True)), (-slope, 1.0), (slope, 1.0))


def _bottle(g: Any) -> Section:
    half = 0.5 * g.length_um
    side = _bottle_curve(g)
    body = closed_outline([Line((0.0, -half), side.start), side, Line(side.end, (0.0, half))], g.name)
    return _assembled(g, [Piece(g.name, body)])


def _capillary(g: Any) -> Section:
    half = 0.5 * g.length_um
    side, bore = _bottle_curve(g), _bottle_curve(g, g.wall_um)
    if not min(bore.start[0], bore.end[0]) > 0.0:
        raise GeometryError(
            f"capillary: at its ends the wall of {g.wall_um:g} um leaves no bore; make it shorter or the wall thinner"
        )
    inside = closed_outline([Line((0.0, -half), bore.start), bore, Line(bore.end, (0.0, half))], "bore")
    body = closed_outline([Line((0.0, -half), side.start), side, Line(side.end, (0.0, half))], g.name)
    section = _assembled(g, [Piece(g.name, body)])
    return Section((Piece("bore", inside), *section.parts), section.ambient, section.radius, section.walls)


NECK = 2e-3
"""Radius of the neck that stands for the contact of two touching spheres, as a share of the smaller radius."""


def contacts(g: Any) -> list[tuple[float, float]]:
    """Height (um) of each contact of an axial stack and the radius of its neck; at a gap, the length over which it opens."""
    found = []
    spheres = list(zip(g.spheres, g.centres_um, strict=True))
    for (low, z), (high, _), gap in zip(spheres, spheres[1:], g.gaps_um, strict=False):
        small = min(low.radii_um[-1], high.radii_um[-1])
        found.append((z + low.radii_um[-1] + 0.5 * gap, max(NECK * small, float(np.sqrt(gap * small)))))
    return found


def _axial_stack(g: Any) -> Section:
    """Spheres by their layers; where two touch, a neck far narrower than a wavelength fills the cusp that no cell could."""
    pieces: list[Piece] = []
    touching = [gap == 0.0 for gap in g.gaps_um]
    for i, (sphere, centre) in enumerate(zip(g.spheres, g.centres_um, strict=True)):
        for layer, radius in zip(sphere.layers, sphere.radii_um, strict=True):
            name = f"{sphere.name}_{layer.name}"
            outermost = layer is sphere.layers[-1]
            below = i > 0 and touching[i - 1] and outermost
            above = i < len(touching) and touching[i] and outermost
            inner = sphere.radii_um[-2] if len(sphere.layers) > 1 else 0.0
            depth = 0.5 * min(radius - inner, 4.0 * NECK * radius)
            pieces.append(
                Piece(name, _capped(name, centre, radius, depth, _neck(g, i - 1, below), _neck(g, i, above)))
            )
    for i, (touch, (z, neck)) in enumerate(zip(touching, contacts(g), strict=True)):
        if touch:
            low, high = (_cap_depth(g.spheres[j]) for j in (i, i + 1))
            name = f"{g.spheres[i].name}_{g.spheres[i].layers[-1].name}"
            box = [(0.0, z - low), (neck, z - low), (neck, z + high), (0.0, z + high)]
            pieces.append(Piece(name, polygon_outline(box, name)))
    return Section(tuple(pieces), g.ambient, g.radius_ref_um)


def _neck(g: Any, i: int, touches: bool) -> float:
    return contacts(g)[i][1] if touches else 0.0


def _cap_depth(sphere: Any) -> float:
    """How deep (um) a neck reaches into the outermost layer of a sphere."""
    radii = sphere.radii_um
    return 0.5 * float(min(radii[-1] - (radii[-2] if len(radii) > 1 else 0.0), 4.0 * NECK * radii[-1]))


def _capped(name: str, centre: float, radius: float, depth: float, below: float, above: float) -> Outline:
    """A ball without the part that belongs to the neck (of the given radii, 0 for none) below and above it."""
    first = -0.5 * np.pi + (float(np.arcsin(below / radius)) if below else 0.0)
    last = 0.5 * np.pi - (float(np.arcsin(above / radius)) if above else 0.0)
    side = Arc((0.0, centre), radius, radius, first, last)
    curves: list[Curve] = [side]
    if below:
        z = centre - radius + depth
        curves = [Line((0.0, z), (below, z)), Line((below, z), side.start), *curves]
    if above:
        z = centre + radius - depth
        curves += [Line(side.end, (above, z)), Line((above, z), (0.0, z))]
    return closed_outline(curves, name)


def _stack(g: Any) -> Section:
    """Bodies above each other, the middle of all at z = 0; every body keeps its own order of parts."""
    sections = [section_of(body) for body in g.bodies]
    ends = [_ends(section) for section in sections]
    bottoms = [0.0]
    for (low, high), gap in zip(ends, g.gaps_um, strict=False):
        bottoms.append(bottoms[-1] + high - low + gap)
    middle = 0.5 * (bottoms[-1] + ends[-1][1] - ends[-1][0])
    pieces = [
        Piece(piece.region, Outline(tuple(c.raised(bottom - low - middle) for c in piece.outline.curves)))
        for section, (low, _), bottom in zip(sections, ends, bottoms, strict=True)
        for piece in section.pieces
    ]
    slabs = [Slab(b.name, -_FAR if b.bottom_um is None else b.bottom_um, b.top_um) for b in g.background]
    e = g.enclosure
    walls = Walls() if e is None else Walls(e.radius_um, e.bottom_um, e.top_um)
    support = tuple(name for body in g.bodies for name in body.supports)
    media = g.region_materials
    pairs = zip(g.bodies, g.bodies[::-1], strict=True)
    twins = tuple(
        (a, b)
        for below, above in pairs
        for a, b in zip(below.regions[:-1], above.regions[:-1], strict=False)
        if a < b and media[a] == media[b]
    )
    return Section(
        (*pieces, *slabs),
        g.ambient,
        g.radius_ref_um,
        walls,
        support,
        twins,
        tuple(body.solid for body in g.bodies),
    )


def _ends(section: Section) -> tuple[float, float]:
    """Lowest and highest point (um) of the pieces of a section."""
    z = np.concatenate([piece.outline.polygon[:, 1] for piece in section.pieces])
    return float(z.min()), float(z.max())


def _cavity(g: Any) -> Section:
    h = 0.5 * g.height_um
    return Section((), g.ambient, g.radius_um, Walls(g.radius_um, -h, h))


def _profile(g: Any) -> Section:
    body = Piece(g.name, through(g.points, g.smooth, g.name))
    section = _assembled(g, [body])
    inner = tuple(
        Piece(region.name, through(region.points, region.smooth, region.name)) for region in g.inside
    )
    return Section((*inner, *section.parts), section.ambient, section.radius, section.walls)


def _mesh(g: Any) -> Section:
    pieces = tuple(
        Piece(piece.region, along_mesh(piece.points, g.corner_angle, piece.region)) for piece in g.pieces
    )
    slabs = [Slab(b.name, -_FAR if b.bottom_um is None else b.bottom_um, b.top_um) for b in g.background]
    e = g.enclosure
    walls = Walls() if e is None else Walls(e.radius_um, e.bottom_um, e.top_um)
    return Section((*pieces, *slabs), g.ambient, g.radius_ref_um, walls)


_KINDS: dict[str, Callable[[Any], Section]] = {
    "layered_sphere": _sphere, "spheroid": _spheroid, "disk": _disk, "ring": _ring, "torus": _torus, "toroid": _toroid,
    "hemisphere": _hemisphere, "pedestal_sphere": _pedestal_sphere, "bottle": _bottle, "capillary": _capillary,
    "cavity": _cavity, "profile": _profile, "mesh": _mesh, "axial_stack": _axial_stack,
    "stack": _stack,
}  # fmt: skip
