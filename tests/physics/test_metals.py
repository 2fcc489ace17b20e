"""Spheres with metal: every pole of a window, against the literal interface equations solved from everywhere in it."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy.optimize import root
from scipy.special import hankel1, jv
from support.marks import thinned

import femwgm
from femwgm.analytic import LayeredSphere
from femwgm.analytic.contour import census
from femwgm.config import load_config
from femwgm.errors import ConfigError
from femwgm.finders.exact_list import exact_modes, exact_sphere
from femwgm.finders.low_q import table_notes
from femwgm.materials import materials_from_config
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


@pytest.mark.parametrize("name", thinned(list(CASES), ["gold core", "nanoshell", "epsilon near zero"]))
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


def _nanoshell(silver):
    """A shell of 10 nm of silver around 60 nm of silica in water: a dipole of Q near 1."""
    return load_config(
        {
            "schema": 1, "geometry": {"kind": "layered_sphere", "ambient": "water", "layers": [
                {"name": "core", "material": "silica", "radius": "60 nm"},
                {"name": "shell", "material": "silver", "thickness": "10 nm"}]},
            "materials": {"silica": {"n": 1.45}, "silver": silver, "water": {"n": 1.33}},
            "modes": {"window": ["600 nm", "1100 nm"], "polarizations": ["TM"], "radial_orders": [1, 2], "azimuthal_orders": [1]},
        }
    )  # fmt: skip


def _shell_pole(eps, start):
    """The pole of the shell by the interface equations and a solver that asks for no analytic function."""

    def miss(x):
        k = complex(*x)
        indices = [1.45, np.sqrt(complex(eps(k))), 1.33]
        value = complex(_determinant(True, 1, [0.06, 0.07], indices, np.array([k]))[0])
        return [value.real, value.imag]

    found = root(miss, [start.real, start.imag], tol=1e-13)
    assert found.success
    return complex(*found.x)


def test_a_table_is_taken_at_the_real_part_of_the_wavelength():
    config = _nanoshell({"preset": "silver"})
    materials = materials_from_config(config)
    mode = next(e for e in exact_modes(config, exact_sphere(config, materials)) if e.l == 1)
    silver = materials["silver"]
    pole = _shell_pole(lambda k: silver.permittivity(2.0 * np.pi / (2.0 * np.pi / k).real), 1.02 * mode.k0)
    assert mode.k0 == pytest.approx(pole, rel=1e-9)
    assert mode.wavelength_nm == pytest.approx(900.9, rel=1e-3)
    assert mode.q_total == pytest.approx(1.395, rel=2e-3)


def test_a_pole_of_low_q_is_told_with_the_table_continued(tmp_path):
    def drude(k):
        return 3.727 - 46.458**2 / (k**2 + 0.09976j * k)

    x = np.linspace(0.4, 1.9, 60)
    n = np.sqrt(drude(2.0 * np.pi / x) + 0j)
    rows = "\n".join(f"{a},{b.real},{b.imag}" for a, b in zip(x, n, strict=True))
    (tmp_path / "silver.csv").write_text(f"wavelength_um,n,k\n{rows}\n")
    config = _nanoshell({"table": str(tmp_path / "silver.csv")})
    materials = materials_from_config(config)
    modes = [e for e in exact_modes(config, exact_sphere(config, materials)) if e.l == 1]
    (note,) = table_notes(config, materials, modes)
    true = _shell_pole(drude, 8.1 - 1.1j)
    told, q = re.search(r"pole at (\d+) nm, Q ([\d.]+),", note).groups()
    assert float(told) == pytest.approx(2e3 * np.pi / true.real, rel=5e-3)
    assert float(q) == pytest.approx(-0.5 * true.real / true.imag, rel=3e-2)


@pytest.mark.slow
def test_a_ball_under_a_silver_film():
    """An exterior mode of Q 7 by elements, and a line on what they do not resolve."""
    config = {
        "schema": 1, "geometry": {"kind": "layered_sphere", "ambient": "air", "layers": [
            {"name": "core", "material": "silica", "radius": "5 um"},
            {"name": "film", "material": "silver", "thickness": "100 nm"}]},
        "materials": {"silica": {"n": 1.444}, "silver": {"preset": "silver"}, "air": {"n": 1.0}},
        "modes": {"window": ["1.57 um", "1.6 um"], "polarizations": ["TM"], "radial_orders": [1]},
        "accuracy": {"wavelength": 1e-6},
    }  # fmt: skip
    result = femwgm.run(config)
    assert {mode.l for mode in result.modes} == {21}
    for mode in result.modes:
        assert abs(mode.k0.real / mode.expected_k0.real - 1.0) < 3.0 * mode.wavelength_error < 3e-6
        q = -0.5 * mode.expected_k0.real / mode.expected_k0.imag
        assert abs(mode.q_total / q - 1.0) < 3.0 * mode.q_total_error
    assert any("l=26 m=26 (Q 1.2)" in note and "l=24 m=24 (Q 1.8)" in note for note in result.warnings)
