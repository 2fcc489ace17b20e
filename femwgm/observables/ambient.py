"""Which part of the surroundings belongs to a mode, whatever the domain it was computed on.

The field of a leaky mode grows without bound far away, so a share of "the ambient" needs an end that no absorbing layer
decides. In each medium it is the sphere about the origin through the outer turning point there, rho = (l + 1/2) / Re(n k0): the
barrier ends and the radiated wave begins (Johnson, J. Opt. Soc. Am. A 10, 343 (1993)). Where this lies inside the body, as in a
dense substrate, it is the smallest sphere around the body. A domain that ends elsewhere is mended along rays: what it holds
beyond the sphere is taken off, and what it lacks comes from the outgoing waves that continue the field.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from femwgm.fem.field import CellField
from femwgm.fem.mapping import CurvedMapping
from femwgm.fem.problem import MeridianProblem
from femwgm.ground.numerics import unit_gauss
from femwgm.ground.tabulated import axis_wavenumber
from femwgm.ground.typing import Array, IntArray
from femwgm.mesh.curved import CurvedMesh
from femwgm.mesh.domain import PML
from femwgm.observables.energy import RegionIntegrals, equator_cuts, radial_integrals
from femwgm.observables.outgoing import Waves
from femwgm.observables.peak import sharp_vertices
from femwgm.observables.surface import facet_points

_ALONG, _PANELS = 8, 3
"""Gauss points on each of the panels of a ray."""
_FINER = 40
"""Points on each facet of the end beside walls, beyond the degree."""
_GRAZING = 1e-9
"""Cosine between a ray and the normal of the end, below which the end runs along the ray and no ray goes through it."""
_DEPTH = 0.02
"""Distance from the end of a domain, over that from the origin, along which the fall of a field is measured."""
_GUESSED = 0.2
"""Share of what is guessed a radian or more beyond a domain by which the guess may be wrong: no law tells how waves interfere."""
_STEEPEST = 4.0
"""Power of the distance by which a field beyond a domain may yet fall where it fell faster before."""


def outer_turning_point(l: int, k0: complex, index: complex) -> float:
    """Radius (um) where an outgoing wave of degree l stops decaying.

    >>> round(outer_turning_point(15, 6.0, 1.0), 6)
    2.583333
    """
    return float((l + 0.5) / (complex(index) * complex(k0)).real)


def extents_of_mode(problem: MeridianProblem, l: int, k0: complex) -> dict[str, float]:
    """Radius (um) of the sphere about the origin up to which each region belongs to a mode of degree l; metals do as a whole."""
    body, k = _around_the_body(problem), complex(complex(k0).real)
    media = dict(zip(problem.mesh.regions, problem.materials, strict=True))
    return {
        name: max(outer_turning_point(l, k0, medium.index(k)), body)
        if complex(medium.permittivity(k)).real > 0.0
        else np.inf
        for name, medium in media.items()
        if name != PML
    }


def _around_the_body(problem: MeridianProblem) -> float:
    """Radius (um) of the smallest sphere about the origin that holds the body."""
    mesh, body = problem.mesh, problem.body_cells
    if body is None:
        body = ~np.isin(
            mesh.region, [mesh.regions.index(n) for n in (PML, problem.ambient) if n in mesh.regions]
        )
    nodes = mesh.nodes[body].real
    return float(np.hypot(nodes[..., 0], nodes[..., 1]).max(initial=problem.reach))


@dataclass(frozen=True)
class Bounded:
    """Integrals of a mode up to the end of what belongs to it.

    Attributes
    ----------
    integrals
        Over the regions.
    radial_e2
        Share of the integral of |E|^2 along the equatorial radius of each region; None where the field vanishes there.
    energy_unsure, unsure, radial_unsure
        Errors of the shares of energy, of |E|^2 and of the radial ones from what lies where neither the domain nor any known wave
        reaches.
    cut, tail
        What was taken off int |E|^2 dV of each region, None for nothing, and what was added to int |E|^2 dr in the ambient.
    """

    integrals: RegionIntegrals
    radial_e2: dict[str, float | None]
    energy_unsure: float
    unsure: float
    radial_unsure: float
    cut: Array | None
    tail: float


def bounded(
    problem: MeridianProblem, field: CellField, integrals: RegionIntegrals, waves: Waves | None,
    ends: dict[str, float] | None, interfaces: dict[str, tuple[float, float]],
) -> Bounded:  # fmt: skip
    """The integrals of a mode up to a sphere in each region (radii in um), or over a domain that holds all of it (None).

    Parameters
    ----------
    problem
        The problem it solves.
    field, integrals
        The mode and its integrals over the domain.
    waves
        Its continuation beyond the domain.
    interfaces
        Inner and outer radius (um) on the equator of each region, within the domain.
    """
    end = ends[problem.ambient] if ends is not None else None
    totals, tail, apart = _along_the_equator(field, problem.ambient, waves, end, interfaces)
    along, off_line = (
        _shares_of_a_line(totals, tail, problem.ambient),
        apart / (sum(totals.values()) + tail or 1.0),
    )
    if ends is None or end is None:
        return Bounded(integrals, along, 0.0, 0.0, 0.0, None, tail)
    rays = _Rays.of(field, problem)
    e2, doubt = rays.inside_out(field, ends), np.zeros(len(integrals.e2))
    here = integrals.regions.index(problem.ambient)
    nodes = problem.mesh.nodes[problem.mesh.region_cells(problem.ambient)].real
    if np.hypot(nodes[..., 0], nodes[..., 1]).min() >= end * (1.0 - 1e-9):
        e2[here] = integrals.e2[here]
    stop = np.array([ends.get(name, 0.0) for name in problem.mesh.regions])[rays.region]
    stop = np.minimum(stop, rays.to_walls(problem.mesh))
    short = (rays.rho < stop) & np.isfinite(stop) & (rays.opens | ~problem.open)
    if short.any():
        known, guessed, doubt = rays.missing(field, waves, stop, short)
        e2 -= guessed
        e2[here] -= known
    energy_unsure = float((abs(_weights(problem, field, integrals)) * doubt).sum()) / abs(
        float(integrals.electric.sum())
    )
    unsure = float(doubt.sum()) / float(integrals.e2.sum())
    return Bounded(_without(problem, field, integrals, e2), along, energy_unsure, unsure, off_line, e2, tail)


def bounded_alike(
    problem: MeridianProblem, field: CellField, integrals: RegionIntegrals, like: Bounded, end: float | None,
    interfaces: dict[str, tuple[float, float]],
) -> Bounded:  # fmt: skip
    """The integrals of another solution of the same mode on the same domain, what lies beyond taken over from the first."""
    within, _ = _within(problem.ambient, end, interfaces)
    along = _shares_of_a_line(radial_integrals(field, within), like.tail, problem.ambient)
    bound = integrals if like.cut is None else _without(problem, field, integrals, like.cut)
    return replace(like, integrals=bound, radial_e2=along)


def _without(
    problem: MeridianProblem, field: CellField, integrals: RegionIntegrals, e2: Array
) -> RegionIntegrals:
    """Integrals less some int |E|^2 dV of each region."""
    weight = _weights(problem, field, integrals)
    return replace(integrals, electric=integrals.electric - weight * e2, e2=integrals.e2 - e2)


def _weights(problem: MeridianProblem, field: CellField, integrals: RegionIntegrals) -> Array:
    """Permittivity of each region."""
    eps = problem.media(axis_wavenumber(field.k0)).eps.real
    return np.array([eps[problem.mesh.region_cells(name)].mean() for name in integrals.regions])


@dataclass(frozen=True)
class _Rays:
    """Rays from the origin through the points of a quadrature rule on the end of the domain.

    Attributes
    ----------
    cells, X
        Cell of each facet of the end and reference points (2, facets, points).
    direction, rho
        Unit vectors (2, rays) and distance (um) of the end.
    normal
        Outward unit normals (2, rays) of the end.
    solid_angle
        That each ray stands for, the mirror image included.
    opens
        Rays that go on into an absorbing layer.
    region
        Of the cell at the end of each ray.
    """

    cells: IntArray
    X: Array
    direction: Array
    rho: Array
    normal: Array
    solid_angle: Array
    opens: Array
    region: IntArray

    @classmethod
    def of(cls, field: CellField, problem: MeridianProblem) -> _Rays:
        mesh = problem.mesh
        layer = mesh.regions.index(PML) if PML in mesh.regions else -1
        left, right = mesh.topology.f2t
        absorbing = np.where(right >= 0, mesh.region[right] == layer, False), mesh.region[left] == layer
        ends = np.flatnonzero(((right < 0) & ~absorbing[1]) | ((right >= 0) & (absorbing[0] != absorbing[1])))
        ends = np.setdiff1d(ends, mesh.boundaries.get("wall", np.zeros(0, dtype=np.int64)))
        cells = np.where(absorbing[1][ends], right[ends], left[ends])
        # Where rays end at a wall, what they lack has a kink that no rule of a few points follows.
        points = field.space.degree + (4 if "wall" not in mesh.boundaries else _FINER)
        X, along, weights, side = facet_points(mesh, ends, cells, points)
        x, J = (part.real for part in CurvedMapping(mesh).both(X, cells))
        tangent = np.einsum("ijep,jep->iep", J, along)
        rho = np.hypot(*x)
        across = side[:, None] * np.stack([tangent[1], -tangent[0]])  # outward normal times length
        facing = (across * x).sum(axis=0) / (np.hypot(*across) * rho)
        angle = field.revolution * weights * x[0] * np.hypot(*across) * facing / rho**2
        keep = (facing > _GRAZING).ravel()
        n = X.shape[2]
        each = [np.repeat(v, n)[keep] for v in (right[ends] >= 0, mesh.region[cells])]
        direction, normal = (v.reshape(2, -1)[:, keep] for v in (x / rho, across / np.hypot(*across)))
        return cls(cells, X, direction, rho.ravel()[keep], normal, angle.ravel()[keep], *each)

    def to_walls(self, mesh: CurvedMesh) -> Array:
        """Distance (um) along each ray to the nearest conducting plane z = const ahead, behind which there is no field."""
        facets = mesh.boundaries.get("wall", np.zeros(0, dtype=np.int64))
        heights = mesh.topology.p[1][mesh.topology.facets[:, facets]]
        levels = np.unique(heights[0][np.ptp(heights, axis=0) < 1e-9])
        with np.errstate(divide="ignore"):
            ahead = levels[:, None] / self.direction[1]
        return np.asarray(np.where(ahead > 0.0, ahead, np.inf).min(axis=0, initial=np.inf))

    def _points(self, start: Array, stop: Array, which: Array) -> tuple[Array, Array, Array]:
        """Positions r, z and weights (rays, points) of a rule between two distances on some of the rays."""
        t, w = unit_gauss(_ALONG)
        t = ((np.arange(_PANELS)[:, None] + t) / _PANELS).ravel()
        w = np.tile(w / _PANELS, _PANELS)
        length = (stop - start)[:, None]
        rho = start[:, None] + length * t
        volume = self.solid_angle[which, None] * rho**2 * length * w
        r, z = self.direction[:, which, None] * rho
        return r, z, volume

    def inside_out(self, field: CellField, ends: dict[str, float]) -> Array:
        """int |E|^2 dV over what the domain holds beyond the end of each region."""
        mesh = field.space.mesh
        bounds = np.array([ends.get(name, np.inf) for name in mesh.regions])
        distance = np.hypot(mesh.nodes[..., 0].real, mesh.nodes[..., 1].real).max(axis=1)
        reach = np.array([distance[mesh.region == i].max(initial=0.0) for i in range(len(bounds))])
        marks = np.unique(bounds[np.isfinite(bounds)])
        beyond = np.zeros(len(bounds))
        for start, stop in zip(marks, [*marks[1:], np.inf], strict=True):
            if (reach[bounds <= start] <= start * (1.0 + 1e-9)).all():
                continue
            which = np.flatnonzero(self.rho > start * (1.0 + 1e-12))
            r, z, volume = self._points(np.full(len(which), start), np.minimum(self.rho[which], stop), which)
            probe = field.probe(r.ravel(), z.ravel())
            density = (np.abs(probe(field)[0]) ** 2).sum(axis=0) * volume.ravel()
            owner = mesh.region[np.maximum(probe.owner, 0)]
            counts = (probe.owner >= 0) & (bounds[owner] <= start)
            beyond += np.bincount(owner[counts], density[counts], len(bounds))
        return beyond[[name != PML for name in mesh.regions]]

    def missing(
        self, field: CellField, waves: Waves | None, stop: Array, short: Array
    ) -> tuple[float, Array, Array]:
        """int |E|^2 dV over what the domain lacks of some rays: in known waves, and by region what no wave is known for.

        The last values say how unsure the latter are.
        """
        mesh = field.space.mesh
        names = [name for name in mesh.regions if name != PML]
        which = np.flatnonzero(short)
        r, z, volume = self._points(self.rho[which], stop[which], which)
        covered = waves.covers(r, z) if waves is not None else np.zeros(r.shape, dtype=bool)
        known = 0.0
        if waves is not None and covered.any():
            E, _ = waves(r[covered], z[covered])
            known = float(((np.abs(E) ** 2).sum(axis=0) * volume[covered]).sum())
        if covered.all():
            return known, np.zeros(len(names)), np.zeros(len(names))
        where = np.broadcast_to(self.region[which, None], r.shape)[~covered]
        falls, phase = self._beyond(field, np.stack([r, z])[:, ~covered], where)
        falls *= volume[~covered]
        # Both laws have the value and the slope at the end right.
        mean, apart = falls.mean(axis=0), 0.5 * np.abs(falls[0] - falls[1])
        apart += _GUESSED * np.minimum(phase, 1.0) ** 2 * mean
        guessed, doubt = (
            np.array([v[where == mesh.regions.index(name)].sum() for name in names]) for v in (mean, apart)
        )
        return known, guessed, doubt

    def _beyond(self, field: CellField, x: Array, region: IntArray) -> tuple[Array, Array]:
        """|E|^2 at points (2, n) beyond the end of the domain in some regions by two laws (2, n), and how many radians away.

        From the nearest point of the end the field falls as it does there: as an exponential, or ever more slowly as a power of
        the distance, the square for a wave that spreads and at most the fourth.
        """
        end = self.rho * self.direction
        outer, inner = (
            (np.abs(field(*(end - depth * self.rho * self.normal))[0]) ** 2).sum(axis=0)
            for depth in (1e-6, _DEPTH)
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = np.log(inner / outer) / (_DEPTH * self.rho)
        rate = np.maximum(np.where(np.isfinite(rate), rate, 0.0), 0.0)
        power = np.clip(rate * self.rho, 2.0, _STEEPEST)
        falls, phase = np.zeros((2, x.shape[1])), np.zeros(x.shape[1])
        for here in np.unique(region):
            ours, points = np.flatnonzero(self.region == here), np.flatnonzero(region == here)
            apart = np.hypot(*(x[:, points, None] - end[:, None, ours]))
            nearest, distance = ours[apart.argmin(axis=1)], apart.min(axis=1)
            fall, n = rate[nearest] * distance, power[nearest]
            falls[:, points] = outer[nearest] * np.stack([np.exp(-fall), (1.0 + fall / n) ** -n])
            phase[points] = abs(field.k0) * distance
        return falls, phase


def _falling(field: CellField, x: Array) -> tuple[Array, Array]:
    """|E|^2 at points (2, n) on the end of a domain, and the power of the distance by which it falls there."""
    outer, inner = ((np.abs(field(*(share * x))[0]) ** 2).sum(axis=0) for share in (1.0 - 1e-6, 0.95))
    with np.errstate(divide="ignore", invalid="ignore"):
        power = np.log(inner / outer) / np.log(1.0 / 0.95)
    return outer, np.clip(np.nan_to_num(power), 2.0, 200.0)


def _within(
    ambient: str, end: float | None, interfaces: dict[str, tuple[float, float]]
) -> tuple[dict[str, tuple[float, float]], float]:
    """Radii of the regions up to the end of a mode and of the domain, and the end of the mode on the equator."""
    start, stop = interfaces.get(ambient, (0.0, 0.0))
    end = stop if end is None else max(end, start)
    return ({**interfaces, ambient: (start, min(stop, end))} if stop > start else interfaces), end


def _along_the_equator(
    field: CellField, ambient: str, waves: Waves | None, end: float | None, interfaces: dict[str, tuple[float, float]]
) -> tuple[dict[str, float], float, float]:  # fmt: skip
    """int |E|^2 dr in the regions within the domain, beyond it up to the end of the mode, and how unsure the latter is."""
    start, stop = interfaces.get(ambient, (0.0, 0.0))
    within, end = _within(ambient, end, interfaces)
    totals, tail, apart = radial_integrals(field, within), 0.0, 0.0
    if end > stop > start:
        t, w = unit_gauss(24)
        r = stop + (end - stop) * t
        if waves is not None and waves.covers(r, 0.0 * r).all():
            density = (np.abs(waves(r, 0.0 * r)[0]) ** 2).sum(axis=0)
        else:
            at_end, power = _falling(field, np.array([[stop], [0.0]]))
            density = at_end * (stop / r) ** power
            apart = float((end - stop) * w @ np.abs(at_end * (stop / r) ** 2 - density))
        tail = float((end - stop) * w @ density)
    return totals, tail, apart


def _shares_of_a_line(totals: dict[str, float], tail: float, ambient: str) -> dict[str, float | None]:
    """Shares of the regions in a line integral, its tail in the ambient; None for a field that vanishes there."""
    line = sum(totals.values()) + tail
    if line <= 0.0:
        return dict.fromkeys(totals)
    return {name: (value + (tail if name == ambient else 0.0)) / line for name, value in totals.items()}


def doubt_on_the_line(
    first: CellField, second: CellField, eps: Array, interfaces: dict[str, tuple[float, float]]
) -> float:
    """Share of int |E|^2 dr along the equatorial radius that two solutions on one mesh may get wrong alike.

    Inside of a domain that begins off the axis: at a conductor the tangential field vanishes and the normal one is twice what it
    would be, and the other way round at a natural end, so that both solutions together tell the field there; inwards it fades as
    rho^(m - 1) or faster. And on the cells next to a sharp edge that the line meets, where no polynomial follows the field.
    """
    whole = [sum(radial_integrals(field, interfaces).values()) for field in (first, second)]
    spans = [(lo, hi) for lo, hi in interfaces.values() if hi > lo]
    if not spans or min(whole) <= 0.0:
        return 0.0
    begin = min(lo for lo, _ in spans)
    here = np.array(begin * (1.0 + 1e-9))
    density = [
        float((np.abs(f(here, 0.0 * here)[0]) ** 2).sum()) / w
        for f, w in zip((first, second), whole, strict=True)
    ]
    inner = 0.25 * sum(density) * begin / max(2.0 * first.m - 1.0, 1.0)
    mesh, cuts = first.space.mesh, equator_cuts(first)
    edges = mesh.topology.p[:, sharp_vertices(first.space, eps)]
    met = edges[0, np.abs(edges[1]) < 1e-9 * np.abs(mesh.topology.p).max()]
    near = {
        f"{r}": (float(cuts[cuts < r - 1e-9].max(initial=begin)), float(cuts[cuts > r + 1e-9].min(initial=r)))
        for r in met
    }
    return inner + sum(radial_integrals(first, near).values()) / whole[0]
