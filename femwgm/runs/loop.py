"""`run`: from a configuration to labelled, residual-checked modes with error estimates."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from femwgm.runs.bodies import is_general, solve_body
from femwgm.config import load_config
from femwgm.config.schema import RunConfig
from femwgm.solver.count import Count, verify
from femwgm.solver.derivatives import Differentiator
from femwgm.solver.layout import DEFAULT_Q_ERROR, discretize, equatorial_intervals, groups
from femwgm.modes.expected import Expected
from femwgm.finders.exact_list import expected_modes
from femwgm.solver.families import Families
from femwgm.materials import Material, materials_from_config
from femwgm.mesh.curved import CurvedMesh
from femwgm.mesh.domain import Domain
from femwgm.mesh.body_domain import GeneralDomain
from femwgm.modes.mode import Mode, ModeSet
from femwgm.observables.scattering import with_roughness
from femwgm.fem.problem import MeridianProblem
from femwgm.runs.notes import doubts, uncounted
from femwgm.finders.settle import settle
from femwgm.solver.solve import Goals, solve_mode
from femwgm.ground.timing import stage, stopwatch

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many modes are finished, and how many there are."""


@dataclass(frozen=True)
class RunResult:
    """What a run found.

    Attributes
    ----------
    config
        The configuration, resolved.
    modes
        The modes in ascending order of wavelength.
    domains
        The domains that were meshed, with their meshes.
    warnings
        What the user should know, in words.
    seconds
        Wall time.
    stages
        Wall time by stage; "error estimate" is what the second, richer solution of each mode costs.
    """

    config: RunConfig
    modes: ModeSet
    domains: Sequence[tuple[Domain | GeneralDomain, CurvedMesh]]
    warnings: Sequence[str]
    seconds: float
    stages: Mapping[str, float] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def regions(self) -> tuple[str, ...]:
        """Region names from the centre outwards; the ambient comes last."""
        return self.modes.regions

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The table, a dictionary for each mode."""
        return [mode.row() for mode in self.modes]

    @property
    def met(self) -> bool:
        """Whether every mode reached the accuracy asked for."""
        return all(mode.met for mode in self.modes)


def run(
    config: RunConfig | Mapping[str, Any] | str | Path, *, progress: Progress | None = None,
    on_mode: Callable[[Mode], None] | None = None,
) -> RunResult:  # fmt: skip
    """Modes of a configuration.

    Parameters
    ----------
    config
        A configuration, a mapping, or the path of a YAML file.
    progress
        Called as each mode is finished.
    on_mode
        Called with each finished mode.

    Raises
    ------
    ConfigError, MaterialError
        If the configuration cannot be used, or no mode lies in the window.
    SolveError
        If an eigenproblem does not converge.
    """
    begin = time.perf_counter()
    cfg = config if isinstance(config, RunConfig) else load_config(config)
    from femwgm.ground.numerics import one_thread

    with one_thread(), stopwatch() as seconds:
        result = _run(cfg, begin, progress, on_mode)
    return replace(result, stages=seconds)


def _run(
    config: RunConfig, begin: float, progress: Progress | None, on_mode: Callable[[Mode], None] | None
) -> RunResult:
    materials = materials_from_config(config)
    geometry = config.geometry
    media = {region: materials[name] for region, name in geometry.region_materials.items()}
    if is_general(config):
        return _run_body(config, media, begin, progress, on_mode)
    with stage("expected modes"):
        expected = expected_modes(config, materials)
    domains: list[tuple[Domain, CurvedMesh]] = []
    modes: list[Mode] = []
    goals = Goals(
        config.accuracy.wavelength, config.accuracy.q or DEFAULT_Q_ERROR, config.accuracy.q is not None,
        adapt=config.discretization.degree is None,
    )  # fmt: skip
    tell = progress or _silent
    counts: list[Count] = []
    spare: dict[Expected, Mode] = {}
    pending = [(group, 1.0) for group in groups(expected)]
    while pending:
        group, sharper = pending.pop(0)
        tell("meshing", len(modes), len(expected))
        with stage("domain and mesh"):
            domain, mesh = discretize(config, media, group, sharper)
        domains.append((domain, mesh))
        problem = MeridianProblem(mesh, media, geometry.ambient)
        exact = geometry.kind == "layered_sphere" and problem.axis != "z"
        if exact:
            problem.families = Families(group)
        here: list[Mode] = []
        missed: list[Expected] = []
        for item in sorted(group, key=lambda e: (e.m, e.pol)):
            tell(f"{item.pol} q={item.q} l={item.l} m={item.m}", len(modes) + len(here), len(expected))
            mode = _solve(problem, item, domain, mesh, goals, config, exact=exact)
            if mode is None:
                continue
            if not mode.met and goals.adapt and sharper == 1.0:
                missed.append(item)
                spare[item] = mode
                continue
            here.append(_better(mode, spare.get(item)))
            if on_mode:
                on_mode(here[-1])
        if missed:
            pending.append((missed, _SHARPER))
        modes += here
        with stage("count"):
            counts += verify(problem, here, geometry.radius_ref_um)
    tell("done", len(modes), len(expected))
    modes.sort(key=lambda mode: (mode.wavelength_nm, mode.pol, mode.m))
    return RunResult(
        config, ModeSet(modes, tuple(geometry.region_materials)), domains,
        [*doubts(modes, expected, config), *uncounted(counts, modes, config)], time.perf_counter() - begin,
        extra={"counts": [asdict(count) for count in counts]},
    )  # fmt: skip


def _run_body(
    config: RunConfig, media: Mapping[str, Material], begin: float, progress: Progress | None,
    on_mode: Callable[[Mode], None] | None,
) -> RunResult:  # fmt: skip
    """The same for bodies that are not made of nested surfaces: their modes are searched for."""
    goals = Goals(
        config.accuracy.wavelength, config.accuracy.q or DEFAULT_Q_ERROR, config.accuracy.q is not None,
        adapt=config.discretization.degree is None,
    )  # fmt: skip
    tell = progress or _silent
    if config.geometry.kind == "axial_stack" and config.discretization.method == "auto":
        from femwgm.stacks.run import solve_stack

        result = solve_stack(config, media, tell, on_mode)
    else:
        result = solve_body(config, media, goals, tell, on_mode)
    tell("done", len(result.modes), len(result.modes))
    modes = sorted(result.modes, key=lambda mode: (mode.wavelength_nm, mode.pol, mode.m))
    notes = [*doubts(modes, result.expected, config), *result.notes]
    regions = tuple(config.geometry.region_materials)
    return RunResult(config, ModeSet(modes, regions), result.domains, notes, time.perf_counter() - begin)


def _differentiable(
    mode: Mode,
    item: Expected,
    media: Mapping[str, Material],
    domain: Domain,
    mesh: CurvedMesh,
    config: RunConfig,
) -> Mode:
    """The mode with what its derivatives take, and with their columns where the configuration asks for them."""
    assert mode.field_data is not None
    differentiate = Differentiator(
        mesh, media, config.geometry.ambient, replace(item, k0=mode.k0), mode.field_data.space.degree, mode.field_data.mirror,
        config.geometry, domain, mode.q_rad_source,
    )  # fmt: skip
    # A region inside of which the domain ends has no share: what is left there is below the error of the shares.
    energy, e2 = (
        {name: shares.get(name, 0.0) for name in config.geometry.regions} for shares in (mode.energy, mode.e2)
    )
    mode = replace(mode, differentiate=differentiate, energy=energy, e2=e2)
    if not config.outputs.derivatives:
        return mode
    with stage("derivatives"):
        return replace(mode, extra={**mode.extra, **mode.derivatives.columns})


_SHARPER = 1e-3
"""Share of the tolerance with which a domain is laid out anew for modes that missed their accuracy."""


def _solve(
    problem: MeridianProblem,
    item: Expected,
    domain: Domain,
    mesh: CurvedMesh,
    goals: Goals,
    config: RunConfig,
    *,
    exact: bool,
) -> Mode | None:
    """The mode expected, with its losses and what its derivatives take; None if it lies outside the window after all."""
    geometry, mirrored = config.geometry, config.discretization.mirror
    found = (
        item
        if exact
        else settle(problem, item, domain.degree, mirrored=mirrored, radius=geometry.radius_ref_um)
    )
    with stage("observables"):
        mode = solve_mode(
            problem, found, domain.degree, goals, mirrored=mirrored, radius=geometry.radius_ref_um,
            interfaces=equatorial_intervals(config, domain),
        )  # fmt: skip
    if not exact and not _inside(mode, config):
        return None
    if exact:
        mode = _with_weak_zeros(mode, item)
    mode = with_roughness(mode, problem, config)
    mode = _differentiable(mode, found, problem.by_region, domain, mesh, config)
    return replace(mode, expected_k0=found.k0 if exact else None)


def _with_weak_zeros(mode: Mode, item: Expected) -> Mode:
    """The mode with the radial order of the exact solution where only that differs.

    Two layers of high index with a gap between them hold modes of their own. A mode of one crosses zero in the other too, at an
    amplitude that no field shows: the exact radial order counts these zeros, and only it is continuous in the radii.
    """
    off = abs(mode.k0.real / item.k0.real - 1.0)
    same = (mode.pol, mode.p) == (item.pol, item.p) and off <= 10.0 * (mode.wavelength_error or 0.0) + 1e-12
    return replace(mode, q=item.q) if same and mode.q < item.q else mode


def _better(mode: Mode, other: Mode | None) -> Mode:
    """The mode, or its first version if laying out a sharper domain did not improve it."""
    if other is None or mode.met:
        return mode
    return min(
        (mode, other), key=lambda m: m.wavelength_error if m.wavelength_error is not None else float("inf")
    )


def _silent(_what: str, _done: int, _total: int) -> None:
    """No progress to report."""


def _inside(mode: Mode, config: RunConfig) -> bool:
    """Whether a mode lies in the window; those of an exact list do, estimates may not."""
    lo, hi = config.modes.window_um
    return lo <= 1e-3 * mode.wavelength_nm <= hi
