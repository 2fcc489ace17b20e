"""Every sign, unit and mode number of femwgm, in one executable page.

Field
-----
E(r, phi, z, t) = Re{ [E_r, E_phi, E_z](r, z) exp(i m phi - i omega t) }
with z the axis of revolution; rho is the distance from the centre, theta the polar angle: r = rho sin(theta).
The magnetic field is scaled so that H = curl E / (i k0): both fields have one unit.

With exp(-i omega t) an absorbing medium has Im eps > 0, an amplifying one Im eps < 0, and a wave that travels
along +x is exp(+i k x), so that it decays where it is absorbed:

>>> import cmath
>>> absorbing = cmath.sqrt(2.25 + 0.01j)                # index n + i k of a medium with Im eps > 0
>>> abs(cmath.exp(TIME_SIGN * -1j * absorbing * 5.0)) < 1.0
True

The branch of the index has Re n > 0; a purely imaginary index has Im n > 0.

Units
-----
Lengths in um, wavenumbers in rad/um, frequencies in THz; other units exist in the YAML and in column headers.
Light travels 299.792458 um per picosecond:

>>> from femwgm.ground.units import C_UM_THZ, frequency_thz, k0_from_wavelength, wavelength_um
>>> C_UM_THZ
299.792458
>>> k0 = k0_from_wavelength(0.660)                      # vacuum wavelength 660 nm
>>> round(k0, 6), round(frequency_thz(k0), 4), wavelength_um(k0)
(9.519978, 454.231, 0.66)

Complex frequency
-----------------
k0 = omega / c is complex; the eigenvalue is k0^2. A mode that decays has Im k0 < 0, and its Q is

>>> quality_factor(9.5 - 4.75e-4j)
10000.0

A mode that grows has negative Q. The energy decays as exp(-t / tau) with tau = Q / omega, and the line has
the full width at half maximum lambda / Q:

>>> Q = 4200.0
>>> round(0.660 / Q * 1e3, 3)                           # nm, at 660 nm
0.157
>>> round(Q / (2 * cmath.pi * frequency_thz(k0)), 2)    # ps
1.47

A medium known at real wavelengths only, as a table is, has its index at the real part of the complex wavelength 2 pi / k0.

Mode numbers
------------
m  azimuthal order from exp(i m phi), given as m >= 0; -m has the same k0.
l  polar degree of a sphere's mode, l >= max(1, m); a label only for concentric spheres.
p  = l - m, polar order; p + 1 lobes along theta; 0 is the equatorial family.
q  radial order from 1: maxima along the radius inside the solid.
TE has no E along the sphere's radius (E along z at the equator); TM has no H along it (E mostly radial).

>>> polar_order(l=165, m=165), polar_order(l=40, m=39)
(0, 1)

At equal (l, q) TE lies at the longer wavelength. Solid means core and layers, not the ambient; R is the outer
equatorial radius of the solid, and the only radius in n_eff, n_g and the size parameter x = k0 R:

n_eff = m / (Re k0 R)             phase index
n_g   = (1 / R) d m / d Re k0     group index, along fixed (pol, p, q)
FSR   = lambda^2 / (n_g 2 pi R)   wavelength between neighbours in m

>>> lam, n_g, R = 0.660, 1.76, 10.0
>>> round(lam**2 / (n_g * 2 * cmath.pi * R) * 1e3, 3)   # nm: the published 20 um sphere
3.939

Shares
------
energy_i     share of region i in the integral of Re(eps) |E|^2 dV over all regions but the PML; sums to 1
e2_i         the same of |E|^2 dV
radial_e2_i  the same of |E|^2 along the equatorial radius
The field of a mode that leaks grows without bound far away, so the surroundings (the ambient and all else beyond the
body) count up to a sphere about the origin: through the outer turning point of the mode's degree in each medium, where
its barrier ends and the radiated wave begins (Johnson, J. Opt. Soc. Am. A 10, 343 (1993)),

rho = (l + 1/2) / Re(n k0)        n of that medium

or, where that lies inside the body, the smallest sphere around the body: a sphere above its barrier has no ambient
share, and a dense substrate counts next to the body only. Every mode volume but those of quasinormal modes takes its
energy up to there, spheres and other bodies alike. Nothing of it depends on where a domain or an absorbing layer ends.

The three differ (3.87 % and 1.42 % against 5.8 % and 4.0 % for the published sphere), so a share is printed
with its name.

Absorption in region i with share Gamma_i gives 1 / Q_abs = sum of Gamma_i Im eps_i / Re eps_i, for weak loss.
For the published Q of 4200 at 663.28 nm, index 1.768 and Gamma = 0.947 that is an absorption, per cm, of

>>> round(2 * cmath.pi * 1.768 / (0.66328e-4 * 4200 * 0.947), 1)
42.1
"""

from __future__ import annotations

TIME_SIGN: int = -1
"""Sign of i omega t in the exponent."""
OUTGOING_SIGN: int = -TIME_SIGN
"""Sign of i k rho in an outgoing wave, and of Im s in an absorbing stretch s."""


def quality_factor(k0: complex) -> float:
    """Q = -Re k0 / (2 Im k0) of a complex vacuum wavenumber (any unit); negative for a growing mode.

    Raises
    ------
    ZeroDivisionError
        For a real k0, which has no finite Q.
    """
    k0 = complex(k0)
    return -k0.real / (2.0 * k0.imag)


def polar_order(*, l: int, m: int) -> int:
    """Polar order p = l - |m| of the sphere mode (l, m)."""
    return l - abs(m)
