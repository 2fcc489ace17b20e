"""Outlined kinds in cases with an exact solution: slices of cylinders, half a ball on a mirror, a post that is not there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import root
from scipy.special import h1vp, hankel1, jv, jvp, yv, yvp

from femwgm.analytic import LayeredSphere
from femwgm.runs.loop import RunResult, run

pytestmark = [pytest.mark.gmsh, pytest.mark.slow]

PLATES = {"bottom": "-0.2 um", "top": "0.2 um"}
INDICES = {"glass": 2.0, "water": 1.33, "air": 1.0}


def solve(geometry: dict[str, Any], window: list[str], accuracy: float = 1e-6, **modes: Any) -> RunResult:
    return run({
        "schema": 1, "geometry": {"material": "glass", "ambient": "air", **geometry},
        "materials": {name: {"n": n} for name, n in INDICES.items()},
        "modes": {"window": window, "radial_orders": [1], **modes}, "accuracy": {"wavelength": accuracy, "q": 1e-3},
    })  # fmt: skip


def cylinder_pole(m: int, radii: list[float], n: list[float], start: complex) -> complex:
    """k0 of the E_z mode of an infinite layered cylinder near a start: E_z and its slope are continuous at every radius."""

    def mismatch(k: complex) -> complex:
        y, slope = jv(m, n[0] * k * radii[0]), n[0] * k * jvp(m, n[0] * k * radii[0])
        for inner, outer, index in zip(radii, radii[1:], n[1:], strict=False):
            q = index * k
            basis = np.array(
                [[jv(m, q * inner), yv(m, q * inner)], [q * jvp(m, q * inner), q * yvp(m, q * inner)]]
            )
            a, b = np.linalg.solve(basis, [y, slope])
            y = a * jv(m, q * outer) + b * yv(m, q * outer)
            slope = q * (a * jvp(m, q * outer) + b * yvp(m, q * outer))
        q = n[-1] * k
        return complex(slope * hankel1(m, q * radii[-1]) - y * q * h1vp(m, q * radii[-1])) / hankel1(
            m, q * radii[-1]
        )

    scale = abs(mismatch(start * 1.01))

    def both(x: np.ndarray) -> list[float]:
        value = mismatch(complex(*x)) / scale
        return [value.real, value.imag]

    found = root(both, [start.real, start.imag], tol=1e-13)
    return complex(*found.x)


@pytest.mark.parametrize(
    ("shape", "radii", "indices"),
    [
        ({"kind": "disk", "radius": "2 um", "thickness": "0.4 um"}, [2.0], [2.0, 1.0]),
        ({"kind": "bottle", "radius": "2 um", "curvature_per_um": 0, "length": "0.4 um"}, [2.0], [2.0, 1.0]),
        (
            {"kind": "capillary", "radius": "2 um", "curvature_per_um": 0, "length": "0.4 um", "wall": "0.5 um",
             "filling": "water"},
            [1.5, 2.0], [1.33, 2.0, 1.0],
        ),
        ({"kind": "ring", "inner_radius": "1.5 um", "outer_radius": "2 um", "thickness": "0.4 um"}, [1.5, 2.0], [1.0, 2.0, 1.0]),
    ],
    ids=["disk", "bottle", "capillary", "ring"],
)  # fmt: skip
def test_a_slice_of_a_cylinder(shape: dict[str, Any], radii: list[float], indices: list[float]) -> None:
    """Between conducting plates a straight wall makes an infinite cylinder: wavelength and Q of the exact E_z mode."""
    window = (
        ["1.08 um", "1.16 um"] if "filling" in shape else ["1.2 um", "1.5 um"]
    )  # water holds light less well
    result = solve(shape | {"enclosure": PLATES}, window, polarizations=["TE"])
    for mode in result.modes:
        exact = cylinder_pole(mode.m, radii, indices, mode.k0 * (1.0 + 1e-4))
        assert abs(mode.k0.real / exact.real - 1.0) < 1e-6
        assert mode.q_rad == pytest.approx(-0.5 * exact.real / exact.imag, rel=2e-3)
    assert len(result.modes) >= 1
    assert result.met


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "radii", "indices"),
    [("capillary", [1.5, 2.0], [1.33 + 1e-4j, 1.6, 1.0]), ("bottle", [2.0], [1.6 + 1e-4j, 1.0])],
)
def test_a_straight_bulge_is_a_cylinder(kind: str, radii: list[float], indices: list[complex]) -> None:
    """Curvature to zero, by two of them: wavenumber, radiation and absorption become those of the endless cylinder, E along z."""
    seen = []
    for curvature in (0.02, 0.004):
        shape: dict[str, Any] = {
            "kind": kind, "material": "wall", "radius": "2 um", "curvature_per_um": curvature,
            "length": f"{min(30.0, 6.0 / curvature**0.5)} um", "ambient": "air",
        }  # fmt: skip
        if kind == "capillary":
            shape |= {"wall": "0.5 um", "filling": "water"}
        names = ["water", "wall", "air"][3 - len(indices) :]
        (mode,) = run(
            {
                "schema": 1,
                "geometry": shape,
                "materials": {name: {"n": n.real, "k": n.imag} for name, n in zip(names, map(complex, indices), strict=True)},
                "modes": {
                    "window": ["0.86 um", "0.91 um"], "polarizations": ["TE"], "radial_orders": [1], "polar_orders": [0],
                    "azimuthal_orders": [19],
                },
                "accuracy": {"wavelength": 1e-5, "q": 1e-2},
            }
        ).modes  # fmt: skip
        seen.append(np.array([mode.k0.real, 1.0 / mode.q_rad, 1.0 / mode.q_abs]))
    straight = seen[1] - 0.25 * (seen[0] - seen[1])
    lossy, bare = (
        cylinder_pole(19, radii, media, complex(straight[0]))
        for media in (indices, [complex(n).real for n in indices])
    )
    radiated, lost = (-2.0 * k.imag / k.real for k in (bare, lossy))
    assert straight == pytest.approx([lossy.real, radiated, lost - radiated], rel=1e-3)
    assert straight[0] == pytest.approx(lossy.real, rel=2e-5)


def test_half_a_ball_on_a_mirror() -> None:
    """On a conducting plane a hemisphere has the modes of the ball whose field meets the plane at right angles."""
    shape = {"kind": "hemisphere", "radius": "2 um", "enclosure": {"bottom": "0 um"}}
    result = solve(shape, ["0.95 um", "1.1 um"], polarizations=["TE"], polar_orders=[0])
    exact = {e.l: e for e in LayeredSphere([2.0], [2.0, 1.0]).modes((0.95, 1.1), ["TE"], [1])}
    assert len(result.modes) >= 2
    for mode in result.modes:
        assert abs(mode.k0.real / exact[mode.m].k0.real - 1.0) < 1e-6
        assert mode.q_rad == pytest.approx(exact[mode.m].q_rad, rel=2e-3)


def test_half_a_ball_on_a_mirror_has_every_mode_of_the_ball() -> None:
    """Both polarizations, two radial and several polar orders, down to the leaky ones: none missing, none too many."""
    shape = {"kind": "hemisphere", "radius": "2 um", "enclosure": {"bottom": "0 um"}}
    window, orders = ("0.98 um", "1.02 um"), [13, 16, 17, 20]
    result = solve(
        shape, list(window), 1e-4, radial_orders="all", polar_orders="all", azimuthal_orders=orders
    )
    ball = LayeredSphere([2.0], [2.0, 1.0]).modes((0.97, 1.03), radial_orders=list(range(1, 8)))
    low, high = (2.0 * np.pi / float(edge.split()[0]) for edge in reversed(window))
    for m in orders:
        # At a mirror TE needs an even l - m, TM an odd one.
        exact = sorted(
            e.k0.real for e in ball
            if e.l >= m and (e.l - m) % 2 == (e.pol == "TM") and low < e.k0.real < high and e.q_rad > 60.0
        )  # fmt: skip
        found = [
            mode.k0.real for mode in result.modes if mode.m == m and -120.0 * mode.k0.imag < mode.k0.real
        ]
        assert sorted(found) == pytest.approx(exact, rel=2e-4), m


def test_half_of_the_ambient_changed() -> None:
    """A ball half sunk in nearly the ambient's index moves, by symmetry, by half of the exact slope d k / d n_ambient."""

    def wavenumber(index: float) -> float:
        chip = {"name": "chip", "material": "chip", "top": "0 um"}
        result = run({
            "schema": 1, "materials": {"glass": {"n": 2.0}, "chip": {"n": index}, "air": {"n": 1.0}},
            "geometry": {
                "kind": "pedestal_sphere", "material": "glass", "ambient": "air", "radius": "2 um", "background": [chip],
            },
            "modes": {"window": ["1.01 um", "1.03 um"], "polarizations": ["TE"], "azimuthal_orders": [20]},
            "accuracy": {"wavelength": 1e-8},
        })  # fmt: skip
        (mode,) = result.modes
        assert mode.wavelength_error < 1e-8
        return mode.k0.real

    step = 0.01
    slope = (wavenumber(1.0 + step) - wavenumber(1.0 - step)) / (2.0 * step)
    exact = [LayeredSphere([2.0], [2.0, 1.0 + d]).mode("TE", 20).k0.real for d in (step, -step)]
    assert slope == pytest.approx(0.5 * (exact[0] - exact[1]) / (2.0 * step), rel=1e-3)


def test_a_post_that_is_not_there() -> None:
    """A pillar of the ambient's own material: the ball above it is free."""
    pillar = {"material": "air", "name": "post", "radius": "0.8 um", "height": "1 um"}
    shape = {"kind": "pedestal_sphere", "radius": "2 um", "pillar": pillar}
    result = solve(shape, ["0.95 um", "1.05 um"], polarizations=["TM"], polar_orders=[0])
    exact = {e.l: e for e in LayeredSphere([2.0], [2.0, 1.0]).modes((0.95, 1.05), ["TM"], [1])}
    assert len(result.modes) >= 1
    for mode in result.modes:
        assert abs(mode.k0.real / exact[mode.m].k0.real - 1.0) < 1e-6


def test_a_toroid_without_its_web_is_the_published_torus() -> None:
    """353.268977 THz, by another program, of the bare torus of 16 um and 3 um, here by its outermost circle of 19 um."""
    result = run({
        "schema": 1,
        "geometry": {
            "kind": "toroid", "material": "silica", "ambient": "air", "diameter": "19 um", "minor_diameter": "3 um",
            "web_thickness": "0 um",
        },
        "materials": {"silica": {"eps": 2.09}, "air": {"n": 1.0}},
        "modes": {"window": ["352 THz", "354 THz"], "polarizations": ["TE"]}, "accuracy": {"wavelength": 1e-7},
    })  # fmt: skip
    (mode,) = result.modes
    assert mode.m == 93
    assert mode.freq_thz == pytest.approx(353.268977, rel=1e-8)


def test_a_drawn_spheroid() -> None:
    """A spline through points of an ellipse against the kind spheroid, which shares no mesh, no cells and no outline with it."""
    angle = np.linspace(-0.5 * np.pi, 0.5 * np.pi, 81)
    points = [[f"{abs(2.0 * np.cos(a)):.12f} um", f"{1.8 * np.sin(a):.12f} um"] for a in angle]
    points[0][0] = points[-1][0] = "0 um"
    window = ["0.95 um", "1.03 um"]
    drawn = solve(
        {"kind": "profile", "points": points, "smooth": True},
        window,
        1e-7,
        polarizations=["TE"],
        polar_orders=[0],
    )
    layers = [{"name": "body", "material": "glass", "equatorial_radius": "2 um", "polar_radius": "1.8 um"}]
    known = run({
        "schema": 1, "geometry": {"kind": "spheroid", "layers": layers, "ambient": "air"},
        "materials": {name: {"n": n} for name, n in INDICES.items() if name != "water"},
        "modes": {"window": window, "polarizations": ["TE"], "radial_orders": [1], "polar_orders": [0]},
        "accuracy": {"wavelength": 1e-8},
    })  # fmt: skip
    assert [mode.m for mode in drawn.modes] == [mode.m for mode in known.modes]
    for one, other in zip(drawn.modes, known.modes, strict=True):
        assert one.k0.real == pytest.approx(other.k0.real, rel=1e-6)


def test_axial_modes_of_a_bottle() -> None:
    """Sumetsky, Opt. Lett. 29, 8 (2004): with U = n k R of p = 0 the squares (n k)^2 lie 2 U c / R apart, to leading order."""
    radius, curvature = 4.0, 0.05
    shape = {"kind": "bottle", "radius": f"{radius} um", "curvature_per_um": curvature, "length": "10 um"}
    result = solve(shape, ["0.99 um", "1.04 um"], 1e-5, polarizations=["TE"], polar_orders=[0, 1])
    by_p = {(mode.m, mode.p): mode.k0.real for mode in result.modes}
    pairs = [m for m, p in by_p if p == 0 and (m, 1) in by_p]
    assert pairs
    for m in pairs:
        spacing = 4.0 * (by_p[m, 1] ** 2 - by_p[m, 0] ** 2)
        assert spacing == pytest.approx(2.0 * 2.0 * by_p[m, 0] * curvature, rel=0.05)


def test_the_microdisk_converges_at_its_rims() -> None:
    """The published disk (2 um across, 255 nm, n = 3.36): two tolerances agree within the coarser one's stated error.

    Srinivasan, Borselli and Painter, Opt. Express 14, 1094 (2006), abstract: Q_rad above 1e5.
    """
    shape = {"kind": "disk", "material": "algaas", "radius": "1 um", "thickness": "255 nm", "ambient": "air"}
    coarse, fine = (
        run({
            "schema": 1, "geometry": shape, "materials": {"algaas": {"n": 3.36}, "air": {"n": 1.0}},
            "modes": {"window": ["1.33 um", "1.4 um"], "polarizations": ["TM"]}, "accuracy": {"wavelength": tolerance, "q": q},
        }).modes
        for tolerance, q in ((1e-4, 0.1), (1e-6, 1e-2))
    )  # fmt: skip
    assert len(coarse) == len(fine) == 1
    one, other = coarse[0], fine[0]
    assert abs(one.k0.real / other.k0.real - 1.0) < 2.0 * one.wavelength_error + other.wavelength_error
    assert one.q_rad == pytest.approx(other.q_rad, rel=2.0 * one.q_error + other.q_error)
    assert other.q_rad > 1e5


def test_the_volume_of_a_disk_with_edges_refers_to_the_interior() -> None:
    """Oxborrow's microdisk (IEEE Trans. Microwave Theory Tech. 55, 1209 (2007)): m = 11, 0.1484 um^3 of the standing wave."""
    radius = 1.06 + 0.1275 * np.tan(np.radians(26.0))  # 2.12 um across at half height
    shape = {
        "kind": "disk",
        "material": "algaas",
        "radius": f"{radius} um",
        "thickness": "255 nm",
        "ambient": "air",
    }
    coarse, fine = (
        run({
            "schema": 1, "geometry": {**shape, "sidewall_angle_deg": 64},
            "materials": {"algaas": {"n": 3.36}, "air": {"n": 1.0}},
            "modes": {"window": ["1.24 um", "1.29 um"], "polarizations": ["TM"], "azimuthal_orders": [11]},
            "accuracy": {"wavelength": tolerance},
        })
        for tolerance in (1e-4, 1e-6)
    )  # fmt: skip
    assert any("interior" in note for note in coarse.warnings)
    (one,), (other,) = coarse.modes, fine.modes
    errors = [mode.row()["mode_volume_error"] for mode in (one, other)]
    assert abs(one.mode_volume_um3 / other.mode_volume_um3 - 1.0) < 3.0 * errors[0] < 0.01
    assert other.row()["mode_volume_at"] == "interior"
    assert other.row()["volume_standing_um3"] == pytest.approx(0.1484, rel=1e-3)
    assert other.wavelength_nm == pytest.approx(1263.6, abs=0.2)


def test_a_film_drawn_by_its_thickness_at_each_latitude() -> None:
    """With shares of one it is the shell of the exact coated sphere; a film that thins to the poles holds its modes tighter."""

    def modes(pole: float) -> dict[tuple[int, int], float]:
        film = {
            "name": "film",
            "material": "glass",
            "thickness": "0.3 um",
            "shares": [[-90, pole], [0, 1], [90, pole]],
        }
        result = solve(
            {"kind": "pedestal_sphere", "material": "water", "radius": "2 um", "coatings": [film]},
            ["0.83 um", "0.9 um"], polarizations=["TE"], polar_orders=[0, 1],
        )  # fmt: skip
        return {(mode.m, mode.p): mode.k0.real for mode in result.modes}

    even, graded = modes(1.0), modes(0.7)
    exact = {
        e.l: e.k0.real for e in LayeredSphere([2.0, 2.3], [1.33, 2.0, 1.0]).modes((0.83, 0.9), ["TE"], [1])
    }
    assert even
    for (m, p), k0 in even.items():
        assert k0 == pytest.approx(exact[m + p], rel=1e-6)
    pairs = [m for m, p in graded if p == 0 and (m, 1) in graded and (m, 0) in even and (m, 1) in even]
    assert pairs
    for m in pairs:
        assert graded[m, 1] - graded[m, 0] > 1.02 * (even[m, 1] - even[m, 0])
