"""Labels decide what was asked for only where they are sure, and what is missing comes with its reason."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from femwgm.config import load_config
from femwgm.finders.exact_list import expected_modes
from femwgm.finders.nested import NestedFinder
from femwgm.finders.refusals import absent, kinds_of
from femwgm.materials import media_of
from femwgm.modes.family import asked_for, with_families
from femwgm.modes.labels import Label
from femwgm.modes.mode import Mode
from femwgm.modes.turns import Turns, turns
from femwgm.runs.finish import with_e_direction
from femwgm.runs.notes import doubts


def config(kind: str = "disk"):
    size = {"thickness": "1 um"} if kind == "disk" else {"minor_diameter": "1 um"}
    radius = {"radius": "3 um"} if kind == "disk" else {"diameter": "6 um"}
    return load_config({
        "schema": 1, "geometry": {"kind": kind, "material": "g", "ambient": "air", **size, **radius},
        "materials": {"g": {"n": 1.5}, "air": {"n": 1.0}},
        "modes": {"window": ["640 nm", "660 nm"], "polarizations": ["TE"], "radial_orders": [1], "polar_orders": [0]},
    })  # fmt: skip


@pytest.mark.parametrize(
    ("label", "kept"),
    [
        (Label("TE", 1, 0, 0.95, 0.9), True),
        (Label("TM", 1, 0, 0.05, 0.9), False),
        (Label("TM", 1, 0, 0.45, 0.1), True),  # as much TE as TM: its polarization excludes nothing
        (Label("TM", 2, 0, 0.45, 0.1), False),  # but its two lobes do
        (Label("TE", 2, 0, 0.95, 0.1, radial=Turns(1, 0.1, 0, 1)), True),
        (Label("TE", 3, 0, 0.95, 0.1, radial=Turns(2, 0.1, 1, 2)), False),  # one turn of the two is clear
        (Label("TE", 1, 3, 0.95, 0.1, polar=Turns(3, 0.1, 0, 3)), True),
        (Label("TE", 1, 3, 0.95, 0.1, radial=Turns(0, 0.1, 0, 1)), False),
    ],
)
def test_what_a_label_is_unsure_of_excludes_nothing(label: Label, kept: bool) -> None:
    assert label.admits(config().modes) is kept


def test_lobes_of_a_wave_and_of_a_hybrid() -> None:
    x = np.linspace(0.0, 1.0, 401)
    three, one = np.sin(3.0 * np.pi * x), np.sin(np.pi * x)
    assert turns(three[None], 0.05) == Turns(2, 1.0, 2, 2)
    # Half of each: the polarizations agree, or one of them turns where the other does not.
    assert turns(np.stack([three, 1j * three]), 0.05).count == 2
    two = np.sin(2.0 * np.pi * x)
    assert turns(np.stack([one, two]), 0.05).count == 1
    assert turns(np.stack([one, 0.3 * two]), 0.05).count == 0
    assert turns(np.zeros((1, 401)), 0.05).sure == 0.0
    # Two lobes of directions 67 and 45 degrees apart: another order, and the same one.
    near, far = (np.exp(-(((x - at) / 0.1) ** 2)) for at in (0.25, 0.75))
    for degrees, count in ((67.0, 1), (45.0, 0)):
        cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        assert turns(np.stack([near + cosine * far, sine * far]), 0.05).count == count


def mode(m: int, **changes) -> Mode:
    """One of a family with n_g = 1.5 on a radius of 3 um."""
    k0 = 9.6 + (m - 32) / (3.0 * 1.5)
    default = {"pol": "TE", "q": 1, "p": 0, "l": m, "confidence": 0.9, "te_fraction": 0.95}
    rest = {"log10_q_rad": 5.0, "q_abs": None, "energy": {}, "e2": {}, "radial_e2": {}, "mode_volume_um3": 1.0,
            "wavelength_error": 1e-9, "residual": 1e-12, "dofs": 1, "seconds": 0.0}  # fmt: skip
    return Mode(m=m, radius=3.0, n_g=1.5, met=True, **rest, **{**default, "k0": complex(k0), **changes})


def test_a_family_that_is_another_is_left_out_and_an_unsure_one_is_not() -> None:
    family = [mode(31, q=2), mode(32, q=2), mode(33, q=1, confidence=0.3)]
    assert {m.q for m in with_families(family, exact=False)} == {2}
    assert asked_for(with_families(family, exact=False), config().modes) == []
    unsure = with_families([replace(m, confidence=0.1) for m in family], exact=False)
    assert asked_for(unsure, config().modes) == unsure
    assert len(asked_for(with_families([mode(31), mode(32)], exact=False), config().modes)) == 2


def test_a_hybrid_is_unsure_of_its_polarization_not_of_its_orders() -> None:
    hybrid = {"te_fraction": 0.45, "pol": "TM", "confidence": 0.1}
    hybrids = [mode(32, **hybrid), mode(30, q=2, k0=9.25 + 0j, **hybrid)]
    kept = asked_for(with_families(hybrids, exact=False), config().modes)
    assert [m.m for m in kept] == [32]


def test_modes_far_apart_in_m_are_one_family_only_where_the_slopes_meet() -> None:
    near = [mode(20), replace(mode(32), k0=mode(32).k0 + 0.03)]  # 0.13 of a step of 0.22 rad/um away
    far = [mode(20), replace(mode(32), k0=mode(32).k0 + 0.1)]
    assert len({m.family for m in with_families(near, exact=False)}) == 1
    assert len({m.family for m in with_families(far, exact=False)}) == 2


def test_hybrids_say_so_and_planar_devices_say_where_e_points() -> None:
    hybrid = mode(32, te_fraction=0.55, confidence=0.1)
    notes = doubts([hybrid], [], config())
    assert any("hybrid" in note and "55% TE" in note for note in notes)
    assert not any("uncertain" in note for note in notes)
    assert not any("hybrid" in note for note in doubts([mode(32)], [], config()))
    assert with_e_direction(mode(32), config()).extra["e_direction"] == "out of plane"
    assert with_e_direction(mode(32, pol="TM"), config()).extra["e_direction"] == "in plane"
    assert "e_direction" not in with_e_direction(mode(32), config("torus")).extra


def test_kinds_that_are_absent_are_named_once_with_their_reason() -> None:
    asked = config()
    modes = asked.modes.model_copy(
        update={"polarizations": ("TE", "TM"), "radial_orders": (1, 2), "polar_orders": (0, 1)}
    )
    there = kinds_of([mode(32), mode(32, q=2), mode(31, l=32, p=1, q=2)])
    lines = absent(asked.model_copy(update={"modes": modes}), there, lambda kind: f"not {kind[0]}")
    assert lines == ["no TE q=1 p=1: not TE", "no TM q=1 p=0, 1: not TM", "no TM q=2 p=0, 1: not TM"]
    # Where every order is asked for only a polarization can be absent.
    every = modes.model_copy(update={"radial_orders": None, "polar_orders": None})
    assert absent(asked.model_copy(update={"modes": every}), there, lambda _: "why") == ["no TM: why"]


def test_what_a_sphere_lacks_is_named_with_the_nearest_lines() -> None:
    ball = load_config({
        "schema": 1,
        "geometry": {
            "kind": "layered_sphere", "layers": [{"name": "b", "material": "g", "radius": "3 um"}], "ambient": "air"
        },
        "materials": {"g": {"n": 1.45}, "air": {"n": 1.0}},
        "modes": {"window": ["1.0 um", "1.1 um"], "polarizations": ["TE"], "radial_orders": [1, 9],
                  "polar_orders": [0, 40]},
    })  # fmt: skip
    finder = NestedFinder(ball, media_of(ball))
    finder.expected = expected_modes(ball, media_of(ball) | {"g": media_of(ball)["b"]})
    assert finder.notes([]) == [
        "no TE q=1 p=40: of its lines l = 21, 22 none has such an m = l - p",
        "no TE q=9 p=0, 40: none in the window; the nearest are TE q=9 l=1 at 967.878 nm",
    ]
