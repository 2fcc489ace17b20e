"""A mode as a sensor sees it, exact for layered spheres and from finite elements for any other body.

Shifts of the resonance come from the field at the surface: with u = |E(r0)|^2 / int eps |E|^2 dV (1/um^3) a dipole of the volume
polarizability alpha = 4 pi a^3 (eps_p - eps_a)/(eps_p + 2 eps_a) in an ambient of permittivity eps_a shifts a travelling wave by
d omega/omega = -eps_a alpha u / 2 and scatters at the rate gamma/omega = k0^3 eps_a^(5/2) alpha^2 u / (6 pi). The two
counter-propagating waves become standing waves: one shifted by twice that and broadened by 2 gamma, one left alone
(Mazzei et al., Phys. Rev. Lett. 99, 173603 (2007)).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from femwgm.config.schema import RunConfig
from femwgm.config.thermal import Coefficients, Heat, heat_of, thermal_of
from femwgm.errors import ConfigError
from femwgm.experiment.combs.exact import layer_integrals
from femwgm.experiment.rough import rough_q
from femwgm.experiment.sensing.bead import exact_bead
from femwgm.finders.exact_list import exact_sphere, expected_modes, has_exact_modes
from femwgm.ground.typing import Array
from femwgm.materials import Material, materials_from_config

if TYPE_CHECKING:
    from femwgm.analytic import LayeredSphere

Shift = Callable[[float, float], tuple[float, float]]
"""Shift (nm) and its error from a layer: thickness (um), index."""


@dataclass(frozen=True)
class Sensor:
    """One mode.

    Attributes
    ----------
    name
        E.g. 'TE q=1 l=163 m=163'.
    wavelength_nm
        Vacuum wavelength.
    q_total
        Quality factor, where there is one.
    per_index
        nm/RIU of each region, and its relative error.
    error
        Relative error of the field.
    ambient
        Permittivity around it.
    square
        u at points (r, z) in the ambient (1/um^3).
    spot, normal
        Where on the surface |E|^2 is largest, seen from the ambient, and the normal there, (r, z) each.
    layer
        Shift by a layer on the whole surface.
    dispersion
        Factor by which a mode moves less because its media disperse: sum of n d lambda/dn over lambda.
    thermal
        Coefficients of the regions that have any.
    expansion, expansion_error
        Linear expansion of the body as a whole (1/K), that of the region with most of the light, and its relative error: that of
        the coefficients, and how far the other solid regions differ from it.
    heat, kerr
        How each region takes heat, and its Kerr volume (um^3), where known.
    ball
        Radius (um), l and m of a mode of a sphere without layers.
    bead
        Exact shift by a bead that touches the equator: radius (um), index; modes m = l of spheres.
    """

    name: str
    wavelength_nm: float
    q_total: float | None
    per_index: dict[str, tuple[float, float]]
    error: float
    ambient: float
    square: Callable[[Array, Array], Array]
    spot: tuple[float, float]
    normal: tuple[float, float]
    layer: Shift
    dispersion: float
    thermal: Mapping[str, Coefficients] = field(default_factory=dict)
    expansion: float = 0.0
    expansion_error: float = 0.0
    heat: Mapping[str, Heat] = field(default_factory=dict)
    kerr: Mapping[str, float] = field(default_factory=dict)
    ball: tuple[float, int, int] | None = None
    bead: Shift | None = None


_NOT_SENSED = {
    "cavity": "has no surface to put a layer or a particle on",
    "axial_stack": "has several surfaces, and sensing knows one",
}


def sensors(config: RunConfig, progress: Any = None) -> list[Sensor]:
    """The modes of a configuration as sensors, longest wavelength last.

    Raises
    ------
    ConfigError, SolveError
        As `femwgm.run`, and for bodies without a surface that touches the ambient or without derivatives.
    """
    if (lacking := _NOT_SENSED.get(config.geometry.kind)) is not None:
        raise ConfigError(
            lacking,
            key="geometry.kind",
            value=config.geometry.kind,
            remedy="take a single body in an ambient",
        )
    materials = materials_from_config(config)
    exact = has_exact_modes(config, materials, 4.0 * np.pi / sum(config.modes.window_um))
    found = _of_sphere(config, materials) if exact else _of_body(config, progress)
    if exact:
        rough = rough_q(config, progress)
        found = [replace(one, q_total=rough.get(one.name, (one.q_total, 0.0))[0]) for one in found]
    return [_with_temperature(sensor, config) for sensor in found]


def _with_temperature(sensor: Sensor, config: RunConfig) -> Sensor:
    """The sensor with the coefficients of its media."""
    specs = {region: config.materials[name] for region, name in config.geometry.region_materials.items()}
    known = {region: found for region, spec in specs.items() if (found := thermal_of(spec)) is not None}
    heat = {region: taken for region, spec in specs.items() if (taken := heat_of(spec)) is not None}
    sensor = replace(sensor, heat=heat)
    solid = [region for region in config.geometry.solid if region in sensor.per_index]
    if not known or not solid:
        return sensor
    weight = {region: abs(sensor.per_index[region][0]) for region in solid}
    main = max(solid, key=lambda region: weight[region])
    rates = {region: known[region].expansion if region in known else 0.0 for region in solid}
    spread = max(abs(rate - rates[main]) for rate in rates.values())
    error = (spread / abs(rates[main]) if rates[main] else 0.0) + (
        known[main].error if main in known else 0.0
    )
    return replace(sensor, thermal=known, expansion=rates[main], expansion_error=error)


def _of_sphere(config: RunConfig, materials: dict[str, Material]) -> list[Sensor]:
    sphere = exact_sphere(config, materials)
    regions, R = config.geometry.regions, sphere.outer_radius_um
    lo, hi = config.modes.window_um
    out = []
    for wanted in expected_modes(config, materials):
        mode = sphere.mode(wanted.pol, wanted.l, wanted.q, (lo * (1 - 1e-9), hi * (1 + 1e-9))).with_m(
            wanted.m
        )
        media = [materials[name] for name in config.geometry.region_materials.values()]
        eps = [m.permittivity(mode.k0.real).real for m in media]
        integrals = layer_integrals(mode)
        total = sum(e * second for e, (second, _) in zip(eps, integrals, strict=True))
        kerr = {
            name: second**2 / fourth
            for name, (second, fourth) in zip(regions, integrals, strict=True)
            if fourth
        }
        just_outside = R * (1.0 + 1e-9)
        latitude = np.linspace(0.0, 0.5 * np.pi, 721)
        square = _square(mode.field, total)
        best = latitude[
            int(np.argmax(square(just_outside * np.cos(latitude), just_outside * np.sin(latitude))))
        ]
        normal = (float(np.cos(best)), float(np.sin(best)))
        shares = {
            region: (value, 1e-9) for region, value in zip(regions, mode.dlambda_dn_nm.values(), strict=False)
        }
        out.append(
            Sensor(
                f"{mode.pol} q={mode.q} l={mode.l} m={mode.m}", mode.wavelength_nm, _finite(mode.q_total), shares, 1e-9,
                eps[-1], square, (R * normal[0], R * normal[1]), normal,
                _exact_layer(sphere, mode.pol, mode.l, mode.q, mode.wavelength_nm),
                sum(float(np.sqrt(e)) * value for e, (value, _) in zip(eps, shares.values(), strict=True)) / mode.wavelength_nm,
                kerr=kerr, ball=(R, mode.l, mode.m) if len(regions) == 2 else None,
                bead=partial(exact_bead, mode) if mode.m == mode.l else None,
            )
        )  # fmt: skip
    return sorted(out, key=lambda s: s.wavelength_nm)


def _finite(q: float) -> float | None:
    return float(q) if np.isfinite(q) and 0.0 < q < 1e15 else None


def _square(field: Callable[[Array, Array], Array], total: float) -> Callable[[Array, Array], Array]:
    return lambda r, z: np.asarray((np.abs(field(r, z)) ** 2).sum(axis=0) / total)


def _exact_layer(sphere: LayeredSphere, pol: str, l: int, q: int, wavelength_nm: float) -> Shift:
    """Shift by a layer around the sphere, solved exactly."""
    from femwgm.analytic import LayeredSphere

    def shift(thickness: float, index: float) -> tuple[float, float]:
        radii = [*sphere.radii_um, sphere.outer_radius_um + thickness]
        indices: Sequence[Any] = [*sphere.indices[:-1], index, sphere.indices[-1]]
        radial = [*sphere.radial_indices[:-1], None, sphere.radial_indices[-1]]
        near = (0.9e-3 * wavelength_nm, 1.1e-3 * wavelength_nm)
        covered = LayeredSphere(radii, indices, radial).mode(pol, l, q, near)
        return covered.wavelength_nm - wavelength_nm, 4e-14 * wavelength_nm

    return shift


def _of_body(config: RunConfig, progress: Any) -> list[Sensor]:
    from femwgm.observables.surface import solid_surface
    from femwgm.runs.loop import run

    ambient = config.geometry.ambient
    result = run(config, progress=progress)
    out = []
    for mode in result.modes:
        derivatives = mode.derivatives.wavelength_nm
        shares = {
            region: (derivatives[f"n_{region}"], _relative(mode.share_error, mode.energy.get(region)))
            for region in result.regions if f"n_{region}" in derivatives
        }  # fmt: skip
        error = max(float(mode.share_error or 0.0), float(mode.wavelength_error or 0.0))
        total = float(mode.integrals.electric.sum())
        assert mode.field_data is not None
        surface = solid_surface(mode.field_data, ambient)
        brightest = int(np.argmax((np.abs(surface.E) ** 2).sum(axis=0)))
        medium = materials_from_config(config)[config.geometry.region_materials[ambient]]
        eps = medium.permittivity(mode.k0.real).real
        dispersion = _dispersive_share(mode, derivatives, result.regions, config)
        out.append(
            Sensor(
                f"{mode.pol} q={mode.q} l={mode.l} m={mode.m}", mode.wavelength_nm, mode.q_total, shares, error, eps,
                _square(mode.field, total), (float(surface.r[brightest]), float(surface.z[brightest])),
                (float(surface.normal[0, brightest]), float(surface.normal[1, brightest])),
                _thin_layer(surface, total, eps, mode.wavelength_nm, dispersion, error), dispersion,
                kerr=_kerr_volumes(mode),
            )
        )  # fmt: skip
    return sorted(out, key=lambda s: s.wavelength_nm)


def _kerr_volumes(mode: Any) -> dict[str, float]:
    """Kerr volume (um^3) of each region that the run states one for."""
    named = {name.removeprefix("volume_kerr_").removesuffix("_um3"): value for name, value in mode.extra.items()
             if name.startswith("volume_kerr_") and isinstance(value, float)}  # fmt: skip
    return {name: value for name, value in named.items() if value > 0.0}


def _relative(error: float | None, share: float | None) -> float:
    return abs(error / share) if error and share else 1.0


def _dispersive_share(mode: Any, derivatives: Any, regions: Sequence[str], config: RunConfig) -> float:
    """How much less a mode moves than its energy shares say, because its media disperse: sum of n d lambda/dn over lambda."""
    materials = materials_from_config(config)
    total = 0.0
    for region in regions:
        n = materials[config.geometry.region_materials[region]].index(mode.k0.real).real
        total += n * derivatives.get(f"n_{region}", 0.0)
    return float(total / mode.wavelength_nm) if 0.5 < total / mode.wavelength_nm < 1.5 else 1.0


def _thin_layer(
    surface: Any, total: float, eps: float, wavelength_nm: float, dispersion: float, error: float
) -> Shift:
    """Shift by a thin layer to first order in its thickness: what is tangential to it keeps E, what is normal keeps D."""
    normal = np.abs(surface.normal[0] * surface.E[0] + surface.normal[1] * surface.E[2]) ** 2
    along = (np.abs(surface.E) ** 2).sum(axis=0) - normal
    area = 2.0 * np.pi * surface.r * surface.weights

    def shift(thickness: float, index: float) -> tuple[float, float]:
        inside = index**2
        change = (
            area * ((inside - eps) * along + eps**2 * (1.0 / eps - 1.0 / inside) * normal)
        ).sum() / total
        value = 0.5 * wavelength_nm * dispersion * float(change) * thickness
        # The field decays over about lambda / 2 pi n across the layer: the second order is this share of the first.
        second = thickness * 2e3 * np.pi * index / wavelength_nm
        return value, abs(value) * (second + 2.0 * error)

    return shift
