"""The run of a general body: search, group, mesh, solve."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from femwgm.finders.cavity import CavitySearch
from femwgm.finders.body_search import BodySearch, body_mesh, nothing_found
from femwgm.stacks.by_elements import StackSolver
from femwgm.finders.family_targets import Target, choose
from femwgm.config.schema import RunConfig
from femwgm.errors import ConfigError
from femwgm.modes.expected import Expected
from femwgm.geometry.build import section_of
from femwgm.geometry.profile import profile_of
from femwgm.geometry.section import Section
from femwgm.materials import Material
from femwgm.mesh.curved import CurvedMesh
from femwgm.mesh.body_domain import GeneralDomain
from femwgm.mesh.planar import Box
from femwgm.modes.mode import Mode
from femwgm.observables.energy import region_integrals
from femwgm.observables.walls import wall_q
from femwgm.fem.problem import MeridianProblem
from femwgm.solver.found import BodyResult, Tell
from femwgm.solver.solve import Goals, solve_mode
from femwgm.ground.timing import stage

_EIGENVALUE_RATE = 1e-6
"""1/Q above which Q comes from the eigenvalue."""
_SETTLED = 1e-4
"""How far a wavenumber on the final mesh may still move."""
_NESTED = {"layered_sphere", "spheroid"}


def is_general(config: RunConfig) -> bool:
    """Whether a geometry goes through the general search (and not through nested surfaces in polar coordinates)."""
    return config.geometry.kind not in _NESTED or config.discretization.cells == "triangles"


def solve_body(
    config: RunConfig,
    media: Mapping[str, Material],
    goals: Goals,
    tell: Tell,
    on_mode: Callable[[Mode], None] | None = None,
) -> BodyResult:
    """Modes of a body by its cross-section.

    Raises
    ------
    GeometryError
        If the shape is wrong.
    ConfigError
        If no mode of the requested kind lies in the window.
    SolveError, MeshError
        If a solve or a mesh fails.
    """
    section = section_of(config.geometry)
    if config.geometry.kind == "axial_stack":
        return _solve_stack(config, section, media, tell, on_mode)
    if section.walls.closed:
        return _solve_cavity(config, section, media, goals, tell, on_mode)
    search = BodySearch(config, section, media)
    result = BodyResult()
    tell("searching", 0, 1)
    with stage("search"):
        families = search.families()
        targets = search.targets(families)
    if not targets:
        raise nothing_found(config, search.seen)
    result.expected = [target.expected for target in targets]
    for group in _groups(targets):
        tell("meshing", len(result.modes), len(targets))
        with stage("domain and mesh"):
            domain = search.design(
                group, min([goals.wavelength, *(_leak_tolerance(t, goals) for t in group)])
            )
            mesh = body_mesh(domain)
        result.domains.append((domain, mesh))
        problem = MeridianProblem(mesh, media, section.ambient, section.body)
        for target in group:
            item = target.expected
            tell(f"{item.pol} q={item.q} p={item.p} m={item.m}", len(result.modes), len(targets))
            with stage("eigenpairs"):
                item = choose(problem, target, domain.degree)
            if not _near(item.k0.real, search.window):
                continue
            mode = _solve(problem, item, domain, goals, section)
            lo, hi = config.modes.window_um
            if lo <= 1e-3 * mode.wavelength_nm <= hi:
                result.modes.append(mode)
                if on_mode:
                    on_mode(mode)
    if not result.modes:
        raise nothing_found(config, search.seen)
    result.notes = search.missing(families)
    return result


def _near(k0: float, window: tuple[float, float]) -> bool:
    """Whether a wavenumber on the final mesh may turn out to lie in the window."""
    return window[0] * (1.0 - _SETTLED) <= k0 <= window[1] * (1.0 + _SETTLED)


def _solve(
    problem: MeridianProblem, item: Expected, domain: GeneralDomain, goals: Goals, section: Section
) -> Mode:
    if not section.free:
        item = replace(item, radiating=False)
    with stage("observables"):
        return solve_mode(
            problem, item, domain.degree, goals, mirrored=domain.mirror, radius=section.radius,
            interfaces=equatorial_intervals(section, domain.box), profile=profile_of(section),
        )  # fmt: skip


def _solve_stack(
    config: RunConfig,
    section: Section,
    media: Mapping[str, Material],
    tell: Tell,
    on_mode: Callable[[Mode], None] | None,
) -> BodyResult:
    tell("meshing", 0, 1)
    with stage("domain and mesh"):
        solver = StackSolver(config, section, media)
    tell("solving", 0, 1)
    modes = solver.modes(on_mode)
    return BodyResult(modes, [(solver.domain, solver.mesh)], [_as_expected(mode) for mode in modes])


def _as_expected(mode: Mode) -> Expected:
    return Expected(mode.pol, mode.q, mode.l or 0, mode.m, mode.k0, float(mode.l or 0))


def _solve_cavity(
    config: RunConfig, section: Section, media: Mapping[str, Material], goals: Goals, tell: Tell,
    on_mode: Callable[[Mode], None] | None,
) -> BodyResult:  # fmt: skip
    """Modes of a section with walls on every side; those of another kind than asked for are left out only if it was said."""
    tell("searching", 0, 1)
    with stage("search"):
        search = CavitySearch(config, section, media)
        targets = [mode for mode in search.modes() if _asked(mode.expected, config)]
    result = BodyResult(expected=[t.expected for t in targets], domains=[(search.domain, search.mesh)])
    if not targets:
        lo, hi = config.modes.window_um
        raise ConfigError(
            "no mode of the cavity lies in the window",
            key="modes.window",
            value=[f"{lo:g} um", f"{hi:g} um"],
            remedy="widen it",
        )
    for target in targets:
        item = target.expected
        tell(f"m={item.m} at {2e3 * np.pi / item.k0.real:.6g} nm", len(result.modes), len(targets))
        with stage("observables"):
            mode = solve_mode(
                search.problem, item, search.domain.degree, goals, mirrored=search.domain.mirror, radius=section.radius,
                interfaces=equatorial_intervals(section, search.domain.box),
            )  # fmt: skip
        mode = replace(mode, q_rad_source="closed: the walls let nothing out")
        result.modes.append(_with_wall_loss(mode, config, search))
        if on_mode:
            on_mode(result.modes[-1])
    return result


def _asked(item: Expected, config: RunConfig) -> bool:
    """Whether a mode has the labels that the configuration states; what it does not state excludes nothing."""
    modes, stated = config.modes, config.modes.model_fields_set
    return all(
        name not in stated or allowed is None or value in allowed
        for name, allowed, value in (
            ("polarizations", modes.polarizations, item.pol), ("radial_orders", modes.radial_orders, item.q),
            ("polar_orders", modes.polar_orders, item.p),
        )
    )  # fmt: skip


def _with_wall_loss(mode: Mode, config: RunConfig, search: CavitySearch) -> Mode:
    """The mode with the loss of its walls counted as absorption, where the walls have a resistance."""
    geometry = config.geometry
    holder = getattr(geometry, "enclosure", None) or geometry
    resistance = getattr(holder, "wall_resistance_ohm", None)
    field_data = mode.field_data
    if not resistance or field_data is None:
        return mode
    matrices = search.problem.matrices(field_data.space.degree)
    integrals = region_integrals(field_data, matrices, search.problem.media(complex(mode.k0.real)))
    q_wall = wall_q(field_data, integrals, resistance)
    if q_wall is None:
        return mode
    rate = 1.0 / q_wall + (1.0 / mode.q_abs if mode.q_abs else 0.0)
    return replace(
        mode,
        q_abs=1.0 / rate,
        k0=complex(mode.k0.real, -0.5 * mode.k0.real * rate),
        extra={**mode.extra, "q_wall": q_wall},
    )


def _leak_tolerance(target: Target, goals: Goals) -> float:
    """Relative error of k0 that gives a radiation Q its error where it comes from the eigenvalue."""
    rate = target.expected.leak_rate
    return goals.q * rate if rate > _EIGENVALUE_RATE else 1.0


def _groups(targets: Sequence[Target]) -> list[list[Target]]:
    """Targets that share a domain: the same family, orders within a factor of two."""
    found: dict[Any, list[Target]] = {}
    for target in sorted(targets, key=lambda t: t.expected.m):
        e = target.expected
        found.setdefault((e.pol, e.q, e.p, (e.m + 1).bit_length()), []).append(target)
    return list(found.values())


def equatorial_intervals(section: Section, box: Box, samples: int = 4000) -> dict[str, tuple[float, float]]:
    """Inner and outer radius (um) of each region in the plane z = 0 within a box; empty if a region appears there twice."""
    if not box.z0 <= 0.0 <= box.z1:
        return {}
    r = box.r0 + (box.r1 - box.r0) * (np.arange(samples) + 0.5) / samples
    names = section.regions
    region = section.region_at(np.stack([r, np.full_like(r, 1e-9 * box.diagonal)], axis=-1))
    cuts = np.flatnonzero(np.diff(region)) + 1
    ends = [box.r0, *(0.5 * (r[cuts - 1] + r[cuts])).tolist(), box.r1]
    order = [names[region[i]] for i in (0, *cuts)]
    if len(set(order)) != len(order):
        return {}
    return {name: (float(a), float(b)) for name, a, b in zip(order, ends, ends[1:], strict=False)}
