"""Poles of layered spheres that were computed twice by unrelated code (tests/reference/layered_sphere.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.marks import thinned
from support.spheres import mode_of, run_for

from femwgm.fem.assemble import assemble
from femwgm.fem.problem import Media
from femwgm.mesh.domain import PML
from femwgm.observables.energy import region_integrals
from femwgm.observables.quality import radiation_candidates

pytestmark = pytest.mark.gmsh

ROWS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "reference" / "layered_sphere.json").read_text()
)


def index(entry: Any) -> complex:
    return complex(float(entry[0]), float(entry[1])) if isinstance(entry, list) else complex(float(entry))


FIRST_OF_ITS_SPHERE = list({(row["name"], row["pol"]): row for row in reversed(ROWS)}.values())
"""The lowest of each sphere and polarization."""


@pytest.mark.parametrize(
    "row",
    thinned(ROWS, FIRST_OF_ITS_SPHERE),
    ids=lambda r: f"{r['name']} {r['pol']}{r['l']} q{r['q']}".replace(" ", "-"),
)
def test_row(row: dict[str, Any]) -> None:
    """Wavelength to 1e-8 and Q to 1e-4 at any size (its logarithm above 1e12), both within the stated errors."""
    exact, q_exact = float(row["wavelength_um"]), row["q_total"]
    radii = [float(r) for r in row["radii_um"]]
    mode = mode_of(radii, [index(n) for n in row["n"]], row["pol"], row["l"], exact, q=row["q"])
    wrong = abs(1e-3 * mode.wavelength_nm / exact - 1.0)
    assert wrong < 1e-8
    assert wrong < 10.0 * mode.wavelength_error
    assert mode.wavelength_error < 1e-8
    assert mode.met
    assert mode.confidence > 0.9
    assert mode.q_error is not None
    assert mode.q_error < 1e-4
    if float(q_exact) > 1e12:
        assert mode.log10_q_rad == pytest.approx(np.log10(float(q_exact)), rel=0.0, abs=1e-4)
        assert mode.q_abs is None
    assert mode.q_total == pytest.approx(float(q_exact), rel=1e-4)
    assert mode.k0.imag == pytest.approx(float(row["k0_im_per_um"]), rel=1e-4)
    if row["q_kind"] == "radiation and absorption":
        assert mode.q_abs == pytest.approx(float(q_exact), rel=1e-8)
        assert mode.log10_q_rad > 44.0  # the absorbing sphere radiates as its lossless twin does


# n, l, pol, q, Re kR, Im kR and Q of spheres in vacuum: table B1 of the project's numbers, exact to the digits given.
B1 = [
    (1.5, 39, "TE", 1, 29.757177024195, 685649.4),
    (1.5, 39, "TM", 1, 30.221085241703, 456614.1),
    (1.5, 39, "TE", 2, 33.224532233467, 5678.52),
    (1.5, 39, "TM", 2, 33.623073656376, 3350.28),
    (1.5, 39, "TE", 3, 36.188687294394, 409.163),
    (1.47, 40, "TE", 1, 31.058853983442, 353661.0),
    (1.47, 40, "TM", 1, 31.519209941763, 235829.0),
    (1.47, 40, "TE", 2, 34.61115506286, 3382.49),
    (1.4, 39, "TE", 1, 31.789229674005, 25724.4),
    (2.0, 1, "TE", 1, 1.43806059299, 3.49711),
    (2.0, 1, "TM", 1, 2.23142723416, 3.16502),
    (2.0, 5, "TE", 1, 3.91423335017, 46.6916),
    (2.0, 5, "TM", 1, 4.27631339933, 22.6902),
    (2.0, 10, "TE", 1, 6.82626407198, 1346.07),
    (2.0, 10, "TM", 1, 7.24790097588, 837.856),
    (2.0, 20, "TE", 1, 12.3340494227, 2713756.0),
]


# One of every range of Q.
B1_BY_DEFAULT = [B1[4], B1[6], B1[10], B1[15]]


@pytest.mark.parametrize("case", thinned(B1, B1_BY_DEFAULT), ids=lambda c: f"n{c[0]}-{c[2]}{c[1]}-q{c[3]}")
def test_poles_of_bare_spheres(case: tuple[float, int, str, int, float, float]) -> None:
    """The pole, not the zero of the real equation: the two differ by 4e-10 at Q = 3e5 and by more below."""
    n, l, pol, q, x, quality = case
    mode = mode_of([1.0], [n, 1.0], pol, l, 2.0 * np.pi / x, q=q, accuracy=1e-9)
    assert mode.k0.real == pytest.approx(x, rel=1e-9)
    assert mode.q_rad == pytest.approx(quality, rel=max(1e-5, 0.5 * 10.0 ** (-len(f"{quality:g}") + 2)))


# Core 10 um, shell 0.49 um, indices 1.45 / n / 1: wavelengths in nm, table B3.
B3 = [
    (1.768, "TM", 163, 1, 659.12100491059),
    (1.768, "TE", 163, 1, 667.58045086622),
    (1.768, "TM", 165, 1, 651.82410695636),
    (1.768, "TE", 165, 1, 659.9952093089),
    (1.768, "TE", 166, 1, 656.26662407229),
    (1.768, "TE", 163, 2, 599.005535522),
    (1.768, "TM", 163, 2, 583.12751803),
    (1.768, "TE", 163, 3, 532.639661666),
    (1.768, "TM", 163, 3, 529.565021787),
    (1.74, "TM", 163, 1, 649.24803125),
    (1.76, "TE", 163, 1, 664.63198257),
    (1.80, "TM", 163, 1, 670.43665531),
    (1.80, "TE", 163, 1, 679.38804221),
]


# One of each radial order, and both ends of the index.
B3_BY_DEFAULT = [B3[0], B3[5], B3[8], B3[9], B3[12]]


@pytest.mark.parametrize("case", thinned(B3, B3_BY_DEFAULT), ids=lambda c: f"n{c[0]}-{c[1]}{c[2]}-q{c[3]}")
def test_published_sphere(case: tuple[float, str, int, int, float]) -> None:
    n, pol, l, q, wavelength = case
    mode = mode_of([10.0, 10.49], [1.45, n, 1.0], pol, l, 1e-3 * wavelength, q=q)
    assert mode.wavelength_nm == pytest.approx(wavelength, rel=1e-8)


def test_published_sphere_in_water_and_hollow() -> None:
    wet = mode_of([10.0, 10.49], [1.45, 1.768, 1.33], "TE", 165, 0.662265951513)
    assert wet.wavelength_nm == pytest.approx(662.265951513, rel=1e-8)
    assert wet.q_rad == pytest.approx(1.06e15, rel=0.005)
    hollow = mode_of([10.0, 10.49], [1.0, 1.768, 1.0], "TE", 165, 0.658173296329)
    assert hollow.wavelength_nm == pytest.approx(658.173296329, rel=1e-8)


# Core 1.5 um, shell 0.49 um, indices 1.45 / 1.768 / 1: table B4, with its finite-element shares for TE l = 30.
B4 = [
    (20, "TE", 897.928540332, 57173.55),
    (20, "TM", 865.735166393, 30496.87),
    (30, "TE", 626.176703664, 24088875.0),
    (30, "TM", 611.585163945, 15771247.0),
]


@pytest.mark.parametrize("case", thinned(B4, B4[1:3]), ids=lambda c: f"{c[1]}{c[0]}")
def test_small_coated_sphere(case: tuple[int, str, float, float]) -> None:
    l, pol, wavelength, quality = case
    mode = mode_of([1.5, 1.99], [1.45, 1.768, 1.0], pol, l, 1e-3 * wavelength)
    assert mode.wavelength_nm == pytest.approx(wavelength, rel=1e-8)
    assert mode.q_rad == pytest.approx(quality, rel=1e-4)
    if l == 30:
        volume = {"TE": 1.7327, "TM": 1.8376}[pol]
        assert mode.mode_volume_um3 == pytest.approx(volume, rel=1e-3)
    if (l, pol) == (30, "TE"):
        assert list(mode.energy.values()) == pytest.approx([0.000690, 0.976894, 0.022416], abs=1e-5)


def test_both_ways_to_q_agree() -> None:
    """The pole and the multipoles on the surface, where both hold: B4, TE l = 30, Q = 2.4e7."""
    result = run_for([1.5, 1.99], [1.45, 1.768, 1.0], "TE", 30, 0.626176703664)
    (mode,) = result.modes
    assert result.domains[0][0].open
    assert mode.field_data is not None
    space = mode.field_data.space
    squares = {"l0": 1.45**2, "l1": 1.768**2, "out": 1.0, PML: 1.0}
    eps = np.array([squares[name] for name in space.mesh.regions])[space.mesh.region]
    integrals = region_integrals(mode.field_data, assemble(space), Media(eps, None, 0.0 * eps, None))
    found = radiation_candidates(
        mode.field_data, integrals, ambient="out", index=1.0, degrees=np.array([30]), pol="TE", leaking=True
    )
    assert np.exp(found["multipoles"]) == pytest.approx(24088875.0, rel=1e-4)
    assert np.exp(found["eigenvalue"]) == pytest.approx(24088875.0, rel=1e-3)
