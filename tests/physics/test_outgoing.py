"""The field beyond the computed domain: exact waves, cylindrical waves, dipoles."""

from __future__ import annotations

from pathlib import Path

import mpmath
import numpy as np
import pytest
from scipy.special import hankel1
from support.spheres import run_for

from femwgm import analytic
from femwgm.config import load_config
from femwgm.observables.huygens import beyond_surface
from femwgm.observables.outgoing import _vectors, log_outgoing
from femwgm.observables.radiation import SurfaceSamples, angular_functions, log_regular
from femwgm.runs.loop import run

pytestmark = pytest.mark.gmsh

RING = next(Path(__file__).resolve().parents[2].glob("**/configs/ring-meep.yaml"))


@pytest.mark.parametrize("l", [3, 165, 900])
@pytest.mark.parametrize("points", [2, 300])
@pytest.mark.parametrize("turn", [1.0, 1.0 - 1e-13j, 1.0 - 0.001j])
def test_spherical_waves_at_any_order(l: int, points: int, turn: complex) -> None:
    """By AMOS, by recurrence where there are many or they leave the range of numbers: both against 30 digits."""
    degrees, x = np.array([l]), turn * np.linspace(0.3 * l, 0.95 * l, points)
    with mpmath.workdps(30):
        half = mpmath.sqrt(mpmath.pi / (2 * mpmath.mpc(x[-1])))
        h, h_next = (half * mpmath.hankel1(n + mpmath.mpf(0.5), mpmath.mpc(x[-1])) for n in (l, l + 1))
        j, j_next = (half * mpmath.besselj(n + mpmath.mpf(0.5), mpmath.mpc(x[-1])) for n in (l, l + 1))
        logs = float(mpmath.log(abs(h))), float(mpmath.log(abs(j)))
        ratios = complex(h_next / h), complex(j_next / j)
    outgoing, regular = log_outgoing(degrees, x), log_regular(degrees, x if turn != 1.0 else x.real)
    for (log, ratio), size, quotient in zip((outgoing, regular), logs, ratios, strict=True):
        assert log[0, -1].real == pytest.approx(size, abs=1e-10)
        assert ratio[0, -1] == pytest.approx(quotient, rel=1e-11)


@pytest.mark.parametrize(
    ("index", "pol", "l", "m", "accuracy"), [(2.0, "TM", 1, 0, 1e-6), (1.45, "TE", 15, 13, 1e-4)]
)
def test_field_at_any_distance(index: float, pol: str, l: int, m: int, accuracy: float) -> None:
    """Near Q = 3 and Q = 11, out to twenty radii, on both sides of the equator: the exact wave, E and H."""
    exact = analytic.layered_sphere([1.0], [index, 1.0]).mode(pol, l).with_m(m)
    (mode,) = run_for([1.0], [index, 1.0], pol, l, 1e-3 * exact.wavelength_nm, m=m).modes
    inside = np.array([0.8]), np.array([0.2])
    factor = np.vdot(exact.field(*inside), mode.field(*inside)) / np.vdot(
        exact.field(*inside), exact.field(*inside)
    )
    rho, theta = np.meshgrid([1.05, 1.5, 3.0, 20.0], [0.9, 2.0])
    r, z = rho * np.sin(theta), rho * np.cos(theta)
    for mine, true in ((mode.field, exact.field), (mode.magnetic_field, exact.magnetic_field)):
        difference = np.abs(mine(r, z) - factor * true(r, z)).max(axis=0)
        assert (difference <= accuracy * np.abs(factor * true(r, z)).max(axis=0)).all()
    theta = np.linspace(0.0, np.pi, 4001)
    power = (np.abs(mode.far_field(theta)) ** 2).sum(axis=0) * np.sin(theta)
    assert 2.0 * np.pi * np.trapezoid(power, theta) == pytest.approx(1.0, abs=1e-6)
    if l == 1:
        assert mode.directivity == pytest.approx(1.5, abs=1e-9)  # a dipole's


def test_half_a_ball_on_a_conductor_sends_what_the_ball_sends() -> None:
    """The field out to fifty radii above the plane is the ball's; all of the power goes upwards."""
    exact = analytic.layered_sphere([1.0], [2.0, 1.0]).mode("TE", 10)
    (mode,) = run(
        {
            "schema": 1,
            "geometry": {
                "kind": "hemisphere", "material": "body", "radius": "1 um", "enclosure": {"bottom": "0 um"}, "ambient": "air",
            },
            "materials": {"body": {"n": 2.0}, "air": {"n": 1.0}},
            "modes": {
                "window": ["915 nm", "926 nm"], "polarizations": ["TE"], "polar_orders": [0], "azimuthal_orders": [10],
            },
            "accuracy": {"wavelength": 1e-6},
        }
    ).modes  # fmt: skip
    r, z = np.array([1.2, 3.0, 10.0, 50.0, 0.5, 4.0]), np.array([0.5, 0.3, 4.0, 20.0, 8.0, 0.0])
    for mine, true in ((mode.field, exact.field), (mode.magnetic_field, exact.magnetic_field)):
        factor = np.vdot(true(r[:1], z[:1]), mine(r[:1], z[:1])) / np.vdot(
            true(r[:1], z[:1]), true(r[:1], z[:1])
        )
        difference = np.abs(mine(r, z) - factor * true(r, z)).max(axis=0)
        assert (difference < 5e-4 * np.abs(factor * true(r, z)).max(axis=0)).all()
    nodes, weights = np.polynomial.legendre.leggauss(60)
    pattern = mode.far_field(np.arccos(0.5 * (nodes + 1.0)))
    assert np.pi * (np.abs(pattern) ** 2).sum(axis=0) @ weights == pytest.approx(1.0, abs=1e-12)
    assert np.abs(mode.far_field(np.array([0.5 * np.pi]))[1]) < 1e-12  # along the conductor
    assert not mode.far_field(np.array([2.0])).any()


@pytest.mark.slow
def test_field_between_plates() -> None:
    """The ring of the Meep tutorial, m = 3: the Hankel function of the exact complex wavenumber, not the absorbing layer."""
    config = load_config(RING)
    config = config.model_copy(update={"modes": config.modes.model_copy(update={"azimuthal_orders": (3,)})})
    (mode,) = run(config).modes
    k = 2.0 * np.pi * (0.11819169373 - 7.6494134e-4j)
    r = np.array([3.0, 4.5, 5.0, 6.0, 10.0, 20.0])
    E_z = mode.field(r, 0.1 + 0.0 * r)[2]
    exact = hankel1(3, k * r)
    assert E_z / E_z[0] == pytest.approx(exact / exact[0], rel=2e-4)
    assert np.abs(E_z[2:]) == pytest.approx([0.0335, 0.0289, 0.0211, 0.0152], rel=4e-3)
    with pytest.raises(ValueError, match="plates"):
        mode.far_field(0.5)


@pytest.mark.parametrize("m", [0, 1, 4])
def test_the_field_off_a_surface_is_that_of_the_waves_that_cross_it(m: int) -> None:
    """A multipole off the middle of a flat spheroid: above it, beside it, near the axis, and inside, where all cancels."""
    k0, index, l = 3.0 - 0.02j, 1.3, max(m, 1) + 1

    def wave(r: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rho, cosine = np.hypot(r, z + 0.2), np.clip((z + 0.2) / np.hypot(r, z + 0.2), -1 + 1e-13, 1 - 1e-13)
        P, dP, scale = angular_functions(m, np.array([l]), cosine)
        log_h, ratio = log_outgoing(np.array([l]), index * k0 * rho)
        h = np.exp(log_h[0] + scale[0])
        E, curl = _vectors(
            l, m, h, index * k0 * h * ratio[0], rho, np.sqrt(1 - cosine**2), cosine, P[0], dP[0]
        )
        return E, curl / (1j * k0)

    t, w = np.polynomial.legendre.leggauss(240)
    t, w = 0.5 * np.pi * (t + 1.0), 0.5 * np.pi * w
    r, z, slope = 2.0 * np.sin(t), 0.6 * np.cos(t), np.stack([2.0 * np.cos(t), -0.6 * np.sin(t)])
    length = np.hypot(*slope)
    surface = SurfaceSamples(r, z, np.stack([-slope[1], slope[0]]) / length, length * w, *wave(r, z))
    r, z = np.array([1.0, 1.9, 0.02, 6.0, 2.2]), np.array([0.8, 0.5, 1.5, -3.0, 0.0])
    for mine, true in zip(beyond_surface(surface, k0, index, m, r, z), wave(r, z), strict=True):
        assert np.abs(mine - true).max() < 1e-9 * np.abs(true).max()
    inside = np.array([0.4, 1.0]), np.array([0.1, 0.0])
    assert max(np.abs(f).max() for f in beyond_surface(surface, k0, index, m, *inside)) < 1e-9


def test_the_field_above_a_disk_is_that_of_a_larger_domain() -> None:
    """Where waves about the centre do not converge, or hardly: inside the sphere around a disk and just outside of it."""
    config = {
        "schema": 1,
        "geometry": {"kind": "disk", "radius": "1 um", "thickness": "300 nm", "material": "body", "ambient": "air"},
        "materials": {"body": {"n": 2.0}, "air": {"n": 1.0}},
        "modes": {"window": ["0.9 um", "1.05 um"], "polarizations": ["TE"], "radial_orders": [1], "azimuthal_orders": [7]},
        "accuracy": {"wavelength": 1e-6},
    }  # fmt: skip
    (mode,) = run(config).modes
    (wider,) = run({**config, "discretization": {"pml": {"distance": "1.5 um"}}}).modes
    r, z = (x.ravel() for x in np.meshgrid([0.3, 0.8, 1.02, 1.2], [0.0, 0.7, -0.9, 1.1]))
    mine, theirs = mode.field(r, z), wider.field(r, z)
    assert np.isfinite(mine).all()
    factor = np.vdot(theirs, mine) / np.vdot(theirs, theirs)
    assert np.abs(mine - factor * theirs).max() < 1e-4 * np.abs(mine).max()
