"""The likelihood of a matching against its definition, and the best matching against all of them."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from femwgm.experiment.spectrum.likelihood import (
    Matching,
    Neighbours,
    Odds,
    all_matchings,
    as_matched,
    likeliest,
    pair_gains,
)
from femwgm.experiment.spectrum.lines import Labels
from femwgm.experiment.spectrum.peaks import Peaks

ODDS = Odds()


def best_matching(peaks: Peaks, lines: np.ndarray, labels: Labels) -> Matching:
    """The likeliest matching as a reading has it."""
    gains, _, _ = pair_gains(peaks, lines, labels, ODDS, peaks.error_nm)
    return as_matched(peaks, lines, labels, ODDS, peaks.error_nm, likeliest(gains))


def literal(peaks: Peaks, lines: np.ndarray, labels: Labels, choice: tuple[int, ...]) -> float:
    """log L as the documentation defines it, term by term."""
    lo, hi = peaks.wavelength_nm[0], peaks.wavelength_nm[-1]
    edge = 3.0 * max(peaks.error_nm) + 1e-9
    rate = ODDS.spurious * len(peaks) / (hi - lo + 2.0 * edge + 1.0)
    total = 0.0
    for i, j in enumerate(choice):
        if j < 0:
            total += math.log(rate)
            continue
        sigma = peaks.error_nm[i]
        z = (peaks.wavelength_nm[i] - lines[j]) / sigma
        seen = float(ODDS.of_order(labels.q[j]))
        total += math.log(seen) - 0.5 * z * z - math.log(math.sqrt(2.0 * math.pi) * sigma)
        if peaks.pol[i]:
            agrees = (peaks.pol[i] == "TM") == bool(labels.tm[j])
            total += math.log(ODDS.polarization if agrees else 1.0 - ODDS.polarization)
    for j in range(len(labels)):
        if j not in choice and lo - edge <= lines[j] <= hi + edge:
            total += math.log(1.0 - float(ODDS.of_order(labels.q[j])))
    return total


@given(
    st.lists(st.floats(650.0, 652.0), min_size=1, max_size=4, unique=True),
    st.lists(st.tuples(st.floats(650.0, 652.0), st.booleans(), st.integers(1, 3)), min_size=1, max_size=4),
    st.lists(st.sampled_from(["", "TE", "TM"]), min_size=4, max_size=4),
)
def test_the_best_matching_is_the_best_of_all(
    positions: list[float], modes: list[tuple[float, bool, int]], pols: list[str]
) -> None:
    peaks = Peaks.of(positions, error_nm=0.2, pol=pols[: len(positions)])
    lines = np.array([mode[0] for mode in modes])
    labels = Labels(
        np.array([m[1] for m in modes]),
        np.arange(1.0, len(modes) + 1.0),
        np.array([float(m[2]) for m in modes]),
    )
    # A matched peak must lie near the range of the peaks, where a missed mode counts too.
    found = best_matching(peaks, lines, labels)
    everything = [
        choice
        for choice in itertools.product(range(-1, len(modes)), repeat=len(positions))
        if len({j for j in choice if j >= 0}) == sum(j >= 0 for j in choice)
    ]
    best = max(literal(peaks, lines, labels, choice) for choice in everything)
    assert found.log_likelihood == pytest.approx(best, abs=1e-9)
    assert literal(peaks, lines, labels, tuple(int(j) for j in found.mode)) == pytest.approx(best, abs=1e-9)


def test_the_sum_over_matchings_is_that_of_an_enumeration() -> None:
    """Where peaks compete for a mode, and modes for a peak; exact without loops, Bethe's approximation with them."""
    for gains, tolerance in (
        (np.array([[3.0, -9.0, -9.0], [2.5, 4.0, -9.0], [-9.0, 1.0, 2.0]]), 1e-4),
        (np.array([[3.0, 2.0, -9.0], [2.5, 4.0, -9.0], [-9.0, 1.0, 2.0]]), 0.1),
    ):
        every = [
            choice
            for choice in itertools.product(range(-1, 3), repeat=3)
            if len({j for j in choice if j >= 0}) == sum(j >= 0 for j in choice)
        ]
        weights = np.array([math.exp(sum(gains[i, j] for i, j in enumerate(c) if j >= 0)) for c in every])
        peak, mode = (v.ravel() for v in np.indices((3, 3)))
        total, chance = all_matchings(gains.reshape(1, -1), peak, mode)
        literal_chance = [
            sum(w for w, c in zip(weights, every, strict=True) if c[i] == j) / weights.sum()
            for i, j in zip(peak, mode, strict=True)
        ]
        assert total[0] == pytest.approx(math.log(weights.sum()), abs=tolerance)
        assert np.abs(chance[0] - literal_chance).max() < tolerance


def test_neighbours_are_the_lines_on_both_sides_of_each_peak() -> None:
    """The same gains as from all lines, for the pairs that can matter; lines of one comb are all but evenly spaced."""
    degrees = np.arange(150.0, 175.0)
    labels = Labels(np.repeat([False, True], 25), np.tile(degrees, 2), np.ones(50))
    lines = (
        1e3
        * np.stack(
            [660.0 / (degrees + shift) * (1 + 2e-4 * (degrees - 160)) for shift in (0.0, 1.7)]
        ).reshape(1, -1)
        / 6.0
    )
    peaks = Peaks.of(lines[0, [4, 12, 20, 31, 44]] + 0.01, error_nm=0.05)
    everywhere, missed, _ = pair_gains(peaks, lines, labels, ODDS, peaks.error_nm)
    mode, gains, sum_missed = Neighbours(peaks, labels, ODDS, peaks.error_nm)(lines)
    assert sum_missed == pytest.approx(missed.sum(axis=1))
    assert gains == pytest.approx(np.take_along_axis(everywhere, mode, axis=2))
    assert gains.max(axis=2) == pytest.approx(everywhere.max(axis=2))


def two(first: float, second: float) -> tuple[np.ndarray, Labels]:
    return np.array([first, second]), Labels(
        np.array([False, True]), np.array([5.0, 6.0]), np.array([1.0, 1.0])
    )


def test_a_mode_under_a_matched_line_is_not_missed() -> None:
    lines, labels = two(650.0, 650.05)
    narrow = Peaks.of([650.0, 655.0], width_nm=0.01, error_nm=0.01)
    broad = Peaks.of([650.0, 655.0], width_nm=0.2, error_nm=0.01)
    assert best_matching(narrow, lines, labels).missed.tolist() == [1]
    assert best_matching(broad, lines, labels).missed.tolist() == []


def test_a_stated_polarization_decides_between_two_lines() -> None:
    lines, labels = two(650.0, 650.004)
    for pol, mode in (("TE", 0), ("TM", 1)):
        peaks = Peaks.of([650.002, 655.0], error_nm=0.01, pol=[pol, ""])
        assert best_matching(peaks, lines, labels).mode[0] == mode


def test_of_two_peaks_at_one_line_the_higher_is_the_line() -> None:
    lines, labels = np.array([650.0]), Labels(np.array([False]), np.array([5.0]), np.array([1.0]))
    peaks = Peaks.of([649.99, 650.01], error_nm=0.01, height=[1.0, 8.0])
    assert best_matching(peaks, lines, labels).mode.tolist() == [-1, 0]
