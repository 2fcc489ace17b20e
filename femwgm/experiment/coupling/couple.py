"""External Q of each mode against the gap to a coupler, and what follows from it for the light that passes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import brentq

from femwgm.config.coupler import Bus, Prism, Taper
from femwgm.config.schema import RunConfig
from femwgm.errors import ConfigError
from femwgm.experiment.coupling.bus import Guide, guide
from femwgm.experiment.coupling.plane import Resonance
from femwgm.experiment.coupling.rates import SLAB_ERROR, bus_rate, fibre_rate, prism_rate, slab_rate
from femwgm.experiment.coupling.resonances import resonances
from femwgm.experiment.quantities import Quantity
from femwgm.geometry.build import section_of
from femwgm.ground.files import write_files
from femwgm.ground.rows import csv_bytes
from femwgm.ground.typing import Array
from femwgm.ground.units import C_UM_THZ
from femwgm.materials import Material, materials_from_config, media_of

_GAPS = 17
_REACH = 1.0
"""Largest gap (um) of the curve, unless a larger one is asked for."""
_ROOT = 1e-12
"""Relative error of the index of HE11: where the root of its equation is taken as found."""
_BACK = {"TE": 1.0 / 3.0, "TM": 1.0}
"""Share of exp(-kappa gap) that scattering back and forth between coupler and resonator stays below, as tried on prisms."""


@dataclass(frozen=True)
class Coupling:
    """One mode and its coupler.

    Attributes
    ----------
    name, wavelength_nm, n_eff, wavelength_error
        Label, vacuum wavelength, phase index m / (k0 R), relative error of both.
    guided_n_eff, guided_error
        Phase index of the coupler's mode, None for a prism, and its error.
    gap_um
        The gap asked for.
    gaps, q_external, error
        The curve: gaps (um), external Q and its relative error.
    q, q_error
        Intrinsic Q, None where it is not known, and its relative error.
    splitting_mhz
        Of the line by backscatter.
    notes
        Remarks.
    """

    name: str
    wavelength_nm: float
    n_eff: float
    guided_n_eff: float | None
    gap_um: float
    gaps: Array
    q_external: Array
    error: Array
    q: float | None
    q_error: float
    splitting_mhz: float
    notes: list[str]
    wavelength_error: float
    guided_error: float

    @property
    def frequency_mhz(self) -> float:
        """Of the line."""
        return 1e9 * C_UM_THZ / self.wavelength_nm

    def at(self, gap: float) -> tuple[float, float]:
        """External Q at a gap (um) within the curve, and its relative error."""
        return float(np.exp(np.interp(gap, self.gaps, np.log(self.q_external)))), float(
            np.interp(gap, self.gaps, self.error)
        )

    def transmission(self, detuning_mhz: Array, q_external: float) -> Array:
        """Power that passes by the resonator, for detunings from the middle of the line; NaN without an intrinsic Q.

        Two standing waves, split by backscatter at the rate g, half the splitting (Gorodetsky, Pryamikov and Ilchenko, J. Opt.
        Soc. Am. B 17, 1051 (2000)): t = 1 - k_e (k/2 - i D) / ((k/2 - i D)^2 + g^2) with k = k_0 + k_e.
        """
        f = self.frequency_mhz
        inner, outer = f / self.q if self.q else np.nan, f / q_external
        through = 0.5 * (inner + outer) - 1j * np.asarray(detuning_mhz)
        return np.asarray(np.abs(1.0 - outer * through / (through**2 + 0.25 * self.splitting_mhz**2)) ** 2)

    @property
    def critical_gap_um(self) -> tuple[float, float] | None:
        """Gap at which nothing passes on resonance, and its error (um); None outside the curve or without an intrinsic Q."""
        if self.q is None:
            return None
        wanted = -0.5 * np.log(self.q**-2.0 + (self.splitting_mhz / self.frequency_mhz) ** 2)
        log_q = np.log(self.q_external)
        if not log_q[0] < wanted < log_q[-1]:
            return None
        gap = float(brentq(lambda g: np.interp(g, self.gaps, log_q) - wanted, self.gaps[0], self.gaps[-1]))
        slope = float(np.interp(gap, self.gaps, np.gradient(log_q, self.gaps)))
        return gap, (self.at(gap)[1] + self.q_error) / slope

    def rows(self) -> list[Quantity]:
        """What there is to say at the gap asked for."""
        external, error = self.at(self.gap_um)
        found = [
            ("wavelength", self.wavelength_nm, "nm", self.wavelength_nm * self.wavelength_error),
            ("n_eff", self.n_eff, "", self.n_eff * self.wavelength_error),
        ]
        if self.guided_n_eff is not None:
            found.append(("coupler_n_eff", self.guided_n_eff, "", self.guided_error))
        found.append(("q_external", external, "", external * error))
        if self.q is not None:
            loaded = 1.0 / (1.0 / self.q + 1.0 / external)
            spread = loaded * (error * loaded / external + self.q_error * loaded / self.q)
            width = self.frequency_mhz / loaded
            passed = float(self.transmission(np.zeros(1), external)[0])
            ends = [
                float(self.transmission(np.zeros(1), external * f)[0])
                for f in (1.0 + error, 1.0 / (1.0 + error))
            ]
            found += [
                ("q_intrinsic", self.q, "", self.q * self.q_error),
                ("q_loaded", loaded, "", spread),
                ("linewidth", width, "MHz", width * spread / loaded),
                ("transmission", passed, "", max(abs(end - passed) for end in ends)),
            ]
        if (critical := self.critical_gap_um) is not None:
            found.append(("critical_gap", 1e3 * critical[0], "nm", 1e3 * critical[1]))
        return [Quantity(self.name, *row) for row in found]


def couplings(config: RunConfig, q: float | None = None, progress: Any = None) -> list[Coupling]:
    """Every mode of a configuration beside its coupler, the shortest wavelength first.

    Parameters
    ----------
    q
        Intrinsic Q of the lines, by default that of each mode.

    Raises
    ------
    ConfigError
        Without a coupler, or where it stands in something else than the ambient; SolveError as `femwgm.run`.
    """
    coupler = config.coupler
    if coupler is None:
        raise ConfigError(
            "is missing",
            key="coupler",
            remedy="add e.g. 'coupler: {kind: fibre, material: silica, diameter: 1.1 um, gap: 200 nm}'",
        )
    materials = materials_from_config(config)
    if not isinstance(coupler, Bus):
        for end in config.modes.window_um:
            materials[coupler.material].require(2.0 * np.pi / end)
    found = resonances(config, materials, progress)
    buses = {}
    if isinstance(coupler, Bus) and coupler.n_eff is None:
        for pol in dict(found):
            lines = [one.k0 for its, one in found if its == pol]
            buses[pol] = guide(config, media_of(config), lines, coupler.width_um, pol)
    out = [
        _coupling(
            config, materials, one if q is None else replace(one, q=q, q_error=0.0), pol, buses.get(pol)
        )
        for pol, one in found
    ]
    if not out:
        raise ConfigError(
            "no mode of the window travels: all have m = 0", key="modes", remedy="ask for m above 0"
        )
    return out


def _coupling(
    config: RunConfig, materials: dict[str, Material], one: Resonance, pol: str, bus: Guide | None
) -> Coupling:
    coupler = config.coupler
    assert coupler is not None
    outside = materials[config.geometry.ambient].permittivity(one.k0).real
    n_eff, notes = one.m / (one.k0 * one.radius), list[str]()
    decay = one.k0 * np.sqrt(max(n_eff**2 - outside, 0.0))
    guided: float | None
    model, stray = (0.0, 0.0), 0.0
    if bus is not None:
        guided, guided_error = (beta / one.k0 for beta in bus.beta(one.k0))
        rate = bus_rate(one, bus)
    elif isinstance(coupler, Bus):
        assert coupler.n_eff is not None
        guided, guided_error, model = coupler.n_eff, 0.0, SLAB_ERROR
        rate = slab_rate(one, coupler, pol, outside)
    else:
        core = materials[coupler.material].permittivity(one.k0).real
        _demand_room(config, one, 0.5 * coupler.diameter_um if isinstance(coupler, Taper) else 0.0)
        if isinstance(coupler, Prism):
            guided, guided_error, (rate, stray) = None, 0.0, prism_rate(one, outside, core)
            if core <= n_eff**2:
                raise ConfigError(
                    f"index {np.sqrt(core):.4g} does not exceed that of the mode, {n_eff:.4g}, so hardly any light enters",
                    key="coupler.material", value=coupler.material, remedy="take a denser prism",
                )  # fmt: skip
        else:
            guided, rate = fibre_rate(one, coupler, outside, core, notes)
            guided_error = _ROOT * guided
    gaps = np.unique(np.append(np.linspace(0.0, max(_REACH, 1.5 * coupler.gap_um), _GAPS), coupler.gap_um))
    rates = np.array([rate(float(gap), 0.0) for gap in gaps])
    # Wherever the plane lies the result is the same: what differs is the error of the fields and of the quadrature.
    numeric = max(
        abs(rate(float(gap), 0.5) / rates[gaps == gap][0] - 1.0) for gap in (gaps[len(gaps) // 2], gaps[-1])
    )
    error = numeric + 2.0 * one.error + _BACK[pol] * np.exp(-decay * gaps) + stray / rates
    error += model[0] + model[1] * decay * gaps
    return Coupling(
        one.name, one.wavelength_nm, n_eff, guided, coupler.gap_um, gaps, 1.0 / rates, error, one.q, one.q_error,
        one.splitting_mhz if coupler.splitting_mhz is None else coupler.splitting_mhz, notes, one.wavelength_error, guided_error,
    )  # fmt: skip


def _demand_room(config: RunConfig, one: Resonance, radius: float) -> None:
    """Refuse a coupler within a wavelength of a layer of background: its modes are those in the ambient alone."""
    if config.geometry.kind in ("layered_sphere", "spheroid"):
        return
    for slab in section_of(config.geometry).slabs:
        if (
            slab.bottom - radius - 1e-3 * one.wavelength_nm
            < one.height
            < slab.top + radius + 1e-3 * one.wavelength_nm
        ):
            raise ConfigError(
                f"'{slab.region}' lies within a wavelength of the coupler, whose modes are those in the ambient alone",
                key="geometry.background", remedy="move it away, or take 'kind: bus' beside a ring or disk",
            )  # fmt: skip


def write_couplings(found: list[Coupling], folder: str | Path) -> list[Path]:
    """Write couple.csv (mode,quantity,value,unit,error), couple_gaps.csv and couple.png.

    Raises
    ------
    OutputError
        When the disk refuses.
    """
    from femwgm.views.figures.coupling import coupling_figure
    from femwgm.views.figures.style import drawn

    at_gap = [row.cells for one in found for row in one.rows()]
    curve = [
        (one.name, float(gap), f"{external:.9g}", f"{error:.3g}")
        for one in found
        for gap, external, error in zip(one.gaps, one.q_external, one.error, strict=True)
    ]
    contents = {
        "couple.csv": csv_bytes([Quantity._fields, *at_gap]),
        "couple_gaps.csv": csv_bytes([("mode", "gap_um", "q_external", "q_external_error"), *curve]),
        "couple.png": drawn(coupling_figure, found),
    }
    return write_files(Path(folder), contents)
