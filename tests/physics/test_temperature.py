"""Temperature of a run: lengths and indices of the warm body, and the slope that `sense` states in parts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import ellipk

from femwgm.analytic import LayeredSphere
from femwgm.config import dump_resolved, load_config
from femwgm.config.yamlio import parse_yaml
from femwgm.errors import ConfigError
from femwgm.experiment.sensing.heat import noise, self_heating
from femwgm.experiment.sensing.sense import Probe, rows
from femwgm.experiment.sensing.target import sensors


def ball(**more: Any) -> dict[str, Any]:
    return {
        "schema": 1,
        "geometry": {
            "kind": "layered_sphere",
            "layers": [
                {"name": "core", "material": "glass", "diameter": "40 um"},
                {"name": "film", "material": "film", "thickness": "300 nm"},
            ],
            "ambient": "air",
        },
        "materials": {
            "glass": {"n": 1.45, "thermal": {"dn_dT": 1e-5, "expansion": 5e-6}},
            "film": {"n": 1.6, "thermal": {"dn_dT": -1e-4, "expansion": 5e-5}},
            "air": {"n": 1.0},
        },
        "modes": {"window": ["640 nm", "642 nm"], "polarizations": ["TM"]},
        **more,
    }


def test_a_warm_sphere_is_a_sphere_of_other_lengths_and_indices() -> None:
    warm = load_config(ball(temperature="50 C"))
    core = 20.0 * (1 + 30 * 5e-6)
    assert warm.geometry.radii_um == pytest.approx((core, core + 0.3 * (1 + 30 * 5e-5)), rel=1e-14)
    assert load_config(ball(temperature="323.15 K")) == warm
    assert load_config(parse_yaml(dump_resolved(warm), None)) == warm
    same = sensors(warm)[0]
    l = int(same.name.split("l=")[1].split()[0])
    exact = LayeredSphere(warm.geometry.radii_um, [1.45 + 3e-4, 1.6 - 3e-3, 1.0]).mode("TM", l)
    assert same.wavelength_nm == pytest.approx(exact.wavelength_nm, rel=1e-12)


def test_the_slope_is_that_of_two_temperatures() -> None:
    raw = ball()
    raw["materials"]["film"]["thermal"]["expansion"] = 5e-6  # one expansion: the parts are then exact
    cold, hot = (sensors(load_config({**raw, "temperature": t}))[0] for t in ("19.5 C", "20.5 C"))
    assert cold.name == hot.name
    table = {row.quantity: row for row in rows(sensors(load_config(raw))[0], Probe())}
    total = table["temperature_total"]
    assert total.value == pytest.approx(hot.wavelength_nm - cold.wavelength_nm, rel=1e-4)
    parts = [
        row.value
        for name, row in table.items()
        if name.startswith("temperature_") and name != "temperature_total"
    ]
    assert sum(parts) == pytest.approx(total.value, rel=1e-12)


def test_silica_moves_by_ten_picometres_a_kelvin() -> None:
    """Silica resonators near 1550 nm are reported at 9 to 11 pm/K."""
    raw = ball()
    raw["materials"] = {
        "glass": {"preset": "fused_silica"},
        "film": {"preset": "fused_silica"},
        "air": {"n": 1.0},
    }
    raw["modes"] = {"window": ["1545 nm", "1560 nm"], "polarizations": ["TE"]}
    table = {row.quantity: row for row in rows(sensors(load_config(raw))[0], Probe())}
    assert 9e-3 < table["temperature_total"].value < 11e-3
    assert table["temperature_total"].error > 0.0


@pytest.mark.parametrize(
    ("given", "rule"), [("50", "with its unit"), (50, "with its unit"), ("50 C", "no medium has")]
)
def test_what_cannot_be_warmed_is_refused_in_a_line(given: object, rule: str) -> None:
    raw = ball(temperature=given)
    if rule == "no medium has":
        raw["materials"] = {name: {"n": 1.5} for name in raw["materials"]}
    with pytest.raises(ConfigError, match=rule):
        load_config(raw)


def test_a_belt_of_heat_warms_as_charged_rings_do() -> None:
    """One conductivity everywhere: 1/(4 pi kappa distance) over two rings is an elliptic integral, to be averaged twice."""
    l, radius, kappa = 6, 10.0, 1.3
    # Two interleaved rules, so that the logarithm at equal latitudes is met half a step away.
    place = (np.arange(400) + 0.5) / 200.0 - 1.0
    other = np.arange(1, 400) / 200.0 - 1.0
    weight, weight_other = ((1.0 - t * t) ** l for t in (place, other))
    theta, phi = np.arccos(place)[:, None], np.arccos(other)[None, :]
    near = 2.0 * (1.0 - np.cos(theta + phi))
    ring = 2.0 / np.pi * ellipk(4.0 * np.sin(theta) * np.sin(phi) / near) / np.sqrt(near)
    mean = weight @ ring @ weight_other / weight.sum() / weight_other.sum()
    rise, error = self_heating(radius, l, l, kappa, kappa, 1e-6)
    assert rise == pytest.approx(1e-6 * mean / (4e-6 * np.pi * kappa * radius), rel=2e-3)
    assert 0.0 < error < rise
    # A ball that conducts far better than its ambient has one temperature.
    assert self_heating(radius, l, 2, 1e9, kappa, 1e-6)[0] == pytest.approx(
        1e-6 / (4e-6 * np.pi * kappa * radius), rel=1e-6
    )


def test_the_noise_floor_is_that_of_the_volume_a_mode_fills() -> None:
    raw = ball(modes={"window": ["643.9 nm", "645 nm"], "polarizations": ["TM"]})
    raw["geometry"]["layers"] = [{"name": "core", "material": "glass", "diameter": "20 um"}]
    raw["materials"]["glass"]["thermal"] |= {"heat_capacity": 1.6e6, "conductivity": 1.4}
    raw["materials"]["air"]["thermal"] = {"conductivity": 0.0257}
    sensor = sensors(load_config(raw))[0]
    r, z = np.meshgrid(np.linspace(7.0, 10.0, 301), np.linspace(-4.0, 4.0, 401), indexing="ij")
    square = sensor.square(r, z) * (np.hypot(r, z) < 10.0) * r
    volume = (
        (2.0 * np.pi * square.sum()) ** 2 / (2.0 * np.pi * (square**2 / r).sum()) * (3.0 / 300) * (8.0 / 400)
    )
    assert sensor.kerr["core"] == pytest.approx(volume, rel=1e-2)
    found = {row.quantity: row.value for row in rows(sensor, Probe(absorbed=1e-6))}
    assert found["thermorefractive_noise"] == noise(
        1e-5, sensor.per_index["core"][0], 1.6e6, sensor.kerr["core"]
    )
    share = np.sqrt(1.380649e-23 * 293.15**2 / (1.6e6 * volume * 1e-18))
    assert found["thermorefractive_noise"] == pytest.approx(
        1e-5 * sensor.per_index["core"][0] * share, rel=1e-2
    )
    assert found["self_heating_shift"] == pytest.approx(
        found["self_heating"] * found["temperature_total"], rel=1e-12
    )
    assert "self_heating" not in {row.quantity for row in rows(sensor, Probe())}
