"""The mode of a straight bus waveguide, solved as an arc so wide that its bend is below the error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from femwgm.config.geometries import Disk, Ring
from femwgm.config.quantity import um
from femwgm.config.schema import RunConfig
from femwgm.eigen.krylov import around
from femwgm.errors import ConfigError
from femwgm.fem.problem import MeridianProblem
from femwgm.finders.body_mesh import body_mesh
from femwgm.finders.orders import Family, Orders
from femwgm.geometry.build import section_of
from femwgm.ground.numerics import one_thread
from femwgm.ground.typing import Array, ComplexArray
from femwgm.materials import Material
from femwgm.mesh.body_domain import design_general
from femwgm.mesh.domain import Choices
from femwgm.mesh.landscape import Wave
from femwgm.observables.energy import region_integrals

_ORDER = 300.0
"""Azimuthal order of the arc: its bend changes the index by 1e-4, and v = -i r E_phi has digits to spare at fine corners."""
_NARROWEST, _WIDEST = 0.05, 10.0
"""Widths in wavelengths of the core between which a fundamental mode is sought."""
_SHIFTS = (0.85, 0.65, 0.45, 0.25, 0.1)
"""Where guided modes are sought, as shares of the way from the permittivity outside to that of the core."""
_MIRROR = np.array([-1.0, 1.0, 1.0])[:, None]
"""Signs of E mirrored in x."""
_ERROR = 1e-7
"""Tolerance of the domain, which sets how far out the field is known."""


@dataclass(frozen=True)
class BusMode:
    """A guided mode along y between the faces x = 0 and x = `width`.

    Attributes
    ----------
    k0, beta
        Wavenumbers in vacuum and along the guide (rad/um).
    power
        Half the integral of Re (E x H*) over the cross-section.
    """

    k0: float
    beta: float
    power: float
    inner: float
    width: float
    family: Family

    def fields(self, x: Array, z: Array, mirrored: bool = False) -> tuple[ComplexArray, ComplexArray]:
        """(E_x, E_y, E_z) and H at points (um), shapes (3, ...); those of the arc bent the other way if mirrored."""
        if not mirrored:
            return self.family.field(x + self.inner, z)
        E, H = self.family.field(self.inner + self.width - x, z)
        return E * _MIRROR, -H * _MIRROR


@dataclass(frozen=True)
class Guide:
    """The modes of one polarization at the first and the last line of a list, which tell those between.

    Attributes
    ----------
    ends
        One mode, or two in ascending order of k0.
    bend
        Relative error of beta by the bend of the arcs.
    """

    ends: tuple[BusMode, ...]
    bend: float

    def share(self, k0: float) -> float:
        """How far between the ends a wavenumber lies."""
        first, last = self.ends[0], self.ends[-1]
        return (k0 - first.k0) / (last.k0 - first.k0) if last.k0 > first.k0 else 0.0

    def beta(self, k0: float) -> tuple[float, float]:
        """Propagation constant (rad/um), linear in k0, and its error; the curvature is that of (n_g - n_eff)/k0."""
        first, last, share = self.ends[0], self.ends[-1], self.share(k0)
        beta, wide = (1.0 - share) * first.beta + share * last.beta, last.k0 - first.k0
        slower = abs(last.beta - first.beta - beta * wide / k0) if wide else 0.0
        return beta, self.bend * beta + 0.5 * share * (1.0 - share) * wide * slower / k0


def guide(config: RunConfig, media: dict[str, Material], k0: list[float], width: float, pol: str) -> Guide:
    """The fundamental mode of a polarization at wavenumbers: E mostly across (TM) or along (TE) the axis of the resonator.

    Parameters
    ----------
    media
        Material of each region.

    Raises
    ------
    ConfigError
        If the waveguide guides none.
    """
    assert isinstance(config.geometry, Ring | Disk)
    wide = min(k0) * media[config.geometry.name].index(min(k0)).real * width / (2.0 * np.pi)
    if not _NARROWEST < wide < _WIDEST:
        raise ConfigError(
            f"is {wide:.2g} wavelengths in the guide", key="coupler.width", value=f"{width:g} um",
            remedy=f"take {_NARROWEST:g} to {_WIDEST:g}",
        )  # fmt: skip
    ends = tuple(_arc(config, media, k, width, pol, _ORDER) for k in sorted({min(k0), max(k0)}))
    # A bend changes the index by the square of its curvature, which is twice as large on this arc.
    closer = _arc(config, media, ends[0].k0, width, pol, _ORDER / np.sqrt(2.0))
    return Guide(ends, abs(1.0 - closer.beta / ends[0].beta) + _ERROR)


def _arc(
    config: RunConfig, media: dict[str, Material], k0: float, width: float, pol: str, order: float
) -> BusMode:
    """The mode of an arc of about this azimuthal order."""
    body = config.geometry
    assert isinstance(body, Ring | Disk)
    inner = float(order / (k0 * media[body.name].index(k0).real))
    shape = {
        key: value
        for key, value in body.canonical().items()
        if key not in ("radius", "inner_radius", "outer_radius")
    }
    geometry = Ring.model_validate(
        {**shape, "kind": "ring", "inner_radius": um(inner), "outer_radius": um(inner + width)}
    )
    section = section_of(geometry)
    indices = {name: abs(medium.index(k0).real) for name, medium in media.items()}
    core, outside = (
        indices[body.name],
        max(n for name, n in indices.items() if name != body.name),
    )
    with one_thread():
        turns = k0 * inner * (0.5 * core + 0.5 * outside)
        domain = design_general(
            section, indices, [Wave(turns, k0)], _ERROR, Choices(mirror=False, absorbing=False)
        )
        problem = MeridianProblem(body_mesh(domain), media, section.ambient, section.body)
        orders = Orders(problem.lossless, domain.degree, k0, None)
        found: list[Family] = []
        for share in _SHIFTS:
            shift = complex((k0 * (inner + width)) ** 2 * (outside**2 + share * (core**2 - outside**2)))
            pairs, _ = around(orders.pencil, shift, 4, orders.factor(shift))
            found += [orders.family(complex(v), pairs.vectors[:, i]) for i, v in enumerate(pairs.values)]
        guided = [
            f for f in found if f.slope > 0.0 and f.order.real > 1.0001 * outside * k0 * (inner + width)
        ]
        for family in sorted(guided, key=lambda f: -f.order.real):
            E = family.field(np.array([inner + 0.5 * width]), np.array([0.5 * sum(section.bounds[2:])]))[0][
                :, 0
            ]
            if (abs(E[2]) > abs(E[0])) == (pol == "TE"):
                integrals = region_integrals(
                    family.field, orders.matrices, problem.lossless.media(complex(k0))
                )
                turn = 2.0 * np.pi * family.slope
                return BusMode(
                    k0,
                    family.order.real / (inner + 0.5 * width),
                    0.5 * float(integrals.electric.sum()) / turn,
                    inner,
                    width,
                    family,
                )
    raise ConfigError(
        f"a waveguide {width:g} um wide guides no {pol} mode", key="coupler.width", remedy="make it wider"
    )
