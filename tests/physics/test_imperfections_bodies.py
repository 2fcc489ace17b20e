"""Perturbed spheres against finite elements of the deformed body itself, which know nothing of perturbations."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import special
from scipy.interpolate import PchipInterpolator

import femwgm
from femwgm.analytic import layered_sphere
from femwgm.imperfections import Multiplet, multiplet, relief
from femwgm.imperfections.bead import Placed
from femwgm.modes.mode import Mode

pytestmark = pytest.mark.slow
QUIET = {"fields": False, "plots": False}


def line_of(lines: Multiplet, m: int) -> complex:
    """k0 of the line of one m in a multiplet of a body of revolution."""
    return complex(lines.k0[np.argmax(np.abs(lines.states[lines.mode.l + m]))])


def spheroid(flattening: float) -> list[Mode]:
    geometry = {
        "kind": "spheroid",
        "ambient": "air",
        "layers": [
            {
                "name": "body",
                "material": "glass",
                "equatorial_radius": "3 um",
                "polar_radius": f"{3.0 - flattening} um",
            }
        ],
    }
    config = {
        "schema": 1, "geometry": geometry, "materials": {"glass": {"n": 1.5}, "air": {"n": 1.0}},
        "modes": {"window": ["1.0 um", "1.027 um"], "polar_orders": [0, 3]}, "accuracy": {"wavelength": 1e-10},
        "outputs": QUIET,
    }  # fmt: skip
    return list(femwgm.run(config).modes)


def test_spheroid_to_second_order() -> None:
    """Against the elements: off by the cube of the flattening, within the stated error; the loss as well."""
    sphere = layered_sphere([3.0], [1.5, 1.0])
    off: dict[tuple[str, int], list[float]] = {}
    for flattening in (0.03, 0.06):
        for mode in spheroid(flattening):
            bulge = relief.ellipsoid((0.0, 0.0, -flattening), np.eye(3), 3.0)
            assert mode.l is not None
            lines = multiplet(sphere.mode(mode.pol, mode.l, mode.q), {0: bulge})
            difference = line_of(lines, mode.m) - mode.k0
            assert abs(difference.real) < lines.error[0]
            off.setdefault((mode.pol, mode.m), []).append(difference.real)
    pairs = [pair for pair in off.values() if len(pair) == 2]
    assert pairs
    for near, far in pairs:
        assert 2.7 < math.log2(far / near) < 3.3


def test_modes_that_nearly_coincide() -> None:
    """TE l = 20 and TM l = 19 of a coated spheroid lie 1e-3 apart: both lines of m = 19, to the cube of the flattening."""
    sphere = layered_sphere([1.9, 2.4], [1.45, 1.75, 1.0])
    gap = abs(sphere.mode("TE", 20, 1).k0.real - sphere.mode("TM", 19, 1).k0.real)
    assert gap < 1e-3 * sphere.mode("TE", 20, 1).k0.real
    off = []
    for flattening in (0.02, 0.04):
        layers = [
            {"name": "core", "material": "a", "equatorial_radius": "1.9 um", "polar_radius": "1.9 um"},
            {"name": "shell", "material": "b", "equatorial_radius": "2.4 um", "polar_radius": f"{2.4 - flattening} um"},
        ]  # fmt: skip
        config = {
            "schema": 1, "geometry": {"kind": "spheroid", "ambient": "air", "layers": layers},
            "materials": {"a": {"n": 1.45}, "b": {"n": 1.75}, "air": {"n": 1.0}},
            "modes": {"window": ["1.06 um", "1.078 um"], "azimuthal_orders": [19], "polar_orders": [0, 1]},
            "accuracy": {"wavelength": 1e-9}, "outputs": QUIET,
        }  # fmt: skip
        solved = np.sort([mode.k0.real for mode in femwgm.run(config).modes])
        bulge = {1: relief.ellipsoid((0.0, 0.0, -flattening), np.eye(3), 2.4)}
        pair = [multiplet(sphere.mode(pol, l, 1), bulge) for pol, l in (("TM", 19), ("TE", 20))]
        assert [lines.partners for lines in pair] == [(("TE", 1, 20),), (("TM", 1, 19),)]
        off.append(np.array([line_of(lines, 19).real for lines in pair]) - solved)
        assert (np.abs(off[-1]) < 0.1 * min(lines.error.max() for lines in pair)).all()
        assert solved[1] - solved[0] > 1.1 * gap
    slope = np.log2(np.abs(off[1] / off[0]))
    assert ((slope > 2.7) & (slope < 3.3)).all()


def test_a_sphere_as_a_body_gives_the_lines_of_the_sphere(tmp_path: Path) -> None:
    """A map of several orders on a ball of n = 2.6, TE l = 8: 17 lines by the elements' own modes and by the exact ones."""
    rows = [
        f"{t},{p},{0.6 * (3 * math.cos(a) ** 2 - 1) + 0.8 * math.sin(a) ** 4 * math.cos(4 * b) + math.sin(2 * a) * math.cos(b)}"
        for t in range(0, 181, 10) for p in range(0, 360, 20) for a, b in [(math.radians(t), math.radians(p))]
    ]  # fmt: skip
    (tmp_path / "map.csv").write_text("theta_deg,phi_deg,dr_nm\n" + "\n".join(rows) + "\n")
    ball = {"name": "ball", "material": "glass"}
    bodies = [
        {"kind": "layered_sphere", "layers": [{**ball, "radius": "2.4 um"}]},
        {"kind": "spheroid", "layers": [{**ball, "equatorial_radius": "2.4 um", "polar_radius": "2.4 um"}]},
    ]
    found = [
        femwgm.run({
            "schema": 1, "geometry": {**body, "ambient": "air"}, "materials": {"glass": {"n": 2.6}, "air": {"n": 1.0}},
            "modes": {"window": ["3.4 um", "3.41 um"], "polarizations": ["TE"], "radial_orders": [1], **orders},
            "imperfections": [{"surface": "ball", "map": str(tmp_path / "map.csv")}], "outputs": QUIET,
        }).multiplets
        for body, orders in zip(
            bodies, ({}, {"azimuthal_orders": list(range(9)), "polar_orders": list(range(9))}), strict=True
        )
    ]  # fmt: skip
    exact = np.sort(found[0][0].k0.real)
    lines = np.sort(np.concatenate([split.k0.real for split in found[1]]))
    assert lines.size == exact.size == 17
    off = np.abs(lines - exact).max()
    assert off < 1e-3 * np.ptp(exact)
    assert off < min(split.error.max() for split in found[1])


def test_film_of_uneven_thickness() -> None:
    """A film thinner towards the poles (1 nm of 490), by the elements' `shares`: every polar order to 1e-3 of its shift."""
    latitudes = np.arange(-90.0, 90.1, 2.5)
    shares = [[float(a), float(1.0 - 0.002 * math.sin(math.radians(a)) ** 2)] for a in latitudes]
    coating = {"name": "shell", "material": "npl", "thickness": "490 nm", "shares": shares}
    config: dict[str, Any] = {
        "schema": 1,
        "geometry": {
            "kind": "pedestal_sphere", "material": "silica", "radius": "3 um", "ambient": "air", "coatings": [coating]
        },
        "materials": {"silica": {"n": 1.45}, "npl": {"n": 1.768}, "air": {"n": 1.0}},
        "modes": {"window": ["650 nm", "662 nm"], "polarizations": ["TE"], "polar_orders": [0, 1, 2]},
        "accuracy": {"wavelength": 1e-9}, "outputs": QUIET,
    }  # fmt: skip
    sphere = layered_sphere([3.0, 3.49], [1.45, 1.768, 1.0])
    between = PchipInterpolator(latitudes, [0.49 * (share - 1.0) for _, share in shares])
    film = relief.from_function(lambda unit: between(np.degrees(np.arcsin(unit[2]))), 160)
    modes = list(femwgm.run(config).modes)
    assert {mode.p for mode in modes} == {0, 1, 2}
    for mode in modes:
        assert mode.l is not None
        perfect = sphere.mode("TE", mode.l, mode.q)
        lines = multiplet(perfect, {1: film})
        shift = mode.k0.real - perfect.k0.real
        assert line_of(lines, mode.m).real - perfect.k0.real == pytest.approx(shift, rel=1e-3)


def test_a_small_bead_is_a_dipole() -> None:
    """m = 1 about the bead: the shift of its polarizability in the field of the bare sphere, the better the smaller it is."""
    l, R, n = 24, 2.5, 1.59
    mode = layered_sphere([R], [1.6, 1.0]).mode("TE", l, 1)
    k = mode.k0.real
    u = abs(mode.radial.match.u[0, 0] * np.exp(mode.radial.match.log[0, 0]))
    energy = mode.sensitivity.stored.real / k**2
    off = []
    for radius in (0.02, 0.04):
        far = R + radius
        outside = u * far / R * abs(special.spherical_yn(l, k * far) / special.spherical_yn(l, k * R))
        # half of (2 l + 1) / (4 pi) on the axis: only m = 1 and -1 have a field there
        field = (outside / far) ** 2 * (2 * l + 1) / (8.0 * math.pi)
        polarizability = 4.0 * math.pi * radius**3 * (n**2 - 1.0) / (n**2 + 2.0)
        dipole = 1e3 * mode.wavelength_nm * polarizability * field / (2.0 * energy)
        lines = multiplet(mode, {}, [Placed(radius, n, (0.0, 0.0, 1.0))])
        off.append(lines.shift_pm.max() / dipole - 1.0)
    assert abs(off[0]) < 0.03
    assert abs(off[0]) < 0.6 * abs(off[1])


def test_a_bead_is_that_of_two_spheres_wherever_it_sits() -> None:
    """100 nm of n = 1.59 on a 5 um ball, TE l = 64: an independent T-matrix gives +24.2 pm for m = 1 and +11.1 pm for m = 0."""
    mode = layered_sphere([5.0], [1.45, 1.0]).mode("TE", 64, 1)
    above = multiplet(mode, {}, [Placed(0.1, 1.59, (0.0, 0.0, 1.0))])
    assert [round(shift, 1) for shift in above.shift_pm[-3:]] == [11.1, 24.2, 24.2]
    aside = multiplet(mode, {}, [Placed(0.1, 1.59, (0.6, -0.3, 0.2))])
    assert np.abs(above.shift_pm - aside.shift_pm).max() < 1e-6
    assert np.abs(above.m_mean[-3:]).round(6).tolist() == [0.0, 1.0, 1.0]
    two = multiplet(mode, {}, [Placed(0.1, 1.59, (0.0, 0.0, 1.0)), Placed(0.1, 1.59, (0.0, 0.0, -1.0))])
    assert two.shift.sum() == pytest.approx(2.0 * above.shift.sum(), rel=1e-9)
