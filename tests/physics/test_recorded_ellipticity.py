"""Unresolved lines of a deformed sphere: ellipticity and mean positions, against all m of a perturbed sphere."""

from __future__ import annotations

import numpy as np
import pytest

import femwgm
from femwgm.experiment.recorded.counts import Recorded
from femwgm.experiment.recorded.find import find_lines
from femwgm.experiment.recorded.voigt import multiplet, voigt
from tests.support.spheres import config

RADIUS, WIDTH, RESOLUTION = 5.0, 0.12, 0.05


@pytest.mark.parametrize("rms_nm", [pytest.param(-2.5, marks=pytest.mark.slow), 1.2])
def test_ellipticity_and_means_of_unresolved_multiplets(rms_nm: float) -> None:
    """A sum of Lorentz lines, one for every m as perturbation theory places it: errors are true, the plain fit is worse."""
    bump = [{"surface": "l0", "harmonics": [[2, 0, f"{rms_nm} nm"]]}]
    orders = {"radial_orders": [1], "polarizations": ["TE", "TM"]}
    run = femwgm.run(
        config([RADIUS], [1.59, 1.0], (0.640, 0.662), wavelength=1e-6, modes=orders, imperfections=bump)
    )
    true = 1.5 * np.sqrt(5.0) * 1e-3 * rms_nm / RADIUS
    x = np.arange(637.0, 665.0, 0.02)
    counts = 300.0 + 4.0 * (x - x[0])
    for lines in run.multiplets:
        profile = sum(voigt(x - at, WIDTH, RESOLUTION)[0] for at in lines.wavelength_nm)
        counts += 1500.0 * profile / len(lines.wavelength_nm)
    seen = Recorded(x, np.random.default_rng(3).poisson(counts).astype(float))
    found = find_lines(seen, RESOLUTION, ellipticity=True)
    value, error = found.ellipticity
    assert error < 0.03 * abs(true)
    assert abs(value - true) < 3.0 * error
    means = np.sort([np.mean(lines.wavelength_nm) for lines in run.multiplets])
    assert len(found.lines) == len(means)
    for line, mean in zip(found.lines, means, strict=True):
        assert abs(line.wavelength_nm - mean) < 4.0 * line.wavelength_error_nm
        assert abs(line.width_nm - WIDTH) < 4.0 * line.width_error_nm
        assert line.area == pytest.approx(1500.0, abs=4.0 * line.area_error)


def test_a_round_sphere_has_no_ellipticity() -> None:
    x = np.arange(640.0, 660.0, 0.02)
    counts = 200.0 + sum(800.0 * voigt(x - at, WIDTH, RESOLUTION)[0] for at in (643.2, 648.9, 655.1))
    found = find_lines(
        Recorded(x, np.random.default_rng(5).poisson(counts).astype(float)), RESOLUTION, ellipticity=True
    )
    value, error = found.ellipticity
    assert abs(value) < 3.0 * error
    assert error < 1e-4
    assert len(found.lines) == 3


def test_derivatives_of_the_split_line() -> None:
    x, step = np.linspace(-1.5, 1.2, 40)[:, None], 1e-6
    width, split = np.array([[0.08]]), np.array([[0.21]])
    value, by_x, by_width, by_split = multiplet(x, width, 0.05, split)
    differences = [
        (multiplet(x + step, width, 0.05, split)[0] - value) / step,
        (multiplet(x, width + step, 0.05, split)[0] - value) / step,
        (multiplet(x, width, 0.05, split + step)[0] - value) / step,
    ]
    for mine, theirs in zip((by_x, by_width, by_split), differences, strict=True):
        assert mine == pytest.approx(theirs, abs=2e-4 * np.abs(theirs).max())
    plain = voigt(x, width, 0.05)[0]
    assert multiplet(x, width, 0.05, 0.0 * split)[0] == pytest.approx(plain, rel=1e-12)
