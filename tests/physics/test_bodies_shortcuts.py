"""What spares a body a factorisation, a stage of its search or a second look beyond its domain changes none of its numbers."""

import numpy as np
import pytest

import femwgm
from femwgm.finders.body_search import BodySearch
from femwgm.solver import eigenmode, observed


def disk(**modes: object) -> dict:
    """A small disk of a dense dispersive glass."""
    return {
        "schema": 1,
        "geometry": {"kind": "disk", "material": "glass", "radius": "0.9 um", "thickness": "250 nm", "ambient": "air"},
        "materials": {"glass": {"sellmeier": {"B": [9.0], "C_um2": [0.04]}, "range": ["0.5 um", "3 um"]}, "air": {"n": 1.0}},
        "modes": {"window": ["1.3 um", "1.4 um"], "polarizations": ["TE"], **modes},
        "accuracy": {"wavelength": 1e-5},
    }  # fmt: skip


def run_counting_stages() -> tuple[list, int]:
    """The modes, and how many domains the search was made on."""
    stages, coarse = [], BodySearch.coarse
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            BodySearch, "coarse", lambda self, lowest: stages.append(lowest) or coarse(self, lowest)
        )
        return list(femwgm.run(disk()).modes), len(stages)


@pytest.fixture(scope="module")
def found() -> tuple[list, int]:
    return run_counting_stages()


@pytest.fixture
def modes(found) -> list:
    return found[0]


def same(one: list, other: list, rtol: float) -> None:
    assert [(m.pol, m.q, m.m, m.p) for m in one] == [(m.pol, m.q, m.m, m.p) for m in other]
    np.testing.assert_allclose([m.k0.real for m in one], [m.k0.real for m in other], rtol=rtol)
    np.testing.assert_allclose([m.log10_q_rad for m in one], [m.log10_q_rad for m in other], atol=1e3 * rtol)


def test_media_that_follow_the_wavenumber_need_one_factorisation(modes, monkeypatch) -> None:
    """Beside a new factorisation for every step of the wavenumber, and the media as strong as they are."""
    monkeypatch.setattr(eigenmode, "_NEAR", 0.0)
    same(modes, list(femwgm.run(disk()).modes), 1e-11)
    assert all(mode.residual < 1e-9 for mode in modes)


def test_a_stage_made_for_what_the_last_one_showed_finds_the_same(found, monkeypatch) -> None:
    """Beside a search that goes down stage by stage; the meshes of both differ."""
    monkeypatch.setattr(BodySearch, "_hinted", lambda _, depth: depth)
    other, stages = run_counting_stages()
    assert found[1] < stages
    for one, two in zip(found[0], other, strict=True):
        assert abs(one.k0.real / two.k0.real - 1.0) < one.wavelength_error + two.wavelength_error


def test_shares_beyond_the_domain_are_measured_once(modes, monkeypatch) -> None:
    """Beside two measurements: the shares are the same, their errors much the same."""
    monkeypatch.setattr(observed, "_LITTLE", 0.0)
    for one, two in zip(modes, femwgm.run(disk()).modes, strict=True):
        assert one.energy == pytest.approx(two.energy, rel=1e-9)
        assert one.share_error == pytest.approx(two.share_error, rel=0.5)
        assert one.e2_error == pytest.approx(two.e2_error, rel=0.5)
