r"""Threshold gain of each mode, two ways: weighted with the confinement, and exactly.

Weighted (weak gain): a gain n'' in the shell, which holds the share Gamma of the energy, balances a total quality factor Q when

    n'' = n / (2 Q Gamma),        g = 4 pi n'' / lambda    (power gain per length of bulk shell).

Exact: the outgoing problem with shell index n - i n'' has a solution at real k0. Both unknowns, k0 and n'', come from
Newton's iteration on the pole k0(n''): Im k0 = 0 at threshold, with dk0/dn'' known in closed form. Losses that are not in the
media (scattering, a line width taken as it is measured) enter as a further 1/Q, by which the pole must then grow:
Im k0 = Re k0 / (2 Q).

Emitters that lie face down in the shell amplify the field across the local radius only. TE has no other; for TM the share of
the tangential field in the shell takes the place of Gamma, and the exact problem is that of a radially uniaxial shell. n'' is
then the gain that the tangential field sees. With the same number of emitters it is 3/2 of that of a random orientation (mean
square of the cosine to a given tangential axis: 1/2 instead of 1/3).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from femwgm.analytic import ExactMode, LayeredSphere
from femwgm.analytic.media import Medium
from femwgm.errors import SolveError
from femwgm.experiment.lasing.amplifier import Amplifier
from femwgm.experiment.lasing.gain import GainSpectrum
from femwgm.ground.typing import Array
from femwgm.materials import Material

IN_PLANE_STRENGTH = 1.5
"""Gain for a tangential field of dipoles that lie in the surface, over that of the same number with random orientation."""
_EXACT_ABOVE = 1e-10
"""Threshold n'' below which the first order in 1/Q is exact to more digits than the pole has."""


@dataclass(frozen=True)
class Threshold:
    """Threshold of one mode.

    Attributes
    ----------
    pol, l, q, wavelength_nm
        The mode.
    q_loss
        Total quality factor to be balanced.
    confinement
        Share of the energy that the gain can act on: of the shell, or of the tangential field in the shell.
    in_plane
        Whether the emitters lie in the surface.
    n2_weighted, n2_exact
        Threshold n'' by the confinement and exactly.
    shift_nm
        Wavelength at threshold minus that of the passive mode (nm).
    """

    pol: str
    l: int
    q: int
    wavelength_nm: float
    q_loss: float
    confinement: float
    in_plane: bool
    n2_weighted: float
    n2_exact: float
    shift_nm: float

    @property
    def gain_weighted_per_cm(self) -> float:
        """Material gain (1/cm) by the confinement."""
        return per_cm(self.n2_weighted, self.wavelength_nm)

    @property
    def gain_per_cm(self) -> float:
        """Exact material gain (1/cm)."""
        return per_cm(self.n2_exact, self.wavelength_nm)


def per_cm(n2: float, wavelength_nm: float) -> float:
    """Power gain (or absorption) 4 pi n'' / lambda in 1/cm.

    >>> round(per_cm(2.222e-4, 660.0), 1)
    42.3
    """
    return 4.0 * math.pi * n2 / (1e-7 * wavelength_nm)


def total_loss(mode: ExactMode, q_other: float = math.inf) -> float:
    """1 / Q of everything that the gain must balance: radiation, absorption in the media, and 1 / q_other."""
    absorbed = 0.0 if math.isinf(mode.q_abs) else 1.0 / mode.q_abs
    radiated = math.exp(-min(mode.log_q_rad, 700.0))
    return radiated + absorbed + 1.0 / q_other


def tangential_share(mode: ExactMode, layer: int) -> float:
    """Share of the electric energy that is the tangential field's in one layer (all of it for TE).

    The angular integrals of |Y|^2 and |grad Y|^2 are 1 and l (l + 1); the radial ones are the mode's own quadrature.
    """
    share = mode.energy[layer]
    if mode.pol == "TE":
        return share
    samples, media = mode.radial.samples[layer], mode.radial.media
    degree = mode.l * (mode.l + 1.0)
    eps_t, eps_r = media.t[layer, 0], media.r[layer, 0]
    along = samples.integral(degree**2 * np.abs(samples.u / (samples.r * eps_r)) ** 2).real * eps_r.real
    across = samples.integral(degree * np.abs(samples.w) ** 2).real * eps_t.real
    return float(share * across / (across + along))


def threshold(
    mode: ExactMode,
    media: Sequence[Material],
    shell: int,
    *,
    q_other: float = math.inf,
    in_plane: bool = False,
) -> Threshold:
    """Threshold of one mode.

    Parameters
    ----------
    mode
        The passive mode.
    media
        Media of its sphere, the ambient last.
    shell
        The layer with gain.
    q_other
        Quality factor of the losses that are not in the media.
    in_plane
        Emitters in the surface instead of random orientation.

    Raises
    ------
    SolveError
        If the iteration does not settle.
    """
    loss = total_loss(mode, q_other)
    share = tangential_share(mode, shell) if in_plane else mode.energy[shell]
    index = math.sqrt(media[shell].permittivity(mode.k0.real).real)
    # Stored energy of dispersive media exceeds that of the shares: the balance is over all of it.
    stored = _stored_over_electric(mode)
    weighted = 0.5 * index * loss * stored / share
    exact, wavelength = weighted, mode.wavelength_nm
    if weighted > _EXACT_ABOVE:
        exact, wavelength = _newton(mode, media, shell, weighted, q_other, in_plane)
    return Threshold(
        mode.pol, mode.l, mode.q, mode.wavelength_nm, 1.0 / loss, share, in_plane, weighted, exact,
        wavelength - mode.wavelength_nm,
    )  # fmt: skip


def _stored_over_electric(mode: ExactMode) -> float:
    """Energy with the media's dispersion over the electric energy that the shares are of; 1 without dispersion."""
    radial = mode.radial.match.energies[:, 0]
    return float((mode.sensitivity.stored / radial.sum()).real)


def _newton(
    mode: ExactMode, media: Sequence[Material], shell: int, n2: float, q_other: float, in_plane: bool
) -> tuple[float, float]:
    """Exact n'' and wavelength (nm): the pole with that gain has Im k0 = Re k0 / (2 q_other)."""
    radii = mode.sphere.radii_um
    grow = 0.5 / q_other
    k = complex(mode.k0.real, grow * mode.k0.real)
    for _ in range(20):
        gain = Amplifier(media[shell], n2, in_plane)
        active: list[Medium] = [*media]
        active[shell] = gain
        sphere = LayeredSphere(radii, active)
        pole = sphere.pole(mode.pol, mode.l, k, mode.q)
        across, along = pole.sensitivity.by_permittivity()
        d_across, d_along = gain.gain_slope(pole.k0)
        slope = complex(across[shell] * d_across + along[shell] * d_along)
        step = -(pole.k0.imag - grow * pole.k0.real) / (slope.imag - grow * slope.real)
        n2, k = n2 + step, pole.k0 + slope * step
        if abs(step) < 1e-9 * abs(n2):
            return n2, 2e3 * math.pi / k.real
    raise SolveError(f"no threshold found for {mode.pol} l={mode.l} q={mode.q}")


def first_to_lase(thresholds: Iterable[Threshold], spectrum: GainSpectrum) -> list[tuple[Threshold, float]]:
    """Modes in the order in which a growing gain brings them to threshold.

    Returns
    -------
    list
        Each threshold with the gain (1/cm) at the maximum of the spectrum that it needs; modes without gain are left out.
    """
    needed = []
    for one in thresholds:
        relative = float(spectrum(one.wavelength_nm))
        if relative > 1e-6:
            needed.append((one, one.gain_per_cm / relative))
    return sorted(needed, key=lambda pair: pair[1])


def relative_strengths(thresholds: Sequence[Threshold], spectrum: GainSpectrum) -> Array:
    """Unsaturated gain over loss of each mode, 1 for the one that lases first."""
    strength = np.array([float(spectrum(t.wavelength_nm)) / t.gain_per_cm for t in thresholds])
    return strength / strength.max()
