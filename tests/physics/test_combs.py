"""Combs against exact arithmetic, against refined solutions, and on made-up crossings."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from support.mie_twin import pole

from femwgm.analytic import LayeredSphere
from femwgm.config import load_config
from femwgm.experiment.combs.comb import comb, summary
from femwgm.experiment.combs.crossings import smooth_series
from femwgm.experiment.combs.exact import layer_integrals
from femwgm.experiment.combs.series import taylor
from femwgm.experiment.combs.write import write_comb

C = 299792458.0
PER_K0 = C * 1e6 / (2.0 * np.pi)


def sphere(diameter: str, **media: object) -> dict[str, object]:
    return {
        "schema": 1,
        "geometry": {
            "kind": "layered_sphere",
            "layers": [{"name": "ball", "material": "glass", "diameter": diameter}],
            "ambient": "air",
        },
        "materials": {"glass": {"n": 1.45, **media} if "preset" not in media else media, "air": {"n": 1.0}},
        "modes": {"window": ["1540 nm", "1560 nm"], "polarizations": ["TE"]},
        "accuracy": {"wavelength": 1e-10},
    }


def stencil(f: list[float]) -> tuple[float, float]:
    """First and second derivative by seven points."""
    first = np.array([-1, 9, -45, 0, 45, -9, 1]) / 60.0
    second = np.array([2, -27, 270, -490, 270, -27, 2]) / 180.0
    return float(first @ f), float(second @ f)


def test_the_dispersion_of_a_sphere_is_that_of_exact_arithmetic() -> None:
    made = comb(load_config(sphere("100 um")), half=30)
    lines = made.lines
    centre = int(np.flatnonzero(lines.m == lines.pump)[0])
    exact = []
    for i in range(centre - 3, centre + 4):
        k = pole("TE", int(lines.m[i]), [50.0], [1.45, 1.0], lines.frequency[i] / PER_K0, 60)
        exact.append(float(k.real) * PER_K0)
    assert np.abs(np.array(exact) - lines.frequency[centre - 3 : centre + 4]).max() < 3.0 * lines.error.max()
    D1, D2 = stencil(exact)
    assert made.series.D[0] == pytest.approx(D1, abs=100.0)
    assert made.series.D[1] == pytest.approx(D2, abs=1e3)
    assert made.series.errors[1] < 1e3
    n_g, error = made.group_index
    assert n_g == pytest.approx(C / (2.0 * np.pi * 50e-6 * D1), abs=error + 1e-9)


@pytest.mark.slow
def test_the_effective_area_of_a_sphere_is_that_of_elements() -> None:
    """The exact fields and the finite elements share no code; nor do the sphere's comb and that of a spheroid of its shape."""
    raw = sphere("20 um")
    exact = comb(load_config(raw), half=6)
    raw["geometry"] = {
        "kind": "spheroid",
        "layers": [
            {"name": "ball", "material": "glass", "equatorial_radius": "10 um", "polar_radius": "10 um"}
        ],
        "ambient": "air",
    }
    elements = comb(load_config(raw), half=6)
    assert elements.lines.source == "finite elements"
    off = np.abs(elements.lines.frequency - exact.lines.frequency)
    assert (off <= elements.lines.error + exact.lines.error).all()
    for k in (0, 1):
        assert (
            abs(elements.series.D[k] - exact.series.D[k])
            <= elements.series.errors[k] + exact.series.errors[k]
        )
    assert elements.kerr.area_um2 == pytest.approx(exact.kerr.area_um2, rel=1e-4)


def test_integrals_over_a_layer_hold_at_any_polar_order() -> None:
    """The effective area of p = 12, whose lobes are far narrower than the belt they fill, by midpoints in latitude."""
    mode = LayeredSphere([10.0], [1.45, 1.0]).mode("TM", 100, 1).with_m(88)
    x, w = np.polynomial.legendre.leggauss(60)
    rho, turn = 7.5 + 2.5 * x, (np.arange(600) + 0.5) / 600 * np.pi - 0.5 * np.pi
    r, t = np.meshgrid(rho, turn, indexing="ij")
    square = (np.abs(mode.field(r * np.cos(t), r * np.sin(t))) ** 2).sum(axis=0)
    volume = 2.0 * np.pi * r**2 * np.cos(t) * (2.5 * w)[:, None] * (np.pi / 600)
    found = layer_integrals(mode)[0]
    assert found == pytest.approx(((volume * square).sum(), (volume * square**2).sum()), rel=1e-6)


def test_coefficients_of_a_known_series() -> None:
    mu = np.arange(-40.0, 41.0)
    D = (2e11, -3e5, 4e3, -20.0)
    f = 2e14 + D[0] * mu + D[1] * mu**2 / 2 + D[2] * mu**3 / 6 + D[3] * mu**4 / 24
    found = taylor(mu, f, 0.1)
    for value, error, true in zip(found.D, found.errors, D, strict=True):
        assert abs(value - true) <= error
        assert error < 1e-3 * abs(true) + 0.1
    shift = 50.0 * mu[::20] ** 2  # what a richer solution adds is an error of D2, and of nothing else
    worse = taylor(mu, f, 0.1, known=(mu[::20], shift))
    assert 100.0 <= worse.errors[1] - found.errors[1] <= 150.0
    assert worse.errors[0] - found.errors[0] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("late", [0, 1])
def test_an_avoided_crossing_is_marked_and_its_coupling_found(late: int) -> None:
    """Also where the list of lines stays on its branch an order too long."""
    mu = np.arange(-50.0, 51.0)
    f = 2e14 + 1e11 * mu - 1e4 * mu**2
    g, slope, centre = 2e7, 3e8, 12.3
    detuning = slope * (mu - centre)
    branch = np.where(mu > centre + late, 1.0, -1.0)
    pushed = f + branch * np.sqrt(0.25 * detuning**2 + g**2) - 0.5 * detuning
    series, crossings = smooth_series(mu, pushed, 0.4)
    (crossing,) = crossings
    assert 12 + late in crossing.mu
    assert crossing.coupling == pytest.approx(g, abs=crossing.coupling_error + 1e-5 * g)
    assert crossing.centre == pytest.approx(centre, abs=1e-3)
    assert series.D[1] == pytest.approx(-2e4, abs=series.errors[1] + 0.1)


@pytest.mark.slow
def test_the_crossing_of_two_families_of_a_disk_is_that_of_both_branches() -> None:
    """TE q = 1 and TM q = 2 of a disk with slanted sides, coupled by the slant: the comb knows one branch, `run` lists both.

    With a linear detuning the squares of the splittings of three lines give centre and coupling rate.
    """
    import femwgm

    config = load_config({
        "schema": 1,
        "geometry": {"kind": "disk", "name": "disk", "material": "nitride", "radius": "8 um", "thickness": "500 nm",
                     "sidewall_angle_deg": 85, "ambient": "air"},
        "materials": {"nitride": {"n": 2.0}, "air": {"n": 1.0}},
        "modes": {"window": ["1400 nm", "1460 nm"], "polarizations": ["TE", "TM"], "radial_orders": [1, 2]},
        "accuracy": {"wavelength": 1e-6}, "outputs": {"fields": False, "plots": False},
    })  # fmt: skip
    lines = {(mode.pol, mode.q, mode.m): mode.freq_thz for mode in femwgm.run(config).modes}
    square = [(lines["TE", 1, m] - lines["TM", 2, m]) ** 2 for m in (49, 50, 51)]
    curvature = 0.5 * (square[0] - 2.0 * square[1] + square[2])
    away = 0.25 * (square[2] - square[0]) / curvature
    g = 0.5 * np.sqrt(square[1] - curvature * away**2)
    assert g == pytest.approx(
        0.1637, abs=2e-3
    )  # 16 orders of both branches and two quartics: 163.7 GHz, 50.597

    narrow = config.model_copy(
        update={"modes": config.modes.model_copy(update={"polarizations": ("TE",), "radial_orders": (1,)})}
    )
    made = comb(narrow, half=14)
    (crossing,) = made.crossings
    assert crossing.centre is not None
    assert crossing.coupling is not None
    assert crossing.coupling_error is not None
    assert made.lines.pump + crossing.centre == pytest.approx(50.597, abs=0.01)
    assert 50.0 - away == pytest.approx(50.597, abs=0.01)
    assert 1e-12 * crossing.coupling == pytest.approx(0.16373, abs=1e-12 * crossing.coupling_error)
    assert crossing.coupling_error < 1e9


def test_what_a_comb_leaves_behind(tmp_path: Path) -> None:
    made = comb(load_config(sphere("60 um", preset="fused_silica")), half=20, n2=2.2e-20)
    write_comb(made, tmp_path)
    table = np.genfromtxt(tmp_path / "comb.csv", delimiter=",", names=True)
    assert list(table.dtype.names) == ["mu", "m", "frequency_Hz", "frequency_error_Hz", "d_int_Hz"]
    content = json.loads((tmp_path / "comb.json").read_text())
    assert content == json.loads(json.dumps(summary(made)))
    assert {f"D{k}{end}" for k in (1, 2, 3) for end in ("_Hz", "_error_Hz")} <= set(content)
    pump = table[table["mu"] == 0][0]
    assert pump["m"] == content["mu0_m"]
    middle = 0.5 * (C / 1.54e-6 + C / 1.56e-6)
    assert abs(pump["frequency_Hz"] - middle) == np.abs(table["frequency_Hz"] - middle).min()
    assert table["d_int_Hz"] == pytest.approx(
        table["frequency_Hz"] - pump["frequency_Hz"] - content["D1_Hz"] * table["mu"], abs=1.0
    )
    plain = np.loadtxt(tmp_path / "pylle.csv", delimiter=",")
    assert plain[:, 0] == pytest.approx(table["m"])
    assert plain[:, 1] == pytest.approx(table["frequency_Hz"], rel=1e-15)
    # gamma of a large sphere is that of a plane wave in its area, to the share of the light outside and (n_g/n)^2
    assert content["gamma_per_W_m"] == pytest.approx(
        2.0 * np.pi * 2.2e-20 / (content["wavelength_nm"] * 1e-9) / (content["effective_area_um2"] * 1e-12),
        rel=0.1,
    )
