"""Imperfections from the configuration to the tables: keys with effect, refusals in one line, files."""

from __future__ import annotations

import copy
import csv
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import femwgm
from femwgm.analytic import layered_sphere
from femwgm.config import load_config
from femwgm.config.imperfections import Imperfection
from femwgm.config.load import config_hash, dump_resolved
from femwgm.errors import ConfigError
from femwgm.imperfections import multiplet
from femwgm.imperfections.build import common_axis, index_maps, reliefs
from femwgm.imperfections.heights import Curve, heights
from femwgm.imperfections.series import Coat

BASE: dict[str, Any] = {
    "schema": 1,
    "geometry": {
        "kind": "layered_sphere",
        "layers": [
            {"name": "core", "material": "silica", "diameter": "6 um"},
            {"name": "shell", "material": "npl", "thickness": "490 nm"},
        ],
        "ambient": "air",
    },
    "materials": {"silica": {"n": 1.45}, "npl": {"n": 1.768}, "air": {"n": 1.0}},
    "modes": {"window": ["1.31 um", "1.33 um"], "polarizations": ["TE"]},
    "imperfections": [{"thickness": "shell", "rms": "2 nm", "correlation_length": "2 um", "seed": 7}],
    "outputs": {"fields": False, "plots": False},
}


def with_entries(*entries: dict[str, Any], **sections: Any) -> dict[str, Any]:
    return copy.deepcopy({**BASE, **sections, "imperfections": list(entries)})


def test_a_run_leaves_its_lines(tmp_path: Path) -> None:
    result = femwgm.run(with_entries(*BASE["imperfections"]), out=tmp_path / "run")
    rows = list(csv.DictReader((tmp_path / "run" / "multiplets.csv").open()))
    modes = list(csv.DictReader((tmp_path / "run" / "modes.csv").open()))
    assert list(rows[0]) == "pol,q,l,index,wavelength_nm,shift_pm,shift_error_pm,q_total,m_mean,m_std".split(
        ","
    )
    assert len(modes) == 1
    assert len(rows) == 2 * int(modes[0]["l"]) + 1
    shifts = np.array([float(row["shift_pm"]) for row in rows])
    assert (np.diff(shifts) >= 0.0).all()
    assert float(modes[0]["multiplet_std_pm"]) == pytest.approx(shifts.std())
    off = np.array([float(row["wavelength_nm"]) for row in rows]) - float(modes[0]["wavelength_nm"])
    assert np.allclose(1e3 * off, shifts, atol=1e-6)
    again = femwgm.run(tmp_path / "run" / "config.resolved.yaml")
    assert np.array_equal(again.multiplets[0].shift_pm, result.multiplets[0].shift_pm)


def test_rms_scales_and_seeds_differ() -> None:
    def lines(**changes: Any) -> Any:
        return femwgm.run(with_entries({**BASE["imperfections"][0], **changes})).multiplets[0].shift_pm

    small, smaller = lines(rms="0.02 nm"), lines(rms="0.01 nm")
    assert np.allclose(small, 2.0 * smaller, rtol=1e-3, atol=1e-4)
    assert not np.allclose(small, lines(rms="0.02 nm", seed=8), rtol=0.1)


ROUGH = {"losses": {"roughness": {"rms": "1 nm", "correlation_length": "9 nm"}}}
SPHEROID = {
    "geometry": {
        "kind": "spheroid",
        "ambient": "air",
        "layers": [
            {"name": "body", "material": "npl", "equatorial_radius": "3 um", "polar_radius": "2.9 um"}
        ],
    }
}


@pytest.mark.parametrize(
    ("entry", "sections", "words"),
    [
        ({"surface": "shell", "notch": {"depth": "20 nm", "width": "20 nm"}, "direction": [1, 0, 0]}, {}, "too steep"),
        ({"patch": {"thickness": "9 nm", "width": "5 nm", "n": 1.5}}, {}, "too steep"),
        ({"thickness": "shell", "rms": "30 nm", "correlation_length": "30 nm"}, {}, "too steep"),
        ({"surface": "core", "rms": "1 nm"}, {}, "correlation_length"),
        ({"rms": "1 nm", "correlation_length": "1 um"}, {}, "surface"),
        ({"surface": "cor", "offset": "1 nm", "direction": [0, 0, 1]}, {}, "is not a layer"),
        ({"surface": "core", "offset": "1 nm"}, {}, "direction"),
        ({"surface": "core", "offset": "1 nm", "direction": [0, 0, 0]}, {}, "no length"),
        ({"surface": "core", "offset": "1 nm", "direction": [0, 0, 1], "seed": 3}, {}, "no effect"),
        ({"surface": "core", "harmonics": [[2, 3, "1 nm"]]}, {}, "|M| <= L"),
        ({"surface": "core", "harmonics": [[2, 0, 1]]}, {}, "bare number"),
        ({"surface": "core", "map": "nowhere.csv"}, {}, "cannot be read"),
        ({"surface": "core", "rms": "1 nm", "correlation_length": "1 um", "harmonics": [[2, 0, "1 nm"]]}, {}, "one way"),
        ({"surface": "core", "patch": {"thickness": "4 nm", "width": "1 um", "n": 1.5}}, {}, "outermost surface"),
        ({"surface": "core", "dn": {"rms": 1e-3, "correlation_length": "1 um"}}, {}, "names its layer"),
        ({"layer": "cor", "dn": {"harmonics": [[2, 0, 1e-3]]}}, {}, "is not a layer"),
        ({"layer": "core", "dn": {"rms": 1e-3}}, {}, "belong together"),
        ({"layer": "core", "dn": {"map": "nowhere.csv"}}, {}, "cannot be read"),
        ({"layer": "core", "surface": "core", "notch": {"depth": "4 nm", "width": "1 um"}}, {}, "no effect"),
        ({"surface": "core", "harmonics": [[2, 0, "1 nm"]]}, ROUGH, "no effect"),
        ({"surface": "core", "harmonics": [[2, 0, "1 nm"]]}, {"modes": {**BASE["modes"], "azimuthal_orders": [3]}}, "no effect"),
        ({"surface": "body", "harmonics": [[2, 0, "1 nm"]]}, SPHEROID, "layered_sphere"),
        ({"bead": {"radius": "9 nm", "n": 1.5}}, SPHEROID, "on a spheroid: rms, map, grating, notch, patch"),
    ],
)  # fmt: skip
def test_what_has_no_meaning_is_refused(entry: dict[str, Any], sections: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=r".*") as refused:
        load_config(with_entries(entry, **sections))
    assert words in str(refused.value)


def test_a_map_on_a_grid_gives_its_harmonics_back(tmp_path: Path) -> None:
    """A table of a known harmonic sum, read from a file: the same coefficients; the resolved copy needs no file."""
    entry = {"surface": "shell", "harmonics": [[2, 0, "3 nm"], [3, -2, "1 nm"], [4, 3, "2 nm"]]}
    known = reliefs(load_config(with_entries(entry)))[1]
    theta, phi = np.arange(0.0, 181.0, 5.0), np.arange(0.0, 360.0, 5.0)
    heights = 1e3 * known.at(np.radians(theta), np.radians(phi))
    rows = [
        f"{t},{p},{h!r}"
        for t, line in zip(theta, heights.tolist(), strict=True)
        for p, h in zip(phi, line, strict=True)
    ]
    (tmp_path / "map.csv").write_text("theta_deg,phi_deg,dr_nm\n" + "\n".join(rows) + "\n")
    config = load_config(with_entries({"surface": "shell", "map": str(tmp_path / "map.csv")}))
    read = reliefs(config)[1].truncated(4).coefficients
    assert np.abs(read - known.coefficients[:5, :5]).max() < 2e-3 * np.abs(known.coefficients).max()
    resolved = tmp_path / "resolved.yaml"
    resolved.write_text(dump_resolved(config))
    (tmp_path / "map.csv").unlink()
    assert config_hash(load_config(resolved)) == config_hash(config)


def test_index_maps_read_tables_and_harmonics_alike(tmp_path: Path) -> None:
    """dn = 1e-3 cos^2(theta) as a table and as its two harmonics."""
    rows = [
        f"{t},{p},{1e-3 * math.cos(math.radians(t)) ** 2}"
        for t in range(0, 181, 5)
        for p in range(0, 360, 15)
    ]
    (tmp_path / "dn.csv").write_text("theta_deg,phi_deg,dn\n" + "\n".join(rows) + "\n")
    terms = [[0, 0, 1e-3 / 3.0], [2, 0, 2e-3 / 3.0 / 5.0**0.5]]
    table, known = (
        index_maps(load_config(with_entries({"layer": "shell", "dn": dn})))[1]
        for dn in ({"map": str(tmp_path / "dn.csv")}, {"harmonics": terms})
    )
    assert np.abs(table.truncated(2).coefficients - known.coefficients).max() < 1e-6


def test_a_notch_and_a_patch_lie_where_they_are_said_to() -> None:
    """Half the depth at half the width from the middle; the lines about their axis are those of a direct calculation."""
    direction, width = [2.0, -1.0, 2.0], 1.5
    notch = {"surface": "shell", "notch": {"depth": "10 nm", "width": f"{width} um"}, "direction": direction}
    config = load_config(with_entries(notch))
    dent = reliefs(config)[1]
    theta, phi = np.arccos(2.0 / 3.0), np.arctan2(-1.0, 2.0)
    away = 2.0 * np.arcsin(0.25 * width / config.geometry.radii_um[-1])
    depths = 1e3 * dent.at(np.array([theta, theta + away]), np.array([phi]))[:, 0]
    assert depths == pytest.approx([-10.0, -5.0], abs=1e-4)
    about = common_axis(config)
    assert about is not None
    mode = layered_sphere([2.0, 2.3], [1.45, 1.768, 1.0]).mode("TE", 9, 1)
    direct = multiplet(mode, {1: dent}, full=True)
    turned = multiplet(mode, reliefs(config, about), full=True).turned(about, {})
    assert np.abs(direct.shift - turned.shift).max() < 1e-9 * np.abs(direct.shift).max()
    overlap = np.abs(direct.states.conj().T @ turned.states) ** 2
    assert overlap[0].max() == pytest.approx(1.0, abs=1e-6)
    patch = {"patch": {"thickness": "10 nm", "width": f"{width} um", "n": 1.768}, "direction": direction}
    assert np.allclose(
        reliefs(load_config(with_entries(patch)))[Coat(1, 1.768 + 0j)].coefficients, -dent.coefficients
    )


@pytest.mark.parametrize("kind", ["gaussian", "exponential"])
def test_a_random_map_on_a_body_has_the_variance_asked_for(kind: str) -> None:
    """Orders M add up to the variance at each point; the mean over seeds of |h_M|^2 is the share of the order."""
    ellipse = np.linspace(0.1, 3.0, 12)
    curve = Curve(2.0 * np.sin(ellipse), np.cos(ellipse))
    entry = {"surface": "body", "rms": "2 nm", "correlation_length": "1 um", "spectrum": kind}
    samples = [heights(Imperfection.model_validate({**entry, "seed": seed}), curve) for seed in range(40)]
    squares = np.array([[np.mean(np.abs(one.orders(M)) ** 2) for M in range(25)] for one in samples]).mean(
        axis=0
    )
    assert squares[0] + 2.0 * squares[1:].sum() == pytest.approx(4e-6, rel=0.12)


def test_a_random_map_has_the_variance_and_correlation_asked_for() -> None:
    """Mean over seeds of the relief's variance and of its correlation at one correlation length: sigma^2 and sigma^2 / e."""
    from femwgm.imperfections import relief

    R, length, sigma = 3.49, 0.8, 0.002
    variance = relief.spectrum("gaussian", length, R, 80)
    assert variance.sum() == pytest.approx(1.0, abs=1e-9)
    x = 1.0 - 0.5 * (length / R) ** 2
    assert np.polynomial.legendre.legval(x, variance) == pytest.approx(np.exp(-1.0), abs=1e-9)
    rough = relief.spectrum("exponential", length, R, 500)
    assert np.polynomial.legendre.legval(x, rough) == pytest.approx(np.exp(-1.0), abs=1e-3)
    rms = [relief.random(variance * sigma**2, seed, 80).rms for seed in range(20)]
    assert np.mean(np.square(rms)) == pytest.approx(sigma**2, rel=0.07)
