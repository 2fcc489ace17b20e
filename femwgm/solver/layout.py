"""Domain and mesh for modes that are expected: which of them share one, and how fine it must be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from femwgm.config.schema import RunConfig
from femwgm.fem.pml import stretch_radially
from femwgm.ground.expected import Expected
from femwgm.materials import Material
from femwgm.mesh.curved import CurvedMesh
from femwgm.mesh.domain import PML, Choices, Domain, LayeredBody, design
from femwgm.mesh.polar import build_polar
from femwgm.mesh.spheroidal import to_spheroid
from femwgm.solver.converged import Goals

DEFAULT_Q_ERROR, SPHERE_Q_ERROR = 1e-2, 1e-4
"""Error of a radiation Q aimed at when `accuracy.q` says nothing; on layered spheres four digits cost next to nothing."""


def groups(expected: Sequence[Expected]) -> list[list[Expected]]:
    """Modes that share a domain: same radial order, similar polar order and similar l."""
    found: dict[tuple[int, int, int], list[Expected]] = {}
    for item in expected:
        found.setdefault((item.q, _octave(item.p), _octave(item.m)), []).append(item)
    return list(found.values())


def _octave(n: int) -> int:
    return (n + 1).bit_length()


def layered_body(config: RunConfig, media: Mapping[str, Material], k0: complex) -> LayeredBody:
    """Radii, names and real indices of the layered sphere or spheroid of a configuration."""
    names = tuple(media)
    aspect = 1.0
    if config.geometry.kind == "spheroid":
        equatorial, polar = config.geometry.semi_axes_um[-1]
        aspect = polar / equatorial
    indices = tuple(_scale(media[name], k0) for name in names)
    return LayeredBody(config.geometry.radii_um, names, indices, aspect)


def _scale(medium: Material, k0: complex) -> float:
    """The index that sets the scale of the field in a medium: its modulus in metals, where waves decay as fast as they turn."""
    index = complex(medium.index(k0))
    return index.real if complex(medium.permittivity(k0)).real > 0.0 else abs(index)


def discretize(
    config: RunConfig, media: Mapping[str, Material], group: Sequence[Expected], sharper: float = 1.0
) -> tuple[Domain, CurvedMesh]:
    """Domain and mesh that hold a group of expected modes to the accuracy asked for, times `sharper`."""
    choices = choices_of(config)
    middle = group[len(group) // 2].k0
    goals = goals_of(config)
    tolerance = min([goals.wavelength, *(leak_tolerance(e.leak_rate, goals) for e in group)])
    domain = design(
        layered_body(config, media, middle), _extremes(group), max(sharper * tolerance, _FINEST), choices
    )
    mesh = sphere = build_polar(domain.plan)
    if domain.open:
        assert domain.pml_start is not None
        assert domain.pml_strength is not None
        mesh = stretch_radially(mesh, domain.pml_start, domain.pml_strength, PML)
    if config.geometry.kind == "spheroid":
        mesh = to_spheroid(mesh, config.geometry.semi_axes_um, sphere)
        if choices.degree is None:
            domain = replace(domain, degree=domain.degree + _STRETCHED)
    return domain, mesh


_STRETCHED = 2
"""Degrees by which elements are richer on the cells of a stretched sphere, which err more than its own."""
_FINEST = 1e-14
"""The smallest tolerance that a domain is laid out for."""


def leak_tolerance(rate: float, goals: Goals) -> float:
    """Relative error of k0 that gives Q = 1/rate its error: from the eigenvalue up to 1e6, above that from the surface field."""
    if rate > 1e-6:
        return goals.q * rate
    return goals.q**2 if goals.q_required else 1.0  # a field errs by the root of what its eigenvalue errs by


def choices_of(config: RunConfig) -> Choices:
    """What a configuration fixes of a domain."""
    d = config.discretization
    return Choices(
        degree=d.degree, refine=d.refine, mirror=d.mirror, absorbing=_ABSORBING[d.pml.kind],
        pml_strength=d.pml.strength, pml_depth=d.pml.depth_um, pml_distance=d.pml.distance_um,
    )  # fmt: skip


_ABSORBING = {"auto": None, "none": False, "radial": True, "box": True}
"""Whether there is an absorbing layer, by its kind; None leaves it to the design."""


def goals_of(config: RunConfig) -> Goals:
    """The errors that a configuration asks for."""
    q = config.accuracy.q
    adapt = config.discretization.degree is None
    usual = SPHERE_Q_ERROR if config.geometry.kind == "layered_sphere" else DEFAULT_Q_ERROR
    return Goals(config.accuracy.wavelength, q or usual, q is not None, adapt)


def _extremes(group: Sequence[Expected]) -> list[Expected]:
    """First and last of the group in each measure that the domain depends on."""
    chosen: dict[Expected, None] = {}
    for key in (
        lambda e: e.l,
        lambda e: e.l - e.m,
        lambda e: e.k0.real,
        lambda e: e.l / e.k0.real,
        lambda e: e.leak_rate,
    ):
        chosen[min(group, key=key)] = None
        chosen[max(group, key=key)] = None
    return list(chosen)


def equatorial_intervals(config: RunConfig, domain: Domain) -> dict[str, tuple[float, float]]:
    """Inner and outer radius of each region on the equator, within the domain and without the absorbing layer."""
    lo, hi = domain.plan.radii[0], domain.pml_start or domain.plan.radii[-1]
    edges = [0.0, *config.geometry.radii_um, hi]
    names = list(config.geometry.region_materials)
    return {name: (max(a, lo), max(b, lo)) for name, a, b in zip(names, edges, edges[1:], strict=False)}
