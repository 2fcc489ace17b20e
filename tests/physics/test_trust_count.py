"""No mode is missing: Sylvester's count against dense spectra and against the exact list of a window."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import scipy.linalg as sla
from scipy.optimize import brentq
from support.pencils import dense, example
from support.spheres import around, config

import femwgm
from femwgm import analytic
from femwgm.config import load_config
from femwgm.eigen.inertia import eigenvalues_below
from femwgm.errors import SolveError
from femwgm.fem.problem import MeridianProblem
from femwgm.ground.expected import Expected
from femwgm.materials import materials_from_config
from femwgm.runs.loop import RunResult, run
from femwgm.solver.count import account, count_between
from femwgm.solver.eigenmode import mirror_condition
from femwgm.solver.layout import discretize


@pytest.mark.parametrize("corners", [3, 4])
def test_condensed_count_is_the_spectrum(corners: int) -> None:
    """Interiors and skeleton together count what the whole matrix has, at shifts between all the eigenvalues."""
    pencil, _ = example(corners, 3, 2)
    K, M = dense(pencil.numbering, pencil.K), dense(pencil.numbering, pencil.M)
    spectrum = sla.eigh(0.5 * (K + K.T), 0.5 * (M + M.T), eigvals_only=True)
    true = spectrum[spectrum > 1e-6]
    for i in (0, 1, 2, 5, len(true) // 2):
        shift = 0.5 * (true[i] + true[i + 1])
        assert eigenvalues_below(pencil, shift) == int((spectrum < shift).sum())


def test_lossy_pencils_are_refused() -> None:
    pencil, _ = example(4, 2, 1, loss=0.1)
    with pytest.raises(SolveError, match="lossless"):
        eigenvalues_below(pencil, 1.0)


def problem_for(
    radii: list[float], indices: list[float], m: int, window: tuple[float, float], wavelength: float = 1e-4
) -> tuple[MeridianProblem, int, list[analytic.ExactMode]]:
    """A closed domain that holds every mode of order m in a window, its degree, and the exact list."""
    modes = [e for e in analytic.layered_sphere(radii, indices).modes(window) if e.l >= m]
    assert min(e.log10_q_rad for e in modes) > 10.0
    settings = load_config(config(radii, indices, window, wavelength=wavelength))
    materials = materials_from_config(settings)
    media = {region: materials[name] for region, name in settings.geometry.region_materials.items()}
    domain, mesh = discretize(settings, media, [Expected(e.pol, e.q, e.l, m, e.k0, leak=0.0) for e in modes])
    assert not domain.open
    return MeridianProblem(mesh, media, "out"), domain.degree, modes


@pytest.mark.gmsh
@pytest.mark.parametrize(
    ("radii", "indices", "m", "window"),
    [([4.0, 4.49], [1.45, 1.768, 1.0], 60, (0.70, 0.75)), ([2.0], [2.0, 1.0], 34, (0.58, 0.64))],
    ids=["coated", "bare"],
)
def test_count_of_a_window(
    radii: list[float], indices: list[float], m: int, window: tuple[float, float]
) -> None:
    """Every (m, mirror) class of a window: as many eigenvalues as the exact solution has modes, all q and p."""
    problem, degree, modes = problem_for(radii, indices, m, window)
    assert len(modes) > 5
    for mirror in ("conductor", "natural"):
        exact = sorted(e.k0.real for e in modes if mirror_condition(e.pol, e.l - m) == mirror)
        cuts = [0.999 * exact[0], *(0.5 * (a + b) for a, b in zip(exact, exact[1:], strict=False))]
        assert count_between(problem, degree, m, mirror, cuts[0], cuts[-1]) == len(exact) - 1
        for k_lo, k_hi in list(zip(cuts, cuts[1:], strict=False))[:2]:
            assert count_between(problem, degree, m, mirror, k_lo, k_hi) == 1


def crossing() -> float:
    """Shell thickness at which TE l = 42 and TM l = 41 have one wavenumber: for m = 40 both are of one mirror class."""

    def gap(t: float) -> float:
        sphere = analytic.layered_sphere([2.0, 2.0 + t], [1.6, 2.2, 1.0])
        return sphere.mode("TE", 42).k0.real - sphere.mode("TM", 41).k0.real

    grid = np.linspace(0.4, 0.5, 4)
    gaps = np.array([gap(t) for t in grid])
    (where, *_) = np.flatnonzero(gaps[:-1] * gaps[1:] < 0.0)
    return float(brentq(gap, grid[where], grid[where + 1], xtol=1e-12))


def lost(result: RunResult) -> list[str]:
    """Warnings, without those that name a kind of which there is no line at the orders asked for."""
    return [note for note in result.warnings if not note.endswith(("has such an m = l - p", "has such an m"))]


@pytest.mark.gmsh
def test_near_degenerate_modes_are_kept_apart(tmp_path: Path) -> None:
    """Two modes of one class 1e-6 apart: both in the table, with their labels; a lost one would be named."""
    t = crossing() + 2e-5
    radii, indices = [2.0, 2.0 + t], [1.6, 2.2, 1.0]
    pair = [analytic.layered_sphere(radii, indices).mode(*label) for label in (("TE", 42), ("TM", 41))]
    assert 1e-7 < abs(pair[0].k0.real / pair[1].k0.real - 1.0) < 2e-6
    wavelength = 1e-3 * pair[0].wavelength_nm
    settings = config(
        radii, indices, around(wavelength, 1e-5), modes={"polar_orders": [1, 2], "azimuthal_orders": [40]},
        outputs={"fields": False, "plots": False},
    )  # fmt: skip
    result = femwgm.run(settings, tmp_path / "run")
    assert sorted(mode.label for mode in result.modes) == ["TE q=1 l=42 m=40", "TM q=1 l=41 m=40"]
    assert not lost(result)
    for mode in result.modes:
        assert mode.k0.real == pytest.approx(pair[0 if mode.pol == "TE" else 1].k0.real, rel=1e-8)
        assert mode.te_fraction == pytest.approx(1.0 if mode.pol == "TE" else 0.0, abs=1e-3)
    described = json.loads((tmp_path / "run" / "run.json").read_text())
    assert sum(c["counted"] for c in described["checks"]["counts"]) == 2


CROSSING = ([10.0, 10.025], [1.45, 1.768, 1.0])
"""TM l=150 at 572.507222 nm (Q 5.40e21) and TE l=151 at 572.512828 nm (Q 1.14e22) share a mirror class at m = 149."""


@pytest.mark.gmsh
@pytest.mark.parametrize(
    "accuracy", [1e-5, *(pytest.param(10.0**-n, marks=pytest.mark.slow) for n in (3, 4, 6, 7, 8, 9, 10))]
)
def test_both_modes_of_a_crossing_at_any_accuracy(accuracy: float) -> None:
    """Elements that mix two lines 1e-5 apart still give both, each within its stated error of the exact wavelength and Q."""
    result = run(
        config(
            *CROSSING,
            (0.5723, 0.5727),
            wavelength=accuracy,
            modes={"polar_orders": [1, 2], "azimuthal_orders": [149]},
        )
    )
    assert [(mode.pol, mode.l) for mode in result.modes] == [("TM", 150), ("TE", 151)]
    assert result.met
    assert not lost(result)
    for mode, wavelength, q in zip(result.modes, (572.507222, 572.512828), (5.40e21, 1.14e22), strict=True):
        assert abs(mode.wavelength_nm / wavelength - 1.0) <= (mode.wavelength_error or 0.0) + 1e-9
        assert mode.q_rad == pytest.approx(q, rel=5e-3)


@pytest.mark.gmsh
def test_one_mode_found_twice_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """If every solve takes the pair nearest to its shift, a line is lost: one row, and the accuracy counts as missed."""
    monkeypatch.setattr("femwgm.solver.solve.by_label", lambda *_: lambda _pencil, _pairs: 0)
    result = run(
        config(
            *CROSSING,
            (0.5723, 0.5727),
            wavelength=1e-5,
            modes={"polar_orders": [1, 2], "azimuthal_orders": [149]},
        )
    )
    assert len(result.modes) == 1
    assert not result.met
    assert any("missing" in note for note in result.warnings)


@pytest.mark.gmsh
def test_a_lost_mode_is_named() -> None:
    problem, degree, modes = problem_for([4.0, 4.49], [1.45, 1.768, 1.0], 60, (0.72, 0.75))
    mine = sorted(
        (e for e in modes if mirror_condition(e.pol, e.l - 60) == "conductor"), key=lambda e: e.k0.real
    )
    first, second = mine[:2]
    width = 1.1 * (second.k0.real / first.k0.real - 1.0)
    pairs = femwgm.solver.count.nearest(
        problem.pencil(degree, 60, "conductor", first.k0), first.k0.real**2 * (1 + 1e-9), 1
    )
    k = float(np.sqrt(pairs.values[0]))
    report = account(problem, degree, 60, "conductor", [k], width, 4.49)
    assert (report.counted, report.found) == (2, 1)
    assert [other.text for other in report.others] == [f"{second.pol} q={second.q} l={second.l} m=60"]
    assert report.complete
    alone = account(problem, degree, 60, "conductor", [k], 0.3 * width, 4.49)
    assert (alone.counted, alone.others) == (1, ())


@pytest.mark.gmsh
def test_the_table_names_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mode that was asked for, lies next to one found and is not in the table leaves a warning."""
    t = crossing() + 2e-5
    radii, indices = [2.0, 2.0 + t], [1.6, 2.2, 1.0]
    exact = analytic.layered_sphere(radii, indices).mode("TE", 42)
    settings = config(
        radii,
        indices,
        around(1e-3 * exact.wavelength_nm, 1e-5),
        modes={"polar_orders": [1, 2], "azimuthal_orders": [40]},
    )
    monkeypatch.setattr(
        "femwgm.finders.nested.expected_modes", lambda *_: [Expected("TE", 1, 42, 40, exact.k0, leak=0.0)]
    )
    (note,) = lost(run(settings))
    assert "TM q=1 l=41 m=40" in note
