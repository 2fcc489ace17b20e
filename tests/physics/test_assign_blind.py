"""Spectra of dispersive spheres, made elsewhere and read blind: the right reading is listed, probabilities mean what they say."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
import pytest

from femwgm.experiment.spectrum.assign import read
from femwgm.experiment.spectrum.assignment import Assignment, Reading
from femwgm.experiment.spectrum.likelihood import Odds
from femwgm.experiment.spectrum.line_fits import Atlas
from femwgm.experiment.spectrum.model import PARAMETERS, CoatedSphere
from femwgm.experiment.spectrum.peaks import Peaks
from femwgm.experiment.spectrum.prior import prior_from
from femwgm.materials import Material
from femwgm.materials.dispersion import Constant
from tests.support.blind import Ball, Spectrum, spectrum

# Diameter (um), thickness (um, 0: bare), index, radial orders; q = 2 leaks from the smallest, and the generator knows no leak.
SPHERES = [
    (5.0, 0.0, 1.585, 1), (8.0, 0.0, 1.47, 2), (12.0, 0.0, 1.585, 1), (20.0, 0.0, 1.46, 2), (35.0, 0.0, 1.585, 1),
    (5.0, 0.49, 1.768, 1),
    (8.0, 0.30, 1.70, 1), (12.0, 0.49, 1.768, 2), (16.0, 0.60, 1.80, 1), (20.0, 0.49, 1.768, 2), (20.0, 0.40, 1.74, 1),
    (26.0, 0.49, 1.768, 2), (33.0, 0.49, 1.768, 1), (42.0, 0.49, 1.768, 2), (52.0, 0.49, 1.768, 1),
]  # fmt: skip


@dataclass(frozen=True)
class Read:
    """A spectrum, what it was made of, and how it was read."""

    truth: Spectrum
    x: np.ndarray
    result: Assignment

    def agreement(self, reading: Reading) -> float:
        """Share of the modes' peaks whose label is right."""
        pairs = zip(reading.fit.names, self.truth.names, strict=True)
        return float(np.mean([name == truth for name, truth in pairs if truth is not None]))

    @property
    def right(self) -> float:
        """Probability given to readings with at least four labels in five right: a neighbour in l has none."""
        return sum(r.probability for r in self.result.readings if self.agreement(r) >= 0.8)

    @property
    def labels(self) -> list[tuple[float, bool]]:
        """For everything that a peak could be, the probability stated and whether it is so."""
        pairs = zip(self.result.chances, self.truth.names, strict=True)
        return [(chance, name == truth) for chances, truth in pairs for name, chance in chances.items()]

    @property
    def covered(self) -> list[tuple[bool, bool]]:
        """Whether the 68 and the 95 % interval of each number hold the truth."""
        inside = []
        for name, p in self.result.parameters.items():
            value = self.x[PARAMETERS.index(name)]
            inside.append((p.within_68[0] < value < p.within_68[1], p.within_95[0] < value < p.within_95[1]))
        return inside


def reads(sphere: tuple[float, float, float, int], seeds: range) -> list[Read]:
    """Spheres drawn from the prior, slopes of 0 to -0.3 /um, errors of 0.02 to 0.2 nm, a fifth of the lines missing."""
    diameter, thickness, index, orders = sphere
    layers = [("core", 1.45)] if thickness else []
    media = {
        name: Material(name, Constant(complex(n) ** 2))
        for name, n in (*layers, ("shell", index), ("air", 1.0))
    }
    radii = (0.5 * diameter, 0.5 * diameter + thickness) if thickness else (0.5 * diameter,)
    body = CoatedSphere(radii, media, reference_um=0.655)
    prior = prior_from(body)
    half = min(max(14.0, 160.0 / diameter), 30.0)
    window = 655.0 - half, 655.0 + half
    atlas = Atlas(
        body, prior, (1e-3 * window[0] - 1e-3, 1e-3 * window[1] + 1e-3), tuple(range(1, orders + 1))
    )
    made = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        x = prior.mean + prior.deviation * np.clip(rng.standard_normal(4), -2.7, 2.7)
        x[3] = rng.uniform(-0.3, 0.0)
        noise = float(np.exp(rng.uniform(np.log(0.02), np.log(0.2))))
        ball = Ball(x[0], x[1] if thickness else 0.0, x[2], x[3])
        truth = spectrum(ball, window, rng, noise_nm=noise, missing=0.2, spurious=0.1, orders=orders)
        if len(truth.names) >= 3:
            made.append(Read(truth, x, read(atlas, Peaks.of(truth.wavelength_nm, error_nm=noise), Odds())))
    return made


@pytest.mark.parametrize("which", [2, pytest.param(6, marks=pytest.mark.slow)], ids=["ball", "film"])
def test_a_dispersive_sphere_is_read(which: int) -> None:
    for one in reads(SPHERES[which], range(1000 * which, 1000 * which + 2)):
        assert one.right > 0.01
        assert one.result.probability < 0.9 or one.agreement(one.result.readings[0]) >= 0.8


def say(text: str) -> None:
    """A line of the report, seen with -s."""
    sys.stdout.write(text + "\n")


@pytest.mark.slow
def test_stated_probabilities_are_calibrated_and_intervals_cover() -> None:
    """Three hundred spectra; the reliability diagrams are printed."""
    every = [one for i, sphere in enumerate(SPHERES) for one in reads(sphere, range(1000 * i, 1000 * i + 20))]
    listed = np.array([any(one.agreement(r) >= 0.8 for r in one.result.readings) for one in every])
    best = np.array(
        [(o.result.probability, o.agreement(o.result.readings[0]) >= 0.8, i) for i, o in enumerate(every)]
    )
    labels = np.array([(*pair, i) for i, one in enumerate(every) for pair in one.labels])
    covered = np.array([pair for one in every for pair in one.covered]).mean(axis=0)
    readable = np.array([one.truth.readable >= 0.8 for one in every])
    say(
        f"{len(every)} spectra; right reading listed {listed.mean():.3f}, of the {readable.sum()} that could be named with the"
        f" sphere known {listed[readable].mean():.3f}; intervals hold {covered.round(3)}"
    )
    excess = [*reliability("best reading", best), *reliability("labels", labels)]
    assert listed.mean() > 0.9
    assert listed[readable].mean() > 0.93
    assert np.abs(excess).max() < 3.5
    assert np.abs(covered - (0.68, 0.95)).max() < 0.05


def reliability(what: str, pairs: np.ndarray) -> list[float]:
    """Right less stated in standard errors, by bins of the stated probability; printed.

    Rows of `pairs` are the probability stated, whether it is so, and the spectrum. Spectra are independent, the labels of one are
    not: the scatter is that of the sums over a spectrum, and no bin of fewer than eight spectra counts.
    """
    scores = []
    edges = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.01)
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        inside = pairs[(pairs[:, 0] >= low) & (pairs[:, 0] < high)]
        if not len(inside):
            continue
        stated, right = inside[:, :2].mean(axis=0)
        sums = np.bincount(inside[:, 2].astype(int), inside[:, 1] - inside[:, 0])
        expected = np.bincount(inside[:, 2].astype(int), inside[:, 0] * (1.0 - inside[:, 0]))
        score = float(sums.sum() / np.sqrt(max((sums**2).sum(), expected.sum())))
        counted = len(np.unique(inside[:, 2]))
        scores += [score] if counted >= 8 else []
        say(
            f"  {what}, {low:.2f} to {high:.2f}: {len(inside)} in {counted} spectra, stated {stated:.3f},"
            f" right {right:.3f}, {score:+.1f} standard errors"
        )
    return scores
