"""Far fields over a substrate: dipoles with Fresnel's coefficients, and a body whose light the eigenvalue counts too."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.integrate import quad

from femwgm import load_run, run
from femwgm.observables.half_spaces import HalfSpaceWaves, half_space_waves
from femwgm.observables.radiation import SurfaceSamples

K0, HEIGHT = 6.0, 0.7
VERTICAL, CIRCULAR = np.array([0.0, 0.0, 1.0]), np.array([1.0, 1.0j, 0.0]) / np.sqrt(2.0)


def dipole_waves(
    moment: np.ndarray, faces: tuple[float, ...], indices: tuple[complex, ...]
) -> HalfSpaceWaves:
    """What a dipole at the origin sends out, from its field on a sphere of 0.3 um; without the layers the field is its own."""
    cosine, weights = np.polynomial.legendre.leggauss(60)
    sine, radius, k = np.sqrt(1.0 - cosine**2), 0.3, K0 * indices[-1]
    out = np.stack([sine, 0.0 * sine, cosine])
    # At phi = 0 the components along r, phi, z are those along x, y, z.
    p, x = moment[:, None] + 0.0 * cosine, k * radius
    g = np.exp(1j * x) / (4.0 * np.pi * radius)
    along = (p * out).sum(axis=0) * out
    E = 1j * K0 * g * ((1.0 + 1j / x - 1.0 / x**2) * p - (1.0 + 3j / x - 3.0 / x**2) * along)
    H = g * (1j * k - 1.0 / radius) * np.cross(out, p, axis=0)
    m = 0 if moment[2] else 1
    waves = HalfSpaceWaves(SimpleNamespace(k0=complex(K0), m=m), faces, indices, ("out",))
    waves.__dict__["samples"] = SurfaceSamples(
        radius * sine, radius * cosine, out[[0, 2]], weights * radius / sine, E, H
    )
    return waves


def over_a_half_space(moment: np.ndarray, theta: float, above: float, below: float) -> np.ndarray:
    """(F_theta, F_phi) of a dipole by reciprocity with Fresnel's plane waves, written out."""
    n, other = (above, below) if np.cos(theta) > 0.0 else (below, above)
    c, s = abs(np.cos(theta)), np.sin(theta)
    k, k_other = K0 * n * c, K0 * np.sqrt(other**2 - (n * s) ** 2 + 0j)
    if np.cos(theta) > 0.0:
        back = np.exp(2j * k * HEIGHT)
        r_s = (k - k_other) / (k + k_other)
        r_p = (other**2 * k - n**2 * k_other) / (other**2 * k + n**2 * k_other)
        E_theta = np.array([c * (1.0 - r_p * back), 0.0, -s * (1.0 + r_p * back)])
        E_phi = np.array([0.0, 1.0 + r_s * back, 0.0])
    else:
        through = np.exp(1j * (k_other - k) * HEIGHT)
        t_s, t_p = 2.0 * k / (k + k_other), 2.0 * other**2 * k / (other**2 * k + n**2 * k_other)
        h = -n * t_p * through
        E_theta = h / (K0 * other**2) * np.array([k_other, 0.0, K0 * n * s])
        E_phi = np.array([0.0, t_s * through, 0.0])
    return 1j * K0 / (4.0 * np.pi) * np.array([E_theta @ moment, E_phi @ moment])


@pytest.mark.parametrize("moment", [VERTICAL, CIRCULAR], ids=["vertical", "circular"])
@pytest.mark.parametrize(("above", "below"), [(1.0, 1.45), (1.33, 3.5), (1.5, 1.0)])
def test_dipoles_over_a_half_space(moment: np.ndarray, above: float, below: float) -> None:
    """In both half spaces, within and beyond the critical angle; a layer of the substrate's index changes nothing."""
    theta = np.array([0.2, 0.9, 1.5, 1.7, 2.2, 2.6, 3.0])
    want = np.stack([over_a_half_space(moment, t, above, below) for t in theta], axis=1)
    index = np.sqrt(np.where(theta < 0.5 * np.pi, above, below))
    split = (complex(below), complex(below), complex(above))
    for waves in (
        dipole_waves(moment, (-HEIGHT,), split[1:]),
        dipole_waves(moment, (-2.0 * HEIGHT, -HEIGHT), split),
    ):
        found = waves.far(theta) * np.sqrt(2.0 * waves.power) / index
        assert np.abs(found - want).max() < 1e-9 * np.abs(want).max()
    assert np.abs(waves.far(np.array([0.5 * np.pi]))).max() < 1e-7

    def share(theta: float) -> float:
        return 2.0 * np.pi * np.sin(theta) * float((np.abs(waves.far(np.array([theta]))) ** 2).sum())

    critical = np.arcsin(min(above, below) / max(above, below))
    edges = [0.0, 0.5 * np.pi, np.pi, critical if above > below else np.pi - critical]
    parts = [quad(share, *pair, epsabs=1e-8, limit=200)[0] for pair in pairwise(sorted(edges))]
    assert sum(parts) == pytest.approx(1.0, abs=1e-6)


def test_a_layer_that_guides_light_or_absorbs_leaves_no_far_field() -> None:
    """Its waves leave along the layer, or end in it."""
    topology = SimpleNamespace(
        f2t=np.array([[0], [-1]]), p=np.array([[1.0, 2.0], [1.0, 1.0]]), facets=np.array([[0], [1]])
    )
    mesh = SimpleNamespace(
        regions=("body", "film", "glass", "air"), medium=None, topology=topology, region=np.array([3])
    )
    field = SimpleNamespace(space=SimpleNamespace(mesh=mesh))
    slabs = [(-1.0, -0.5, "film"), (-1e9, -1.0, "glass")]
    media = {"body": 2.0, "film": 1.2, "glass": 1.5, "air": 1.0}
    waves = half_space_waves(field, slabs, media, "air")
    assert waves is not None
    assert (waves.faces, waves.indices) == ((-1.0, -0.5), (1.5, 1.2, 1.0))
    for film in (1.7, 1.2 + 1e-3j):
        assert half_space_waves(field, slabs, media | {"film": film}, "air") is None
    mesh.region[0] = 0  # a pillar that ends where the domain does
    assert half_space_waves(field, slabs, media, "air") is None


@pytest.mark.gmsh
def test_a_ring_over_glass_sends_what_the_eigenvalue_says(tmp_path: Path) -> None:
    """1/Q by the power of the far field: the two notions of Q differ by some 1/Q. The run that is read again sends the same."""
    settings = {
        "schema": 1,
        "geometry": {
            "kind": "torus", "material": "ring", "diameter": "2.6 um", "minor_diameter": "0.9 um", "ambient": "air",
            "background": [{"name": "glass", "material": "glass", "top": "-0.5 um"}],
        },
        "materials": {"ring": {"n": 2.0}, "glass": {"n": 1.45}, "air": {"n": 1.0}},
        "modes": {
            "window": ["0.95 um", "0.97 um"], "polarizations": ["TM"], "radial_orders": [1], "polar_orders": [0],
        },
        "accuracy": {"wavelength": 1e-5}, "outputs": {"fields": True, "plots": False},
    }  # fmt: skip
    (mode,) = run(settings, out=tmp_path / "out").modes
    assert mode.q_rad_source == "eigenvalue"
    by_power = 0.5 * mode.k0.real * mode.integrals.stored / mode.waves.power
    assert by_power == pytest.approx(mode.q_rad, rel=60.0 / mode.q_rad)
    theta = np.linspace(0.0, np.pi, 501)
    shares = (np.abs(mode.far_field(theta)) ** 2).sum(axis=0) * np.sin(theta)
    down = 2.0 * np.pi * np.trapezoid(shares[theta > 0.5 * np.pi], theta[theta > 0.5 * np.pi])
    assert 0.9 < down < 1.0  # the ring's own waves do not propagate in air
    assert mode.directivity == pytest.approx(
        4.0 * np.pi * (shares / np.maximum(np.sin(theta), 1e-9)).max(), rel=1e-3
    )
    (kept,) = load_run(tmp_path / "out").modes
    assert np.array_equal(kept.far_field(theta[5:9]), mode.far_field(theta[5:9]))
