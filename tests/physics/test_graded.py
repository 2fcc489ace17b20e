"""Graded layers against laws of their own: Kummer functions for TE modes of a parabolic profile, else the radial equation."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq
from scipy.special import spherical_jn, spherical_yn

import femwgm
from femwgm.cli.exact import exact_rows
from femwgm.config import load_config
from femwgm.config.load import validate
from femwgm.errors import ConfigError
from femwgm.materials import materials_from_config

INNER, OUTER, RADIUS = 1.55**2, 1.46**2, 3.0


def ball(**graded: Any) -> dict[str, Any]:
    return {
        "schema": 1,
        "geometry": {
            "kind": "layered_sphere", "ambient": "air",
            "layers": [{"name": "ball", "material": "centre", "radius": "3 um", "graded": {"to": "edge", **graded}}],
        },
        "materials": {"centre": {"n": 1.55}, "edge": {"n": 1.46}, "air": {"n": 1.0}},
        "modes": {"window": ["555 nm", "590 nm"], "radial_orders": [1], "azimuthal_orders": [42], "polar_orders": [0]},
        "accuracy": {"wavelength": 1e-4},
        "outputs": {"fields": False, "plots": False},
    }  # fmt: skip


def outside(l: int, k: float) -> float:
    """Logarithmic derivative of the real part of the ambient wave, as lossless resonances have it."""
    x = k * RADIUS
    j, y, dj, dy = spherical_jn(l, x), spherical_yn(l, x), spherical_jn(l, x, True), spherical_yn(l, x, True)
    a, b, da, db = x * j, x * y, j + x * dj, y + x * dy
    return float(k * (a * da + b * db) / (a * a + b * b))


def parabolic_te(l: int, k: float) -> float:
    """Mismatch at the surface: u = r^(l+1) exp(-alpha r^2/2) M(a, l + 3/2, alpha r^2) for eps = eps_0 - (alpha/k)^2 r^2."""
    alpha = k * np.sqrt(INNER - OUTER) / RADIUS
    a = 0.5 * (l + 1.5) - k * k * INNER / (4.0 * alpha)
    b, x = l + 1.5, alpha * RADIUS**2
    ratio = mpmath.hyp1f1(a + 1, b + 1, x) / mpmath.hyp1f1(a, b, x) * a / b
    return float((l + 1) / RADIUS - alpha * RADIUS + 2.0 * alpha * RADIUS * ratio) - outside(l, k)


def ode_tm(l: int, k: float) -> float:
    """Mismatch at the surface of u'' - eps'/eps u' + (k^2 eps - L/r^2) u = 0 with u and u'/eps continuous."""
    slope = 2.0 * (OUTER - INNER) / RADIUS**2

    def eps(r: float) -> float:
        return INNER + 0.5 * slope * r * r

    def right(r: float, y: Any) -> list[float]:
        return [y[1], slope * r / eps(r) * y[1] - (k * k * eps(r) - l * (l + 1) / r**2) * y[0]]

    start = 0.35 * RADIUS
    grow = np.sqrt(l * (l + 1) / start**2 - k * k * eps(start))
    u, du = solve_ivp(
        right, (start, RADIUS), [1e-20, 1e-20 * grow], method="DOP853", rtol=1e-12, atol=1e-50
    ).y[:, -1]
    return float(du / u / OUTER - outside(l, k))


def test_a_parabolic_profile_has_the_modes_of_its_law() -> None:
    rows, _ = exact_rows(load_config(ball(power=2, steps=64)))
    assert {row["pol"] for row in rows} == {"TE", "TM"}
    for row in rows:
        k, error = row["k0_re_per_um"], row["wavelength_error"]
        law = parabolic_te if row["pol"] == "TE" else ode_tm
        true = brentq(partial(law, row["l"]), k * (1.0 - 1e-4), k * (1.0 + 1e-4), xtol=1e-14)
        assert abs(k / true - 1.0) < error
        assert error < 2e-6


def test_elements_find_the_same_modes() -> None:
    config = load_config(ball(power=2, steps=24))
    rows, _ = exact_rows(config)
    modes = femwgm.run(config).modes
    assert len(modes) == len(rows)
    for mode, row in zip(modes, rows, strict=True):
        assert (mode.pol, mode.l) == (row["pol"], row["l"])
        assert mode.wavelength_nm == pytest.approx(row["wavelength_nm"], rel=mode.wavelength_error)
        assert mode.wavelength_error < 1e-4
        assert mode.met


def test_a_table_is_a_profile_and_ends_are_any_media(tmp_path: Path) -> None:
    straight = load_config(ball(power=1.0, steps=16))
    table = load_config(ball(shares=[[0, 0], [0.3, 0.3], [1, 1]], steps=16))
    for name in straight.materials:
        one, other = (materials_from_config(c)[name].permittivity(11.0) for c in (straight, table))
        assert one == pytest.approx(other, rel=1e-14)
    (tmp_path / "shares.csv").write_text("t,s\n0,0\n0.3,0.3\n1,1\n")
    assert validate(ball(shares="shares.csv", steps=16), folder=tmp_path) == table
    glass = ball(steps=8)
    glass["materials"]["centre"] = {"preset": "fused_silica"}
    media = materials_from_config(load_config(glass))
    half = media["ball_4"]
    share = 3.5 / 8.0
    assert half.dispersive
    assert half.permittivity(11.0) == pytest.approx(
        (1 - share) * media["centre"].permittivity(11.0) + share * 1.46**2
    )


@pytest.mark.parametrize(
    ("graded", "word"),
    [
        ({"to": "nothing"}, "no medium to go over into"), ({"steps": 7}, "steps"), ({"power": 0}, "positive"),
        ({"step": 8}, "did you mean 'steps'"), ({"shares": [[0, 0], [0.5, 2], [1, 1]]}, "share outside"),
        ({"shares": [[0.1, 0], [1, 1]]}, "from 0 to 1"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(graded: dict[str, Any], word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        load_config(ball(**graded))
