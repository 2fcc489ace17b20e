"""Exact modes as rows: the contract's columns, empty where a value does not apply."""

from __future__ import annotations

import math

import pytest

from femwgm.analytic import LayeredSphere
from femwgm.analytic.table import mode_row
from femwgm.errors import GeometryError
from femwgm.ground import columns as table

REGIONS = ["core", "shell", "air"]
SPHERE = LayeredSphere([10.0, 10.49], [1.45, 1.768, 1.0])


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
