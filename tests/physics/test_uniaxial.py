"""Uniaxial media whose two indices follow their own laws: lines, group indices and dispersion by Bessel functions written out."""

from __future__ import annotations

from itertools import product
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from scipy.special import jn_zeros, jnp_zeros

from femwgm import run
from femwgm.config import load_config
from femwgm.experiment.combs.comb import comb

pytestmark = pytest.mark.gmsh

C = 299792458.0
ORDINARY = ([2.6734, 1.2290, 12.614], [0.01764, 0.05914, 474.60])
EXTRAORDINARY = ([2.9804, 0.5981, 8.9543], [0.02047, 0.0666, 416.08])
"""Lithium niobate: D. E. Zelmon, D. L. Small, D. Jundt, J. Opt. Soc. Am. B 14, 3319 (1997)."""


def disk(radius: str, thickness: str, walls: dict[str, str], modes: dict[str, Any]) -> dict[str, Any]:
    laws = [
        {"sellmeier": {"B": B, "C_um2": C_um2}, "range": ["0.4 um", "5 um"]}
        for B, C_um2 in (ORDINARY, EXTRAORDINARY)
    ]
    return {
        "schema": 1,
        "geometry": {
            "kind": "disk", "material": "ln", "radius": radius, "thickness": thickness, "ambient": "air", "enclosure": walls,
        },
        "materials": {"ln": {"axis": "z", "ordinary": laws[0], "extraordinary": laws[1]}, "air": {"n": 1.0}},
        "modes": modes, "accuracy": {"wavelength": 1e-8}, "outputs": {"fields": False, "plots": False},
    }  # fmt: skip


def eps(law: tuple[list[float], list[float]], k: mp.mpc) -> mp.mpc:
    square = (2 * mp.pi / k) ** 2
    return 1 + sum(b * square / (square - c) for b, c in zip(*law, strict=True))


@pytest.mark.slow
def test_the_comb_between_plates_is_that_of_the_extraordinary_law() -> None:
    """E along the axis between conducting plates is a problem of two dimensions, with the extraordinary law alone."""
    plates = {"bottom": "-200 nm", "top": "200 nm"}
    modes = {
        "window": ["1500 nm", "1600 nm"],
        "polarizations": ["TE"],
        "radial_orders": [1],
        "polar_orders": [0],
    }
    made = comb(load_config(disk("5 um", "400 nm", plates, modes)), half=4)
    lines, m0 = made.lines, made.lines.pump

    def mismatch(m: Any, k: mp.mpc) -> mp.mpc:
        n, x = mp.sqrt(eps(EXTRAORDINARY, k)), 5 * k
        inner = n * mp.besselj(m, n * x, derivative=1) / mp.besselj(m, n * x)
        return inner - mp.hankel1(m - 1, x) / mp.hankel1(m, x) + m / x

    with mp.workdps(40):
        near = 2e-6 * np.pi / C * lines.frequency

        def frequency(m: Any) -> float:
            nearest = round(m)
            start = mp.mpf(float(near[lines.m == nearest][0])) * (1 + (m - nearest) / m)
            return mp.findroot(lambda k: mismatch(m, k), start, tol=1e-50).real * C * 1e6 / (2 * mp.pi)

        apart = [
            abs(float(frequency(int(m)) - mp.mpf(float(f))))
            for m, f in zip(lines.m, lines.frequency, strict=True)
        ]
        h = mp.mpf("1e-4")
        f = [frequency(int(m0) + j * h) for j in (-2, -1, 0, 1, 2)]
        D1 = float((f[0] - 8 * f[1] + 8 * f[3] - f[4]) / (12 * h))
        D2 = float((-f[0] + 16 * f[1] - 30 * f[2] + 16 * f[3] - f[4]) / (12 * h * h))
    assert (np.array(apart) < 3.0 * lines.error).all()
    assert abs(made.series.D[0] - D1) < 2.0 * made.series.errors[0] < 1e-4 * D1
    assert abs(made.series.D[1] - D2) < 2.0 * made.series.errors[1] < 1e-2 * abs(D2)


def test_a_can_that_a_crystal_fills_has_the_group_indices_of_both_laws() -> None:
    """TM about the axis: k_t^2 / eps_e + k_z^2 / eps_o = k0^2, TE: k_t^2 + k_z^2 = eps_o k0^2."""
    radius, height, order = 2.0, 0.8, 6
    walls = {"radius": "2 um", "bottom": "-400 nm", "top": "400 nm"}
    modes = {"window": ["1350 nm", "1600 nm"], "azimuthal_orders": [order]}
    found = run(disk("2 um", "800 nm", walls, modes)).modes

    def wavenumber(tm: bool, m: Any, n: int, p: int, k: Any) -> Any:
        zero = float((jn_zeros if tm else jnp_zeros)(order, n)[-1])
        across = mp.findroot(lambda x: mp.besselj(m, x, derivative=0 if tm else 1), zero) / radius
        along = p * mp.pi / height

        def rest(k: Any) -> Any:
            across_eps = eps(EXTRAORDINARY if tm else ORDINARY, k)
            return across**2 / across_eps + along**2 / eps(ORDINARY, k) - k**2

        return mp.findroot(rest, k)

    seen = set()
    for mode in found:
        candidates = []
        for tm, n, p in product((True, False), range(1, 6), range(4)):
            if tm or p:
                k = wavenumber(tm, mp.mpf(order), n, p, mp.mpf(mode.k0.real))
                candidates.append((abs(float(k) / mode.k0.real - 1.0), tm, n, p, k))
        apart, tm, n, p, k = min(candidates)
        seen.add(tm)
        assert apart < mode.wavelength_error < 2e-8
        h = mp.mpf("1e-6")
        slope = (wavenumber(tm, order + h, n, p, k) - wavenumber(tm, order - h, n, p, k)) / (2 * h)
        assert abs(mode.n_g * radius * float(slope) - 1.0) < mode.n_g_error + 1e-10
        assert mode.n_g_error < 1e-6
    assert seen == {True, False}
