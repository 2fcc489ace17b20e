"""Emission of dipoles spread through a region of any body of revolution, as a sum over its quasinormal modes.

Near a pole k0 - i kappa the power that dipoles of all directions give off is, over that of the same dipoles in the ambient,

    P(k) = g pi Im[ Gamma / (k0 - i kappa - k) ] / (eps V n_ambient k^2),      Gamma = int_region eps E.E dV / N,

with the unconjugated fields of m and -m, N their norm over the whole domain, absorbing layer included (Sauvan et al., Phys. Rev.
Lett. 110, 237401 (2013), summed over directions and averaged over the region of volume V), and g = 2 for the pair m, -m, 1 for
m = 0. Gamma is the energy share of the region where the mode is long-lived, and complex where it is not: its imaginary part makes
the line lopsided. It is also -(n / k0) dk0/dn, as Hellmann and Feynman have it.

Left out: the smooth background of everything that is no mode of the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from femwgm.config.schema import RunConfig
from femwgm.errors import ConfigError
from femwgm.experiment.luminescence.spectrum import Emission, Settings, grid
from femwgm.experiment.recorded.voigt import lopsided
from femwgm.fem.assemble import gauss_points
from femwgm.fem.field import CellField
from femwgm.fem.problem import MeridianProblem
from femwgm.geometry.build import section_of
from femwgm.geometry.section import Section
from femwgm.materials import media_of
from femwgm.modes.mode import Mode
from femwgm.runs.loop import RunResult

HEIGHTS, POINTS = 4000, 801
"""Slices of a body whose volume is wanted, and points along each of its curves."""


@dataclass(frozen=True)
class Resonance:
    """What a mode adds to the emission of a region.

    Attributes
    ----------
    mode
        The mode.
    area
        Area of its line in the power that the dipoles give off (rad/um), complex where it is lopsided.
    radiated
        Share of its losses that leaves as light; the rest is absorbed.
    error
        Estimated relative error of `area` times `radiated`.
    """

    mode: Mode
    area: complex
    radiated: float
    error: float


def resonances(result: RunResult, layer: str) -> list[Resonance]:
    """The modes of a run as lines in the emission of one of its regions (:func:`emitting_region`)."""
    config = result.config
    media = media_of(config)
    section = section_of(config.geometry)
    volume = region_volume(section, layer)
    found = []
    for mode in result.modes:
        k, field = mode.k0.real, mode.field_data
        assert field is not None
        eps = media[layer].permittivity(k).real
        ambient = media[config.geometry.ambient].index(k).real
        shares = complex_shares(field, MeridianProblem(field.space.mesh, media, config.geometry.ambient))
        pair = {layer, section.images.get(layer, layer)} if field.mirror else {layer}
        share = sum(shares.get(name, 0j) for name in pair) / len(pair)
        degeneracy = 2.0 if mode.m else 1.0
        area = degeneracy * np.pi**2 * share / (eps * volume * ambient * k**2)
        light = sum(1.0 / q for q in (mode.q_rad, mode.q_scattering) if q)
        heat = sum(1.0 / q for q in (mode.q_abs, mode.q_wall) if q)
        radiated = light / (light + heat) if heat > 0.0 else 1.0
        spread = sum(error or 0.0 for error in (mode.q_error, mode.q_abs_error, mode.q_wall_error))
        error = (mode.share_error or 0.0) / max(abs(share), 1e-300) + (1.0 - radiated) * spread
        found.append(Resonance(mode, area, radiated, error))
    return found


def sum_of_modes(found: Sequence[Resonance], settings: Settings) -> Emission:
    """Emission spectrum as an instrument records it, in units of the power of the same dipoles in the ambient.

    Parameters
    ----------
    found
        See :func:`resonances`.
    settings
        Window and instrument; what scatters widens every line, and its light is seen.
    """
    x, margin = grid(settings)
    inside = slice(margin, x.size - margin)
    parts = {"TE": np.zeros(x.shape), "TM": np.zeros(x.shape)}
    for one in found:
        wave, lost = one.mode.wavelength_nm, one.mode.loss_rate
        rate, scattered = 0.0 if lost is None else max(lost.value, 0.0), 1.0 / settings.scattering_q
        seen = (one.radiated * rate + scattered) / (rate + scattered) if rate + scattered > 0.0 else 0.0
        width = wave * max(rate + scattered, 1e-15)
        area = seen * one.area * wave**2 / (2e3 * np.pi)
        parts[one.mode.pol] += lopsided(x - wave, width, settings.resolution_nm, area)
    weight = settings.collected * settings.band(x)
    te, tm = (part[inside] * weight[inside] for part in parts.values())
    return Emission(x[inside], te, tm, [one.mode for one in found], "m")


def complex_shares(field: CellField, problem: MeridianProblem) -> dict[str, complex]:
    """int_region eps E.E dV / N by region, unconjugated, the mode m paired with -m.

    N is the integral over the whole domain and half of what dispersion adds to it, so that without dispersion the shares,
    with that of the absorbing layer in the ambient's, sum to one.
    """
    mesh, media = field.space.mesh, problem.media(field.k0)
    X, weights = gauss_points(mesh.corners, field.space.degree + 2)
    E, x = field.electric(X, np.arange(mesh.cells))
    square = E[0] ** 2 - E[1] ** 2 + E[2] ** 2
    e2 = (x[0] * field.determinant(X, np.arange(mesh.cells)) * square) @ weights
    norm = ((media.eps + 0.5 * field.k0 * media.slope) * e2).sum()
    shares = media.eps * e2 / norm
    return {name: complex(shares[problem.region == i].sum()) for i, name in enumerate(problem.regions)}


def region_volume(section: Section, region: str) -> float:
    """Volume of a region (um^3), by slices: to about 1e-5."""
    _, r_max, z_min, z_max = section.bounds
    height = (z_max - z_min) / HEIGHTS
    z = z_min + height * (np.arange(HEIGHTS) + 0.5)
    number = section.regions.index(region)
    cuts = [[0.0, 2.0 * r_max] for _ in z]
    for piece in section.pieces:
        for curve in piece.outline.curves:
            line = curve.at(np.linspace(0.0, 1.0, POINTS))
            for (r0, z0), (r1, z1) in zip(line, line[1:], strict=False):
                for i in range(*np.searchsorted(z, sorted((z0, z1)))):
                    cuts[i].append(r0 + (z[i] - z0) * (r1 - r0) / (z1 - z0))
    spans = [np.sort(row) for row in cuts]
    a, b = (np.concatenate([row[part] for row in spans]) for part in (slice(None, -1), slice(1, None)))
    level = np.repeat(z, [row.size - 1 for row in spans])
    here = section.region_at(np.stack([0.5 * (a + b), level], axis=1)) == number
    return float(np.pi * height * (b**2 - a**2)[here].sum())


def emitting_region(config: RunConfig, layer: str | None) -> str:
    """The region named, or the body's outermost.

    Raises
    ------
    ConfigError
        If the sum over modes does not hold for this body, or it has no such region.
    """
    kind = config.geometry.kind
    if kind == "axial_stack":
        raise ConfigError(
            "has no sum over quasinormal modes", key="geometry.kind", value=kind, remedy="use 'kind: stack'"
        )
    section = section_of(config.geometry)
    if section.walls.closed:
        raise ConfigError(
            "lets no light out", key="geometry.kind", value=kind, remedy="a spectrum needs an open body"
        )
    held = tuple(dict.fromkeys(piece.region for piece in section.pieces if piece.region != section.ambient))
    if layer is not None and layer not in held:
        raise ConfigError(
            "is no region of the body", key="--layer", value=layer, remedy=f"one of {', '.join(held)}"
        )
    uniaxial = [name for name, medium in media_of(config).items() if medium.axis is not None]
    if uniaxial:
        raise ConfigError(
            "has an optical axis: dipoles in all directions have no one power to compare with", key="materials",
            value=uniaxial[0], remedy="give it one index",
        )  # fmt: skip
    return layer or section.body[-1]
