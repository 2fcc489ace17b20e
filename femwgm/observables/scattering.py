"""Scattering Q of a rough interface by the volume-current method.

An interface displaced by a small h(x) along its normal carries the polarization p h per area, p = (eps_in - eps_out) (E_t
+ n E_n) with the tangential field and the normal one taken inside, both of which stay finite there (Johnson et al., Phys.
Rev. E 65, 066611 (2002), section III). For random h with the Gaussian correlation sigma^2 exp(-d^2 / L^2) these currents
radiate (in units with c = 1 and the vacuum's permittivity 1; Kuznetsov and Haus, IEEE J. Quantum Electron. 19, 1505
(1983))

    P = k0^4 n / (32 pi^2)  int dA int dOmega  (|p|^2 - |k.p|^2) S(k_t - beta),      S(q) = pi L^2 sigma^2 exp(-q^2 L^2 / 4),

k the unit vector of the outgoing direction, k_t = n k0 times its projection on the surface and beta = m / r the
wavenumber of the mode along it. The ambient of index n is taken to extend over the interface: the body's own effect on
the scattered wave is left out, which costs tens of per cent. For L far below the wavelength each patch is a dipole, and a
bare sphere's TE mode has Q = 3 R / (k0^3 n_a (n^2 - n_a^2) sigma^2 L^2) (compare Gorodetsky et al., J. Opt. Soc. Am. B
17, 1051 (2000), and Vernooy et al., Opt. Lett. 23, 247 (1998)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from femwgm.config.schema import RunConfig
from femwgm.fem.field import CellField
from femwgm.fem.problem import MeridianProblem
from femwgm.ground.tabulated import axis_wavenumber
from femwgm.ground.typing import Array
from femwgm.modes.mode import Mode
from femwgm.observables.energy import RegionIntegrals
from femwgm.observables.surface import interface

_POLAR, _AZIMUTHAL = 32, 48
MODEL_ERROR = 0.5
"""Relative error of the scattering Q: what leaving out the body's own effect on the scattered wave costs."""


def with_roughness(mode: Mode, problem: MeridianProblem | None, config: RunConfig) -> Mode:
    """The mode with the scattering Q of every rough interface that the configuration states."""
    if not config.losses.roughness or problem is None or mode.field_data is None:
        return mode
    rate = scattering_rate(mode.field_data, mode.integrals, problem, config)
    return replace(mode, q_scattering=1.0 / rate, q_scattering_error=MODEL_ERROR) if rate > 0.0 else mode


def scattering_rate(
    field: CellField, integrals: RegionIntegrals, problem: MeridianProblem, config: RunConfig
) -> float:
    """1/Q of the scattering by every rough interface together."""
    eps = problem.media(axis_wavenumber(field.k0)).eps
    index = complex(problem.by_region[problem.ambient].index(field.k0.real)).real
    found = (
        scattering_q(
            field, integrals, eps, outside_of(config, rough.surface), index, rough.rms_um, rough.correlation_length_um
        )
        for rough in config.losses.roughness
    )  # fmt: skip
    return sum(1.0 / q for q in found if q is not None)


def outside_of(config: RunConfig, surface: str | None) -> tuple[str, ...]:
    """Regions on the outer side of a layer's outer surface; of the whole body's without a layer."""
    solid, around = config.geometry.solid, config.geometry.surroundings
    return (*solid[solid.index(surface) + 1 :], *around) if surface in solid else around


def scattering_q(
    field: CellField,
    integrals: RegionIntegrals,
    eps: Array,
    outside: Sequence[str],
    index: float,
    rms: float,
    length: float,
) -> float | None:
    """Quality factor of scattering by one rough interface; None if the domain does not hold it.

    Parameters
    ----------
    field, integrals
        The mode and its region integrals.
    eps
        Permittivity of each cell.
    outside
        Regions on the outer side of the interface.
    index
        Real index of the ambient.
    rms, length
        Root mean square height and correlation length (um).
    """
    samples, outer, inner = interface(field, outside)
    if not len(samples.r) or rms == 0.0:
        return None
    n_r, n_z = samples.normal
    E_r, E_phi, E_z = samples.E
    normal = n_r * E_r + n_z * E_z
    tangential = n_r * E_z - n_z * E_r  # along (-n_z, n_r), the meridian direction on the surface
    jump = (eps[inner] - eps[outer]).real
    p = jump * np.stack([normal * eps[outer].real / eps[inner].real, E_phi, tangential])
    k0 = field.k0.real
    k = index * k0
    directions, weights = _sphere()
    flux = (np.abs(p) ** 2).sum(axis=0)[:, None] - np.abs(p.T @ directions) ** 2
    beta = field.m / samples.r
    mismatch = (k * directions[1] - beta[:, None]) ** 2 + (k * directions[2]) ** 2
    spectrum = np.pi * (length * rms) ** 2 * np.exp(-0.25 * mismatch * length**2)
    area = 2.0 * np.pi * samples.r * samples.weights
    power = k0**4 * index / (32.0 * np.pi**2) * float(area @ ((flux * spectrum) @ weights))
    return float(k0 * 0.5 * integrals.stored / power) if power > 0.0 else None


def _sphere() -> tuple[Array, Array]:
    """Unit vectors (normal, azimuthal, meridian) over the sphere (3, directions) and their solid angles."""
    x, w = np.polynomial.legendre.leggauss(_POLAR)
    phi = 2.0 * np.pi * (np.arange(_AZIMUTHAL) + 0.5) / _AZIMUTHAL
    x, phi = np.repeat(x, _AZIMUTHAL), np.tile(phi, _POLAR)
    s = np.sqrt(1.0 - x * x)
    return np.stack([s * np.cos(phi), x, s * np.sin(phi)]), np.repeat(w, _AZIMUTHAL) * (
        2.0 * np.pi / _AZIMUTHAL
    )
