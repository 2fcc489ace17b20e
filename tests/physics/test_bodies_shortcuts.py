"""What spares a body a factorisation, a stage of its search or a second look beyond its domain changes none of its numbers."""

import numpy as np
import pytest
from support.spheres import mode_of

import femwgm
from femwgm import analytic
from femwgm.config.load import validate
from femwgm.finders.body_search import BodySearch
from femwgm.finders.family_targets import Target
from femwgm.finders.groups import sharing_a_domain
from femwgm.geometry.build import section_of
from femwgm.ground.expected import Expected
from femwgm.mesh import planar
from femwgm.mesh.body_domain import design_general
from femwgm.mesh.landscape import Wave
from femwgm.solver import eigenmode, measured


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


def test_shares_beyond_the_domain_are_measured_once_where_they_are_negligible(modes, monkeypatch) -> None:
    """Beside two measurements of each mode: the shares are the same, their errors much the same."""
    either = measured.up_to_their_ends
    monkeypatch.setattr(measured, "up_to_their_ends", lambda *a: either(*a[:-1], 0.0))
    for one, two in zip(modes, femwgm.run(disk()).modes, strict=True):
        assert one.energy == pytest.approx(two.energy, rel=1e-9)
        assert one.share_error == pytest.approx(two.share_error, rel=0.5)
        assert one.e2_error == pytest.approx(two.e2_error, rel=0.5)


def test_the_shares_of_a_leaky_mode_lack_what_its_end_moves() -> None:
    """Of a tenth of this mode, which its turning point cuts off, the error is that of the wavenumber, not that of the field."""
    radii, media = [2.5777, 2.5847], [1.45738, 2.11228, 1.33]
    exact = analytic.layered_sphere(radii, media).mode("TM", 36)
    mode = mode_of(radii, media, "TM", 36, 1e-3 * exact.wavelength_nm, m=32, accuracy=1e-6, width=1e-6)
    apart = max(abs(a - b) for a, b in zip(mode.energy.values(), exact.energy.values(), strict=True))
    assert 1e-8 < apart < 3.0 * mode.share_error < 1e-4


def test_a_film_along_a_curve_is_meshed_at_the_first_attempt(monkeypatch) -> None:
    """Cells as long as the light would allow fold in it; the outlines themselves say how far apart they run."""
    geometry = validate({
        **disk(), "geometry": {
            "kind": "torus", "material": "glass", "diameter": "20 um", "minor_diameter": "4 um", "ambient": "air",
            "coatings": [{"name": "film", "material": "glass", "thickness": "40 nm"}],
        },
    }).geometry  # fmt: skip
    section = section_of(geometry)
    assert [gap for _, _, gap in section.films] == pytest.approx([0.04] * len(section.films), rel=0.02)
    attempts, build = [], planar._build
    monkeypatch.setattr(planar, "_build", lambda *a: attempts.append(a) or build(*a))
    domain = design_general(
        section, dict.fromkeys(section.regions, 1.5) | {"air": 1.0}, [Wave(50.0, 4.2)], 1e-3
    )
    domain.real_mesh()
    assert len(attempts) == 1


def test_families_of_a_mode_or_two_share_a_domain() -> None:
    def family(pol: str, *orders: int) -> list[Target]:
        return [Target(Expected(pol, 1, m, m, 4.0 + 0j), None, None) for m in orders]

    def groups(*families: list[Target], tolerance: object = lambda _: 1e-7) -> list[list[tuple]]:
        return [[(t.expected.pol, t.expected.m) for t in g] for g in sharing_a_domain(families, tolerance)]

    te, tm, many = family("TE", 80, 81), family("TM", 82), family("TE", *range(70, 90))
    assert groups(te, tm) == [[("TE", 80), ("TE", 81), ("TM", 82)]]
    assert [len(g) for g in groups(te, tm, many)] == [3, 20]
    assert [len(g) for g in groups(te, family("TM", 120))] == [2, 1]
    sharp = {"TE": 1e-7, "TM": 1e-9}
    assert [len(g) for g in groups(te, tm, tolerance=lambda g: min(sharp[t.expected.pol] for t in g))] == [
        2,
        1,
    ]


@pytest.mark.slow
def test_the_volume_of_a_mode_on_a_coarse_mesh_is_within_its_error() -> None:
    """Half a ball on silica: beside the crest of its richer solution the poorer one is brighter, at the crest it agrees."""
    window = {"window": ["0.94 um", "1.0 um"], "radial_orders": [1], "polar_orders": [0]}
    half = {
        "schema": 1,
        "geometry": {"kind": "hemisphere", "material": "polymer", "radius": "2 um", "ambient": "air",
                     "background": [{"name": "chip", "material": "silica", "top": "0 um"}]},
        "materials": {"polymer": {"n": 2.0}, "silica": {"n": 1.45}, "air": {"n": 1.0}},
        "modes": window,
        "accuracy": {"wavelength": 1e-5, "q": 0.02},
    }  # fmt: skip
    coarse = {(mode.pol, mode.m): mode for mode in femwgm.run(half).modes}
    finer = {
        "modes": {**window, "azimuthal_orders": [20], "polarizations": ["TM"]},
        "accuracy": {"wavelength": 1e-7},
    }
    (fine,) = femwgm.run({**half, **finer}).modes
    mode = coarse["TM", 20]
    off = abs(mode.mode_volume_um3 / fine.mode_volume_um3 - 1.0)
    assert off < 2.0 * (mode.extra["mode_volume_error"] + fine.extra["mode_volume_error"]) < 0.03
