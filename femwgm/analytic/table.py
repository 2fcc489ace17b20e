"""Exact modes as rows of modes.csv."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from femwgm.analytic.mode import ExactMode
from femwgm.analytic.sphere import LayeredSphere
from femwgm.errors import ConfigError, GeometryError
from femwgm.ground import columns as table

__all__ = ["mode_row", "mode_rows", "rows", "with_azimuthal_orders"]

Row = dict[str, Any]


class _Geometry(Protocol):
    """The part of a layered-sphere configuration that is read here."""

    @property
    def radii_um(self) -> Sequence[float]:
        """Outer radius of each layer (um)."""

    @property
    def regions(self) -> Sequence[str]:
        """Names of the layers, the ambient last."""

    @property
    def region_materials(self) -> Mapping[str, str]:
        """Material of each region."""


class _Wanted(Protocol):
    """Which modes are asked for."""

    window_um: tuple[float, float]
    polarizations: Sequence[str]
    radial_orders: Sequence[int] | None
    polar_orders: Sequence[int] | None
    azimuthal_orders: Sequence[int] | None


class _Config(Protocol):
    @property
    def geometry(self) -> Any:
        """See `_Geometry`."""

    @property
    def modes(self) -> Any:
        """See `_Wanted`."""


def rows(config: _Config, materials: Mapping[str, Any]) -> list[Row]:
    """Rows of the exact modes that a layered-sphere configuration asks for, longest wavelength first.

    Parameters
    ----------
    config
        A run's configuration.
    materials
        Media by name.

    Raises
    ------
    ConfigError
        If no mode lies in the window; the message names the nearest ones.
    """
    geometry: _Geometry = config.geometry
    wanted: _Wanted = config.modes
    sphere = LayeredSphere(
        geometry.radii_um, [materials[name] for name in geometry.region_materials.values()]
    )
    found = sphere.modes(wanted.window_um, wanted.polarizations, wanted.radial_orders)
    modes = with_azimuthal_orders(found, wanted.polar_orders, wanted.azimuthal_orders)
    if not modes:
        near = sphere.nearest_modes(wanted.window_um, wanted.polarizations, wanted.radial_orders)
        raise ConfigError(
            "no mode of the requested kind lies in the window",
            key="modes.window",
            value=[f"{1e3 * w:g} nm" for w in wanted.window_um],
            remedy="the nearest are "
            + "; ".join(f"{e.pol} q={e.q} l={e.l} at {e.wavelength_nm:.3f} nm" for e in near),
        )
    return mode_rows(modes, list(geometry.regions))


def with_azimuthal_orders(
    modes: Iterable[ExactMode],
    polar_orders: Sequence[int] | None = (0,),
    azimuthal_orders: Sequence[int] | None = None,
) -> list[ExactMode]:
    """Each resonance once for every m >= 0 that is asked for.

    Parameters
    ----------
    polar_orders
        The p = l - m wanted; None for every m from l to 0.
    azimuthal_orders
        If given, only these m.
    """
    chosen = []
    for mode in modes:
        polar = range(mode.l + 1) if polar_orders is None else [p for p in polar_orders if p <= mode.l]
        orders = [mode.l - p for p in polar]
        chosen += [mode.with_m(m) for m in orders if azimuthal_orders is None or m in azimuthal_orders]
    return chosen


def mode_rows(modes: Iterable[ExactMode], regions: Sequence[str]) -> list[Row]:
    """One row for each mode; see :func:`mode_row`."""
    return [mode_row(mode, regions) for mode in modes]


def mode_row(mode: ExactMode, regions: Sequence[str]) -> Row:
    """One mode as a row of modes.csv.

    Parameters
    ----------
    mode
        The mode.
    regions
        Names of the layers from the centre outwards, the ambient last.

    Returns
    -------
    dict
        The columns of :func:`femwgm.ground.columns.columns`, then `log10_q_rad`. None where a value does not apply: q_abs without
        absorption, the ambient's shares of a mode without an evanescent part, residual and dofs.

    Raises
    ------
    GeometryError
        If the number of names is not the number of media.
    """
    count = len(mode.sphere.radii_um) + 1
    if len(regions) != count:
        raise GeometryError(f"{len(regions)} region names for {count} media")
    start = time.perf_counter()
    row: Row = dict.fromkeys(table.columns(regions))
    row.update(pol=mode.pol, q=mode.q, l=mode.l, m=mode.m, p=mode.p)
    row.update(wavelength_nm=mode.wavelength_nm, k0_re_per_um=mode.k0.real, k0_im_per_um=mode.k0.imag)
    row.update(n_eff=mode.n_eff, n_g=mode.n_g, fsr_nm=mode.fsr_nm, q_total=mode.q_total)
    row["q_rad"] = None if math.isnan(mode.q_rad) else mode.q_rad
    row.update(q_abs=mode.q_abs if math.isfinite(mode.q_abs) else None, mode_volume_um3=mode.mode_volume_um3)
    for name in table.SHARES:
        for region, share in zip(regions, getattr(mode, name).values(), strict=True):
            row[f"{name}_{region}"] = share if math.isfinite(share) else None
    row["seconds"] = time.perf_counter() - start
    row["log10_q_rad"] = mode.log10_q_rad
    return row
