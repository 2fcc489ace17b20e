"""What every finder is to the one loop that runs it: groups of targets, a mesh for each group, a mode for each target."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from femwgm.config.schema import RunConfig
from femwgm.eigen.iterations import Eigenmode
from femwgm.errors import ConfigError
from femwgm.fem.field import CellField
from femwgm.fem.problem import MeridianProblem
from femwgm.finders.refusals import Kind, Labelled, absent, kinds_of, no_mode
from femwgm.geometry.profile import Profile
from femwgm.ground.expected import Expected
from femwgm.ground.timing import stage
from femwgm.mesh.body_domain import GeneralDomain
from femwgm.mesh.curved import CurvedMesh
from femwgm.mesh.domain import Domain
from femwgm.modes.mode import Mode
from femwgm.solver.converged import Goals
from femwgm.solver.count import Count
from femwgm.solver.solve import solve_mode

Tell = Callable[[str, int, int], None]
"""Called with what is being done, how many modes are finished, and how many there are."""


@dataclass(frozen=True)
class Layout:
    """Where a group of targets is solved.

    Attributes
    ----------
    domain, mesh
        The domain, and its mesh with the absorbing layer stretched.
    problem
        The eigenproblem on it; None where the modes are not those of finite elements.
    mirrored
        Whether the domain ends at the mirror plane z = 0.
    interfaces
        Inner and outer radius of each region on the equator (um).
    profile
        Surface that the labels follow; a sphere about the origin by default.
    twins
        Pairs of regions that are each other's mirror images, where the domain ends at the mirror plane: it holds one of them.
    """

    domain: Domain | GeneralDomain
    mesh: CurvedMesh
    problem: MeridianProblem | None = None
    mirrored: bool = False
    interfaces: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    profile: Profile | None = None
    twins: tuple[tuple[str, str], ...] = ()


class Finder(ABC):
    """Which modes a configuration has, and how one of them is solved.

    A target is whatever the finder knows of a mode to solve for; `label_of` gives its labels and its wavenumber.

    Attributes
    ----------
    config
        The configuration.
    expected
        The modes that the groups hold, as far as they were yielded.
    exact
        Whether the expected wavenumbers and labels are exact.
    by_labels
        Whether modes are admitted by the labels of the search, which those of the solved modes overrule.
    relays
        Whether a mode that missed its accuracy may reach it on a domain laid out for a sharper one.
    """

    exact = False
    by_labels = False
    relays = False

    def __init__(self, config: RunConfig) -> None:
        self.config = config
        self.expected: list[Expected] = []

    @abstractmethod
    def groups(self, tell: Tell) -> Iterator[Sequence[Any]]:
        """Targets that share a domain.

        Raises
        ------
        ConfigError
            If no mode of the requested kind lies in the window.
        """

    @abstractmethod
    def lay_out(self, group: Sequence[Any], goals: Goals, sharper: float) -> Layout:
        """Domain and mesh for a group, at a share `sharper` of the tolerance."""

    @abstractmethod
    def solve(
        self, target: Any, layout: Layout, goals: Goals, others: Sequence[CellField] = ()
    ) -> Mode | None:
        """The mode with its errors, none of the others found already; None if it lies outside the window after all."""

    def label_of(self, target: Any) -> Expected:
        """Labels and wavenumber of a target."""
        found: Expected = getattr(target, "expected", target)
        return found

    def count(self, layout: Layout, modes: Sequence[Mode]) -> list[Count]:
        """An account of every eigenvalue next to the modes found on a mesh; nothing where none can be given."""
        return []

    def notes(self, modes: Sequence[Labelled]) -> list[str]:
        """What was asked for and is not among the modes found, with the reason, or was not looked for."""
        return absent(self.config, kinds_of([*modes, *self.expected]), self.reason)

    def reason(self, kind: Kind) -> str:
        """Why there is no mode of a kind that was asked for."""
        return "none in the window"

    def nothing_found(self) -> ConfigError:
        """The one line that says that no mode of the requested kind lies in the window."""
        return no_mode(self.config)


class ElementFinder(Finder):
    """A finder whose modes are solved by finite elements."""

    @abstractmethod
    def settled(self, target: Any, layout: Layout) -> tuple[Expected, Eigenmode | None] | None:
        """The target and its eigenpair on the final mesh, if it is known; None if that is far outside the window."""

    def solve(
        self, target: Any, layout: Layout, goals: Goals, others: Sequence[CellField] = ()
    ) -> Mode | None:
        assert layout.problem is not None
        with stage("eigenpairs"):
            found = self.settled(target, layout)
        if found is None:
            return None
        with stage("observables"):
            return solve_mode(
                layout.problem, found[0], layout.domain.degree, goals, mirrored=layout.mirrored,
                radius=self.config.geometry.radius_ref_um, interfaces=dict(layout.interfaces), profile=layout.profile,
                near=found[1], others=others,
            )  # fmt: skip
