"""Perturbed spheres against what is known exactly: other spheres, moved spheres, turned maps, and sum rules."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import special

from femwgm.analytic import ExactMode, layered_sphere
from femwgm.errors import SolveError
from femwgm.imperfections import Multiplet, multiplet, relief
from femwgm.imperfections.expected import expected_std_pm, zonal_variances
from femwgm.imperfections.series import Coat, Series, eigenpairs
from tests.support.eccentric import eccentric_line

RADII, INDICES = (3.0, 3.49), (1.45, 1.768, 1.0)


def coated(pol: str, l: int = 24) -> ExactMode:
    return layered_sphere(RADII, INDICES).mode(pol, l, 1)


def moved(pol: str, distance: float, l: int = 24) -> Multiplet:
    """The whole sphere moved along an oblique direction."""
    mode = coated(pol, l)
    return multiplet(mode, {i: relief.offset(distance, (0.3, -0.5, 0.8), R) for i, R in enumerate(RADII)})


def first_order(mode: ExactMode, reliefs: Any) -> Any:
    """Real shifts of k0 of the lines in first order, ascending."""
    return np.sort(eigenpairs(Series([mode], reliefs).first(mode.k0))[0].real)


@pytest.mark.parametrize("pol", ["TE", "TM"])
@pytest.mark.parametrize("which", [(0,), (1,), (0, 1)])
def test_uniform_growth_is_exact_to_second_order(pol: str, which: tuple[int, ...]) -> None:
    """Against the exact sphere of the larger radii: the rest falls with the cube of the growth, and within the stated error."""
    rests = []
    for growth in (2e-3, 4e-3):
        split = multiplet(coated(pol), {i: relief.harmonics([(0, 0, growth)]) for i in which})
        grown = [R + growth * (i in which) for i, R in enumerate(RADII)]
        exact = layered_sphere(grown, INDICES).mode(pol, 24, 1).k0 - coated(pol).k0
        rests.append(float(np.abs(split.shift - exact).max()))
        assert rests[-1] < 3.0 * split.error[0]
    assert 2.7 < math.log2(rests[1] / rests[0]) < 3.5


@pytest.mark.parametrize("pol", ["TE", "TM"])
def test_a_film_of_another_index_is_exact_to_second_order(pol: str) -> None:
    """A uniform patch against the exact sphere with one layer more; of the shell's own index it is the shell's growth."""
    mode, rests = coated(pol), []
    for thickness in (2e-3, 4e-3):
        split = multiplet(mode, {Coat(1, 1.5): relief.harmonics([(0, 0, thickness)])})
        exact = layered_sphere([*RADII, RADII[1] + thickness], [*INDICES[:2], 1.5, 1.0]).mode(pol, 24, 1)
        rests.append(float(np.abs(split.k0 - exact.k0).max()))
        assert rests[-1] < split.error[0]
    assert 2.7 < math.log2(rests[1] / rests[0]) < 3.5
    bumps = relief.harmonics([(2, 0, 0.002), (3, 1, 0.002)])
    alike = [multiplet(mode, {place: bumps}).shift for place in (Coat(1, INDICES[1]), 1)]
    assert np.array_equal(*alike)


@pytest.mark.parametrize("pol", ["TE", "TM"])
def test_a_change_of_index_is_exact_to_first_order(pol: str) -> None:
    """Uniform dn against the exact sphere; a zonal one against the mean of dn over the field of the line m = l."""
    mode, dn = coated(pol), 1e-4
    split = multiplet(mode, {}, (), {1: relief.harmonics([(0, 0, dn)])})
    exact = layered_sphere(RADII, [INDICES[0], INDICES[1] + dn, INDICES[2]]).mode(pol, 24, 1)
    off = np.abs(split.k0 - exact.k0).max()
    assert off < split.error[0]
    assert off < 1e-4 * abs(split.shift[0])
    zonal = multiplet(mode, {}, (), {1: relief.harmonics([(2, 0, dn)])})
    # P_2 = (3 cos^2 - 1) / 2 at the equator, sqrt(5) for unit rms, cos^2 about 1 / (2 l)
    equator = split.shift[0] * -0.5 * math.sqrt(5.0) * (1.0 - 3.0 / 49.0)
    assert abs(zonal.shift - equator).min() < 0.01 * abs(equator)
    assert abs(zonal.shift.sum()) < 1e-9 * np.abs(zonal.shift).sum()


def falling(k0: complex) -> complex:
    """An index that falls with the wavelength."""
    return 1.768 - 0.3 * (2.0 * math.pi / k0 - 1.3)


@pytest.mark.parametrize("pol", ["TE", "TM"])
@pytest.mark.parametrize("film", [(1.768 + 0.01j, None), (1.768, 1.7), (falling, None)])
def test_growth_of_films_that_absorb_are_uniaxial_or_dispersive(pol: str, film: tuple[Any, Any]) -> None:
    def mode(outer: float) -> ExactMode:
        sphere = layered_sphere([3.0, outer], [1.45, film[0], 1.0], [None, film[1], None])
        return sphere.mode(pol, 24, 1, window_um=(0.8, 2.2))

    growth = {1: relief.harmonics([(0, 0, 2e-3)])}
    exact = mode(3.492).k0 - mode(3.49).k0
    second, first = multiplet(mode(3.49), growth), first_order(mode(3.49), growth)
    off = float(np.abs(second.shift - exact).max())
    assert off < second.error[0]
    assert off < 0.02 * abs(first[0] - exact.real)


@pytest.mark.parametrize("pol", ["TE", "TM"])
def test_a_translation_leaves_every_line(pol: str) -> None:
    """First and second order cancel (to the second, only with all TE and TM waves): what is left is of the fourth."""
    k = coated(pol).k0.real
    near, far = (float(np.abs(moved(pol, d).shift).max()) / k for d in (0.01, 0.02))
    assert near < 1e-9
    assert 3.5 < math.log2(far / near) < 4.5


@pytest.mark.parametrize("pol", ["TE", "TM"])
def test_an_eccentric_core_order_by_order(pol: str) -> None:
    """Against multipoles about both centres: off by the fourth power of the offset, and within the error of each line."""
    mode, l = coated(pol), 24
    orders = (0, 5, 12, 21, 24)
    assert abs(eccentric_line(mode.k0, pol, l, 5, RADII, INDICES, 0.0) - mode.k0) < 1e-13
    off = []
    for d in (0.01, 0.02):
        split = multiplet(mode, {0: relief.offset(d, (0.0, 0.0, 1.0), RADII[0])})
        weights = np.abs(split.states) ** 2
        lines = [int(np.argmax(weights[l + m] + weights[l - m])) for m in orders]
        exact = [
            eccentric_line(split.k0[i], pol, l, m, RADII, INDICES, d)
            for m, i in zip(orders, lines, strict=True)
        ]
        off.append(np.abs(split.k0[lines] - exact))
        assert (off[-1] < split.error[lines]).all()
        assert off[-1].max() < 2e-3 * np.abs(split.shift).max()
        assert (split.error < 0.05 * np.abs(split.shift).max()).all()
    slope = np.log2(off[1] / off[0])
    assert ((slope > 3.7) & (slope < 4.3)).all()


@pytest.mark.parametrize("pol", ["TE", "TM"])
def test_an_eccentric_core_is_an_eccentric_shell(pol: str) -> None:
    """Core moved one way or shell the other: the same body, by different interfaces; the lines are of second order in d."""
    mode, d = coated(pol), 0.01
    core = multiplet(mode, {0: relief.offset(d, (0.0, 0.0, 1.0), RADII[0])})
    shell = multiplet(mode, {1: relief.offset(d, (0.6, 0.0, -0.8), RADII[1])})
    size = np.abs(core.shift).max()
    assert np.abs(core.shift - shell.shift).max() < 2e-3 * size


@pytest.mark.parametrize("other", [("TM", 23), ("TE", 22)])
def test_neighbouring_modes_couple_mutually_and_repel(other: tuple[str, int]) -> None:
    """Blocks between two modes: Hermitian but for their distance, and the pole that they leave out of the second order."""
    one, two = coated("TE"), coated(*other)
    rough = relief.random(relief.spectrum("exponential", 3.0, RADII[1], 4) * 0.002**2, seed=3, degree=4)
    both, alone = Series([one, two], {1: rough}), Series([one], {1: rough})
    first = both.first(both.k)
    A, B = both.blocks
    apart = abs(two.k0 - one.k0)
    there, back = first[A, B], first[B, A]
    assert np.abs(there - back.conj().T).max() < 0.01 * apart * np.abs(there).max()
    pole = alone.second(alone.first(alone.k), None)[0] - both.second(first, None)[0][A, A]
    expected = there @ back / (one.k0 - two.k0)
    assert np.abs(pole - expected).max() < 0.7 * apart * np.abs(expected).max()


@pytest.mark.parametrize("pol", ["TE", "TM"])
def test_sum_rules(pol: str) -> None:
    """A relief without mean leaves the mean of the lines in first order; the composition is unitary; +m and -m balance."""
    rough = relief.random(relief.spectrum("gaussian", 1.0, RADII[1], 60) * 0.002**2, seed=3, degree=60)
    split = multiplet(coated(pol), {1: rough}, full=False)
    lines = first_order(coated(pol), {1: rough})
    assert abs(lines.sum()) < 1e-10 * np.abs(lines).sum()
    assert np.allclose(np.sort(split.shift.real) - split.shift.real.mean(), lines, atol=1e-12)
    assert np.allclose(split.states.conj().T @ split.states, np.eye(49), atol=1e-12)
    assert abs(split.m_mean.sum()) < 1e-9


def test_the_expected_width_is_the_mean_over_samples() -> None:
    mode, length = coated("TM"), 0.6
    variance = relief.spectrum("gaussian", length, RADII[1], 60) * 0.001**2
    expected = expected_std_pm(zonal_variances(mode, [0, 1]), variance)
    drawn = [relief.random(variance, seed, 60) for seed in range(6)]
    lines = [np.linalg.eigvalsh(Series([mode], {0: rough, 1: rough}).first(mode.k0.real)) for rough in drawn]
    width = math.sqrt(np.mean([np.var(shifts) for shifts in lines])) * 1e3 * mode.wavelength_nm / mode.k0.real
    assert expected == pytest.approx(width, rel=0.12)


def test_turning_the_relief_turns_nothing_but_the_composition() -> None:
    """An ellipsoid along z and along an oblique axis: the same lines to second order, m mixed in one of them."""
    mode, size = coated("TM"), np.array([0.0, 0.0, -0.01])
    upright = multiplet(mode, {1: relief.ellipsoid(size, np.eye(3), RADII[1])})
    axis = np.array([2.0, -1.0, 2.0]) / 3.0
    across = np.linalg.svd(axis[None])[2][1:]
    tilted = multiplet(mode, {1: relief.ellipsoid(size, np.vstack([across, axis]), RADII[1])})
    splitting = np.ptp(upright.shift.real)
    assert np.abs(upright.shift - tilted.shift).max() < 1e-9 * splitting
    assert upright.m_std.max() < 1.0 + 24.0
    assert tilted.m_std.min() > 0.5


def test_the_sampled_second_order_is_that_of_the_whole_matrix() -> None:
    """Vectors through the grid against sparse matrices through quadrature, both polarizations, two interfaces."""
    rough = relief.random(relief.spectrum("exponential", 3.0, RADII[1], 6) * 0.002**2, seed=3, degree=6)
    for pol in ("TE", "TM"):
        problem = Series([coated(pol)], {0: rough, 1: rough})
        first = problem.first(problem.k)
        states = np.linalg.eigh(first)[1][:, [0, 7, 30]]
        whole = np.einsum("mj,mn,nj->j", states.conj(), problem.second(first, None)[0], states)
        assert np.allclose(problem.second(first, states)[0], whole, rtol=1e-10)


def test_the_error_of_first_order_lines_is_true() -> None:
    """Lines of a random map with the second order of six of them against those with the second order of all."""
    mode = coated("TE", 16)
    rough = relief.random(relief.spectrum("gaussian", 1.0, RADII[1], 40) * 0.003**2, seed=1, degree=8)
    sampled, whole = (multiplet(mode, {1: rough}, full=full) for full in (False, True))
    off = np.abs(sampled.shift_pm - whole.shift_pm).max()
    assert 4.0 * whole.shift_error_pm.max() < off < sampled.shift_error_pm.max()
    assert sampled.shift_error_pm.max() < 10.0 * off


@pytest.mark.parametrize("below", [0, 1, 2])
@pytest.mark.parametrize("pol", ["TE", "TM"])
def test_a_grating_splits_its_pair(pol: str, below: int) -> None:
    """dr = a sin^M cos(M phi), M = 2 m, m = l - below: the pair +-m splits by 2 <-m|K1|m>, by quadrature of SciPy's harmonics."""
    mode, l, a = coated(pol), 24, 1e-3
    m = l - below
    x, weight = np.polynomial.legendre.leggauss(120)
    harmonic = special.sph_harm_y(l, m, np.arccos(x), 0.0).real
    # half of 2 cos(M phi), pi of each: int of Y* h Y over 2 pi
    overlap = np.pi * a * float(weight @ (harmonic**2 * (1.0 - x * x) ** m))
    tangential = 1.0 - 0.5 * 2 * m * (2 * m + 1) / (l * (l + 1))
    face = Series([mode], {1: relief.sectoral(2 * m, a)})
    ((d, s),) = face.factors()
    expected = 2.0 * abs(overlap * (d * l * (l + 1) * tangential + s).real)
    whole = d * l * (l + 1) + s
    assert whole == pytest.approx(mode.dk0_dradius[1], rel=1e-6)
    lines = first_order(mode, {1: relief.sectoral(2 * m, a)})
    assert np.abs((lines - lines[:, None]) - expected).min() < 1e-9 * expected
    if below == 0:
        assert lines[-1] - lines[0] == pytest.approx(expected, rel=1e-9)
        assert np.abs(lines[1:-1]).max() < 1e-9 * expected


def test_an_untrustworthy_series_is_refused() -> None:
    with pytest.raises(SolveError, match="not trustworthy"):
        multiplet(coated("TE", 12), {1: relief.harmonics([(2, 0, 0.4), (6, 0, 0.3)])})
