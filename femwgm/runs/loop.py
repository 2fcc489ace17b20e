"""`run`: from a configuration to labelled, residual-checked modes with error estimates."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from femwgm.config import load_config
from femwgm.config.applies import polar
from femwgm.config.schema import RunConfig
from femwgm.errors import ConfigError, SolveError
from femwgm.fem.field import CellField
from femwgm.finders.body_search import BodySearch
from femwgm.finders.cavity import CavitySearch
from femwgm.finders.finder import Finder, Tell
from femwgm.finders.nested import NestedFinder
from femwgm.finders.refusals import refuse_too_many
from femwgm.geometry.build import section_of
from femwgm.ground.shown import Shown
from femwgm.ground.timing import stage, stopwatch
from femwgm.materials import Material, media_of
from femwgm.mesh.body_domain import GeneralDomain
from femwgm.mesh.curved import CurvedMesh
from femwgm.mesh.domain import Domain
from femwgm.ground.expected import Expected
from femwgm.modes.family import asked_for, with_families
from femwgm.modes.mode import Mode
from femwgm.modes.mode_set import ModeSet
from femwgm.runs.finish import finished, inside, with_e_direction
from femwgm.runs.input_error import demand_meaningful, with_fsr_errors
from femwgm.runs.notes import doubts, uncounted
from femwgm.solver.count import Count
from femwgm.solver.distinct import distinct, missing
from femwgm.solver.layout import goals_of

if TYPE_CHECKING:
    from femwgm.imperfections import Multiplet


@dataclass(frozen=True, repr=False)
class RunResult(Shown):
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
    multiplets
        The split lines of each mode, where the configuration states imperfections.
    lost
        Modes that should be there and are not, in words (they are among the warnings too).
    """

    config: RunConfig
    modes: ModeSet
    domains: Sequence[tuple[Domain | GeneralDomain, CurvedMesh]]
    warnings: Sequence[str]
    seconds: float
    stages: Mapping[str, float] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    multiplets: Sequence[Multiplet] = ()
    lost: Sequence[str] = ()

    def __repr__(self) -> str:
        state = "accuracy met" if self.met else "accuracy missed"
        return f"<RunResult {self.config.name}: {len(self.modes)} modes, {state}>"

    def view(self, mode: str | None = None) -> Any:
        """The resonator in three dimensions, to be turned in the notebook, beginning with the mode of a label."""
        return self._drawn("Turning", mode)

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
        """Whether every mode reached the accuracy asked for, and none that is expected is missing."""
        return not self.lost and all(mode.met for mode in self.modes)


def run(
    config: RunConfig | Mapping[str, Any] | str | Path, *, progress: Tell | None = None,
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
        result = _run(cfg, begin, progress or (lambda *_: None), on_mode or (lambda _: None))
    return replace(result, stages=seconds)


def finder_for(config: RunConfig, media: Mapping[str, Material]) -> Finder:
    """The finder of a kind of body.

    Raises
    ------
    GeometryError
        If the shape is wrong.
    """
    geometry = config.geometry
    if polar(config):
        return NestedFinder(config, media)
    if geometry.kind == "axial_stack":
        from femwgm.stacks.finder import StackFinder

        return StackFinder(config, media)
    section = section_of(geometry)
    return (CavitySearch if section.walls.closed else BodySearch)(config, section, media)


def _run(config: RunConfig, begin: float, tell: Tell, on_mode: Callable[[Mode], None]) -> RunResult:
    """Find, lay out, solve, finish: the one loop over modes, for every kind of body."""
    if config.splits_sphere:
        return _split(config, begin, tell, on_mode)
    demand_meaningful(config)
    media = media_of(config)
    finder, goals = finder_for(config, media), goals_of(config)
    modes: list[Mode] = []
    domains: list[tuple[Domain | GeneralDomain, CurvedMesh]] = []
    counts: list[Count] = []
    lost: list[str] = []
    failures: list[SolveError] = []
    for found in finder.groups(tell):
        refuse_too_many(len(finder.expected), config)
        spare: dict[Expected, Mode] = {}
        pending = [(found, 1.0)]
        while pending:
            group, sharper = pending.pop()
            tell("meshing", len(modes), len(finder.expected))
            with stage("domain and mesh"):
                layout = finder.lay_out(group, goals, sharper)
            if not any(layout.mesh is mesh for _, mesh in domains):
                domains.append((layout.domain, layout.mesh))
            here: list[Mode] = []
            missed: list[Any] = []
            solved: list[CellField] = []
            for target in group:
                item = finder.label_of(target)
                tell(_named(item), len(modes) + len(here), len(finder.expected))
                try:
                    mode = finder.solve(target, layout, goals, solved)
                except SolveError as failure:
                    failures.append(failure)
                    lost.append(f"{_named(item)}: {failure}")
                    continue
                if mode is not None and mode.field_data is not None:
                    solved.append(mode.field_data)
                if mode is None or not inside(mode, config, item if finder.exact else None):
                    continue
                if not mode.met and goals.adapt and finder.relays and sharper == 1.0:
                    missed.append(target)
                    spare[item] = mode
                    continue
                mode = _better(mode, spare.get(item))
                here.append(finished(mode, item, layout, media, config, exact=finder.exact))
                on_mode(here[-1])
            if missed:
                pending.append((missed, _SHARPER))
            here, twice = distinct(layout.problem, here)
            lost += twice
            modes += here
            with stage("count"):
                counts += finder.count(layout, here)
            if layout.problem is not None and not pending:
                layout.problem.forget()
    if not modes:
        raise failures[0] if failures else finder.nothing_found()
    tell("done", len(modes), len(modes))
    modes.sort(key=lambda mode: (mode.wavelength_nm, mode.pol, mode.m))
    modes = with_families(modes, exact=finder.exact)
    if finder.by_labels:
        modes = asked_for(modes, config.modes)
        if not modes:
            raise finder.nothing_found()
    modes, unknown = with_fsr_errors([with_e_direction(mode, config) for mode in modes], config)
    lost += missing(finder.expected, modes, config.modes.window_um) if finder.exact else []
    lost += uncounted(counts, modes, config)
    notes = [*doubts(modes, finder.expected, config), *finder.notes(modes), *unknown, *lost]
    multiplets: list[Multiplet] = []
    if config.imperfections:
        from femwgm.imperfections.bodies import split_body

        with stage("multiplets"):
            modes, multiplets = split_body(config, modes, media)
    return RunResult(
        config, ModeSet(modes, tuple(config.geometry.region_materials)), domains, notes, time.perf_counter() - begin,
        multiplets=multiplets,
        extra={"counts": [asdict(count) for count in counts]}, lost=lost,
    )  # fmt: skip


def _split(config: RunConfig, begin: float, tell: Tell, on_mode: Callable[[Mode], None]) -> RunResult:
    """The multiplets of an imperfect sphere, which come from its exact modes."""
    from femwgm.imperfections.run import split_modes

    with stage("multiplets"):
        split = split_modes(config, tell, on_mode)
    modes = ModeSet(with_families(split.modes, exact=True), tuple(config.geometry.region_materials))
    return RunResult(config, modes, [], split.notes, time.perf_counter() - begin, multiplets=split.multiplets)


_SHARPER = 1e-3
"""Share of the tolerance with which a domain is laid out anew for modes that missed their accuracy."""


def _named(item: Expected) -> str:
    """A mode in the words of the table."""
    return f"{item.pol} q={item.q} l={item.l} m={item.m}"


def _better(mode: Mode, other: Mode | None) -> Mode:
    """The mode, or its first version if laying out a sharper domain did not improve it."""
    if other is None or mode.met:
        return mode
    return min(
        (mode, other), key=lambda m: m.wavelength_error if m.wavelength_error is not None else float("inf")
    )
