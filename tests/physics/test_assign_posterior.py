"""Means and errors of a fit against the posterior summed on a grid."""

from __future__ import annotations

import numpy as np
import pytest

from femwgm.experiment.spectrum.assign import assign
from femwgm.experiment.spectrum.line_fits import Atlas
from femwgm.experiment.spectrum.lines import Labels, solve
from femwgm.experiment.spectrum.model import CoatedSphere
from femwgm.experiment.spectrum.peaks import Peaks
from femwgm.experiment.spectrum.prior import prior_from
from femwgm.materials import Material
from femwgm.materials.dispersion import Constant


def body() -> CoatedSphere:
    media = {
        n: Material(n, Constant(complex(v) ** 2)) for n, v in (("core", 1.45), ("shell", 1.768), ("air", 1.0))
    }
    return CoatedSphere((10.0, 10.49), media, reference_um=0.655)


def test_mean_and_errors_along_the_valley_are_those_of_a_grid() -> None:
    """Diameter and index free: a valley along which they trade, summed literally, the lines by polynomial."""
    sphere = body()
    prior = prior_from(sphere, ["slope=0", "thickness=0", "diameter=1.5 %", "index=0.02"])
    x = prior.mean + prior.deviation * np.array([0.9, 0.0, -0.7, 0.0])
    degrees = np.array([162.0, 163.0, 164.0, 165.0])
    labels = Labels(np.repeat([False, True], 4), np.tile(degrees, 2), np.ones(8))
    rng = np.random.default_rng(3)
    noise = 0.015
    positions = solve(sphere, x, labels).wavelength_nm + noise * rng.standard_normal(8)
    peaks = Peaks.of(positions, error_nm=noise)
    result = assign(sphere, peaks, prior)
    names = {labels.name(i) for i in range(8)}
    assert set(result.labels) == names

    atlas = Atlas(sphere, prior, (1e-3 * positions.min() - 5e-4, 1e-3 * positions.max() + 5e-4), (1,))
    where = [next(i for i in range(len(atlas.labels)) if atlas.labels.name(i) == n) for n in result.labels]

    def log_posterior(diameter: np.ndarray, index: np.ndarray) -> np.ndarray:
        points = np.zeros((*diameter.shape, 4))
        points[..., 0], points[..., 1], points[..., 2] = diameter, 0.49, index
        lines = atlas.wavelengths(points.reshape(-1, 4))[:, where].reshape(*diameter.shape, 8)
        z = (points - prior.mean)[..., [0, 2]] / prior.deviation[[0, 2]]
        # Each peak is its line, seen four times in five, or one of the tenth of all that belong to no mode.
        normal = np.exp(-0.5 * ((lines - peaks.wavelength_nm) / noise) ** 2) / (np.sqrt(2.0 * np.pi) * noise)
        spurious = 0.1 * 8 / (positions.max() - positions.min() + 6.0 * noise + 1.0)
        return np.log(spurious + 0.8 / 0.2 * normal).sum(axis=-1) - 0.5 * (z**2).sum(axis=-1)

    diameter = prior.mean[0] + prior.deviation[0] * np.linspace(-3.1, 3.1, 101)
    index = np.full(diameter.shape, prior.mean[2])
    best, width = index, 0.06
    for _ in range(4):  # zoom in on the floor of the valley at every diameter
        grid = best[:, None] + width * np.linspace(-1.0, 1.0, 241)
        values = log_posterior(np.broadcast_to(diameter[:, None], grid.shape), grid)
        best = grid[np.arange(diameter.size), values.argmax(axis=1)]
        width = max(width / 20.0, 2e-4)
    grid = best[:, None] + width * np.linspace(-1.0, 1.0, 241)
    values = log_posterior(np.broadcast_to(diameter[:, None], grid.shape), grid)
    weight = np.exp(values - values.max())
    weight /= weight.sum()
    mean = np.array([(weight * diameter[:, None]).sum(), (weight * grid).sum()])
    spread = np.sqrt(
        [(weight * (diameter[:, None] - mean[0]) ** 2).sum(), (weight * (grid - mean[1]) ** 2).sum()]
    )

    found = result.best
    errors = np.sqrt(np.diag(found.covariance))[[0, 2]]
    assert np.abs(found.mean[[0, 2]] - mean).max() < 0.05 * spread.max()
    assert np.abs((found.mean[[0, 2]] - mean) / spread).max() < 0.05
    assert np.abs(errors / spread - 1.0).max() < 0.05


def test_line_errors_are_those_that_the_parameters_allow() -> None:
    """A line that was seen is known better than its own measurement, one far outside the comb worse."""
    sphere = body()
    prior = prior_from(sphere, ["slope=0", "index=0"])
    labels = Labels(np.repeat([False, True], 6), np.tile(np.arange(162.0, 168.0), 2), np.ones(12))
    rng = np.random.default_rng(1)
    positions = solve(sphere, sphere.nominal, labels).wavelength_nm + 0.01 * rng.standard_normal(12)
    result = assign(sphere, Peaks.of(positions, error_nm=0.01), prior)
    rows = result.rows()
    assert all(row["model_error_nm"] < 0.01 for row in rows)
    assert all(abs(row["residual_nm"]) < 0.05 for row in rows)
    # Two numbers fitted to twelve lines: the mean square of the predictions' errors is 2 / 12 of that of a line.
    assert np.mean([row["model_error_nm"] ** 2 for row in rows]) == pytest.approx(1e-4 * 2.0 / 12.0, rel=0.02)
