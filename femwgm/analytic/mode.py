"""One exact mode: its labels, its complex wavenumber, and everything that is computed from it on demand."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from femwgm.errors import GeometryError

if TYPE_CHECKING:
    from femwgm.analytic.sphere import LayeredSphere


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
        Natural logarithm of the radiation quality factor with the imaginary parts of all indices dropped.
    """

    sphere: LayeredSphere
    pol: str
    l: int
    q: int
    m: int
    k0: complex
    k_real: float
    log_q_rad: float

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
        """Radiation quality factor of the lossless sphere; infinite where it exceeds the range of a float."""
        return math.exp(self.log_q_rad) if self.log_q_rad < 709.0 else math.inf

    @property
    def q_total(self) -> float:
        """-Re k0 / (2 Im k0): negative where gain outweighs all loss."""
        if self.k0.imag == 0.0:
            return math.inf
        return -0.5 * self.k0.real / self.k0.imag
