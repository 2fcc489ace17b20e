"""No mode is missing: counting against brute force on random spheres."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support import mie_float

from femwgm.analytic import LayeredSphere
from femwgm.analytic.contour import census
from femwgm.errors import GeometryError

WINDOW_UM = (0.9, 1.0)
K = (2.0 * math.pi / WINDOW_UM[1], 2.0 * math.pi / WINDOW_UM[0])


@st.composite
def spheres(draw: st.DrawFn) -> tuple[tuple[float, ...], tuple[float, ...]]:
    count = draw(st.integers(1, 3))
    thickness = [draw(st.floats(0.2, 1.0)) for _ in range(count)]
    indices = [draw(st.floats(1.0, 2.5)) for _ in range(count)]
    ambient = draw(st.sampled_from([1.0, 1.33]))
    assume(max(indices) > 1.2 * ambient)
    return tuple(np.cumsum(thickness)), (*indices, ambient)


@given(body=spheres(), pol=st.sampled_from(["TE", "TM"]), l=st.integers(1, 25))
def test_every_real_resonance_is_counted(
    body: tuple[tuple[float, ...], tuple[float, ...]], pol: str, l: int
) -> None:
    radii, indices = body
    scan = mie_float.real_resonances(pol, l, radii, indices, K)
    sphere = LayeredSphere(radii, indices)
    ends = np.array(K)
    degrees, tm = np.full(2, float(l)), np.full(2, pol == "TM")
    below = sphere.resonator.count(ends, degrees, tm)
    assert below[1] - below[0] == len(scan)
    if scan:
        q = np.arange(below[0], below[1]) + 1
        lo, hi = np.full(q.shape, K[0]), np.full(q.shape, K[1])
        roots = sphere.resonator.real_roots(
            lo, hi, np.full(q.shape, float(l)), np.full(q.shape, pol == "TM"), q
        )
        assert np.allclose(roots, scan, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("radii", "indices", "pol", "l"),
    [
        ((1.5, 1.99), (1.45, 1.768, 1.0), "TE", 7),
        ((1.5, 1.99), (1.45, 1.768, 1.0), "TM", 12),
        ((0.7, 1.2, 1.6), (1.0, 2.2, 1.5, 1.33), "TE", 4),
        pytest.param((10.0, 10.49), (1.45, 1.768, 1.0), "TM", 89, marks=pytest.mark.slow),
    ],
)
def test_every_pole_is_listed(radii: tuple[float, ...], indices: tuple[float, ...], pol: str, l: int) -> None:
    check_poles(radii, indices, pol, l)


@pytest.mark.slow
@given(body=spheres(), pol=st.sampled_from(["TE", "TM"]), l=st.integers(1, 22))
def test_every_pole_of_random_spheres_is_listed(
    body: tuple[tuple[float, ...], tuple[float, ...]], pol: str, l: int
) -> None:
    radii, indices = body
    assume(indices[-2] > indices[-1])  # the outermost layer denser than the ambient: Brewster is TM's alone
    check_poles(radii, indices, pol, l)


def check_poles(radii: tuple[float, ...], indices: tuple[float, ...], pol: str, l: int) -> None:
    """All poles that Newton finds from anywhere are modes in the list, but one TM pole for each l at most: Brewster's."""
    modes = LayeredSphere(radii, indices).modes(WINDOW_UM, [pol], l_range=(l, l))
    truth = mie_float.poles(pol, l, radii, indices, K, deepest=-0.4 / radii[-1])
    for mode in modes:
        assert abs(mie_float.mismatch(pol, l, radii, indices, mode.k0)) < 1e-8 * abs(mode.k0) * max(
            1.0, radii[-1]
        )
    missing = [k for k in truth if all(abs(mode.k0 - k) > 1e-6 for mode in modes)]
    assert len(missing) <= (1 if pol == "TM" else 0)
    for k in missing:  # what is left out is the most damped of its neighbourhood
        assert all(k.imag < mode.k0.imag for mode in modes if abs(mode.k0 - k) < 1.0 / radii[-1])


@settings(max_examples=max(5, settings().max_examples // 8))
@given(body=spheres(), pol=st.sampled_from(["TE", "TM"]))
def test_filters_only_filter(body: tuple[tuple[float, ...], tuple[float, ...]], pol: str) -> None:
    sphere = LayeredSphere(*body)
    everything = {(m.l, m.q): m.k0 for m in sphere.modes(WINDOW_UM, [pol])}
    for q in (1, 2):
        some = {(m.l, m.q): m.k0 for m in sphere.modes(WINDOW_UM, [pol], [q])}
        wanted = {key: k0 for key, k0 in everything.items() if key[1] == q}
        assert some.keys() == wanted.keys()
        assert all(abs(some[key] - wanted[key]) < 1e-9 for key in some)


def test_one_mode_a_pole() -> None:
    """A leaky pole between two real resonances that both lead to it is listed once."""
    sphere = LayeredSphere([0.405, 1.043, 1.969], [1.634, 1.884, 1.037, 1.33])
    both = [sphere.mode("TE", 10, q).k0 for q in (1, 2)]
    assert both[0] == pytest.approx(both[1], rel=1e-9)
    for pol in ("TE", "TM"):
        modes = sphere.modes(WINDOW_UM, [pol])
        for i, mode in enumerate(modes):
            assert all(abs(mode.k0 - other.k0) > 1e-7 for other in modes[:i] if other.l == mode.l)
    assert sum(mode.l == 10 for mode in sphere.modes((0.9, 0.92), ["TE"])) == 1


@pytest.mark.parametrize("pol", ["TE", "TM"])
def test_every_radial_order_of_a_tight_sphere(pol: str) -> None:
    """Poles whose imaginary parts are all nothing beside their real parts are still different poles."""
    modes = LayeredSphere([10.0], [2.0, 1.0]).modes((0.45, 0.75), [pol], l_range=(150, 150))
    orders = sorted(mode.q for mode in modes if mode.q_rad > 1e9)
    assert len(orders) > 5
    assert orders == list(range(orders[0], orders[0] + len(orders)))


def test_labels_do_not_depend_on_the_question() -> None:
    """The pole of the sphere above is q = 2 also when only q = 1 is asked for, and then it is not listed."""
    sphere = LayeredSphere([0.405, 1.043, 1.969], [1.634, 1.884, 1.037, 1.33])
    assert [mode.q for mode in sphere.modes((0.9, 0.92), ["TE"], l_range=(10, 10))] == [2]
    assert sphere.modes((0.9, 0.92), ["TE"], [1], l_range=(10, 10)) == []
    assert [mode.q for mode in sphere.modes((0.9, 0.92), ["TE"], [2], l_range=(10, 10))] == [2]


@pytest.mark.parametrize("orders", [None, [1]])
def test_a_pole_in_the_window_whose_real_resonance_is_outside(orders: list[int] | None) -> None:
    """n = 2, TM l = 1: k R = 2.231 - 0.353 i, but the real resonance is at 1.591."""
    sphere = LayeredSphere([1.0], [2.0, 1.0])
    (mode,) = sphere.modes((2.0 * math.pi / 2.3, 2.0 * math.pi / 2.2), ["TM"], orders, l_range=(1, 1))
    assert mode.k0.real == pytest.approx(2.23142723416, rel=1e-11)
    assert mode.k_real == pytest.approx(1.5913, rel=1e-4)


def test_large_sphere_window() -> None:
    """At l near 7000 the comb of q = 1 has no gap and the neighbours just outside are known."""
    sphere = LayeredSphere([500.0], [1.45, 1.0])
    for pol in ("TE", "TM"):
        modes = sphere.modes((0.65, 0.651), [pol], [1])
        degrees = [mode.l for mode in modes]
        assert degrees == list(range(degrees[0], degrees[0] + len(degrees)))
        before, after = sphere.comb(pol, [degrees[0] - 1, degrees[-1] + 1])
        assert before.wavelength_nm > 651.0 > modes[0].wavelength_nm
        assert after.wavelength_nm < 650.0 < modes[-1].wavelength_nm


def test_nearest_modes_of_an_empty_window() -> None:
    sphere = LayeredSphere([10.0, 10.49], [1.45, 1.768, 1.0])
    window = (0.660, 0.6602)
    assert sphere.modes(window, radial_orders=[1]) == []
    near = sphere.nearest_modes(window, radial_orders=[1])
    assert [(m.pol, m.l) for m in near] == [("TE", 165), ("TM", 163), ("TM", 162), ("TE", 164)]


@pytest.mark.parametrize("window", [(0.0, 1.0), (-0.5, 0.6), (0.5, math.inf), (math.nan, 0.6)])
def test_windows_that_make_no_sense(window: tuple[float, float]) -> None:
    with pytest.raises(GeometryError, match="positive wavelengths"):
        LayeredSphere([1.0], [1.5, 1.0]).modes(window)


def test_a_table_is_asked_within_its_range_only() -> None:
    """Modes well inside a table's range are found although the path to a leaky pole would begin beyond it."""
    from femwgm.config import load_config
    from femwgm.finders.exact_list import exact_sphere
    from femwgm.materials import materials_from_config

    table = {
        "wavelength_um": [0.50, 0.51, 0.52, 0.53, 0.54, 0.55, 0.56, 0.58, 0.60, 0.65, 0.70],
        "n": [2.32, 2.36, 2.40, 2.42, 2.36, 2.28, 2.24, 2.19, 2.155, 2.10, 2.065],
    }
    config = load_config({
        "schema": 1,
        "geometry": {
            "kind": "layered_sphere", "layers": [{"name": "ball", "material": "x", "diameter": "780 nm"}], "ambient": "air",
        },
        "materials": {"x": {"table": table}, "air": {"n": 1.0}},
        "modes": {"window": ["518 nm", "600 nm"], "radial_orders": [1]},
    })  # fmt: skip
    found = exact_sphere(config, materials_from_config(config)).modes((0.518, 0.6), radial_orders=[1])
    assert [(e.pol, e.l) for e in found if e.l == 6] == [("TE", 6), ("TM", 6)]
    assert all(0.518 <= 1e-3 * e.wavelength_nm <= 0.6 for e in found)


@pytest.mark.parametrize(
    ("radii", "indices", "pol", "l"),
    [
        ([6.01], [2.606 + 0.0586j, 1.33 + 0.0127j], "TM", 157),
        ([9.01, 10.613], [2.734 + 0.0335j, 2.3185, 1.0], "TM", 228),
        ([6.284, 7.366], [2.4806, 2.3168 + 0.1009j, 1.33], "TE", 167),
        ([8.928, 9.434], [2.9688, 2.0715 + 0.0895j, 1.33], "TE", 173),
        ([5.682, 6.855, 7.246], [1.551 - 8e-4j, 2.916, 2.394 - 0.0664j, 1.33 + 4.5e-3j], "TM", 179),
    ],
    ids=["ball", "core", "shell", "shell of many orders", "gain"],
)
def test_absorption_that_moves_a_pole_past_its_neighbours(
    radii: list[float], indices: list[complex], pol: str, l: int
) -> None:
    """Every pole of Q above 2 that the argument principle counts is listed once, under a radial order of its own."""
    sphere = LayeredSphere(radii, indices)
    ends = 0.56, 0.66
    counted = census(sphere.resonator, pol == "TM", 2.0 * np.pi / ends[1], 2.0 * np.pi / ends[0], (l, l))
    found = sphere.modes(ends, [pol], l_range=(l, l))
    assert not counted.lost
    poles = np.array(
        sorted((k for _, k in counted.poles if k.real > 4.0 * abs(k.imag)), key=lambda k: (k.real, k.imag))
    )
    listed = np.array(sorted((mode.k0 for mode in found), key=lambda k: (k.real, k.imag)))
    assert len({mode.q for mode in found}) == len(found) > 1
    assert listed == pytest.approx(poles, rel=1e-9)


def test_a_line_that_absorption_pulls_into_a_narrow_window_is_listed() -> None:
    """Its resonance without loss lies 2 pm outside."""
    sphere = LayeredSphere([23.704, 23.725], [2.3988388 + 0.0067923j, 1.687557, 1.5])
    mode = sphere.mode("TE", 578)
    at = 1e-3 * mode.wavelength_nm
    assert abs(2.0 * np.pi / mode.k_real - at) > 2e-6
    (found,) = sphere.modes((at - 5e-7, at + 5e-7), ["TE"], [1])
    assert (found.l, found.k0) == (578, pytest.approx(mode.k0, rel=1e-13))
