"""The multimode rate model against closed forms, time integration and conservation; the pump against other optics."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp
from scipy.special import spherical_jn, spherical_yn

from femwgm.analytic import LayeredSphere
from femwgm.errors import ConfigError, GeometryError
from femwgm.experiment.lasing.gain import GainSpectrum
from femwgm.experiment.lasing.mie import efficiencies
from femwgm.experiment.lasing.overlap import ShellIntensities, degree_intensities, overlaps, shell_intensities
from femwgm.experiment.lasing.pulses import flash, stored
from femwgm.experiment.lasing.pump import GainTable, pump_absorption, read_gain_table
from femwgm.experiment.lasing.rates import light_curve, spontaneous_share


def coated() -> LayeredSphere:
    return LayeredSphere([10.0, 10.49], [1.45, 1.768, 1.0])


def uniform(modes: int = 1) -> ShellIntensities:
    return ShellIntensities(np.ones((modes, 5)), np.full(5, 0.2), 1.0)


@pytest.mark.parametrize("beta", [1e-5, 1e-2, 0.5])
def test_one_mode_in_a_uniform_gain_is_the_textbook_quadratic(beta: float) -> None:
    """n (1 + beta S) = P and S (1 - n) = n give S^2 beta + S (1 - P) - P = 0."""
    pump = np.geomspace(0.1, 20.0, 25)
    curve = light_curve(uniform(), [1.0], pump, beta=beta)
    b = 1.0 - pump
    # The stable form of the positive root: the naive one cancels below threshold.
    root = np.sqrt(b * b + 4.0 * beta * pump)
    exact = np.where(b > 0.0, 2.0 * pump / (b + root), (root - b) / (2.0 * beta))
    assert curve.photons[:, 0] == pytest.approx(exact, rel=1e-9)
    assert curve.inversion == pytest.approx(pump / (1.0 + beta * exact), rel=1e-9)


def test_photons_are_conserved() -> None:
    """What the pump puts in leaves as spontaneous emission or as stimulated emission into the modes, at every pump."""
    modes = coated().modes((0.645, 0.662), radial_orders=[1])
    sampled = shell_intensities(modes, 1)
    strength = np.linspace(0.8, 1.0, len(modes))
    beta = 1e-3
    pump = np.geomspace(0.5, 8.0, 9)
    curve = light_curve(sampled, strength, pump, beta=beta)
    stimulated = curve.beta * curve.photons * (curve.photons / (1.0 + curve.photons)) / curve.strength
    # a <n u> = S / (1 + S), so beta S <n u> = beta S^2 / (1 + S) / a.
    assert curve.inversion + sampled.reach * stimulated.sum(axis=1) == pytest.approx(pump, rel=1e-9)


def test_two_modes_settle_where_the_equations_of_motion_do() -> None:
    """Steady state against integration in time of inversion and photons on a coarse grid."""
    x = (np.arange(6) + 0.5) / 6.0
    u = np.stack([1.0 + 0.8 * np.cos(np.pi * x), 1.0 - 0.8 * np.cos(np.pi * x)])
    weight = np.full(6, 1.0 / 6.0)
    u /= (u @ weight)[:, None]
    sampled = ShellIntensities(u, weight, 1.0)
    a, beta, loss, power = np.array([1.0, 0.9]), 1e-2, np.array([1.0, 1.3]), 3.0
    curve = light_curve(sampled, a, [1.0, 2.0, power], beta=beta, losses=loss)
    coupling = beta * a * loss / (a[0] * loss[0])
    speed = 40.0

    def motion(_: float, y: np.ndarray) -> np.ndarray:
        n, s = y[:6], y[6:]
        mean = (u * weight) @ n
        return np.concatenate(
            [power - n - n * ((coupling * s) @ u), speed * loss * (-s + a * mean * (s + 1.0))]
        )

    end = solve_ivp(
        motion, (0.0, 200.0), np.concatenate([np.ones(6), [1.0, 1.0]]), method="LSODA", rtol=1e-10, atol=1e-12
    ).y[:, -1]
    assert curve.photons[-1] == pytest.approx(end[6:], rel=1e-6)
    assert curve.inversion[-1] == pytest.approx(end[:6] @ weight, rel=1e-7)


@pytest.mark.parametrize("seed", range(12))
def test_any_pump_is_reached_from_nothing(seed: int) -> None:
    """Random modes, far above threshold in one step: the state solves the equations as they are written, and is the only one."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 12))
    u, weight = rng.uniform(0.0, 1.0, (count, 30)) ** rng.integers(1, 6), np.full(30, 1.0 / 30.0)
    u /= (u @ weight)[:, None]
    a, beta, pump = rng.uniform(0.2, 1.0, count), 10.0 ** rng.uniform(-7.0, -0.4), rng.uniform(2.0, 100.0)
    sampled = ShellIntensities(u, weight, 1.0)
    leap = light_curve(sampled, a, [pump], beta=beta)
    s, a = leap.photons[0], a / a.max()
    n = pump / (1.0 + (beta * a * s) @ u)
    assert a * (u @ (weight * n)) * (s + 1.0) == pytest.approx(s, rel=1e-9)
    climbed = light_curve(sampled, a, np.geomspace(0.1, pump, 40), beta=beta)
    assert climbed.photons[-1] == pytest.approx(s, rel=1e-7)
    # Who is called first does not matter: saturation acts both ways alike.
    order = rng.permutation(count)
    other = light_curve(ShellIntensities(u[order], weight, 1.0), a[order], [pump], beta=beta)
    assert other.photons[0] == pytest.approx(s[order], rel=1e-9)


def test_two_modes_saturate_each_other_alike() -> None:
    """What a photon of i takes from the gain of j is what a photon of j takes from that of i, over their couplings."""
    modes = coated().comb("TE", [165]) + coated().comb("TM", [163])
    sampled = shell_intensities(modes, 1)
    overlap = overlaps(sampled)
    assert overlap == pytest.approx(overlap.T, rel=1e-12)
    u, weight = sampled.u, sampled.weight
    s, step = np.array([0.4, 0.7]), 1e-5

    def gain(i: int, t: np.ndarray) -> float:
        return float((u[i] / (1.0 + t @ u)) @ weight)

    def answer(i: int, j: int) -> float:
        move = np.eye(2)[j] * step
        return (gain(i, s + move) - gain(i, s - move)) / (2.0 * step)

    assert answer(0, 1) == pytest.approx(answer(1, 0), rel=1e-8)
    assert answer(0, 1) < 0.0


def test_holes_decide_how_many_modes_lase() -> None:
    """Identical intensities: the best mode clamps the gain and stays alone. Separate places: every mode lases."""
    shared = light_curve(uniform(3), [1.0, 0.9, 0.8], [0.5, 5.0, 50.0], beta=1e-6)
    assert shared.count.tolist() == [0, 1, 1]
    u = np.repeat(np.eye(3) * 3.0, 2, axis=1)
    apart = light_curve(
        ShellIntensities(u, np.full(6, 1.0 / 6.0), 1.0), [1.0, 0.9, 0.8], [0.5, 1.05, 1.2, 5.0], beta=1e-6
    )
    assert apart.count.tolist() == [0, 1, 2, 3]


def test_beyond_its_threshold_a_mode_turns_all_pump_into_photons() -> None:
    beta = 1e-6
    curve = light_curve(uniform(), [1.0], [3.0, 4.0], beta=beta)
    assert np.diff(curve.photons[:, 0])[0] * beta == pytest.approx(1.0, rel=1e-4)


def test_standing_waves_burn_holes_that_travelling_waves_do_not() -> None:
    """<cos^2 cos^2> of different m over that of equal m is 2/3 (Haken and Sauermann 1963)."""
    modes = coated().comb("TE", [163, 164, 166])
    travelling, standing = (overlaps(shell_intensities(modes, 1, standing=s)) for s in (False, True))
    assert standing[0, 1] / travelling[0, 1] == pytest.approx(2.0 / 3.0, rel=1e-9)
    assert standing[0, 2] / travelling[0, 2] == pytest.approx(2.0 / 3.0, rel=1e-9)
    assert np.diag(standing) == pytest.approx([1.0] * 3)


def test_shell_intensities_are_those_of_the_exact_field() -> None:
    """Second moment <u^2> against adaptive integration of |E|^2 and |E|^4 from the field itself."""
    modes = coated().comb("TM", [163])
    sampled = shell_intensities(modes, 1)

    def moment(power: int) -> float:
        def over_r(z_over_r: float) -> float:
            def density(rho: float) -> float:
                e = modes[0].field(rho * math.sqrt(1.0 - z_over_r**2), rho * z_over_r)
                return rho**2 * float((np.abs(e) ** 2).sum()) ** power

            return quad(density, 10.0 + 1e-9, 10.49 - 1e-9, epsrel=1e-7)[0]

        edge = 7.0 / math.sqrt(163.5) + math.sqrt(1.0 - (163.0 / 163.5) ** 2)
        return 2.0 * quad(over_r, 0.0, edge, epsrel=1e-6)[0] / (4.0 * math.pi * edge)

    volume = (10.49**3 - 10.0**3) / 3.0 / (2.0 * math.pi)
    ratio = moment(2) / moment(1) ** 2 * volume
    assert sampled.mean(sampled.u[0] ** 2) == pytest.approx(ratio, rel=2e-4)
    assert sampled.mean(sampled.u[0]) == pytest.approx(1.0)


def test_in_plane_intensity_of_tm_is_the_tangential_part() -> None:
    modes = [coated().mode("TM", 163), coated().mode("TE", 165)]
    both = shell_intensities(modes, 1)
    plane = shell_intensities(modes, 1, in_plane=True)
    assert np.abs(both.u[1] - plane.u[1]).max() < 1e-12
    # E_theta of TM vanishes at the outer surface's antinode while E_r does not: the two profiles differ.
    assert overlaps(ShellIntensities(np.stack([both.u[0], plane.u[0]]), both.weight, 1.0))[0, 1] < 0.95


def test_bad_pumps_and_modes_are_refused() -> None:
    with pytest.raises(GeometryError, match="ascend"):
        light_curve(uniform(), [1.0], [2.0, 1.0])
    with pytest.raises(GeometryError, match="no mode"):
        shell_intensities([], 1)
    with pytest.raises(GeometryError, match="m = 0"):
        shell_intensities([coated().mode("TE", 165).with_m(0)], 1, standing=True)


def test_spontaneous_share_of_the_published_sphere() -> None:
    """Purcell factor with the Q of a Lorentz band over three, at the crest; then its mean over the belt that the modes fill."""
    q = 0.655 / 0.018
    purcell = 3.0 / (4.0 * math.pi**2) * (0.655 / 1.768) ** 3 * q / 30.0
    lorentz = GainSpectrum(655.0, 18.0, "lorentz")
    assert spontaneous_share(0.655, 1.768, 1.0, 30.0, lorentz) == pytest.approx(purcell / 3.0, rel=1e-12)
    # A Gauss band of the same width is sqrt(pi ln 2) times as high.
    gauss = spontaneous_share(0.655, 1.768, 1.0, 30.0, GainSpectrum(655.0, 18.0))
    assert gauss == pytest.approx(math.sqrt(math.pi * math.log(2.0)) * purcell / 3.0, rel=1e-12)
    mode = coated().mode("TE", 166)
    belt = shell_intensities([mode], 1)
    share = spontaneous_share(1e-3 * mode.wavelength_nm, 1.768, mode.energy[1], belt.volume_um3, lorentz)
    assert 1.1e-4 < share < 1.3e-4


def test_a_band_has_unit_area() -> None:
    for band in (
        GainSpectrum(660.0, 18.0),
        GainSpectrum(660.0, 18.0, "lorentz"),
        GainSpectrum.named("gauss, 0.66 um, 20 nm"),
    ):
        x = np.linspace(-4e4, 4e4, 4_000_001) + band.centre_nm
        assert np.trapezoid(band(x), x) * band.density(band.centre_nm) == pytest.approx(1.0, abs=3e-4)
    for words in ("gauss, 660 nm", "box, 660 nm, 18 nm", "gauss, 660, 18"):
        with pytest.raises(ConfigError, match="--band"):
            GainSpectrum.named(words)


def test_a_mode_that_does_not_lase_changes_nothing_though_it_reaches_further() -> None:
    """The belt grows with the widest mode; the photons of the others and the inversion must not know."""
    sphere = coated()
    modes = sphere.comb("TE", [165, 166])
    wider = [*modes, sphere.mode("TE", 150).with_m(120)]
    pump = np.array([0.5, 2.0, 8.0])
    curves = []
    for group, strength in ((modes, [1.0, 0.95]), (wider, [1.0, 0.95, 1e-6])):
        sampled = shell_intensities(group, 1)
        share = spontaneous_share(
            0.656, 1.768, modes[0].energy[1], sampled.volume_um3, GainSpectrum(655.0, 18.0)
        )
        curves.append(light_curve(sampled, strength, pump, beta=share))
    assert curves[1].photons[:, :2] == pytest.approx(curves[0].photons, rel=2e-3)
    assert curves[1].inversion == pytest.approx(curves[0].inversion, rel=2e-3)


# -- in time -----------------------------------------------------------------------------------------------------------------


def test_a_weak_pulse_leaves_what_a_convolution_says() -> None:
    """Far below threshold the inversion is the pump convolved with its own decay, and the photons follow it."""
    pulse, life, peak = 1.0, 3.0, 1e-3
    made = flash(uniform(), [1.0], peak, pulse_ns=pulse, life_ns=life, photon_ps=1.5, beta=1e-4)
    sigma = pulse / (2.0 * math.sqrt(2.0 * math.log(2.0)))
    t = made.time_ns
    rise = np.array([math.erfc((sigma / life - v / sigma) / math.sqrt(2.0)) for v in t])
    exact = (
        peak * sigma / life * math.sqrt(0.5 * math.pi) * np.exp(0.5 * (sigma / life) ** 2 - t / life) * rise
    )
    assert made.inversion == pytest.approx(exact, abs=2e-6 * peak)
    after = t > 1.0  # before, what is 1.5 ps late shows
    assert made.photons[after, 0] == pytest.approx((exact / (1.0 - exact))[after], rel=2e-3)


def test_a_long_pulse_reaches_the_steady_state() -> None:
    made = flash(uniform(), [1.0], 3.0, pulse_ns=400.0, life_ns=1.0, photon_ps=1.5, beta=1e-3)
    steady = light_curve(uniform(), [1.0], [3.0], beta=1e-3)
    top = int(np.abs(made.time_ns).argmin())
    assert made.photons[top, 0] == pytest.approx(steady.photons[0, 0], rel=2e-3)


def test_a_pulse_shorter_than_the_inversion_lives_needs_more_pump() -> None:
    """What a short pulse stores is its integral over the lifetime: peak * width * sqrt(pi / ln 16) / life."""
    for peak, lases in ((2.0, False), (5.0, True)):
        made = flash(uniform(), [1.0], peak, pulse_ns=1.0, life_ns=3.0, photon_ps=1.5, beta=1e-4)
        assert (made.photons.max() > 100.0) == lases
    # No photon is lost: what the pump gives is emitted spontaneously or leaves the mode.
    given = 5.0 * 1.0 * math.sqrt(math.pi / math.log(16.0)) / 3.0
    spontaneous = np.trapezoid(made.inversion, made.time_ns) / 3.0
    stimulated = 1e-4 * np.trapezoid(made.inversion * made.photons[:, 0], made.time_ns) / 3.0
    assert spontaneous + stimulated == pytest.approx(given, rel=3e-3)


# -- the pump ----------------------------------------------------------------------------------------------------------------


def mie(n: complex, x: float) -> tuple[float, float]:
    """Extinction and scattering of a homogeneous sphere: Bohren and Huffman (4.53), with scipy's spherical functions."""
    ext = sca = 0.0
    for l in range(1, int(x + 4.0 * x ** (1.0 / 3.0) + 12.0)):
        z = n * x
        psi, dpsi = x * spherical_jn(l, x), spherical_jn(l, x) + x * spherical_jn(l, x, True)
        chi, dchi = x * spherical_yn(l, x), spherical_yn(l, x) + x * spherical_yn(l, x, True)
        inner, dinner = z * spherical_jn(l, z), spherical_jn(l, z) + z * spherical_jn(l, z, True)
        xi, dxi = psi + 1j * chi, dpsi + 1j * dchi
        a = (n * inner * dpsi - psi * dinner) / (n * inner * dxi - xi * dinner)
        b = (inner * dpsi - n * psi * dinner) / (inner * dxi - n * xi * dinner)
        ext += 2.0 / x**2 * (2 * l + 1) * (a + b).real
        sca += 2.0 / x**2 * (2 * l + 1) * (abs(a) ** 2 + abs(b) ** 2)
    return ext, sca


def test_scattering_of_the_textbook_sphere() -> None:
    """x = 5.213, m = 1.55: Q_ext = 3.10543 (Bohren and Huffman, appendix A)."""
    found = efficiencies(LayeredSphere([0.525], [1.55, 1.0]), 0.6328)
    assert found.extinction == pytest.approx(3.10543, abs=5e-6)
    assert found.absorption == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(("n", "x"), [(1.5 + 0.1j, 3.0), (1.33 + 1e-5j, 40.0), (2.0 + 1.0j, 10.0)])
def test_efficiencies_of_homogeneous_spheres(n: complex, x: float) -> None:
    radius = x * 0.5 / (2.0 * math.pi)
    for sphere in (LayeredSphere([radius], [n, 1.0]), LayeredSphere([0.6 * radius, radius], [n, n, 1.0])):
        found = efficiencies(sphere, 0.5)
        assert (found.extinction, found.scattering) == pytest.approx(mie(n, x), rel=1e-9)


def test_a_tiny_sphere_absorbs_like_a_dipole() -> None:
    """4 x Im (n^2 - 1) / (n^2 + 2), corrections of order x^2: waves that hardly touch the sphere must not count."""
    n, x = 1.6 + 0.2j, 1e-3
    found = efficiencies(LayeredSphere([x * 0.5 / (2.0 * math.pi)], [n, 1.0]), 0.5)
    assert found.absorption == pytest.approx(4.0 * x * ((n**2 - 1.0) / (n**2 + 2.0)).imag, rel=1e-5)


def test_absorbed_power_is_the_field_in_the_absorbing_shell_to_first_order() -> None:
    """Absorption of a faint shell grows in proportion to its extinction coefficient, whatever else is true."""
    weak, twice = (
        efficiencies(LayeredSphere([2.0, 2.3], [1.46, 1.75 + k * 1j, 1.0]), 0.532).absorption
        for k in (1e-6, 2e-6)
    )
    assert twice == pytest.approx(2.0 * weak, rel=1e-3)
    assert weak > 0.0


def test_ray_estimate_against_random_rays() -> None:
    rng = np.random.default_rng(4)
    s = 10.49 * np.sqrt(rng.random(400_000))
    path = 2.0 * (np.sqrt(np.maximum(10.49**2 - s**2, 0.0)) - np.sqrt(np.maximum(10.0**2 - s**2, 0.0)))
    alpha = 4.0 * math.pi * 0.03 / 0.532
    found = pump_absorption(LayeredSphere([10.0, 10.49], [1.46, 1.75 + 0.03j, 1.0]), 1, 3.26)
    assert found.ray_estimate == pytest.approx(float((1.0 - np.exp(-alpha * path)).mean()), abs=2e-3)


def test_energy_and_photons_of_the_pump_add_up() -> None:
    sphere = LayeredSphere([10.0, 10.49], [1.46, 1.75 + 0.03j, 1.0])
    found = pump_absorption(sphere, 1, 3.26)
    joule = 3.26e-6 * math.pi * (10.49e-4) ** 2 * found.efficiency
    volume_cm3 = 4.0 / 3.0 * math.pi * (10.49**3 - 10.0**3) * 1e-12
    assert found.energy_per_volume_mj_cm3 == pytest.approx(1e3 * joule / volume_cm3, rel=1e-12)
    photon = 6.62607015e-34 * 299792458.0 / 532e-9
    assert found.photons_per_um3 == pytest.approx(joule / photon / (volume_cm3 * 1e12), rel=1e-12)


def test_gain_tables_are_read_and_inverted(tmp_path: Path) -> None:
    path = tmp_path / "gain.csv"
    path.write_text("# measured\nfluence_uj_cm2,gain_per_cm\n1,-20\n4,0\n8,202\n", encoding="utf-8")
    table = read_gain_table(path)
    assert table.gain(6.0) == pytest.approx(101.0)
    assert table.fluence(101.0) == pytest.approx(6.0)
    assert table.fluence(table.gain(5.3)) == pytest.approx(5.3)
    assert table.fluence(300.0) == math.inf
    with pytest.raises(ConfigError, match="extend it"):
        table.gain(9.0)
    with pytest.raises(ConfigError, match="ascend"):
        GainTable(np.array([2.0, 1.0]), np.array([1.0, 2.0]))
    path.write_text("fluence,gain\n1,2\n3,4\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="fluence: unknown column; did you mean 'fluence_uj_cm2'"):
        read_gain_table(path)


@pytest.mark.parametrize("in_plane", [False, True])
def test_all_modes_of_a_line_compete_as_its_mean_intensity_says(in_plane: bool) -> None:
    """Every m of two lines in one set of rate equations against functions of the radius with 2 l + 1 copies each."""
    sphere = LayeredSphere([1.0, 1.3], [1.45, 2.2, 1.0])
    lines = [sphere.mode("TE", 6), sphere.mode("TM", 5)]
    every = [line.with_m(m) for line in lines for m in range(-line.l, line.l + 1)]
    copies = [2 * line.l + 1 for line in lines]
    pump = np.array([0.7, 1.5, 4.0])
    beta = 1e-3
    literal = light_curve(
        shell_intensities(every, 1, in_plane=in_plane), np.repeat([1.0, 0.9], copies), pump, beta=beta
    )
    short = light_curve(
        degree_intensities(lines, 1, in_plane=in_plane), [1.0, 0.9], pump, beta=beta, copies=copies
    )
    assert literal.photons == pytest.approx(np.repeat(short.photons, copies, axis=1), rel=1e-6)
    assert literal.inversion == pytest.approx(short.inversion, rel=1e-8)


def test_a_weak_pulse_stores_what_the_error_function_says() -> None:
    """A pulse far shorter than the inversion lives leaves its integral over the lifetime; a long one the steady state."""
    width, life = 1e-3, 3.0
    assert stored(width, life) == pytest.approx(width * math.sqrt(math.pi / math.log(16.0)) / life, rel=2e-3)
    assert stored(300.0, 1.0) == pytest.approx(1.0, abs=1e-3)
