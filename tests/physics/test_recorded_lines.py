"""Lines found in recorded spectra against spectra made independently: places, widths, errors, false alarms, mishaps."""

from __future__ import annotations

import numpy as np
import pytest

from femwgm.experiment.recorded.counts import Recorded
from femwgm.experiment.recorded.find import Found, find_lines
from tests.support.recordings import Recording, recording

CENTRES = [644.321, 648.235, 651.824, 655.453, 655.710, 659.121, 662.830, 668.400]
WIDTHS = [0.16, 0.16, 0.08, 0.20, 0.20, 0.30, 0.16, 0.05]
HEIGHTS = [2000.0, 900.0, 400.0, 1500.0, 1200.0, 700.0, 5000.0, 3000.0]


def found(made: Recording, **options: float) -> Found:
    return find_lines(Recorded(made.wavelength_nm, made.counts), **options)


@pytest.mark.slow
def test_places_widths_and_heights_have_errors_that_are_true() -> None:
    """Deviations over stated errors of eight lines (two of them overlapping) in 12 spectra are standard normal."""
    scores, more = [], 0
    for seed in range(12):
        result = found(recording(CENTRES, WIDTHS, HEIGHTS, np.random.default_rng(seed)), resolution_nm=0.05)
        lines = [
            min(result.lines, key=lambda line, at=centre: abs(line.wavelength_nm - at)) for centre in CENTRES
        ]
        assert len(set(lines)) == len(CENTRES)
        more += len(result.lines) - len(lines)
        for line, centre, width, height in zip(lines, CENTRES, WIDTHS, HEIGHTS, strict=True):
            area = 0.5 * np.pi * width * height
            scores.append(
                [
                    (line.wavelength_nm - centre) / line.wavelength_error_nm,
                    (line.width_nm - width) / line.width_error_nm,
                    (line.area - area) / line.area_error,
                ]
            )
    assert more <= 1
    scores = np.array(scores)
    n = len(scores)
    assert np.abs(scores.mean(axis=0)).max() < 4.0 / np.sqrt(n)
    assert np.abs(scores.std(axis=0) - 1.0).max() < 4.0 / np.sqrt(2.0 * n)


@pytest.mark.slow
def test_noise_alone_gives_no_more_lines_than_stated() -> None:
    spectra, rate = 30, 1.0
    false = sum(
        len(
            found(
                recording([], [], [], np.random.default_rng(100 + i)), resolution_nm=0.05, false_alarms=rate
            ).lines
        )
        for i in range(spectra)
    )
    assert 0 < false < rate * spectra + 3.0 * np.sqrt(rate * spectra)


def test_a_weak_line_at_twice_the_threshold_is_found() -> None:
    """Of lines whose signal is twice what the threshold asks for none is missed."""
    for seed in range(3):
        made = recording([650.3], [0.16], [180.0], np.random.default_rng(seed))
        (line,) = found(made, resolution_nm=0.05).lines
        assert abs(line.wavelength_nm - 650.3) < 4.0 * line.wavelength_error_nm < 0.08


def test_cosmic_rays_and_clipped_points_are_left_out_and_listed() -> None:
    made = recording(CENTRES, WIDTHS, HEIGHTS, np.random.default_rng(4), cosmic=12, clip=2500.0)
    result = found(made, resolution_nm=0.05)
    assert set(np.flatnonzero(result.saturated)) == set(made.clipped)
    assert set(np.flatnonzero(result.cosmic)) == set(made.cosmic) - set(made.clipped)
    assert len(result.lines) == len(CENTRES)
    for line, centre in zip(result.lines, CENTRES, strict=True):
        assert abs(line.wavelength_nm - centre) < 4.0 * line.wavelength_error_nm
    assert {line.clipped for line in result.lines if line.height > 2200.0} == {True}
    assert any("cosmic" in note for note in result.notes())


@pytest.mark.slow
def test_counts_that_are_no_photons_scatter_as_measured() -> None:
    """Four photons a count halve the scatter; the errors follow, and a note says so."""
    photons = found(recording(CENTRES, WIDTHS, HEIGHTS, np.random.default_rng(5)), resolution_nm=0.05)
    fine = found(
        recording(CENTRES, WIDTHS, HEIGHTS, np.random.default_rng(5), photons_per_count=4.0),
        resolution_nm=0.05,
    )
    assert fine.noise.gain == pytest.approx(0.25, rel=0.1)
    ratio = [
        a.wavelength_error_nm / b.wavelength_error_nm for a, b in zip(photons.lines, fine.lines, strict=True)
    ]
    assert ratio == pytest.approx([2.0] * len(ratio), rel=0.15)
    assert any("not as photons" in note for note in fine.notes())


def test_the_response_is_taken_out_of_the_width() -> None:
    made = recording([655.0], [0.10], [8000.0], np.random.default_rng(6), resolution=0.12)
    (with_response,) = found(made, resolution_nm=0.12).lines
    (without,) = found(made).lines
    assert abs(with_response.width_nm - 0.10) < 4.0 * with_response.width_error_nm < 0.02
    # 0.5346 w + sqrt(0.2166 w^2 + g^2), the full width of what was recorded: Olivero and Longbothum 1977.
    assert without.width_nm == pytest.approx(0.1822, abs=0.003)
