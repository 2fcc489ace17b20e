"""Lines of one mirror class next to each other, on bodies and in cavities: each of them once, every number within its error."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq
from support.accuracy import LIMIT, true_over_stated
from support.cavities import cylinder_mode

from femwgm import analytic
from femwgm.runs.loop import RunResult, run

pytestmark = pytest.mark.gmsh


def te(length: float, radial: int, axial: int) -> float:
    """k0 of TE modes with m = 1 of an empty cylinder of radius 1."""
    return float(np.real(cylinder_mode("TE", 1, radial, axial, radius=1.0, length=length, eps=1.0)))


def tm(length: float, eps_z: float = 1.0) -> float:
    return float(np.real(cylinder_mode("TM", 1, 1, 0, radius=1.0, length=length, eps=1.0, eps_z=eps_z)))


def cylinder(length: float, n_z: float, k0: float, accuracy: float) -> RunResult:
    return run({
        "schema": 1, "geometry": {"kind": "cavity", "radius": "1 um", "height": f"{length!r} um", "ambient": "filling"},
        "materials": {"filling": {"n_ordinary": 1.0, "n_extraordinary": n_z, "axis": "z"} if n_z != 1.0 else {"n": 1.0}},
        "modes": {"window": [f"{2.0 * np.pi / k0 * x} um" for x in (0.999, 1.001)], "azimuthal_orders": [1]},
        "accuracy": {"wavelength": accuracy},
    })  # fmt: skip


@pytest.mark.parametrize("accuracy", [1e-3, 1e-9])
@pytest.mark.parametrize("apart", [1e-4, 1e-7])
def test_two_lines_of_a_cylinder(apart: float, accuracy: float) -> None:
    """TE_112 and TM_110, whose labels by lobes are the same."""
    length = brentq(lambda x: te(x, 1, 2) / tm(x) - 1.0 - apart, 1.5, 2.5, xtol=1e-15)
    result = cylinder(length, 1.0, tm(length), accuracy)
    lines = sorted(result.modes, key=lambda mode: mode.k0.real)
    assert [mode.m for mode in lines] == [1, 1]
    for mode, exact in zip(lines, (tm(length), te(length, 1, 2)), strict=True):
        assert abs(mode.k0.real / exact - 1.0) < LIMIT * mode.wavelength_error + 1e-12
    assert result.met


def test_three_lines_of_a_cylinder() -> None:
    length = brentq(lambda x: te(x, 1, 4) / te(x, 2, 2) - 1.0 - 1e-6, 0.5, 3.0, xtol=1e-15)
    k0 = te(length, 1, 4)
    n_z = brentq(lambda n: tm(length, n**2) / k0 - 1.0 - 1e-6, 0.2, 3.0, xtol=1e-15)
    lines = sorted(mode.k0.real for mode in cylinder(length, n_z, k0, 1e-5).modes)
    assert lines == pytest.approx(sorted([k0, te(length, 2, 2), tm(length, n_z**2)]), rel=1e-7)


@pytest.mark.slow
@pytest.mark.parametrize("accuracy", [1e-3, 1e-4, 1e-5, 1e-6])
def test_two_lines_of_a_ball_on_triangles(accuracy: float) -> None:
    """TE l = 24 (Q 6e10) and TM l = 19, q = 2 (Q 1e6), 1e-7 apart for m = 19: neither row holds any of the other."""
    labels = (("TE", 24, 1), ("TM", 19, 2))

    def pair(n: float) -> list[analytic.ExactMode]:
        return [analytic.layered_sphere([1.5], [n, 1.0]).mode(*label).with_m(19) for label in labels]

    def apart(n: float) -> float:
        first, second = pair(n)
        return float(first.k0.real / second.k0.real - 1.0 - 1e-7)

    n = brentq(apart, 2.36, 2.38, xtol=1e-15)
    exact = pair(n)
    result = run({
        "schema": 1, "geometry": {"kind": "spheroid", "ambient": "air", "layers": [
            {"name": "ball", "material": "glass", "equatorial_radius": "1.5 um", "polar_radius": "1.5 um"}]},
        "materials": {"glass": {"n": n}, "air": {"n": 1.0}},
        "modes": {"window": [f"{exact[0].wavelength_nm * x} nm" for x in (0.999, 1.001)], "azimuthal_orders": [19],
                  "radial_orders": [1, 2], "polar_orders": [0, 5]},
        "accuracy": {"wavelength": accuracy}, "discretization": {"cells": "triangles"},
    })  # fmt: skip
    found = sorted(result.modes, key=lambda mode: mode.pol)
    assert [(mode.pol, mode.l, mode.q) for mode in found] == list(labels)
    for mode, true in zip(found, exact, strict=True):
        numbers = true_over_stated(replace(mode, differentiate=None), true)  # its axes are no radii
        assert {name: ratio for name, ratio in numbers.items() if ratio > LIMIT} == {}
