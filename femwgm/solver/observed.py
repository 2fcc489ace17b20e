"""A solution as it is observed: its normalised field, the integrals over regions, its radiation, and where it ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from femwgm.eigen.iterations import Eigenmode
from femwgm.fem.field import CellField
from femwgm.fem.problem import MeridianProblem
from femwgm.ground.expected import Expected
from femwgm.ground.tabulated import axis_wavenumber
from femwgm.observables.ambient import Bounded, bounded, bounded_alike, extents_of_mode
from femwgm.observables.energy import RegionIntegrals, region_integrals
from femwgm.observables.half_spaces import HalfSpaceWaves, half_space_waves
from femwgm.observables.outgoing import SphericalWaves, Waves, plate_waves
from femwgm.observables.quality import radiation_candidates
from femwgm.observables.sensitivity import bilinear_norm


@dataclass(frozen=True)
class Observed:
    """A solution seen: its normalised field, integrals over regions, and what it radiates by each measure."""

    field: CellField
    integrals: RegionIntegrals
    candidates: dict[str, float]
    wavenumber: float
    """In the ambient medium (rad/um)."""


def observe(problem: MeridianProblem, mode: Eigenmode, expected: Expected, mirror: str | None) -> Observed:
    """Normalised field, region integrals and radiation of an eigenpair: what is computed twice to know its error."""
    media = problem.media(axis_wavenumber(mode.k0))
    field = problem.field(mode.pencil, mode.x, expected.m, mode.k0, mirror)
    integrals = region_integrals(field, problem.matrices(mode.degree), media)
    total = integrals.electric.sum()
    scale = 1.0 / np.sqrt(total if total > 0.0 else integrals.magnetic.sum())
    field, integrals = field.scaled(scale), integrals.scaled(scale**2)
    index = complex(problem.by_region[problem.ambient].index(mode.k0)).real
    degrees, pol = (expected.harmonics, None) if expected.image else expected.outgoing
    stored = None
    if problem.open:  # the norm of the resonant state holds what lies beyond the start of the absorbing layer
        local = mode.pencil.numbering.gather(mode.x[:, None])[..., 0]
        norm = bilinear_norm(local, problem.matrices(mode.degree), mode.k0, media)
        stored = field.revolution * abs(norm) * scale**2
    candidates = radiation_candidates(
        field,
        integrals,
        stored=stored,
        ambient=problem.ambient,
        index=index,
        degrees=degrees,
        pol=pol,
        leaking=problem.open,
        image=expected.image,
        layered=between_layers(problem, field),
    )
    return Observed(field, integrals, candidates, index * mode.k0.real)


def up_to_their_ends(
    problem: MeridianProblem,
    second: Observed,
    first: Observed,
    expected: Expected,
    interfaces: dict[str, tuple[float, float]],
    negligible: float,
) -> tuple[Bounded, Bounded]:
    """Integrals and radial shares of two solutions up to where the mode ends: a closed domain of any body holds all that matters.

    What lies between the end of the mode and that of the domain is measured once, for both, where it is a negligible share: of a
    mode that leaks its change is that of all shares.
    """
    follows = problem.open or expected.degree is None

    def alone(o: Observed) -> tuple[Bounded, float | None]:
        ends = (
            extents_of_mode(problem, expected.l, o.field.k0) if follows else None
        )  # its own: they move with the wavenumber
        waves = waves_of(problem, o.field, expected)
        end = None if ends is None else ends[problem.ambient]
        return bounded(problem, o.field, o.integrals, waves, ends, interfaces), end

    best, end = alone(second)
    whole = float(second.integrals.e2.sum())
    if best.cut is not None and float(np.abs(best.cut).sum()) > negligible * whole:
        return best, alone(first)[0]
    return best, bounded_alike(problem, first.field, first.integrals, best, end, interfaces)


def between_layers(problem: MeridianProblem, field: CellField) -> HalfSpaceWaves | None:
    """What a body between layers of background sends into the half spaces around them."""
    if not problem.layers:
        return None
    indices = {name: complex(medium.index(field.k0)) for name, medium in problem.by_region.items()}
    if problem.without_loss:
        indices = {name: complex(n.real) for name, n in indices.items()}
    return half_space_waves(field, problem.layers, indices, problem.ambient)


def waves_of(problem: MeridianProblem, field: CellField, expected: Expected) -> Waves | None:
    """The waves that continue a field beyond the domain; None where they are of no known kind."""
    index = complex(problem.by_region[problem.ambient].index(field.k0))
    degrees, pol = expected.outgoing
    if len(degrees):
        return SphericalWaves(field, problem.ambient, index, degrees, pol)
    if expected.image:
        return SphericalWaves(field, problem.ambient, index, expected.harmonics, None, image=True)
    return plate_waves(field, index)
