"""Media known at real wavelengths only: a table is taken at the real part of the complex wavelength 2 pi / k0.

Where Q is high any real part will do; that of 1 / k0 is the one whose error is least for a metal, whose permittivity goes as the
square of the wavelength. Such a permittivity is no analytic function of k0, so that what changes k0 acts on it in two steps.
"""

from __future__ import annotations

from typing import Any


def axis_wavenumber(k0: Any) -> Any:
    """The real wavenumber (rad/um), or an array of them, that a table is taken at: 2 pi over the real part of the wavelength.

    >>> axis_wavenumber(4.0 - 2.0j)
    5.0
    """
    return 1.0 / (1.0 / k0).real


def settled(free: complex, D: complex, k0: complex) -> complex:
    """Change of a wavenumber k0 to which tables answer.

    With s the change and u = s / k0^2 (the wavelength changes by -2 pi u), (1 + D) u = free / k0^2 + D Re u.

    Parameters
    ----------
    free
        The change if every permittivity were an analytic function of k0.
    D
        Sum of (dk0/d eps) (d eps/dk0) over the media known at real wavelengths only.

    >>> settled(0.5, 0.0, 2.0 - 1.0j)
    (0.5+0j)
    """
    answer = 1.0 / (1.0 + D)
    u = free / k0**2 * answer
    return complex(k0**2 * (u + D * answer * u.real / answer.real))
