"""Two combs: coincidences, spacings and tolerances against independent numbers and literal repetition."""

from __future__ import annotations

import numpy as np
import pytest

from femwgm.analytic import LayeredSphere
from femwgm.errors import GeometryError
from femwgm.experiment.pairs.tolerance import tolerance
from femwgm.experiment.pairs.vernier import Vernier, design
from femwgm.experiment.spectrum.model import CoatedSphere
from femwgm.materials import Material
from femwgm.materials.dispersion import Constant

WINDOW = (0.645, 0.690)


def body(diameter: float) -> CoatedSphere:
    media = {
        n: Material(n, Constant(complex(v) ** 2)) for n, v in (("core", 1.45), ("shell", 1.768), ("air", 1.0))
    }
    return CoatedSphere((0.5 * diameter, 0.5 * diameter + 0.49), media, reference_um=0.663)


@pytest.fixture(scope="module")
def made() -> Vernier:
    return design(body(48.0), body(44.0), WINDOW, 4200.0, at_nm=663.28)


def test_the_published_estimate(made: Vernier) -> None:
    """Eq. 3 with n = 1.76 at 663.28 nm for 48 and 44 um: 19.892 nm, published as 19.9."""
    assert made.equation_nm == pytest.approx(19.892, abs=5e-4)


def test_coincidences_are_where_an_independent_solver_has_them(made: Vernier) -> None:
    """TE pairs (nm) found with an unrelated exact solver."""
    expected = [(686.850, 686.867), (666.823, 666.859), (647.926, 647.979)]
    close = [pair for pair in made.best if pair.widths < 1.0]
    assert len(close) == 3
    for pair, (first, second) in zip(close, expected, strict=True):
        a = pair.wavelength_nm - 0.5 * pair.detuning_nm
        assert a == pytest.approx(first, abs=6e-4)
        assert a + pair.detuning_nm == pytest.approx(second, abs=6e-4)


def test_combs_are_those_of_single_spheres(made: Vernier) -> None:
    for comb, diameter in zip(made.combs, (48.0, 44.0), strict=True):
        sphere = LayeredSphere([0.5 * diameter, 0.5 * diameter + 0.49], [1.45, 1.768, 1.0])
        modes = sphere.modes(WINDOW, ["TE"], [1])
        assert sorted(comb.wavelength_nm) == pytest.approx(
            sorted(mode.wavelength_nm for mode in modes), abs=1e-9
        )


def test_coincidences_repeat_with_the_period_of_the_spacings(made: Vernier) -> None:
    places = sorted(pair.wavelength_nm for pair in made.best if pair.widths < 1.0)
    assert np.diff(places).mean() == pytest.approx(made.period_nm, rel=0.05)
    assert made.fsr_nm[0] < made.fsr_nm[1]


def test_a_drift_below_the_line_width_is_warned_of(made: Vernier) -> None:
    assert made.line_width_nm == pytest.approx(0.158, abs=5e-4)
    assert made.drift_nm == pytest.approx(0.148, abs=3e-3)
    [warning] = made.warnings()
    assert "overlap" in warning
    sharp = design(body(48.0), body(44.0), WINDOW, 42000.0, at_nm=663.28)
    assert sharp.warnings() == []
    assert sharp.overlapping < made.overlapping
    literal = sum(
        any(abs(a - b) < made.line_width_nm for b in made.combs[1].wavelength_nm)
        for a in made.combs[0].wavelength_nm
    )
    assert made.overlapping == literal


def test_tolerance_against_designs_made_anew(made: Vernier) -> None:
    """The same diameters drawn, each pair of spheres solved from nothing."""
    deviation, draws = 0.15, 6
    found = tolerance(body(48.0), body(44.0), made, 666.84, deviation, draws, seed=3)
    rng = np.random.default_rng(3)
    for i in range(draws):
        steps = rng.normal(0.0, deviation, 2)
        anew = design(body(48.0 + steps[0]), body(44.0 + steps[1]), WINDOW, 4200.0, at_nm=663.28)
        nearest = min(anew.best, key=lambda pair: abs(pair.wavelength_nm - 666.84))
        assert found.wavelength_nm[i] == pytest.approx(nearest.wavelength_nm, abs=2e-3)
        assert found.widths[i] == pytest.approx(nearest.widths, abs=2e-2)


def test_ten_nanometres_of_diameter_move_the_coincidence_by_more_than_a_spacing(made: Vernier) -> None:
    found = tolerance(body(48.0), body(44.0), made, 666.84, 0.01, 400)
    assert found.deviation_nm > made.fsr_nm[1]
    perfect = tolerance(body(48.0), body(44.0), made, 666.84, 1e-6, 50)
    assert perfect.deviation_nm < 0.01
    assert perfect.share_on_target == 1.0


def test_a_window_without_a_spacing_is_refused() -> None:
    with pytest.raises(GeometryError, match="two lines"):
        design(body(10.0), body(9.0), (0.660, 0.6602), 4200.0)
