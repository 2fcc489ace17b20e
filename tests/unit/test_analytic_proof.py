"""Proved digits against literal multiprecision arithmetic, and counts against the tabulated poles of a sphere."""

from __future__ import annotations

import csv
import json
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import mpmath as mp
import pytest
from support.mie_twin import pole as twin

from femwgm.analytic import layered_sphere
from femwgm.analytic.proof import Prover, distinct, outermost
from femwgm.cli import main
from femwgm.cli.prove import proof_of
from femwgm.config import load_config

pytest.importorskip("flint")

COATED = Prover(["1.5", "1.99"], [("1.45", "0"), ("1.768", "0"), ("1", "0")])


@pytest.mark.parametrize(("pol", "l", "loss"), [("TE", 30, "0"), ("TM", 30, "0.0001220703125")])
def test_enclosure_holds_the_pole(pol: str, l: int, loss: str) -> None:
    """Thirty digits of both parts, from literal recurrences that share no code with it, with and without loss."""
    radii, media = (
        [1.5, 1.99],
        [1.45, complex(1.75, float(loss)), 1.0],
    )  # exact in binary, as the twin takes a complex index
    exact = layered_sphere(radii, media).mode(pol, l)
    prover = Prover(["1.5", "1.99"], [("1.45", "0"), ("1.75", loss), ("1", "0")])
    found = prover.pole(pol, l, exact.k0, 30, log10_q=8.0)
    assert found.proved
    with mp.workdps(160):
        k = twin(pol, l, radii, media, exact.k0, 160)
        low, high = (mp.mpf(x.numerator) / x.denominator for x in found.wavelength_nm())
        assert low <= 2000 * mp.pi / k.real <= high
        assert high - low < low * mp.mpf(10) ** -29
        low, high = (mp.mpf(x.numerator) / x.denominator for x in found.quality() or ())
        assert low <= -k.real / (2 * k.imag) <= high
        assert high - low < low * mp.mpf(10) ** -29


def test_count_by_the_argument_principle() -> None:
    """Poles of eps = 4, l = 5: TE 3.914 - 0.0419i and TM 4.276 - 0.0942i; windows with and without them, shallow and deep."""
    ball = Prover(["1"], [("2", "0"), ("1", "0")])
    assert ball.count("TE", 5, 3.8, 4.0, 0.1, 0.05) == 1
    assert ball.count("TE", 5, 3.8, 4.0, 0.04, 0.05) == 0
    assert ball.count("TM", 5, 4.2, 4.4, 0.1, 0.05) == 1
    assert ball.count("TM", 5, 3.8, 4.0, 0.05, 0.05) == 0
    assert COATED.count("TM", 30, 10.2, 10.4, 1e-3, 1e-2) == 1


@pytest.mark.parametrize(
    ("radii", "indices", "label", "start"),
    [
        (["5", "5.001"], ["1.45", "2.4", "1"], ("TE", 64), 9.744142),  # 1 nm of film
        (["1.5"], ["1.6", "1.33"], ("TE", 14), 10.68106 - 0.47959j),  # Q = 11
    ],
)
def test_thin_films_and_leaky_poles_are_proved_at_few_digits(
    radii: list[str], indices: list[str], label: tuple[str, int], start: complex
) -> None:
    """A first ball on which the derivative may vanish gives way to a smaller one."""
    prover = Prover(radii, [(n, "0") for n in indices])
    assert prover.pole(*label, start, 6, log10_q=9.0 if start.imag == 0.0 else 0.0).proved


def sphere_with(
    window: list[str], layers: dict[str, str], media: dict[str, Any], m: list[int]
) -> dict[str, Any]:
    """The TE q = 1 lines of a sphere: radius (um) by layer, medium by layer and of the ambient."""
    return {
        "schema": 1,
        "geometry": {
            "kind": "layered_sphere", "ambient": "out",
            "layers": [{"name": name, "material": name, "radius": radius} for name, radius in layers.items()],
        },
        "materials": media,
        "modes": {
            "window": window, "polarizations": ["TE"], "radial_orders": [1], "polar_orders": [0], "azimuthal_orders": m,
        },
    }  # fmt: skip


LEAKY = sphere_with(["690 nm", "885 nm"], {"ball": "1.5 um"}, {"ball": {"n": 1.6}, "out": {"n": 1.33}}, [14])
METAL = sphere_with(
    ["840 nm", "880 nm"], {"gold": "0.2 um", "ball": "0.7 um"},
    {"gold": {"eps": "-10+1j"}, "ball": {"n": 2.0}, "out": {"n": 1.0}}, [7],
)  # fmt: skip


@pytest.mark.parametrize(("settings", "others"), [(LEAKY, 2), (METAL, 0)], ids=["leaky", "metal"])
def test_poles_of_other_orders_complete_the_count(settings: dict[str, Any], others: int) -> None:
    """Above the floor, half the lowest Q asked for, there are others: counted, enclosed, and not listed."""
    poles, summary = proof_of(load_config(settings), 8)
    assert len(poles) == 1
    assert summary["complete"]
    assert sum(entry["counted"] for entry in summary["counts"]) == others + 1


def test_the_last_degree_with_a_pole() -> None:
    """l (l + 1) <= |k|^2 R^2 / Re(1 / eps), of the medium where that is largest; metals bound no degree."""
    assert outermost(2.0, [2.25, 1.0], 5.0) == math.floor(math.sqrt(15.0**2 + 0.25) - 0.5) + 1
    assert outermost(2.0, [2.0 + 1.0j, 1.0], 5.0) == math.floor(math.sqrt(100.0 * 2.5 + 0.25) - 0.5) + 1
    assert outermost(2.0, [2.25, -10.0 + 1.0j], 5.0) is None


def test_balls_that_touch_count_once() -> None:
    pole = COATED.pole("TM", 30, 10.3, 6)
    assert distinct([pole, pole]) == 1


def test_a_start_far_off_proves_another_pole_or_none() -> None:
    """Whatever Newton's iteration ends at is a pole, or is not called one."""
    found = Prover(["1"], [("2", "0"), ("1", "0")]).pole("TE", 5, 6.0 - 0.5j, 12)
    if found.proved:
        assert Prover(["1"], [("2", "0"), ("1", "0")]).determinant(False, 5)(found.k0)[0].contains(0)


def test_the_verb(tmp_path: Path) -> None:
    (tmp_path / "case.yaml").write_text(
        "schema: 1\n"
        "geometry: {kind: layered_sphere, layers: [{name: ball, material: glass, radius: 1 um}], ambient: air}\n"
        "materials: {glass: {n: 2}, air: {n: 1}}\n"
        "modes: {window: [900 nm, 940 nm], polarizations: [TE], radial_orders: [1], azimuthal_orders: [10], polar_orders: [0]}\n"
    )
    with pytest.raises(SystemExit) as end:
        main(["prove", str(tmp_path / "case.yaml"), "-o", str(tmp_path / "out"), "--digits", "40", "-q"])
    assert not end.value.code
    (row,) = csv.DictReader((tmp_path / "out" / "prove.csv").open())
    assert (row["pol"], row["q"], row["l"], row["proved"]) == ("TE", "1", "10", "true")
    exact = 2000.0 * float(mp.pi) / 6.82626407198
    assert float(row["wavelength_nm_low"]) == pytest.approx(exact, rel=1e-12)
    assert 0 < Decimal(row["wavelength_nm_high"]) - Decimal(row["wavelength_nm_low"]) < Decimal("1e-36")
    assert float(row["q_low"]) == pytest.approx(1346.07, rel=1e-5)
    assert json.loads((tmp_path / "out" / "prove.json").read_text())["complete"] is True
