"""Lines of a batch and their slopes against single exact modes, differences and outside numbers."""

from __future__ import annotations

import numpy as np
import pytest
from support.marks import thinned

from femwgm.analytic import LayeredSphere
from femwgm.errors import ConfigError
from femwgm.experiment.spectrum.line_fits import Atlas
from femwgm.experiment.spectrum.lines import Labels, label_range, solve, track
from femwgm.experiment.spectrum.model import CoatedSphere, TunedMedium
from femwgm.experiment.spectrum.prior import prior_from
from femwgm.materials import Material
from femwgm.materials.dispersion import Constant
from femwgm.materials.presets import PRESETS


def medium(n: complex) -> Material:
    return Material("m", Constant(complex(n) ** 2))


def preset(name: str) -> Material:
    found = PRESETS[name]
    return Material(name, found.law, validity_um=found.validity_um, source=found.source)


def published() -> CoatedSphere:
    media = {"core": medium(1.45), "shell": medium(1.768), "air": medium(1.0)}
    return CoatedSphere((10.0, 10.49), media, reference_um=0.66)


TM163 = Labels(np.array([True]), np.array([163.0]), np.array([1.0]))


def test_slopes_of_the_published_mode_are_the_published_ones() -> None:
    """nm per um and per unit of index, of TM l=163: computed with multiple precision by an unrelated code."""
    body = published()
    line = solve(body, body.nominal, TM163)
    assert line.wavelength_nm[0] == pytest.approx(659.12100491059, abs=1e-9)
    assert line.slope[0, 0] == pytest.approx(0.5 * 58.9725, abs=1e-3)
    assert line.slope[0, 1] == pytest.approx(141.62417, abs=1e-4)
    assert line.slope[0, 2] == pytest.approx(353.1041631, abs=1e-6)


def bodies() -> dict[str, CoatedSphere]:
    return {
        "coated": published(),
        "dispersive": CoatedSphere(
            (10.0, 10.49), {"core": preset("fused_silica"), "shell": preset("polystyrene"), "air": medium(1.0)},
            reference_um=0.66,
        ),
        "uniaxial": CoatedSphere(
            (10.0, 10.49),
            {"core": medium(1.45), "shell": Material("u", Constant(1.8**2), Constant(1.7**2), "radial"), "air": medium(1.0)},
            reference_um=0.66,
        ),
        "bare": CoatedSphere((8.0,), {"core": medium(1.5), "air": medium(1.0)}, reference_um=0.66),
        "buried": CoatedSphere(
            (9.0, 9.4, 9.9), {"a": medium(1.45), "b": medium(1.8), "c": medium(1.5), "air": medium(1.0)}, shell="b",
            reference_um=0.66,
        ),
        "leaky": CoatedSphere((1.5, 1.99), {"a": medium(1.45), "b": medium(1.768), "air": medium(1.0)}, reference_um=0.9),
    }  # fmt: skip


@pytest.mark.parametrize("name", thinned(list(bodies()), ["buried", "uniaxial"]))
def test_slopes_are_the_differences_of_exact_solutions(name: str) -> None:
    body = bodies()[name]
    window = (0.85, 0.92) if name == "leaky" else (0.655, 0.665)
    labels = label_range(body.sphere(body.nominal), window, (1,))
    x = body.nominal + np.array([0.0, 0.0, 0.0, 0.05])
    lines = solve(body, x, labels)
    for i, step in enumerate((2e-4, 1e-4, 1e-4, 1e-3)):
        if i == 1 and body.shell == 0:
            continue
        move = np.eye(4)[i] * step
        ahead, behind = (solve(body, x + s * move, labels).wavelength_nm for s in (1.0, -1.0))
        difference = (ahead - behind) / (2.0 * step)
        scale = np.abs(difference).max()
        assert np.abs(lines.slope[:, i] - difference).max() < 1e-5 * scale


def test_tracked_lines_are_the_ones_solved_from_nothing() -> None:
    body = published()
    start = solve(body, body.nominal, label_range(body.sphere(body.nominal), (0.65, 0.66), (1, 2)))
    x = body.nominal + np.array([0.15, 0.02, 0.01, 0.1])
    there = solve(body, x, start.labels)
    assert np.abs(track(body, x, start).wavelength_nm - there.wavelength_nm).max() < 1e-9
    assert np.abs(track(body, x, start).slope - there.slope).max() < 1e-5 * np.abs(there.slope).max()


def test_tracking_far_falls_back_on_labels_rather_than_losing_them() -> None:
    body = published()
    start = solve(body, body.nominal, TM163)
    x = body.nominal + np.array([2.0, -0.3, 0.1, 0.0])
    assert track(body, x, start).wavelength_nm[0] == pytest.approx(
        solve(body, x, TM163).wavelength_nm[0], abs=1e-9
    )


@pytest.mark.parametrize("slope", thinned(["slope=0", "slope=0.1"], ["slope=0.1"]))
def test_atlas_agrees_with_exact_lines_everywhere_in_the_prior(slope: str) -> None:
    body = published()
    prior = prior_from(body, [slope])
    atlas = Atlas(body, prior, (0.65, 0.66), (1,))
    rng = np.random.default_rng(1)
    for _ in range(2):
        x = prior.mean + 2.0 * prior.deviation * rng.uniform(-1.0, 1.0, 4)
        exact = solve(body, x, atlas.labels)
        approximate = atlas.lines(x)
        inside = (exact.wavelength_nm > 650.0) & (exact.wavelength_nm < 660.0)
        assert inside.any()
        assert np.abs(approximate.wavelength_nm - exact.wavelength_nm)[inside].max() < max(
            2e-4, 3.0 * atlas.error_nm
        )
        steep = np.abs(approximate.slope - exact.slope)[inside][:, prior.free]
        assert (steep / np.abs(exact.slope[:, prior.free]).max(axis=0)).max() < 1e-4


def test_atlas_of_dispersive_media_agrees_with_exact_lines() -> None:
    """A law in the core breaks the scaling with the diameter, one in the shell moves its index along the lines."""
    media = {"core": preset("fused_silica"), "film": preset("polystyrene"), "air": medium(1.0)}
    body = CoatedSphere((5.0, 5.5), media, reference_um=0.65)
    prior = prior_from(body, ["slope=0.05"])
    atlas = Atlas(body, prior, (0.63, 0.67), (1,))
    x = prior.mean + prior.deviation * np.array([1.5, -1.0, 0.7, -1.0])
    exact = solve(body, x, atlas.labels)
    inside = (exact.wavelength_nm > 630.0) & (exact.wavelength_nm < 670.0)
    assert inside.sum() > 4
    assert np.abs(atlas.lines(x).wavelength_nm - exact.wavelength_nm)[inside].max() < max(
        2e-4, 3.0 * atlas.error_nm
    )


def test_atlas_holds_every_line_that_the_prior_can_bring_into_the_window() -> None:
    body = published()
    prior = prior_from(body, ["slope=0"])
    window = (0.65, 0.66)
    atlas = Atlas(body, prior, window, (1,))
    known = {atlas.labels.name(i) for i in range(len(atlas.labels))}
    for corner in (-3.0, 3.0):
        x = prior.mean + corner * prior.deviation * np.array([1.0, 0.6, 0.6, 0.0])
        there = label_range(body.sphere(x), window, (1,))
        assert {there.name(i) for i in range(len(there))} <= known


def test_tuned_medium_has_the_index_asked_for_and_the_slope_of_its_law() -> None:
    for base in (preset("fused_silica"), Material("u", Constant(1.8**2), Constant(1.7**2), "radial")):
        tuned = TunedMedium(base, 1.6, -0.3, 0.65)
        assert tuned.at(2.0 * np.pi / 0.65) == pytest.approx(1.6, abs=1e-14)
        k = 2.0 * np.pi / 0.66
        for value, slope in (
            (tuned.permittivity, tuned.permittivity_slope), (tuned.permittivity_axial, tuned.permittivity_axial_slope),
        ):  # fmt: skip
            h = 1e-4
            assert slope(k) == pytest.approx((value(k + h) - value(k - h)) / (2.0 * h), rel=1e-6)
    assert TunedMedium(medium(1.5), 1.6, -0.3, 0.65).at(2.0 * np.pi / 0.70) == pytest.approx(
        1.6 - 0.3 * 0.05, abs=1e-14
    )


def test_labels_are_those_of_the_exact_solver() -> None:
    sphere = LayeredSphere([10.0, 10.49], [1.45, 1.768, 1.0])
    labels = label_range(sphere, (0.655, 0.66), (1,))
    assert {labels.name(i) for i in range(len(labels))} == {
        ("TE", 165, 1), ("TE", 166, 1), ("TM", 163, 1), ("TM", 164, 1),
    }  # fmt: skip


def test_a_shell_that_is_no_layer_is_named() -> None:
    with pytest.raises(ConfigError, match=r"shell = 'coat': is not a layer; one of core, shell"):
        CoatedSphere(
            (1.0, 2.0),
            {"core": medium(1.4), "shell": medium(1.5), "air": medium(1.0)},
            shell="coat",
            reference_um=0.6,
        )
