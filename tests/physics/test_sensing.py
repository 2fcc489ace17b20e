"""Sensing against published formulas, against exact spheres of another size, and elements against the exact solution."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import gammaln

from femwgm.analytic import LayeredSphere
from femwgm.config import load_config
from femwgm.errors import ConfigError
from femwgm.experiment.coupling.couple import couplings
from femwgm.experiment.sensing.sense import Probe, rows, table_of, write_sense
from femwgm.experiment.sensing.target import sensors
from femwgm.runs.loop import run


def ball(kind: str = "layered_sphere", index: float = 1.457, **modes: Any) -> dict[str, Any]:
    size = (
        {"radius": "10 um"}
        if kind == "layered_sphere"
        else {"equatorial_radius": "10 um", "polar_radius": "10 um"}
    )
    return {
        "schema": 1,
        "geometry": {
            "kind": kind,
            "layers": [{"name": "ball", "material": "glass", **size}],
            "ambient": "water",
        },
        "materials": {"glass": {"n": index}, "water": {"n": 1.0}},
        "modes": {"window": ["775 nm", "783 nm"], "polarizations": ["TE"], **modes},
        "accuracy": {"wavelength": 1e-8},
        "outputs": {"fields": False, "plots": False},
    }


def table(raw: dict[str, Any], probe: Probe | None = None) -> dict[str, tuple[float, float]]:
    sensor = sensors(load_config(raw))[0]
    return {row.quantity: (row.value, row.error) for row in rows(sensor, probe or Probe())}


def test_sensitivities_and_layers_are_those_of_other_spheres() -> None:
    found = table(ball())
    wavelength = found["wavelength"][0]
    l = int(sensors(load_config(ball()))[0].name.split("l=")[1].split()[0])
    near = (0.7, 0.85)
    for region, indices in (("ball", [1.457 + 1e-5, 1.0]), ("water", [1.457, 1.0 + 1e-5])):
        other = LayeredSphere([10.0], indices).mode("TE", l, 1, near)
        value, error = found[f"sensitivity_{region}"]
        assert value == pytest.approx((other.wavelength_nm - wavelength) / 1e-5, rel=1e-4)
        assert error < 1e-6 * value
    # A layer of the glass itself makes the sphere larger.
    grown = LayeredSphere([10.01], [1.457, 1.0]).mode("TE", l, 1, near)
    same = table(ball(), Probe(layer_index=1.457))["layer_shift"][0]
    assert same == pytest.approx(grown.wavelength_nm - wavelength, abs=1e-8)
    thin = table(ball(), Probe(layer_um=1e-7))["layer_shift"]
    assert abs(thin[0]) < 1e-5  # nothing is left of a layer of no thickness


def test_a_particle_shifts_as_arnold_et_al_found() -> None:
    """Arnold et al., Opt. Lett. 28, 272 (2003): d lambda/lambda = alpha |Y_ll|^2 / ((n_s^2 - n_m^2) R^3)."""
    radius = 1e-3
    found = table(ball(), Probe(radius_um=radius))
    l = int(sensors(load_config(ball()))[0].name.split("l=")[1].split()[0])
    # |Y_ll(pi/2)|^2 = (2l+1)!/(4 pi) / (2^l l!)^2
    log = gammaln(2 * l + 2) - np.log(4 * np.pi) - 2 * (l * np.log(2) + gammaln(l + 1))
    alpha = 4 * np.pi * radius**3 * (1.59**2 - 1) / (1.59**2 + 2)
    expected = found["wavelength"][0] * alpha * np.exp(log) / ((1.457**2 - 1.0) * 10.0**3)
    assert found["particle_shift"][0] == pytest.approx(expected, rel=0.03)  # its leading order in 1/l
    assert found["particle_splitting"][0] == pytest.approx(2.0 * found["particle_shift"][0])
    # Zhu et al., Nature Photon. 4, 46 (2010): alpha = (3 lambda^3 / 8 pi^2) broadening / splitting
    ratio = found["particle_broadening"][0] / found["particle_splitting"][0]
    assert 3.0 * (1e-3 * found["wavelength"][0]) ** 3 / (8.0 * np.pi**2) * ratio == pytest.approx(
        alpha, rel=1e-6
    )


@pytest.mark.slow
def test_elements_sense_what_the_exact_sphere_senses() -> None:
    exact, elements = table(ball(), Probe(layer_um=1e-4)), table(ball("spheroid"), Probe(layer_um=1e-4))
    for quantity in (
        "sensitivity_ball",
        "sensitivity_water",
        "layer_shift",
        "particle_shift",
        "particle_broadening",
    ):
        a, b = exact[quantity], elements[quantity]
        assert abs(a[0] - b[0]) <= a[1] + b[1] + 1e-6 * abs(a[0]), quantity
        assert b[0] == pytest.approx(a[0], rel=2e-3), quantity


def test_the_table_on_disk(tmp_path: Any) -> None:
    found = sensors(load_config(ball()))
    probe = Probe(q=1e6, noise=0.02)
    content = table_of(found, probe)
    write_sense(content, found, probe, tmp_path)
    lines = (tmp_path / "sense.csv").read_text().splitlines()
    assert lines[0] == "mode,quantity,value,unit,error"
    assert len(lines) == 1 + len(content)
    values = {row.quantity: row.value for row in content if row.mode == found[0].name}
    assert values["line_width"] == pytest.approx(values["wavelength"] / 1e6)
    assert values["detection_limit_index"] == pytest.approx(
        0.02 * values["line_width"] / values["sensitivity_water"]
    )
    assert all(np.isfinite(row.error) and row.error >= 0.0 for row in content)


@pytest.mark.parametrize("name", ["@cavity-palace", "@bisphere"])
def test_what_cannot_be_sensed_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=r"geometry\.kind"):
        sensors(load_config(name))


@pytest.mark.parametrize("q", [1e6, 1e16])
def test_the_least_particle_moves_the_line_by_the_least_that_is_seen(q: float) -> None:
    """However sharp the line: the shift grows with the volume, times the field at the particle's centre."""
    sensor = sensors(load_config(ball()))[0]
    found = {row.quantity: row.value for row in rows(sensor, Probe(q=q))}
    at_limit = rows(sensor, Probe(q=q, radius_um=1e-3 * found["detection_limit_radius"]))
    shift = next(row.value for row in at_limit if row.quantity == "particle_shift")
    assert shift == pytest.approx(found["resolvable_shift"], rel=1e-6)


def test_what_no_particle_shows_has_no_limit() -> None:
    sensor = sensors(load_config(ball()))[0]
    found = {row.quantity for row in rows(sensor, Probe(q=1.0, particle_index=1.0 + 1e-9))}
    assert "detection_limit_radius" not in found


@pytest.mark.parametrize(
    ("key", "probe"), [("--exact", Probe(exact=True)), ("--absorbed", Probe(absorbed=1e-6))]
)
def test_what_is_asked_for_and_known_of_no_mode_is_refused(key: str, probe: Probe) -> None:
    raw = ball(azimuthal_orders=[60], polar_orders=[1])
    raw["geometry"]["layers"][0]["radius"] = "6 um"
    raw["modes"]["window"] = ["780 nm", "900 nm"]
    with pytest.raises(ConfigError, match=f"^{key}: applies to"):
        table_of(sensors(load_config(raw)), probe)


def test_the_dipole_holds_within_its_error_of_the_exact_bead() -> None:
    raw = ball(index=1.6, polarizations=["TM"], window=["780 nm", "880 nm"], azimuthal_orders=[30])
    raw["geometry"]["layers"][0]["radius"] = "3 um"
    for radius in (0.01, 0.05):
        found = table(raw, Probe(radius_um=radius, exact=True))
        (exact, off), (dipole, error) = found["particle_shift_exact"], found["particle_shift"]
        assert abs(exact - dipole) < error + off
        assert 0.0 < off < 0.02 * abs(exact)
        if radius == 0.01:  # a tiny bead is a dipole
            assert exact == pytest.approx(dipole, rel=1.5e-2)


def test_a_rough_sphere_has_the_lines_of_the_smooth_one_and_the_width_of_the_rough_one() -> None:
    raw = ball(index=1.6)
    raw["geometry"]["layers"][0]["radius"] = "1 um"
    raw |= {
        "modes": {"window": ["670 nm", "700 nm"], "polarizations": ["TE"]},
        "accuracy": {"wavelength": 1e-4},
    }
    rough = {**raw, "losses": {"roughness": {"rms": "20 nm", "correlation_length": "50 nm"}}}
    (smooth,), (found,) = (sensors(load_config(data)) for data in (raw, rough))
    (mode,) = run(rough).modes
    assert found.per_index == smooth.per_index
    assert found.q_total == mode.q_total
    assert found.q_total < 0.99 * smooth.q_total
    beside = {"coupler": {"kind": "prism", "material": "prism", "gap": "100 nm"}}
    beside["materials"] = {**raw["materials"], "prism": {"n": 2.0}}
    (coupled,) = couplings(load_config({**rough, **beside}))
    assert (coupled.q, coupled.q_error) == (mode.q_total, mode.q_total_error)
