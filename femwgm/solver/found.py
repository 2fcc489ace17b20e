"""What solving a body gave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from femwgm.mesh.body_domain import GeneralDomain
from femwgm.mesh.curved import CurvedMesh
from femwgm.modes.expected import Expected
from femwgm.modes.mode import Mode

Tell = Callable[[str, int, int], None]


@dataclass
class BodyResult:
    """Modes of a body, the domains they were solved on, and what was expected."""

    modes: list[Mode] = field(default_factory=list)
    domains: list[tuple[GeneralDomain, CurvedMesh]] = field(default_factory=list)
    expected: list[Expected] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
