"""One exact mode: its labels, its complex wavenumber, and everything that is computed from it on demand."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from femwgm.analytic.fields import ModeFields
from femwgm.analytic.radial import RadialMode
from femwgm.analytic.sensitivity import Sensitivity
from femwgm.errors import GeometryError
from femwgm.ground.tabulated import axis_wavenumber
from femwgm.ground.typing import Array
from femwgm.ground.units import C_UM_THZ, frequency_thz

if TYPE_CHECKING:
    from femwgm.analytic.sphere import LayeredSphere


_ROUNDING = 4e-15
"""Error of 1/Q from a pole in double precision."""
_UNRESOLVED = 1e-12
"""|Im k0| / Re k0 of a pole in double precision below which not even its sign is known to a few per cent."""
_SHARP = math.log(1e8)
"""ln Q_rad above which only its logarithm tells a pole from a real resonance."""


@dataclass(frozen=True)
class ExactMode:
    """A mode of a :class:`LayeredSphere`.

    Attributes
    ----------
    sphere
        The sphere it belongs to.
    pol, l, q, m
        Polarization, polar degree, radial order, azimuthal order (l unless :meth:`with_m` says otherwise).
    k0
        Complex vacuum wavenumber (rad/um). Beyond Q of 1e308 the imaginary part underflows; use `log10_q_rad`.
    k_real
        Real resonance of the lossless sphere (rad/um).
    log_q_rad
        Natural logarithm of the radiation quality factor with the imaginary parts of all permittivities dropped; NaN for a
        pole that was found from a start value, which has no lossless twin.
    k_twin
        Complex wavenumber of that twin (rad/um).
    """

    sphere: LayeredSphere
    pol: str
    l: int
    q: int
    m: int
    k0: complex
    k_real: float
    log_q_rad: float
    k_twin: complex = complex(math.nan)

    def __repr__(self) -> str:
        label = f"{self.pol} l={self.l} m={self.m} q={self.q}"
        return f"ExactMode({label}, {self.wavelength_nm:.6f} nm, log10 Q_rad={self.log10_q_rad:.2f})"

    def with_m(self, m: int) -> ExactMode:
        """The same resonance with another azimuthal order, |m| <= l: same k0, another field."""
        if abs(m) > self.l:
            raise GeometryError(f"azimuthal order m = {m} must satisfy |m| <= l = {self.l}")
        return replace(self, m=int(m))

    @property
    def p(self) -> int:
        """Polar order l - |m|."""
        return self.l - abs(self.m)

    @property
    def wavelength_nm(self) -> float:
        """Vacuum wavelength 2 pi / Re k0 (nm)."""
        return 2e3 * math.pi / self.k0.real

    @property
    def n_eff(self) -> float:
        """Phase index m / (Re k0 R) at the outer radius."""
        return abs(self.m) / (self.k0.real * self.sphere.outer_radius_um)

    @property
    def log10_q_rad(self) -> float:
        """Decimal logarithm of q_rad, at any size."""
        return self.log_q_rad / math.log(10.0)

    @property
    def q_rad(self) -> float:
        """Radiation quality factor of the lossless sphere; infinite where it exceeds a float's range, NaN where unknown."""
        return math.inf if self.log_q_rad >= 709.0 else math.exp(self.log_q_rad)

    @property
    def q_total(self) -> float:
        """-Re k0 / (2 Im k0): negative where gain outweighs loss; NaN where only a pole is known and rounding hides its sign."""
        if self.sphere.media.lossless:
            return self.q_rad
        if math.isnan(self.log_q_rad) and abs(self.k0.imag) < _UNRESOLVED * self.k0.real:
            return math.nan
        return -0.5 * self.k0.real / self.k0.imag if self.k0.imag else math.inf

    @property
    def q_abs(self) -> float:
        """Absorption quality factor, 1/q_total = 1/q_rad + 1/q_abs; infinite without loss, negative where gain outweighs it.

        NaN where q_rad is unknown.
        """
        rate = self._absorbed[0]
        return 1.0 / rate if rate else math.inf

    @property
    def q_abs_error(self) -> float:
        """Relative error of q_abs."""
        rate, error = self._absorbed
        return error / abs(rate) if rate else math.nan

    @cached_property
    def _absorbed(self) -> tuple[float, float]:
        """1/q_abs and its error: from the poles with and without loss, or by perturbation, whichever is the better known.

        Perturbation takes the mean of the slopes with and without loss; half of their difference bounds what it leaves out.
        """
        media = self.sphere.media.at(np.array([self.k_real]))
        if not (media.t.imag.any() or media.r.imag.any()):
            return 0.0, 0.0
        if math.isnan(self.log_q_rad):
            return math.nan, math.nan
        difference = 1.0 / self.q_total - 1.0 / self.q_rad
        shifts = np.array([self._shift(self.sensitivity), self._shift(self._twin)])
        twin, shift = self.k_twin, shifts.mean()
        rate = 2.0 * (twin.imag * shift.real - twin.real * shift.imag) / (twin.real * (twin + shift).real)
        curved = abs(shifts[1] - shifts[0]) / twin.real + 1e-13 * abs(rate)
        return (difference, _ROUNDING) if curved > _ROUNDING else (float(rate), float(curved))

    def _shift(self, sensitivity: Sensitivity) -> complex:
        """First order of the change of k0 that loss makes."""
        at = np.array([self.k0.real])
        lossy, real = (self.sphere.media.at(at, lossless) for lossless in (False, True))
        t, r = sensitivity.by_permittivity()
        return complex((t * (lossy.t - real.t)[:, 0] + r * (lossy.r - real.r)[:, 0]).sum())

    @cached_property
    def q_abs_by_layer(self) -> dict[int, float]:
        """Absorption quality factor of each layer on its own, Re eps / (share Im eps), to first order in the loss."""
        media = self.sphere.media.at(np.array([self.k0.real]))
        t, r = self._twin.by_permittivity()
        loss = 2.0 * (t * media.t.imag[:, 0] + r * media.r.imag[:, 0]).real / self._twin.radial.k.real
        return {i: (-1.0 / float(x) if x else math.inf) for i, x in enumerate(loss)}

    # -- the field ----------------------------------------------------------------------------------------------------------

    @cached_property
    def radial(self) -> RadialMode:
        """Radial function at the mode's wavenumber (at the real one where only its logarithm tells it from k0)."""
        lossless = self.sphere.media.lossless and self.log_q_rad > _SHARP
        return self._radial(self.k_real if lossless else self.k0, lossless)

    def _radial(self, k: complex, lossless: bool) -> RadialMode:
        resonator = self.sphere.resonator
        wavenumber, degree, tm = np.array([k]), np.array([float(self.l)]), np.array([self.pol == "TM"])
        return RadialMode(resonator.stack(wavenumber, degree, tm, lossless))

    @cached_property
    def fields(self) -> ModeFields:
        """Fields, shares and volumes."""
        media = self.sphere.media.at(np.array([axis_wavenumber(complex(self.radial.k))]))
        return ModeFields(self.radial, self.l, self.m, media)

    def field(self, r: ArrayLike, z: ArrayLike) -> Array:
        """[E_r, E_phi, E_z] at cylindrical (r, z) in um: shape (3, ...), arbitrary amplitude, without exp(i m phi)."""
        return self.fields.electric(r, z)

    def magnetic_field(self, r: ArrayLike, z: ArrayLike) -> Array:
        """[H_r, H_phi, H_z] of the same mode, H = curl E / (i k0)."""
        return self.fields.magnetic(r, z)

    @property
    def energy(self) -> dict[int, float]:
        """Share of each layer (the ambient last) in the electric energy int Re eps |E|^2 dV.

        The ambient counts from R to the outer turning point or to where the wave has decayed by 22 nepers; NaN for a mode above
        the barrier, which has no evanescent part (the others then add up to one).
        """
        return _shares(self.fields.volumes[0])

    @property
    def e2(self) -> dict[int, float]:
        """Share of each layer in int |E|^2 dV; see `energy` for the ambient."""
        return _shares(self.fields.volumes[1])

    @property
    def radial_e2(self) -> dict[int, float]:
        """Share of each layer in int |E|^2 dr along the equatorial radius; see `energy` for the ambient."""
        return _shares(self.fields.equatorial)

    @property
    def mode_volume_um3(self) -> float:
        """int Re eps |E|^2 dV / max(Re eps |E|^2) of the travelling wave (um^3)."""
        return self.fields.volume

    # -- derivatives --------------------------------------------------------------------------------------------------------

    @cached_property
    def sensitivity(self) -> Sensitivity:
        """Derivatives of k0 with respect to degree, permittivities and radii."""
        return self._sensitivity(self.radial)

    @cached_property
    def _twin(self) -> Sensitivity:
        """The same of the lossless sphere."""
        sharp = math.isnan(self.log_q_rad) or self.log_q_rad > _SHARP
        return self._sensitivity(
            self._radial(self.k_real if sharp else self.k_twin, lossless=True), lossless=True
        )

    def _sensitivity(self, radial: RadialMode, *, lossless: bool = False) -> Sensitivity:
        slopes = self.sphere.media.slope(radial.stack.k, lossless=lossless or not radial.stack.is_complex)
        return Sensitivity(radial, slopes[0][:, 0], slopes[1][:, 0])

    @cached_property
    def n_g(self) -> float:
        """Group index (1 / R) dl / d Re k0 in continuous l, dispersion of the media included."""
        return 1.0 / (
            self.sphere.outer_radius_um * self.sensitivity.real_by_degree(self.sphere.media.tabulated)
        )

    @property
    def fsr_nm(self) -> float:
        """Free spectral range lambda^2 / (n_g 2 pi R) (nm)."""
        return 1e-3 * self.wavelength_nm**2 / (self.n_g * 2.0 * math.pi * self.sphere.outer_radius_um)

    @property
    def fsr_ghz(self) -> float:
        """Free spectral range c / (n_g 2 pi R) (GHz)."""
        return 1e3 * C_UM_THZ / (self.n_g * 2.0 * math.pi * self.sphere.outer_radius_um)

    @property
    def frequency_thz(self) -> float:
        """Frequency (THz)."""
        return frequency_thz(self.k0)

    @property
    def dk0_dn(self) -> dict[int, complex]:
        """dk0/dn of each layer, the ambient last (rad/um)."""
        return {i: complex(x) for i, x in enumerate(self.sensitivity.by_index())}

    @property
    def dk0_dradius(self) -> dict[int, complex]:
        """dk0/dR of each interface, the other radii held (rad/um^2)."""
        return {i: complex(x) for i, x in enumerate(self.sensitivity.by_radius())}

    @property
    def dlambda_dn_nm(self) -> dict[int, float]:
        """d lambda/dn of each layer (nm per unit of index)."""
        return {i: -self.wavelength_nm / self.k0.real * x.real for i, x in self.dk0_dn.items()}

    @property
    def dlambda_dradius_nm_per_um(self) -> dict[int, float]:
        """d lambda/dR of each interface (nm/um), the other radii held."""
        return {i: -self.wavelength_nm / self.k0.real * x.real for i, x in self.dk0_dradius.items()}


def _shares(values: Array) -> dict[int, float]:
    total = float(np.nansum(values))
    return {i: float(value) / total for i, value in enumerate(values)}
