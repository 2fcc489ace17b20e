"""The published study's formulas at its own numbers."""

from __future__ import annotations

import math

import pytest

from femwgm.analytic import spectrum


@pytest.mark.parametrize(
    ("diameter", "spacing"), [(12.0, 6.565), (20.0, 3.939), (33.0, 2.387), (52.0, 1.515)]
)
def test_spacings_of_the_published_sizes(diameter: float, spacing: float) -> None:
    value = spectrum.free_spectral_range(660.0, 1.76, diameter * 1e3)
    assert value == pytest.approx(spacing, abs=6e-4)
    assert spectrum.index_from_spacing(660.0, value, diameter * 1e3) == pytest.approx(1.76, rel=1e-12)


def test_vernier() -> None:
    first, second = (spectrum.free_spectral_range(663.28, 1.76, d) for d in (48e3, 44e3))
    assert (first, second) == pytest.approx((1.6576, 1.8083), abs=6e-5)
    assert spectrum.vernier_range(first, second) == pytest.approx(19.892, abs=6e-4)
    assert spectrum.vernier_range(second, first) == spectrum.vernier_range(first, second)
    assert spectrum.vernier_range(1.5, 1.5) == math.inf


def test_line_and_loss() -> None:
    assert spectrum.line_width(660.0, 4200.0) == pytest.approx(0.157, abs=2e-4)
    assert spectrum.extinction_for_q(1.768, 4200.0, 0.947) == pytest.approx(2.2e-4, rel=0.02)
    # 42.1 per cm belongs to the lasing wavelength of 663.28 nm; at 660 nm it is 42.3.
    assert spectrum.absorption_for_q(1.768, 4200.0, 0.947, 0.66328) == pytest.approx(42.1, abs=0.05)
    assert spectrum.extinction_for_q(1.768, 9333.237513, 0.947152581) == pytest.approx(1e-4, rel=1e-8)
