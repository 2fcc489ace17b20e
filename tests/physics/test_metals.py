"""Spheres with metal: every pole of a window, against the literal interface equations solved from everywhere in it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import hankel1, jv

import femwgm
from femwgm.analytic import LayeredSphere
from femwgm.analytic.contour import census
from femwgm.errors import ConfigError
from tests.support import mie_twin

GOLD_CORE = ([0.2, 1.2], [(-10.0 + 1.0j) ** 0.5, 1.8, 1.0])


def _psi(l, z):
    return np.sqrt(0.5 * np.pi * z) * jv(l + 0.5, z)


def _xi(l, z):
    return np.sqrt(0.5 * np.pi * z) * hankel1(l + 0.5, z)


def _determinant(tm, l, radii, indices, k):
    """Four interface equations of a core, a shell and the ambient, for a batch of wavenumbers."""
    rows = np.zeros((k.size, 4, 4), dtype=complex)
    for i, r in enumerate(radii):
        waves = [(_psi, 0)] if i == 0 else [(_psi, 1), (_xi, 2)]
        waves += [(_psi, 1), (_xi, 2)] if i == 0 else [(_xi, 3)]
        media = [0, 1, 1] if i == 0 else [1, 1, 2]
        for (wave, column), medium, sign in zip(
            waves, media, [1, -1, -1] if i == 0 else [1, 1, -1], strict=True
        ):
            n = indices[medium]
            z = n * k * r
            slope = wave(l - 1, z) - l / z * wave(l, z)
            rows[:, 2 * i, column] = sign * wave(l, z)
            rows[:, 2 * i + 1, column] = sign * slope * (1.0 / n if tm else n)
    scale = np.abs(rows).max(axis=1, keepdims=True)
    return np.linalg.det(rows / scale) * scale.prod(axis=2)[:, 0]


def _from_everywhere(tm, l, radii, indices, k_lo, k_hi, least_q=1.0):
    """Poles that Newton's iteration reaches from a grid of starts."""
    x, decay = np.meshgrid(np.linspace(k_lo, k_hi, 16), [1e-4, 0.02, 0.1, 0.25, 0.45])
    k = (x * (1.0 - 1j * decay)).ravel()
    with np.errstate(all="ignore"):
        for _ in range(25):
            h = 1e-6 * k
            here = _determinant(tm, l, radii, indices, k)
            slope = (
                _determinant(tm, l, radii, indices, k + h) - _determinant(tm, l, radii, indices, k - h)
            ) / (2.0 * h)
            step = here / slope
            k = k - step * np.minimum(1.0, 0.05 * np.abs(k) / np.abs(step))
        good = (np.abs(step) < 1e-9 * np.abs(k)) & (k.real > k_lo) & (k.real < k_hi)
    found: list[complex] = []
    for value in k[good & (k.real > -2.0 * least_q * k.imag) & (k.imag < 0.01 * k.real)]:
        if all(abs(value - other) > 1e-6 * abs(value) for other in found):
            found.append(complex(value))
    return sorted(found, key=lambda value: value.real)


CASES = {
    "gold core": (*GOLD_CORE, (0.6, 0.64), (9, 14, 17)),
    "silver film": ([1.0, 1.03], [1.45, 0.05 + 4.0j, 1.0], (0.55, 0.75), (1, 8)),
    "nanoshell": ([0.06, 0.07], [1.45, (-30.0 + 0.4j) ** 0.5, 1.33], (0.6, 1.1), (1, 2)),
    "epsilon near zero": ([0.3, 0.5], [(0.02 + 0.1j) ** 0.5, 2.0, 1.0], (0.4, 0.7), (1, 4)),
    "black core": ([0.5, 1.2], [1.5 + 0.6j, 1.8, 1.0], (0.6, 0.66), (11,)),
}


@pytest.mark.parametrize("name", list(CASES))
def test_no_pole_is_missing_and_none_is_made_up(name):
    radii, indices, window, degrees = CASES[name]
    sphere = LayeredSphere(radii, indices)
    k_lo, k_hi = 2.0 * np.pi / window[1], 2.0 * np.pi / window[0]
    total = 0
    for pol in ("TE", "TM"):
        for l in degrees:
            twin = _from_everywhere(pol == "TM", l, radii, indices, k_lo, k_hi)
            found = census(sphere.resonator, pol == "TM", k_lo, k_hi, (l, l))
            assert not found.lost
            ours = sorted((k for _, k in found.poles), key=lambda value: value.real)
            assert len(ours) == len(twin), (pol, l, ours, twin)
            np.testing.assert_allclose(ours, twin, rtol=1e-9)
            total += len(ours)
    assert total > 0


def test_the_radial_order_is_that_of_the_nodes():
    sphere = LayeredSphere(*GOLD_CORE)
    modes = sphere.modes((0.6, 0.64), l_range=(12, 20))
    assert {
        (mode.pol, mode.q, mode.l)
        for mode in sphere.modes((0.6147, 0.6155), radial_orders=[2], l_range=(1, 16))
    } == {("TE", 2, 14)}
    labels = [(mode.pol, mode.q, mode.l) for mode in modes]
    assert len(set(labels)) == len(labels)
    # A gold core deep inside changes nothing for what hugs the surface: the same q as without it.
    bare = {(mode.pol, mode.l, mode.q): mode for mode in LayeredSphere([1.2], [1.8, 1.0]).modes((0.58, 0.66))}
    sharp = [mode for mode in modes if mode.q_total > 100.0]
    assert len(sharp) >= 3
    for mode in sharp:
        assert bare[mode.pol, mode.l, mode.q].wavelength_nm == pytest.approx(mode.wavelength_nm, rel=2e-2)
    with pytest.raises(ConfigError, match="Q above 1"):
        femwgm.run(_config(window=["614.9 nm", "615.2 nm"], radial_orders=[3], azimuthal_orders=[14, 15]))


def _config(**modes):
    return {
        "schema": 1, "name": "gold",
        "geometry": {"kind": "layered_sphere", "ambient": "air",
                     "layers": [{"name": "au", "material": "au", "radius": "200 nm"},
                                {"name": "glass", "material": "g", "radius": "1.2 um"}]},
        "materials": {"au": {"eps": "-10+1j"}, "g": {"n": 1.8}, "air": {"n": 1.0}},
        "modes": modes, "outputs": {"fields": False, "plots": False},
    }  # fmt: skip


def test_elements_agree_with_forty_digits():
    result = femwgm.run(
        {
            **_config(window=["614.9 nm", "615.2 nm"], radial_orders=[2], azimuthal_orders=[14]),
            "accuracy": {"wavelength": 1e-6},
        }
    )
    (mode,) = result.modes
    exact = complex(mie_twin.pole("TE", 14, *GOLD_CORE, mode.k0, 40))
    assert abs(mode.k0.real / exact.real - 1.0) < 3.0 * mode.wavelength_error < 3e-6
    assert (mode.pol, mode.q, mode.l) == ("TE", 2, 14)
    q = -0.5 * exact.real / exact.imag
    assert abs(mode.q_total / q - 1.0) < 3.0 * mode.q_total_error
    assert any("negative in au" in note for note in result.warnings)
