"""Temperature of a run: lengths and indices of the warm body, and the slope that `sense` states in parts."""

from __future__ import annotations

from typing import Any

import pytest

from femwgm.analytic import LayeredSphere
from femwgm.config import dump_resolved, load_config
from femwgm.config.yamlio import parse_yaml
from femwgm.errors import ConfigError
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
