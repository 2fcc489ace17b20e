"""From a configuration to the comb of one family: its lines, dispersion, crossings and Kerr coefficient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from femwgm.config.schema import RunConfig
from femwgm.errors import ConfigError
from femwgm.experiment.combs.crossings import Crossing, smooth_series
from femwgm.experiment.combs.exact import sphere_lines
from femwgm.experiment.combs.lines import Lines
from femwgm.experiment.combs.series import Series
from femwgm.finders.exact_list import has_exact_modes
from femwgm.ground.typing import Array
from femwgm.ground.units import k0_from_wavelength
from femwgm.materials import Material, materials_from_config
from femwgm.materials.nonlinear import KERR

if TYPE_CHECKING:
    from femwgm.finders.finder import Tell

_C = 299792458.0
_UM = 1e-6


@dataclass(frozen=True)
class Kerr:
    """What the Kerr effect of one region makes of a family.

    Attributes
    ----------
    region
        The region.
    area_um2, error
        Effective area (um^2) and its relative error: V / (2 pi R), V = (int eps |E|^2 dV)^2 / int eps^2 |E|^4 dV, the latter
        over the region, R the outer radius.
    n2
        Nonlinear index (m^2/W); None where it is not known.
    gamma
        Coefficient (1/(W m)), k0 n2 (n_g/n)^2 / area.
    source
        Where n2 comes from.
    """

    region: str
    area_um2: float
    error: float
    n2: float | None = None
    gamma: float | None = None
    source: str | None = None


@dataclass(frozen=True)
class Comb:
    """A family of lines and what it amounts to.

    Attributes
    ----------
    config
        The configuration.
    lines
        The lines.
    series
        D1, D2, ... of the undisturbed lines.
    crossings
        Avoided crossings.
    kerr
        Effective area and Kerr coefficient of the region that holds most of the energy.
    """

    config: RunConfig
    lines: Lines
    series: Series
    crossings: list[Crossing]
    kerr: Kerr

    @property
    def f0(self) -> float:
        """Frequency of the pumped line (Hz)."""
        return float(self.lines.frequency[self.lines.m == self.lines.pump][0])

    @property
    def d_int(self) -> Array:
        """D_int = f - f0 - D1 mu of every line (Hz)."""
        return self.series.integrated(self.lines.mu, self.lines.frequency, self.f0)

    @property
    def radius_m(self) -> float:
        """Outer radius (m), which n_g, beta_2 and the area refer to."""
        return self.config.geometry.radius_ref_um * _UM

    @property
    def group_index(self) -> tuple[float, float]:
        """n_g = c / (2 pi R D1) at the outer radius, and its error."""
        D1, error = self.series.D[0], self.series.errors[0]
        n_g = _C / (2.0 * np.pi * self.radius_m * D1)
        return n_g, n_g * error / D1

    @property
    def beta_2(self) -> tuple[float, float]:
        """beta_2 = d^2 (m/R) / d omega^2 = -D2 / (4 pi^2 R D1^3) in s^2/m, and its error."""
        (D1, D2), (e1, e2) = self.series.D[:2], self.series.errors[:2]
        scale = 1.0 / (4.0 * np.pi**2 * self.radius_m * D1**3)
        return -D2 * scale, scale * (e2 + 3.0 * abs(D2) * e1 / D1)


def comb(
    config: RunConfig,
    pump_um: float | None = None,
    half: int = 50,
    n2: float | None = None,
    tell: Tell | None = None,
) -> Comb:
    """The family of the line nearest to the pump, `half` orders to either side.

    Parameters
    ----------
    config
        The resonator; polarizations, radial and polar orders say which family may be meant.
    pump_um
        Vacuum wavelength of the pump (um); the middle of the window by default.
    half
        Orders on either side.
    n2
        Nonlinear index (m^2/W) of the region that holds most of the energy; that of its preset by default.
    tell
        Called with what is being done.

    Raises
    ------
    ConfigError
        If no line is near, or the kind of body has no families.
    """
    lo, hi = config.modes.window_um
    pump_k0 = (
        k0_from_wavelength(pump_um) if pump_um else 0.5 * (k0_from_wavelength(lo) + k0_from_wavelength(hi))
    )
    materials = materials_from_config(config)
    for name in config.geometry.region_materials.values():
        materials[name].require(pump_k0)
    if has_exact_modes(config, materials, pump_k0):
        lines = sphere_lines(config, materials, pump_k0, half)
    else:
        from femwgm.experiment.combs.elements import body_lines

        lines = body_lines(config, pump_k0, half, tell or (lambda *_: None))
    if lines is None or len(lines.m) < 8:
        count = 0 if lines is None else len(lines.m)
        raise ConfigError(
            f"{count} lines of a family lie around the pump; a comb needs at least 8", key="modes.window",
            value=f"{2e3 * np.pi / pump_k0:.6g} nm", remedy="ask for other orders or polarizations, or give --pump",
        )  # fmt: skip
    rounding = 2e-15 * float(lines.frequency.max())
    series, crossings = smooth_series(lines.mu, lines.frequency, rounding, lines.shift)
    made = Comb(config, lines, series, crossings, Kerr("", 0.0, 0.0))
    return Comb(config, lines, series, crossings, _kerr(made, materials, n2))


def _kerr(made: Comb, materials: dict[str, Material], n2: float | None) -> Kerr:
    """Effective area and gamma of the region that holds most of the energy."""
    lines = made.lines
    region = max(lines.kerr_um3, key=lambda name: lines.energy.get(name, 0.0))
    area = (
        lines.kerr_um3[region]
        / lines.energy[region] ** 2
        / (2.0 * np.pi * made.config.geometry.radius_ref_um)
    )
    name = made.config.geometry.region_materials[region]
    spec = made.config.materials[name]
    known = KERR.get(str(getattr(spec, "preset", "")))
    source = "given" if n2 is not None else known.source if known else None
    n2 = n2 if n2 is not None else known.n2 if known else None
    gamma = None
    if n2 is not None:
        k0 = 2.0 * np.pi * made.f0 / _C
        n = abs(materials[name].index(k0 * _UM))
        gamma = k0 * n2 * (made.group_index[0] / n) ** 2 / (area * _UM**2)
    return Kerr(region, area, lines.kerr_error, n2, gamma, source)


def summary(made: Comb) -> dict[str, Any]:
    """The content of comb.json."""
    lines, series = made.lines, made.series
    out: dict[str, Any] = {
        "family": {"pol": lines.pol, "q": lines.q, "p": lines.p}, "engine": lines.source,
        "mu0_m": lines.pump, "f0_Hz": made.f0, "f0_error_Hz": float(lines.error[lines.m == lines.pump][0]),
        "wavelength_nm": 1e9 * _C / made.f0, "orders": len(lines.m),
    }  # fmt: skip
    for k, (D, error) in enumerate(zip(series.D, series.errors, strict=True), start=1):
        out[f"D{k}_Hz"], out[f"D{k}_error_Hz"] = D, error
    (n_g, n_g_error), (beta, beta_error) = made.group_index, made.beta_2
    wavelength = _C / made.f0
    to_d = -2.0 * np.pi * _C / wavelength**2 * 1e6
    out |= {
        "radius_um": made.radius_m / _UM, "n_g": n_g, "n_g_error": n_g_error,
        "beta2_ps2_per_km": beta * 1e27, "beta2_ps2_per_km_error": beta_error * 1e27,
        "dispersion_ps_per_nm_km": beta * to_d, "dispersion_ps_per_nm_km_error": abs(beta_error * to_d),
        "kerr_region": made.kerr.region, "effective_area_um2": made.kerr.area_um2,
        "effective_area_um2_error": made.kerr.area_um2 * made.kerr.error,
        "n2_m2_per_W": made.kerr.n2, "n2_source": made.kerr.source, "gamma_per_W_m": made.kerr.gamma,
        "crossings": [
            {"mu": list(c.mu), "centre_mu": c.centre, "coupling_Hz": c.coupling, "coupling_error_Hz": c.coupling_error,
             "detuning_per_order_Hz": c.slope}
            for c in made.crossings
        ],
        "notes": lines.notes,
    }  # fmt: skip
    return out
