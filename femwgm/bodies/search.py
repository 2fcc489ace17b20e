"""Modes of any body of revolution: found on a coarse mesh without a list of what to expect, then solved on a mesh made for them.

The coarse problem has the azimuthal order as its eigenvalue (`femwgm.bodies.orders`), so a few factorisations in the middle
of the window show every family; the integer orders follow from its slope. The field of a family says how far it reaches, and
with that `femwgm.mesh.general_domain` designs the mesh of the final solve.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from femwgm.bodies.orders import Family, Orders, around, sweep_down
from femwgm.config.schema import RunConfig
from femwgm.errors import ConfigError, SolveError
from femwgm.expect import Expected
from femwgm.fem.field import CellField
from femwgm.fem.pml import stretch_box
from femwgm.geometry.section import Section
from femwgm.identify import Label, identify
from femwgm.materials import Material
from femwgm.mesh.curved import CurvedMesh
from femwgm.mesh.domain import PML, Choices
from femwgm.mesh.general_domain import GeneralDomain, design_general
from femwgm.mesh.landscape import Wave
from femwgm.problem import MeridianProblem
from femwgm.typing import Array
from femwgm.units import k0_from_wavelength

COARSE = 1e-4
"""Relative error of the wavenumber that the search aims at."""

_STAGES = (0.85, 0.7, 0.55, 0.4, 0.25, 0.1)
"""Lowest order looked for, as a share of the highest possible one, until every wanted family is found."""
_MOST_RADIATING = 0.02
"""Relative imaginary part of an order beyond which a solution is a wave of the surroundings and no mode (Q below 25)."""
_SLACK = 2e-3
_TRACKED = 6


@dataclass(frozen=True)
class Found:
    """A family of the search with its labels."""

    label: Label
    family: Family

    @property
    def key(self) -> tuple[str, int, int]:
        """Polarization, q, p."""
        return self.label.pol, self.label.q, self.label.p


@dataclass(frozen=True)
class Target:
    """A mode to solve for: what is expected, and the coarse field that it was found by."""

    expected: Expected
    family: Family
    coarse: CellField


class BodySearch:
    """Families of a cross-section in the window of a configuration.

    Parameters
    ----------
    config
        Configuration.
    section
        Cross-section of its geometry.
    media
        Material of each region.
    """

    def __init__(self, config: RunConfig, section: Section, media: Mapping[str, Material]) -> None:
        self.config, self.section, self.media = config, section, media
        lo, hi = config.modes.window_um
        self.window = k0_from_wavelength(hi), k0_from_wavelength(lo)
        self.middle = 0.5 * sum(self.window)
        self.indices = {name: abs(media[name].index(self.middle).real) for name in section.regions}
        reach = [self.indices[p.region] * float(p.outline.polygon[:, 0].max()) for p in section.pieces]
        self.highest = self.middle * max(reach, default=max(self.indices.values()) * section.bounds[1])
        d = config.discretization
        self.choices = Choices(
            degree=d.degree, refine=d.refine, mirror=d.mirror, absorbing={"none": False, "box": True}.get(d.pml.kind),
            pml_strength=d.pml.strength, pml_depth=d.pml.depth_um, pml_distance=d.pml.distance_um,
        )  # fmt: skip
        self.problem: MeridianProblem
        self.domain: GeneralDomain
        self.seen: list[Found] = []

    def coarse(self, lowest: float) -> None:
        """Set up the coarse problem for orders down to `lowest`."""
        waves = [Wave(lowest * k / self.middle, k) for k in (*self.window, self.middle)]
        choices = Choices(mirror=self.choices.mirror, absorbing=self.choices.absorbing)
        self.domain = design_general(self.section, self.indices, waves, COARSE, choices)
        self.problem = MeridianProblem(body_mesh(self.domain), self.media, self.section.ambient)

    @property
    def mirrors(self) -> tuple[str | None, ...]:
        """Conditions at the mirror plane to look at."""
        return ("conductor", "natural") if self.domain.mirror else (None,)

    def families(self) -> list[Found]:
        """Families that the configuration asks for at the middle of the window, highest order first."""
        modes = self.config.modes
        floor = 1.02 * self.indices[self.section.ambient] * self.middle * self.section.bounds[0]
        found: list[Found] = []
        for share in _STAGES:
            lowest = max(share * self.highest, floor, 1.0)
            self.coarse(lowest)
            found = [self._labelled(f) for f in self._sweep(lowest)]
            if self._complete({f.key for f in found}) or lowest > share * self.highest:
                break
        self.seen = found
        return [f for f in found if _matches(f.label, modes)]

    def missing(self, families: Sequence[Found]) -> list[str]:
        """A remark for each kind of mode that was asked for and has no family."""
        modes, keys = self.config.modes, {f.key for f in families}
        if modes.radial_orders is None or modes.polar_orders is None:
            return []
        asked = [
            (pol, q, p)
            for pol in modes.polarizations
            for q in modes.radial_orders
            for p in modes.polar_orders
        ]
        return [
            f"no bound family {pol} q={q} p={p} was found" for pol, q, p in asked if (pol, q, p) not in keys
        ]

    def _sweep(self, lowest: float) -> Iterator[Family]:
        centres = np.linalg.norm(self.problem.mesh.nodes.real.mean(axis=1), axis=1)
        if not (centres < self.section.radius).any():
            return  # waves of such orders live outside the body, if anywhere
        for mirror in self.mirrors:
            orders = Orders(self.problem, self.domain.degree, self.middle, mirror)
            for family in sweep_down(orders, self.highest, lowest):
                if abs(family.order.imag) < _MOST_RADIATING * family.order.real and self._bound(family.field):
                    yield family

    def _bound(self, field: CellField) -> bool:
        """Whether a solution lives in the body rather than in the absorbing layer."""
        mesh = self.problem.mesh
        if PML not in mesh.regions:
            return True
        x = field.coefficients * field.space.signs
        mass = self.problem.matrices(field.space.degree).mass(np.ones(mesh.cells))
        share = np.abs(np.einsum("ei,eij,ej->e", x.conj(), mass, x, optimize=True))
        return bool(share[mesh.region_cells(PML)].sum() < 0.3 * share.sum())

    def _labelled(self, family: Family) -> Found:
        smallest, largest, latitude = self.problem.extent
        eps = self.problem.media(complex(self.middle)).eps
        return Found(identify(family.field, eps, (smallest, largest), self.section.radius, latitude), family)

    def _complete(self, keys: set[tuple[str, int, int]]) -> bool:
        modes = self.config.modes
        if modes.radial_orders is None or modes.polar_orders is None:
            return False
        return all(
            (pol, q, p) in keys
            for pol in modes.polarizations
            for q in modes.radial_orders
            for p in modes.polar_orders
        )

    def targets(self, families: Sequence[Found]) -> list[Target]:
        """Every mode of the families in the window, by its integer order."""
        low, high = self.window
        wanted = self.config.modes.azimuthal_orders
        out = []
        for found in families:
            order, slope = found.family.order.real, found.family.slope
            first = int(np.ceil(order + slope * (low - self.middle) - 1.0))
            last = int(np.floor(order + slope * (high - self.middle) + 1.0))
            for m in range(max(first, 1), last + 1):
                if wanted is not None and m not in wanted:
                    continue
                k0, field = self._track(found.family, m)
                if low * (1.0 - _SLACK) <= k0.real <= high * (1.0 + _SLACK):
                    pol, q, p = found.key
                    out.append(Target(Expected(pol, q, m + p, m, k0, float(m + p)), found.family, field))
        return out

    def _track(self, family: Family, m: int) -> tuple[complex, CellField]:
        """Wavenumber and coarse field of the mode of a family at an integer order."""
        k = self.middle + (m - family.order.real) / family.slope
        degree, mirror = self.domain.degree, family.field.mirror
        pencil = self.problem.pencil(degree, m, mirror, complex(k))
        pairs, _ = around(pencil, complex(k**2 * (1.0 + 1e-9)), _TRACKED)
        if not len(pairs):
            raise SolveError(f"the search lost a mode of order m = {m} near {2e3 * np.pi / k:.3f} nm")
        local = family.field.coefficients * family.field.space.signs
        mass = self.problem.matrices(degree).mass(self.problem.media(complex(k)).eps)
        overlaps = []
        for x in pairs.vectors.T:
            other = pencil.numbering.gather(x[:, None])[..., 0]
            norm = np.einsum("ei,eij,ej->", other.conj(), mass, other, optimize=True)
            overlaps.append(
                abs(np.einsum("ei,eij,ej->", local.conj(), mass, other, optimize=True)) / np.sqrt(abs(norm))
            )
        best = int(np.argmax(overlaps))
        k0 = complex(np.sqrt(complex(pairs.values[best])))
        return k0, self.problem.field(pencil, pairs.vectors[:, best], m, k0, mirror)

    def design(self, group: Sequence[Target], tolerance: float) -> GeneralDomain:
        """Domain for targets that share their labels, from how far their coarse fields reach."""
        chosen = {
            id(t): t for key in (_order, _wavenumber) for t in (min(group, key=key), max(group, key=key))
        }
        waves = [Wave(float(t.expected.m), t.expected.k0.real) for t in chosen.values()]
        fields = [t.coarse for t in chosen.values()]

        def known(points: Array) -> Array:
            return np.min([_action(field, self.problem, points) for field in fields], axis=0)

        return design_general(self.section, self.indices, waves, tolerance, self.choices, known)


def body_mesh(domain: GeneralDomain) -> CurvedMesh:
    """Mesh of a domain with its absorbing layer stretched."""
    mesh = domain.real_mesh()
    return stretch_box(mesh, domain.start, domain.strength, PML) if domain.open else mesh


def _order(target: Target) -> float:
    return float(target.expected.m)


def _wavenumber(target: Target) -> float:
    return target.expected.k0.real


def _matches(label: Label, modes: object) -> bool:
    """Whether a label is among the wanted ones (`femwgm.config.settings.Modes`)."""
    pols, radial, polar = (
        getattr(modes, name) for name in ("polarizations", "radial_orders", "polar_orders")
    )
    return label.pol in pols and (radial is None or label.q in radial) and (polar is None or label.p in polar)


def _action(field: CellField, problem: MeridianProblem, points: Array) -> Array:
    """-ln of the amplitude relative to its maximum at points (n, 2), infinite where there is none, NaN outside the domain."""
    E, _ = field(points[:, 0], points[:, 1])
    z = np.abs(points[:, 1]) if field.mirror else points[:, 1]
    owner, _ = field.locate(points[:, 0], z)
    eps = np.abs(problem.media(field.k0).eps)
    density = np.where(owner >= 0, eps[owner], 0.0) * (np.abs(E) ** 2).sum(axis=0)
    with np.errstate(divide="ignore"):
        action = -0.5 * np.log(density / density.max())
    return np.where(owner >= 0, np.minimum(action, 50.0), np.nan)


def choose(problem: MeridianProblem, target: Target, degree: int, mirror: str | None) -> Expected:
    """The target with the wavenumber of the eigenpair of the final mesh whose field resembles the coarse one most."""
    expected = target.expected
    pencil = problem.pencil(degree, expected.m, mirror, expected.k0)
    shift = complex(expected.k0) ** 2
    pairs, _ = around(pencil, complex(shift.real * (1.0 + 1e-9)) if pencil.definite else shift, 4)
    if not len(pairs):
        return expected
    points = _samples(target.coarse)
    E = target.coarse(*points)[0]
    overlap = []
    for j, x in enumerate(pairs.vectors.T):
        k0 = complex(np.sqrt(complex(pairs.values[j])))
        other = problem.field(pencil, x, expected.m, k0, mirror)(*points)[0]
        overlap.append(
            abs(np.sum(points[0] * E.conj() * other))
            / np.sqrt(np.sum(points[0] * np.abs(other) ** 2) + 1e-300)
        )
    k0 = complex(np.sqrt(complex(pairs.values[int(np.argmax(overlap))])))
    return replace(expected, k0=k0)


def _samples(field: CellField) -> tuple[Array, Array]:
    """Points where a coarse field is strong: the centres of its cells and halfway to their corners."""
    corner = field.space.mesh.nodes[:, : field.space.mesh.corners].real
    centre = corner.mean(axis=1, keepdims=True)
    points = np.concatenate([centre, 0.5 * (corner + centre)], axis=1).reshape(-1, 2)
    points = points[points[:, 0] > 0.0]
    return points[:, 0], points[:, 1]


def nothing_found(config: RunConfig, seen: Sequence[Found]) -> ConfigError:
    """The one line that says that no mode of the requested kind lies in the window."""
    lo, hi = config.modes.window_um
    names = ", ".join(dict.fromkeys(f"{f.label.pol} q={f.label.q} p={f.label.p}" for f in seen)) or "none"
    return ConfigError(
        "no mode of the requested kind lies in the window", key="modes.window", value=[f"{lo * 1e3:g} nm", f"{hi * 1e3:g} nm"],
        remedy=f"families there: {names}; widen the window or ask for other orders",
    )  # fmt: skip
