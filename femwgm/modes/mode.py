"""`Mode`: what a run gives back for each resonance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from femwgm.ground.columns import columns
from femwgm.ground.shown import Shown
from femwgm.ground.units import C_UM_THZ, frequency_thz, wavelength_um
from femwgm.mesh.domain import PML
from femwgm.modes.rates import Rate, added

if TYPE_CHECKING:
    from femwgm.fem.field import CellField
    from femwgm.ground.typing import ComplexArray


@dataclass(frozen=True, repr=False)
class Mode(Shown):
    """One mode: labels, numbers with their evidence, and its field.

    Attributes
    ----------
    pol, q, l, m, p
        Labels (`femwgm.conventions`): polarization; radial, polar and azimuthal order; p = l - m.
    k0
        Complex vacuum wavenumber (rad/um); Im k0 < 0 decays.
    radius
        Outer radius of the solid (um) that n_eff, n_g and fsr_nm use.
    n_g
        Group index (1/R) d m / d k0.
    log10_q_rad
        Decimal logarithm of the radiation quality factor; None where it does not apply or is not known.
    q_rad_floor, q_abs_floor
        A lower bound of |q_rad| and |q_abs| where the value is not known.
    q_rad_source
        "eigenvalue", "multipoles", or the reason why it is missing.
    q_abs
        Absorption quality factor, negative for gain; None in lossless media.
    energy, e2, radial_e2
        Shares by region: of the electric energy, of the integral of |E|^2 over the volume and along the equatorial radius.
    mode_volume_um3
        int eps |E|^2 dV / max(eps |E|^2), travelling wave.
    wavelength_error, q_error, n_g_error, q_abs_error, q_wall_error, q_scattering_error
        Estimated relative errors; `q_error` is that of q_rad.
    share_error, e2_error, radial_e2_error
        Estimated absolute errors of the shares `energy`, `e2`, `radial_e2`.
    residual, dofs, seconds
        Relative residual of the eigenpair, number of unknowns, time spent on the mode.
    confidence, te_fraction
        Confidence in the labels (0 to 1), and purity of the polarization.
    met
        Whether the requested accuracy was reached.
    field_data
        The finite-element field behind `field`.
    expected_k0
        What the exact solution says (rad/um), where there is one.
    q_scattering, q_wall
        Quality factors of the surface roughness and of the conducting walls that the configuration states; None without any.
    absorption
        1/Q of the absorption in each region, negative for gain.
    differentiate
        Computes the `derivatives` on request.
    other
        Field and region integrals of another solution, while the run still needs them: a change is an error.
    family
        Number of the family that the mode belongs to, the same for every m.
    waves
        What the field is beyond the computed domain (`femwgm.observables.outgoing`).
    crest, integrals
        Where the energy density is largest, and the integrals over each region (`femwgm.observables.peak.Crest`,
        `femwgm.observables.energy.RegionIntegrals`).
    extra
        Further columns of the table.
    """

    _internal = ("crest", "differentiate", "expected_k0", "field_data", "integrals", "other")

    pol: str
    q: int
    l: int | None
    m: int
    p: int | None
    k0: complex
    radius: float
    n_g: float | None
    log10_q_rad: float | None
    q_abs: float | None
    energy: Mapping[str, float]
    e2: Mapping[str, float]
    radial_e2: Mapping[str, float | None]
    mode_volume_um3: float | None
    wavelength_error: float | None
    residual: float
    dofs: int
    seconds: float
    q_rad_source: str = ""
    q_rad_floor: float | None = None
    q_error: float | None = None
    share_error: float | None = None
    confidence: float = 1.0
    te_fraction: float = float("nan")
    met: bool = True
    absorption: Mapping[str, float] = field(default_factory=dict)
    extra: Mapping[str, float | str | None] = field(default_factory=dict)
    field_data: CellField | None = field(default=None, repr=False, compare=False)
    expected_k0: complex | None = None
    q_scattering: float | None = None
    q_scattering_error: float | None = None
    q_wall: float | None = None
    q_wall_error: float | None = None
    q_abs_error: float | None = None
    q_abs_floor: float | None = None
    n_g_error: float | None = None
    family: int | None = None
    e2_error: float | None = None
    radial_e2_error: float | None = None
    differentiate: Callable[[], Any] | None = field(default=None, repr=False, compare=False)
    waves: Any = field(default=None, repr=False, compare=False)
    crest: Any = field(default=None, repr=False, compare=False)
    integrals: Any = field(default=None, repr=False, compare=False)
    other: Any = field(default=None, repr=False, compare=False)

    @property
    def k0_re_per_um(self) -> float:
        """Re k0 (rad/um)."""
        return self.k0.real

    @property
    def k0_im_per_um(self) -> float:
        """Im k0 (rad/um): of the eigenvalue, or -Re k0 / (2 Q) where that lies below its rounding or was not sought."""
        q = self.q_total
        return -0.5 * self.k0.real / q if self.k0.imag == 0.0 and q is not None else self.k0.imag

    @property
    def wavelength_nm(self) -> float:
        """Vacuum wavelength 2 pi / Re k0 (nm)."""
        return 1e3 * wavelength_um(self.k0)

    @property
    def freq_thz(self) -> float:
        """Frequency (THz)."""
        return frequency_thz(self.k0)

    @property
    def n_eff(self) -> float:
        """Phase index m / (Re k0 R) at the outer radius."""
        return self.m / (self.k0.real * self.radius)

    @property
    def fsr_nm(self) -> float | None:
        """Free spectral range lambda^2 / (n_g 2 pi R) (nm)."""
        return None if self.n_g is None else self.wavelength_nm**2 / (self.n_g * 2e3 * np.pi * self.radius)

    @property
    def q_rad(self) -> float | None:
        """Radiation quality factor; inf where it exceeds the range of a float (see `log10_q_rad`)."""
        if self.log10_q_rad is None:
            return None
        return float(10.0**self.log10_q_rad) if self.log10_q_rad < 308.0 else float("inf")

    @property
    def loss_rate(self) -> Rate | None:
        """1/Q of all losses together and its error; None where nothing is known of them."""
        if self.log10_q_rad is not None:
            radiated = 0.0 if self.log10_q_rad > 308.0 else float(10.0**-self.log10_q_rad)
            rates = [Rate(radiated, radiated * (self.q_error or 0.0))]
        else:
            rates = [Rate(0.0, 1.0 / self.q_rad_floor)] if self.q_rad_floor else []
        if self.q_abs_floor:
            rates.append(Rate(0.0, 1.0 / self.q_abs_floor))
        rates += [
            Rate(1.0 / q, (error or 0.0) / abs(q))
            for q, error in (
                (self.q_abs, self.q_abs_error),
                (self.q_wall, self.q_wall_error),
                (self.q_scattering, self.q_scattering_error),
            )
            if q is not None
        ]
        return added(rates) if rates else None

    @property
    def q_total(self) -> float | None:
        """1 / (1/q_rad + 1/q_abs + 1/q_wall + 1/q_scattering), as far as they apply; negative when gain wins.

        None where nothing is known, and where the error leaves the sign open: `q_total_floor` is then a bound.
        """
        rate = self.loss_rate
        if rate is None:
            return None
        if rate.value == rate.error == 0.0:
            return float("inf")
        return 1.0 / rate.value if rate.resolved else None

    @property
    def q_total_error(self) -> float | None:
        """Relative error of q_total."""
        rate = self.loss_rate
        return None if rate is None or not rate.resolved else rate.error / abs(rate.value)

    @property
    def q_total_floor(self) -> float | None:
        """Lower bound of |q_total| where its sign is not known."""
        rate = self.loss_rate
        return None if rate is None or rate.resolved else rate.floor

    @property
    def q_rad_error(self) -> float | None:
        """Relative error of q_rad: another name of `q_error`."""
        return self.q_error

    @property
    def frequency_thz(self) -> float:
        """Frequency (THz): another name of `freq_thz`."""
        return self.freq_thz

    @property
    def fsr_ghz(self) -> float | None:
        """Free spectral range c / (n_g 2 pi R) (GHz)."""
        return None if self.n_g is None else 1e3 * C_UM_THZ / (self.n_g * 2.0 * np.pi * self.radius)

    @property
    def fsr_error(self) -> float | None:
        """Relative error of fsr_nm, which holds that of the group index and twice that of the wavelength."""
        if self.n_g is None or self.n_g_error is None:
            return None
        return self.n_g_error + 2.0 * (self.wavelength_error or 0.0)

    @property
    def q_abs_by_region(self) -> dict[str, float]:
        """Absorption quality factor of each region that absorbs or amplifies, on its own."""
        return {name: 1.0 / rate for name, rate in self.absorption.items() if rate != 0.0}

    @property
    def linewidth_nm(self) -> float | None:
        """Full width at half maximum lambda / q_total (nm); None where Q is not known, infinite or negative."""
        q = self.q_total
        return self.wavelength_nm / q if q is not None and 0.0 < q < np.inf else None

    @property
    def linewidth_ghz(self) -> float | None:
        """Full width at half maximum f / q_total (GHz)."""
        q = self.q_total
        return 1e3 * self.freq_thz / q if q is not None and 0.0 < q < np.inf else None

    @property
    def lifetime_ps(self) -> float | None:
        """Photon lifetime q_total / omega (ps)."""
        q = self.q_total
        return q / (2.0 * np.pi * self.freq_thz) if q is not None and 0.0 < q < np.inf else None

    @property
    def volume_standing_um3(self) -> float | None:
        """Mode volume of the standing wave cos(m phi) (um^3): half of the travelling one, the same for m = 0."""
        return (
            self.mode_volume_um3
            if self.mode_volume_um3 is None or self.m == 0
            else 0.5 * self.mode_volume_um3
        )

    @property
    def purcell(self) -> float | None:
        """Purcell factor at the field maximum, for a dipole along the field: 3 / (4 pi^2) (lambda / n)^3 Q / V.

        V is that of the standing wave, in which the two travelling waves of the pair act together; Q is the total one.
        """
        q, volume = self.q_total, self.volume_standing_um3
        if (
            self.crest is None
            or q is None
            or volume is None
            or not 0.0 < q < np.inf
            or self.crest.eps.real <= 0.0
        ):
            return None
        index = float(np.sqrt(self.crest.eps.real))
        return 3.0 / (4.0 * np.pi**2) * (1e-3 * self.wavelength_nm / index) ** 3 * q / volume

    def absorption_for(self, q: float, region: str, index: float) -> float:
        """Absorption coefficient (1/cm) of a region of the given index that alone would give the quality factor q.

        It is also the gain at threshold for a cavity of that Q: 2 pi n / (lambda Q Gamma).
        """
        return 1e7 * 2.0 * np.pi * index / (self.wavelength_nm * q * self.energy[region])

    @cached_property
    def derivatives(self) -> Any:
        """Derivatives of k0, wavelength and Q with respect to indices, radii and thicknesses (`Derivatives`).

        Raises
        ------
        ValueError
            If the mode was read from a table.
        """
        if self.differentiate is None:
            raise ValueError(
                f"{self.label} was read from a table: run its configuration again to differentiate it"
            )
        return self.differentiate()

    @property
    def label(self) -> str:
        """Short name, as "TE q=1 l=165 m=165"."""
        return f"{self.pol} q={self.q} l={self.l if self.l is not None else '?'} m={self.m}"

    def __repr__(self) -> str:
        return f"<Mode {self.label}, {self.wavelength_nm:.7f} nm{'' if self.met else ', accuracy missed'}>"

    def plot(self) -> Any:
        """|E|^2 in the meridian plane, a matplotlib figure."""
        return self._drawn("plot")

    def field(self, r: Any, z: Any) -> ComplexArray:
        """E at (r, z) (um), components (E_r, E_phi, E_z) of shape (3, ...), without the factor exp(i m phi), at any distance.

        Normalised so that the integral of Re(eps) |E|^2 over the domain is 1 um^3. Beyond the domain it is continued by
        outgoing waves, never by the absorbing layer. It is zero where it has decayed below the accuracy within the domain,
        and NaN where it leaks into surroundings that are not uniform (a substrate).
        """
        return self._everywhere(r, z)[0]

    def magnetic_field(self, r: Any, z: Any) -> ComplexArray:
        """H = curl E / (i k0) at (r, z): the magnetic field times the impedance of vacuum, shape (3, ...)."""
        return self._everywhere(r, z)[1]

    def far_field(self, theta: Any) -> ComplexArray:
        """(E_theta, E_phi) far away at polar angles theta (rad), shape (2, ...), without exp(i k rho + i m phi) / rho.

        Normalised so that the integral of |E|^2 over all directions is 1: 4 pi |E|^2 is the gain over an isotropic source. Over a
        substrate E is times the root of the index of the half space, so that its square is still a share of the power.

        Raises
        ------
        ValueError
            If it does not radiate into a uniform surrounding or two half spaces alone, or was read from a table.
        """
        if self._sent is None:
            raise ValueError(
                f"{self.label} has no far field: walls, a pillar or a layer that guides or absorbs light take part of it"
            )
        far: ComplexArray = self._sent.far(theta)
        return far

    @property
    def _sent(self) -> Any:
        """The waves that leave the body; those of a stack of spheres, where its radiation is resolved."""
        if self.waves is None and self.log10_q_rad is not None:
            return getattr(self.field_data, "formula", None)
        return self.waves

    @property
    def directivity(self) -> float | None:
        """Largest radiated intensity over its mean over all directions; None without a far field."""
        if (finest := getattr(self._sent, "highest", None)) is None:
            return None
        theta = np.linspace(0.0, np.pi, 8 * finest + 181)
        return float(4.0 * np.pi * (np.abs(self._sent.far(theta)) ** 2).sum(axis=0).max())

    def _everywhere(self, r: Any, z: Any) -> tuple[ComplexArray, ComplexArray]:
        """E and H by the elements, and by outgoing waves where there are none or those of the absorbing layer."""
        data = self._field_data
        r, z = np.broadcast_arrays(np.asarray(r, dtype=float), np.asarray(z, dtype=float))
        E, H = data(r, z)
        mesh = getattr(getattr(data, "space", None), "mesh", None)
        if mesh is None or not hasattr(data, "probe"):
            return E, H
        E, H = E.reshape(3, -1), H.reshape(3, -1)
        x, y = r.ravel(), z.ravel()
        owner = data.probe(x, y).owner
        layer = mesh.regions.index(PML) if PML in mesh.regions else -1
        absorbing = (owner >= 0) & (mesh.region[owner] == layer)
        beyond = absorbing | (owner < 0)
        if beyond.any() and self.waves is not None:
            for holds, waves in self._continuations(closed=layer < 0):
                places = np.flatnonzero(beyond)
                places = places[holds(x[places], y[places])]
                if len(places):
                    E[:, places], H[:, places] = waves(x[places], y[places])
                    beyond[places] = absorbing[places] = False
        lost = beyond & (np.hypot(x, y) > self.radius) if layer >= 0 else absorbing
        E[:, absorbing | lost] = H[:, absorbing | lost] = np.nan
        return E.reshape(3, *r.shape), H.reshape(3, *r.shape)

    def _continuations(self, closed: bool) -> list[tuple[Callable[..., Any], Callable[..., Any]]]:
        """Where the field continues beyond the domain, and how; near the body only out of a domain that lets waves go."""
        ways: list[tuple[Callable[..., Any], Callable[..., Any]]] = [(self.waves.covers, self.waves)]
        if not closed and hasattr(self.waves, "near"):
            ways.insert(0, (self.waves.leaves_out, self.waves.near))
        return ways

    @property
    def _field_data(self) -> CellField:
        if self.field_data is None:
            raise ValueError(
                f"{self.label} holds no field: it was read from a table, or stands for a multiplet"
            )
        return self.field_data

    def row(self) -> dict[str, Any]:
        """The mode as a row of modes.csv; None where a value does not apply."""
        values = {name: getattr(self, name, None) for name in columns(())}
        for share in ("energy", "e2", "radial_e2"):
            values.update({f"{share}_{region}": v for region, v in getattr(self, share).items()})
        values |= {name: getattr(self, name) for name in _FURTHER}
        values |= {f"q_abs_{region}": q for region, q in self.q_abs_by_region.items()}
        return values | dict(self.extra)


_FURTHER = (
    "log10_q_rad", "q_rad_floor", "q_rad_source", "q_error", "share_error", "confidence", "te_fraction", "met", "linewidth_nm",
    "linewidth_ghz", "lifetime_ps", "volume_standing_um3", "purcell",
)  # fmt: skip
"""Columns beyond those of the contract."""
