"""The door to the exact side: what it refuses, what it returns, how fast it is."""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass

import pytest

import femwgm.analytic
from femwgm.analytic import LayeredSphere
from femwgm.errors import GeometryError, MaterialError, SolveError

COATED = ([10.0, 10.49], [1.45, 1.768, 1.0])


@dataclass(frozen=True)
class Glass:
    """A medium with data between 600 and 700 nm, radially uniaxial on request."""

    slope: float = 0.0
    axis: str | None = None
    loss: float = 0.0

    @property
    def dispersive(self) -> bool:
        return self.slope != 0.0

    def permittivity(self, k0: complex) -> complex:
        if not 0.6 <= 2.0 * math.pi / complex(k0).real <= 0.7 and self.dispersive:
            raise MaterialError("no data there")
        return 3.1 + self.slope * (k0 - 9.5) + 1j * self.loss

    def permittivity_slope(self, k0: complex) -> complex:
        return self.slope

    def permittivity_axial(self, k0: complex) -> complex:
        return self.permittivity(k0) - 0.2

    def permittivity_axial_slope(self, k0: complex) -> complex:
        return self.slope


@pytest.mark.parametrize(
    ("radii", "indices", "message"),
    [
        ([], [1.0], "positive lengths"),
        ([1.0, -2.0], [1.5, 1.6, 1.0], "positive lengths"),
        ([1.0, math.nan], [1.5, 1.6, 1.0], "positive lengths"),
        ([2.0, 1.0], [1.5, 1.6, 1.0], "must increase"),
        ([1.0, 1.0], [1.5, 1.6, 1.0], "must increase"),
        ([1.0], [1.5], "need 2 indices, not 1"),
        ([1.0], [1.5, math.inf], "finite and not zero"),
        ([1.0], [0.0, 1.0], "finite and not zero"),
    ],
)
def test_bodies_that_are_none(radii: list[float], indices: list[complex], message: str) -> None:
    with pytest.raises(GeometryError, match=message):
        LayeredSphere(radii, indices)


def test_media_that_have_no_exact_solution() -> None:
    with pytest.raises(GeometryError, match="radial_indices has 1 entries for 2"):
        LayeredSphere([1.0], [1.5, 1.0], [1.4])
    with pytest.raises(GeometryError, match="ambient must be isotropic"):
        LayeredSphere([1.0], [1.5, 1.0], [None, 1.1])
    with pytest.raises(GeometryError, match="axis along z"):
        LayeredSphere([1.0], [Glass(axis="z"), 1.0])
    with pytest.raises(GeometryError, match=r"pole\(\) near"):
        LayeredSphere([1.0], [0.1 + 3j, 1.0]).mode("TM", 5)


def test_questions_that_have_no_answer() -> None:
    sphere = LayeredSphere([1.0], [1.5, 1.0])
    with pytest.raises(GeometryError, match="'TE' or 'TM'"):
        sphere.mode("tm", 5)
    with pytest.raises(GeometryError, match="start at 1"):
        sphere.mode("TE", 0)
    with pytest.raises(GeometryError, match="start at 1"):
        sphere.mode("TE", 5, 0)
    with pytest.raises(GeometryError, match=r"\|m\| <= l = 5"):
        sphere.mode("TE", 5).with_m(6)
    with pytest.raises(SolveError, match="start closer"):
        LayeredSphere([1.0], [1.0 + 1e-9, 1.0]).pole("TE", 3, 2.0 - 1j)


def test_labels() -> None:
    mode = femwgm.analytic.layered_sphere(*COATED).mode("TM", 163)
    assert (mode.pol, mode.l, mode.q, mode.m, mode.p) == ("TM", 163, 1, 163, 0)
    assert mode.with_m(-160).p == 3
    assert mode.n_eff == pytest.approx(163 / (mode.k0.real * 10.49))
    assert mode.with_m(160).n_eff == pytest.approx(160 / (mode.k0.real * 10.49))
    assert "TM l=163 m=163 q=1, 659.121005 nm" in repr(mode)


def test_a_medium_brings_its_slope_and_its_axis() -> None:
    """An object with permittivities is the same as the callable of its index, and needs no data outside the window."""
    slope = 0.05
    window = (0.645, 0.66)
    by_object = LayeredSphere([10.0, 10.5], [1.45, Glass(slope), 1.0]).modes(window, radial_orders=[1])
    by_index = LayeredSphere(
        [10.0, 10.5], [1.45, lambda k0: cmath.sqrt(3.1 + slope * (k0 - 9.5)), 1.0]
    ).modes(window, radial_orders=[1])  # fmt: skip
    assert len(by_object) > 5
    for one, other in zip(by_object, by_index, strict=True):
        assert one.k0 == pytest.approx(other.k0, rel=1e-14)
        assert one.n_g == pytest.approx(other.n_g, rel=1e-10)
    radial = LayeredSphere([10.0, 10.5], [1.45, Glass(axis="radial"), 1.0]).mode("TM", 160)
    typed = LayeredSphere([10.0, 10.5], [1.45, math.sqrt(3.1), 1.0], [None, math.sqrt(2.9), None]).mode(
        "TM", 160
    )
    assert radial.k0 == pytest.approx(typed.k0, rel=1e-14)
    with pytest.raises(MaterialError, match="no data"):
        LayeredSphere([10.0], [Glass(slope), 1.0]).modes((0.4, 0.5))


def test_nearest_modes_stop_where_the_data_stop() -> None:
    sphere = LayeredSphere([1.0], [Glass(0.05), 1.0])
    for mode in sphere.nearest_modes((0.66, 0.6601), radial_orders=[1]):
        assert 600.0 <= mode.wavelength_nm <= 700.0
