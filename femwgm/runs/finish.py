"""What is done to every solved mode of every body: labels, losses at surfaces and walls, derivatives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from femwgm.config.schema import RunConfig
from femwgm.finders.finder import Layout
from femwgm.fem.problem import MeridianProblem
from femwgm.finders.steps import smoothing
from femwgm.ground.timing import stage
from femwgm.materials import Material
from femwgm.ground.expected import Expected
from femwgm.modes.mode import Mode
from femwgm.modes.rates import Rate
from femwgm.observables.scattering import scattering_rate, with_roughness
from femwgm.observables.walls import wall_q, with_wall_loss
from femwgm.runs.input_error import with_input_errors
from femwgm.solver.derivatives import Differentiator
from femwgm.solver.observed import Observed
from femwgm.solver.outline_error import with_outline_error


_PLANAR = ("disk", "ring", "stack")
_E_DIRECTION = {"TE": "out of plane", "TM": "in plane"}
"""Where E points on the equator, in words, as TE of integrated optics is TM here."""


def finished(
    mode: Mode,
    item: Expected,
    layout: Layout,
    media: Mapping[str, Material],
    config: RunConfig,
    *,
    exact: bool,
) -> Mode:
    """A mode with everything that the configuration asks for beyond its eigenpair.

    Parameters
    ----------
    mode
        The mode as it was solved for.
    item
        What was expected there.
    layout
        Where it was solved.
    media
        Material of each region.
    exact
        Whether labels and wavenumber of `item` are exact.
    """
    if exact:
        mode = replace(with_weak_zeros(mode, item), expected_k0=item.k0)
        mode = without_steps(mode, config)
    mode = with_all_regions(with_absent_loss(mode, config, media), config, layout.twins)
    mode = with_outline_error(
        mode, item, layout.problem, config, mirrored=layout.mirrored, interfaces=layout.interfaces
    )
    mode = with_roughness(mode, layout.problem, config)
    mode = replace(with_wall_loss(mode, layout.problem, config), other=None)
    mode = with_input_errors(differentiable(mode, item, layout, media, config), config)
    if not config.outputs.derivatives or mode.differentiate is None:
        return mode
    with stage("derivatives"):
        return replace(mode, extra={**mode.extra, **mode.derivatives.columns})


def with_e_direction(mode: Mode, config: RunConfig) -> Mode:
    """The mode of a planar device with where its E points in words."""
    if config.geometry.kind not in _PLANAR:
        return mode
    return replace(mode, extra={**mode.extra, "e_direction": _E_DIRECTION[mode.pol]})


def without_steps(mode: Mode, config: RunConfig) -> Mode:
    """The mode moved to the smooth body, where a layer is graded in steps; its other numbers keep the steps, and say so."""
    smooth = smoothing(config)
    if smooth is None or mode.l is None:
        return mode
    found = smooth(mode.pol, mode.l, mode.q, mode.expected_k0 or mode.k0)
    if found is None:
        return replace(mode, wavelength_error=None, met=False)
    more: dict[str, Any] = {
        name: error + found.others
        for name in ("share_error", "e2_error", "radial_e2_error", "n_g_error", "q_error", "q_abs_error")
        if (error := getattr(mode, name)) is not None
    }
    error = None if mode.wavelength_error is None else mode.wavelength_error + found.error
    met = mode.met and error is not None and error <= config.accuracy.wavelength
    return replace(mode, k0=mode.k0 * (1.0 + found.shift), wavelength_error=error, met=met, **more)


def inside(mode: Mode, config: RunConfig, exact: Expected | None = None) -> bool:
    """Whether a mode lies in the window: by its exact wavenumber where that is known, else within its error."""
    lo, hi = config.modes.window_um
    if exact is not None and lo * (1.0 - _ROUNDING) <= 2.0 * np.pi / exact.k0.real <= hi * (1.0 + _ROUNDING):
        return True
    error = mode.wavelength_error or 0.0
    return lo * (1.0 - error) <= 1e-3 * mode.wavelength_nm <= hi * (1.0 + error)


_ROUNDING = 1e-14
"""Relative error of an exact wavenumber."""


def with_weak_zeros(mode: Mode, item: Expected) -> Mode:
    """The mode with the radial order of the exact solution where only that differs.

    Two layers of high index with a gap between them hold modes of their own. A mode of one crosses zero in the other too, at an
    amplitude that no field shows: the exact radial order counts these zeros, and only it is continuous in the radii.
    """
    off = abs(mode.k0.real / item.k0.real - 1.0)
    same = (mode.pol, mode.p) == (item.pol, item.p) and off <= 10.0 * (mode.wavelength_error or 0.0) + 1e-12
    return replace(mode, q=item.q) if same and mode.q < item.q else mode


def with_absent_loss(mode: Mode, config: RunConfig, media: Mapping[str, Material]) -> Mode:
    """The mode with what the regions that the domain ends in front of may absorb: up to the error of the shares of each."""
    eps = [media[n].permittivity(mode.k0.real) for n in config.geometry.regions if n not in mode.energy]
    bound = (mode.share_error or 0.0) * sum(abs(e.imag / e.real) for e in eps)
    if bound == 0.0:
        return mode
    known = Rate(0.0, 1.0 / mode.q_abs_floor) if mode.q_abs_floor else Rate(0.0, 0.0)
    if mode.q_abs is not None:
        known = Rate(1.0 / mode.q_abs, (mode.q_abs_error or 0.0) / abs(mode.q_abs))
    rate = Rate(known.value, known.error + bound)
    if rate.resolved:
        return replace(mode, q_abs_error=rate.error / abs(rate.value))
    return replace(mode, q_abs=None, q_abs_error=None, q_abs_floor=rate.floor)


def with_all_regions(mode: Mode, config: RunConfig, twins: Sequence[tuple[str, str]] = ()) -> Mode:
    """The mode with a share for every region.

    A region that the domain ends in front of has none: what is left there is below the error of the shares. Mirror images of each
    other share alike what the half domain gives to one of them.
    """
    energy, e2 = (
        {name: shares.get(name, 0.0) for name in config.geometry.regions} for shares in (mode.energy, mode.e2)
    )
    absorption = dict(mode.absorption)
    for shares in (energy, e2, absorption):
        for pair in twins:
            both = sum(shares.get(name, 0.0) for name in pair)
            shares.update({name: 0.5 * both for name in pair if both})
    return replace(mode, energy=energy, e2=e2, absorption=absorption)


def differentiable(
    mode: Mode, item: Expected, layout: Layout, media: Mapping[str, Material], config: RunConfig
) -> Mode:
    """The mode with what its derivatives take."""
    if layout.problem is None or mode.field_data is None:
        return mode
    scattered, absorbed = config.losses.roughness, config.geometry.wall_resistance

    def surfaces(problem: MeridianProblem, seen: Observed) -> float:
        rate = scattering_rate(seen.field, seen.integrals, problem, config) if scattered else 0.0
        q = wall_q(seen.field, seen.integrals, absorbed) if absorbed else None
        return rate + (1.0 / q if q else 0.0)

    differentiate = Differentiator(
        layout.mesh, media, config.geometry.ambient, replace(item, k0=mode.k0), mode.field_data.space.degree,
        mode.field_data.mirror, config.geometry, mode.q_rad_source, layout.twins, surfaces if scattered or absorbed else None,
        mode.wavelength_error, lacking=mode.q_total_error or 0.0,
    )  # fmt: skip
    return replace(mode, differentiate=differentiate)
