"""A range of orders is covered by discs of certainty: nothing in it is missed, whatever the spectrum looks like."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from femwgm.finders.coverage import LEAST_Q, discs
from femwgm.ground.typing import Array


class Spectrum:
    """Stands for `Orders`: a normal operator with given eigenvalues m^2."""

    def __init__(self, squares: Array, seed: int) -> None:
        self.real = not np.iscomplexobj(squares)
        rng = np.random.default_rng(seed)
        self.squares, (self.Q, _) = squares, np.linalg.qr(rng.standard_normal((len(squares),) * 2))
        self.pencil = SimpleNamespace(size=len(squares), apply_M=lambda x: x)

    def factor(self, shift: complex) -> Any:
        s = shift if shift.imag else shift.real
        return SimpleNamespace(solve=lambda b: self.Q @ ((self.Q.T @ b) / (self.squares - s)[:, None]))

    def family(self, square: complex, _vector: Array) -> Any:
        return SimpleNamespace(order=complex(np.sqrt(square)))


def everything(spectrum: Spectrum, **options: Any) -> tuple[list[tuple[float, float]], Array]:
    """Gaps, and the orders that are found."""
    found = list(discs(spectrum, 50.0, 20.0, **options))  # type: ignore[arg-type]
    orders = np.sort([f.order.real for disc in found for f in disc.families])
    return [gap for disc in found for gap in disc.gaps], orders


@given(seed=st.integers(0, 10_000), crowd=st.floats(0.2, 6.0))
def test_no_order_is_missed(seed: int, crowd: float) -> None:
    """A sparse upper end and a crowd below it, of which a first wide disc knows nothing: that left a hole once."""
    rng = np.random.default_rng(seed)
    inside = np.r_[49.0, rng.uniform(30.0, 30.0 + crowd, 30), rng.uniform(20.5, 49.5, 15)]
    squares = np.r_[inside**2, rng.uniform(0.0, 350.0, 60), rng.uniform(3000.0, 9000.0, 40)]
    gaps, found = everything(Spectrum(squares, seed))
    assert not gaps
    assert found == pytest.approx(np.sort(inside), rel=1e-7)


@given(seed=st.integers(0, 10_000))
def test_leaky_orders_above_the_real_axis(seed: int) -> None:
    """Every order that radiates little is found among a cloud of others that radiate more."""
    rng = np.random.default_rng(seed)
    modes = rng.uniform(20.5, 49.5, 25) * (1.0 + 1j * (0.5 / LEAST_Q) * rng.uniform(0.0, 0.95, 25))
    cloud = rng.uniform(10.0, 60.0, 120) * (1.0 + 1j * (0.5 / LEAST_Q) * rng.uniform(1.2, 8.0, 120))
    gaps, found = everything(Spectrum(np.r_[modes, cloud] ** 2, seed))
    assert not gaps
    assert found == pytest.approx(np.sort(modes.real), rel=1e-7)


def test_what_cannot_be_searched_is_named() -> None:
    """A crowd beyond any Krylov space: the range around it is reported, what lies on either side is found."""
    crowd = np.linspace(1000.0, 1001.0, 900)
    gaps, found = everything(Spectrum(np.r_[crowd, 45.0**2, 25.0**2, 60.0**2, 5.0**2], 1))
    assert gaps
    assert all(31.5 < low < high < 31.8 for low, high in gaps)
    assert {25.0, 45.0} <= set(np.round(found, 6))
