"""Bodies of any cross-section: published and exact values, the other discretisation, and complete spectra of closed cavities."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import jn_zeros, jnp_zeros

from femwgm.analytic import LayeredSphere
from femwgm.config import load_config
from femwgm.finders.body_search import BodySearch
from femwgm.finders.coverage import discs
from femwgm.finders.orders import Orders
from femwgm.geometry.build import section_of
from femwgm.materials import materials_from_config
from femwgm.modes.labels import identify
from femwgm.runs.loop import RunResult, run

pytestmark = pytest.mark.gmsh

C_GHZ_UM = 299792.458  # speed of light in um GHz


def solve(geometry: dict[str, Any], indices: dict[str, Any], **sections: Any) -> RunResult:
    media = {name: n if isinstance(n, dict) else {"n": n} for name, n in indices.items()}
    return run({"schema": 1, "geometry": geometry, "materials": media, **sections})


def test_the_published_torus() -> None:
    """Oxborrow's toroid, eps = 2.09, 16 um and 3 um, m = 93: a bare torus by finite elements of another program."""
    result = solve(
        {
            "kind": "torus",
            "material": "silica",
            "diameter": "16 um",
            "minor_diameter": "3 um",
            "ambient": "air",
        },
        {"silica": {"eps": 2.09}, "air": 1.0},
        modes={"window": ["352 THz", "354 THz"], "polarizations": ["TE"]},
        accuracy={"wavelength": 1e-8, "q": 1e-2},
    )
    (mode,) = result.modes
    assert (mode.pol, mode.q, mode.p, mode.m) == ("TE", 1, 0, 93)
    assert mode.freq_thz == pytest.approx(353.268977, rel=1e-8)
    assert mode.mode_volume_um3 == pytest.approx(34.527, rel=1e-4)
    assert result.met


# f = k / 2 pi of E_z modes of a ring n = 3.4, 1 < r < 2, invariant along z, and their Q: exact, by Bessel functions.
RING = {3: (0.11819169373, 7.6494134e-4), 4: (0.14743103287, 2.1434135e-4), 5: (0.17577937372, 5.3781291e-5)}


def test_the_ring_between_two_plates() -> None:
    result = solve(
        {
            "kind": "ring", "material": "dielectric", "inner_radius": "1 um", "outer_radius": "2 um", "thickness": "0.4 um",
            "enclosure": {"bottom": "-0.2 um", "top": "0.2 um"}, "ambient": "air",
        },
        {"dielectric": 3.4, "air": 1.0},
        modes={"window": ["5.5 um", "8.8 um"], "polarizations": ["TE"], "azimuthal_orders": [3, 5]},
        accuracy={"wavelength": 1e-6, "q": 1e-3},
    )  # fmt: skip
    assert {mode.m for mode in result.modes} == {3, 5}
    for mode in result.modes:
        real, imaginary = RING[mode.m]
        exact = 2.0 * np.pi * real
        assert abs(mode.k0.real / exact - 1.0) < max(1e-6, 3.0 * mode.wavelength_error)
        assert mode.q_rad == pytest.approx(0.5 * real / imaginary, rel=1e-5)
    assert result.met


BALL = {"kind": "layered_sphere", "layers": [
    {"name": "core", "material": "silica", "radius": "1.5 um"}, {"name": "shell", "material": "npl", "thickness": "490 nm"},
], "ambient": "air"}  # fmt: skip
INDICES = {"silica": 1.45, "npl": 1.768, "air": 1.0}


def test_triangles_find_the_exact_coated_sphere() -> None:
    """Without being told what to expect: wavelength, Q and labels of the exact solution."""
    result = solve(
        BALL, INDICES, modes={"window": ["860 nm", "900 nm"], "polar_orders": [0]},
        accuracy={"wavelength": 1e-7, "q": 1e-3}, discretization={"cells": "triangles"},
    )  # fmt: skip
    exact = LayeredSphere([1.5, 1.99], [1.45, 1.768, 1.0]).modes((0.86, 0.9), radial_orders=[1])
    assert {(m.pol, m.q, m.l) for m in result.modes} == {(e.pol, e.q, e.l) for e in exact}
    for mode in result.modes:
        twin = next(e for e in exact if (e.pol, e.l) == (mode.pol, mode.l))
        assert abs(mode.k0.real / twin.k0.real - 1.0) < 1e-7
        assert mode.q_rad == pytest.approx(twin.q_rad, rel=2e-3)
    assert result.met


@pytest.mark.parametrize("aspect", [0.9, pytest.param(1.15, marks=pytest.mark.slow)])
def test_triangles_and_quadrilaterals_agree(aspect: float) -> None:
    """Two discretisations of a coated spheroid that share neither mesh nor elements nor domain."""
    geometry = {"kind": "spheroid", "aspect": aspect, "ambient": "air", "layers": [
        {"name": "core", "material": "silica", "radius": "3 um"}, {"name": "shell", "material": "npl", "thickness": "300 nm"},
    ]}  # fmt: skip
    common: dict[str, Any] = {
        "modes": {"window": ["640 nm", "655 nm"], "polarizations": ["TE"]}, "accuracy": {"wavelength": 1e-8, "q": 1e-2},
    }  # fmt: skip
    quads = solve(geometry, INDICES, **common)
    triangles = solve(geometry, INDICES, **common, discretization={"cells": "triangles"})
    assert len(quads.modes) == len(triangles.modes) >= 1
    for one, other in zip(quads.modes, triangles.modes, strict=True):
        assert (one.pol, one.m, one.p) == (other.pol, other.m, other.p)
        assert one.k0.real == pytest.approx(other.k0.real, rel=2e-8)
        assert one.n_g == pytest.approx(other.n_g, rel=1e-6)
        assert one.mode_volume_um3 == pytest.approx(other.mode_volume_um3, rel=1e-3)
        assert one.energy["shell"] == pytest.approx(other.energy["shell"], abs=1e-6)
        assert np.log10(one.q_rad) == pytest.approx(np.log10(other.q_rad), abs=1e-2)


def test_orders_at_a_fixed_wavenumber() -> None:
    """At the wavenumber of an exact mode l the orders of its family are the integers l, l - 1, l - 2 and so on, labelled p."""
    k0 = LayeredSphere([1.5, 1.99], [1.45, 1.768, 1.0]).mode("TE", 30).k0.real
    config = load_config({
        "schema": 1, "geometry": BALL, "materials": {name: {"n": n} for name, n in INDICES.items()},
        "modes": {"window": [f"{2 * np.pi / k0 - 1e-3} um", f"{2 * np.pi / k0 + 1e-3} um"]},
    })  # fmt: skip
    media = {r: materials_from_config(config)[n] for r, n in config.geometry.region_materials.items()}
    search = BodySearch(config, section_of(config.geometry), media)
    coarse = search.coarse(26.5)
    covered = list(discs(Orders(coarse.problem, coarse.degree, k0, "conductor"), 40.0, 27.0))
    families = sorted((f for disc in covered for f in disc.families), key=lambda f: -f.order.real)
    assert not any(disc.gaps for disc in covered)
    smallest, largest, latitude = coarse.problem.extent
    eps = coarse.problem.media(complex(k0)).eps
    te = [
        (f.order.real, identify(f.field, eps, (smallest, largest), 1.99, latitude).p) for f in families
        if identify(f.field, eps, (smallest, largest), 1.99, latitude).pol == "TE"
    ]  # fmt: skip
    assert [p for _, p in te] == [0, 2]  # the even ones have this mirror condition
    assert [order for order, _ in te] == pytest.approx([30.0, 28.0], abs=1e-2)
    slope = (LayeredSphere([1.5, 1.99], [1.45, 1.768, 1.0]).mode("TE", 31).k0.real
             - LayeredSphere([1.5, 1.99], [1.45, 1.768, 1.0]).mode("TE", 29).k0.real) / 2  # fmt: skip
    assert families[0].slope == pytest.approx(1.0 / slope, rel=1e-3)


def cavity_wavenumbers(
    m: int, low: float, high: float, radius: float, height: float, eps: complex
) -> list[float]:
    found = []
    for p in range(12):
        axial = (p * np.pi / height) ** 2
        found += [np.sqrt(((x / radius) ** 2 + axial) / eps).real for x in jn_zeros(m, 12)]
        if p:
            found += [np.sqrt(((x / radius) ** 2 + axial) / eps).real for x in jnp_zeros(m, 12)]
    return sorted(k for k in found if low < k < high)


def test_the_spectrum_of_a_cavity_is_complete() -> None:
    """Every mode of a lossy cavity, of every azimuthal order, and none besides; Q of the filling is 1 / tan delta."""
    radius, height = 27400.0, 54800.0
    result = solve(
        {"kind": "cavity", "radius": "2.74 cm", "height": "5.48 cm", "ambient": "filling"},
        {"filling": {"eps": [2.08, 2.08 * 4e-4]}},
        modes={"window": ["2.8 GHz", "5.1 GHz"]}, accuracy={"wavelength": 1e-8},
    )  # fmt: skip
    low, high = 2.0 * np.pi * 2.8 / C_GHZ_UM, 2.0 * np.pi * 5.1 / C_GHZ_UM
    orders = {mode.m for mode in result.modes}
    for m in range(8):
        exact = cavity_wavenumbers(m, low, high, radius, height, 2.08 * (1 + 4e-4j))
        found = sorted(mode.k0.real for mode in result.modes if mode.m == m)
        assert found == pytest.approx(exact, rel=2e-8)
        assert (m in orders) == bool(exact)
    for mode in result.modes:
        assert mode.q_abs == pytest.approx(2500.0, rel=1e-6)
        # The wavenumber is even in m: at m = 0 it stands still, and neither n_g nor the FSR has a meaning.
        assert (mode.n_g is None) == (mode.fsr_nm is None) == (mode.m == 0)


def test_wall_loss_of_the_published_cavity() -> None:
    """TE011 of Palace's cavity: Q of the walls 2.94e4 (closed form below), in all 2.30e3, as its documentation says."""
    a, d, resistance = 27400.0, 54800.0, 0.0184
    result = solve(
        {"kind": "cavity", "radius": "2.74 cm", "height": "5.48 cm", "ambient": "filling", "wall_resistance_ohm": resistance},
        {"filling": {"eps": [2.08, 2.08 * 4e-4]}},
        modes={"window": ["4.9 GHz", "5.05 GHz"], "azimuthal_orders": [0]}, accuracy={"wavelength": 1e-8},
    )  # fmt: skip
    (mode,) = [m for m in result.modes if m.te_fraction > 0.5]
    assert mode.freq_thz * 1e3 == pytest.approx(5.000140, rel=2e-6)
    x = jnp_zeros(0, 1)[0]
    k, beta, eta = mode.k0.real * np.sqrt(2.08), np.pi / d, 376.730313412 / np.sqrt(2.08)
    # Pozar, Microwave Engineering, eq. (6.57) for TE_0ml: walls and end plates of the cylinder.
    closed = (
        eta
        * (k * a) ** 3
        * a
        * d
        / (4.0 * x**2 * resistance)
        / (0.5 * a * d * (1.0 + 0.0) + (beta * a * a / x) ** 2)
    )
    # A field errs by the root of its eigenvalue's error.
    assert mode.q_wall == pytest.approx(closed, rel=3e-4)
    assert mode.q_wall == pytest.approx(2.94e4, rel=5e-3)
    assert mode.q_total == pytest.approx(2.30e3, rel=5e-3)


@pytest.mark.slow
def test_a_uniaxial_cavity() -> None:
    """Sapphire-like permittivities along and across the axis: exact, of a cylinder."""
    result = solve(
        {"kind": "cavity", "radius": "1 um", "height": "0.8 um", "ambient": "sapphire"},
        {"sapphire": {"n_ordinary": float(np.sqrt(9.394)), "n_extraordinary": float(np.sqrt(11.593)), "axis": "z"}},
        modes={"window": ["1.96 um", "9 um"], "azimuthal_orders": [0, 1, 6]}, accuracy={"wavelength": 1e-8},
    )  # fmt: skip
    by_order = {m: np.array([mode.k0.real for mode in result.modes if mode.m == m]) for m in (0, 1, 6)}
    for m, exact in (
        (0, 0.706294234121), (1, 1.12536721216), (1, 1.70530303428), (1, 1.41508699908), (6, 3.18710395425), (6, 2.76251580551),
    ):  # fmt: skip
        assert np.abs(by_order[m] / exact - 1.0).min() < 2e-8
