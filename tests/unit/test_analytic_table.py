"""Exact modes as rows: the contract's columns, empty where a value does not apply."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest

from femwgm.analytic import LayeredSphere
from femwgm.analytic.table import mode_row, rows, with_azimuthal_orders
from femwgm.errors import ConfigError, GeometryError
from femwgm.ground import columns as table

REGIONS = ["core", "shell", "air"]
SPHERE = LayeredSphere([10.0, 10.49], [1.45, 1.768, 1.0])


def configuration(window: tuple[float, float] = (0.655, 0.66), **wanted: object) -> SimpleNamespace:
    modes = {
        "polarizations": ("TE", "TM"),
        "radial_orders": (1,),
        "polar_orders": (0,),
        "azimuthal_orders": None,
        **wanted,
    }
    geometry = SimpleNamespace(
        radii_um=(10.0, 10.49),
        regions=REGIONS,
        region_materials={"core": "silica", "shell": "npl", "air": "air"},
    )
    return SimpleNamespace(geometry=geometry, modes=SimpleNamespace(window_um=window, **modes))


MATERIALS = {"silica": 1.45, "npl": 1.768, "air": 1.0}


def test_columns() -> None:
    row = mode_row(SPHERE.mode("TM", 163), REGIONS)
    assert list(row)[: len(table.columns(REGIONS))] == table.columns(REGIONS)
    assert row["wavelength_nm"] == pytest.approx(659.12100491, abs=1e-8)
    assert (row["energy_core"], row["energy_shell"], row["energy_air"]) == pytest.approx(
        (0.038667, 0.947153, 0.014180), abs=1e-6
    )
    assert sum(row[f"e2_{name}"] for name in REGIONS) == pytest.approx(1.0)
    assert sum(row[f"radial_e2_{name}"] for name in REGIONS) == pytest.approx(1.0)
    assert row["fsr_nm"] == pytest.approx(row["wavelength_nm"] ** 2 / (row["n_g"] * math.pi * 20980.0))
    assert row["k0_im_per_um"] == pytest.approx(-0.5 * row["k0_re_per_um"] / row["q_rad"], rel=1e-12)
    assert row["log10_q_rad"] == pytest.approx(math.log10(row["q_rad"]))
    assert row["seconds"] > 0.0
    for empty in ("q_abs", "residual", "dofs", "wavelength_error"):
        assert row[empty] is None


def test_what_does_not_apply_is_empty() -> None:
    above = mode_row(LayeredSphere([1.0], [2.0, 1.0]).mode("TE", 1, 3), ["core", "air"])
    assert above["energy_air"] is None
    assert above["energy_core"] == 1.0
    lossy = mode_row(LayeredSphere([1.0], [1.5 + 1e-5j, 1.0]).mode("TE", 39), ["core", "air"])
    assert 1.0 / lossy["q_total"] == pytest.approx(1.0 / lossy["q_rad"] + 1.0 / lossy["q_abs"])
    huge = mode_row(LayeredSphere([500.0], [1.45, 1.0]).mode("TE", 7000), ["core", "air"])
    assert huge["log10_q_rad"] > 1000.0
    assert huge["q_rad"] == math.inf
    with pytest.raises(GeometryError, match="2 region names for 3 media"):
        mode_row(SPHERE.mode("TM", 163), ["core", "air"])


def test_azimuthal_orders() -> None:
    mode = SPHERE.mode("TE", 163)
    assert [m.m for m in with_azimuthal_orders([mode], (0, 2))] == [163, 161]
    assert [m.m for m in with_azimuthal_orders([mode], (0, 1, 2), [162, 161])] == [162, 161]
    small = LayeredSphere([1.0], [2.0, 1.0]).mode("TE", 2)
    assert [m.m for m in with_azimuthal_orders([small], None)] == [2, 1, 0]
    assert [m.m for m in with_azimuthal_orders([small], (0, 5))] == [2]


def test_rows_of_a_configuration() -> None:
    found = rows(configuration(polar_orders=(0, 1)), MATERIALS)
    assert [(row["pol"], row["l"], row["m"]) for row in found] == [
        (pol, l, m) for pol, l in (("TE", 165), ("TM", 163), ("TE", 166), ("TM", 164)) for m in (l, l - 1)
    ]
    assert found[0]["wavelength_nm"] == found[1]["wavelength_nm"]
    assert found[0]["n_eff"] > found[1]["n_eff"]


def test_an_empty_window_names_its_neighbours() -> None:
    with pytest.raises(
        ConfigError, match=r"no mode .* the nearest are TE q=1 l=165 at 659.995 nm; TM q=1 l=163"
    ) as error:
        rows(configuration((0.66, 0.6602)), MATERIALS)
    assert "\n" not in str(error.value)
