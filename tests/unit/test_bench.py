"""The benchmark's own arithmetic: what it counts, compares and concludes."""

from __future__ import annotations

import importlib
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

from femwgm.analytic import LayeredSphere

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def bench() -> dict[str, ModuleType]:
    sys.path.insert(0, str(BENCHMARKS))
    try:
        yield {name: importlib.import_module(name) for name in ("clock", "spheres", "cases", "report")}
    finally:
        sys.path.remove(str(BENCHMARKS))


def test_the_best_repetition_counts(bench: dict[str, ModuleType]) -> None:
    naps = iter([0.0, 0.05, 0.0, 0.05])
    timing = bench["clock"].best(lambda: time.sleep(next(naps)) or "done", 3)
    assert timing.value == "done"
    assert timing.wall < 0.04
    assert timing.cpu <= timing.wall + 0.01


def test_the_table_of_the_others_is_exact(bench: dict[str, ModuleType]) -> None:
    spheres = bench["spheres"]
    closed = LayeredSphere(spheres.RADII, spheres.INDICES)
    leaky = LayeredSphere((spheres.LEAKY_RADIUS,), (spheres.LEAKY_INDEX, 1.0))
    for pol in ("TE", "TM"):
        assert spheres.relative(closed.mode(pol, 165).k0, spheres.exact("J1", pol, 165)) < 1e-13
        k, truth = leaky.pole(pol, 15, spheres.exact("J2", pol, 15)).k0, spheres.exact("J2", pol, 15)
        assert abs(k / truth - 1.0) < 1e-12


def test_a_configuration_of_the_benchmark_is_valid(bench: dict[str, ModuleType]) -> None:
    from femwgm.config import load_config

    spheres = bench["spheres"]
    config = load_config(spheres.configuration(window=(640.0, 642.5), orders=[165], tolerance=1e-9, q=1e-3))
    assert config.geometry.radii_um == pytest.approx(spheres.RADII)
    assert config.accuracy.wavelength == 1e-9


def test_targets_are_judged_by_the_fastest_row_that_is_accurate_enough(bench: dict[str, ModuleType]) -> None:
    Row, report = bench["cases"].Row, bench["report"]
    rows = [
        Row("B1", "femwgm", "accuracy 1e-06", 2e-7, 0.02, 0.02),
        Row("B1", "femwgm", "accuracy 1e-10", 3e-11, 0.06, 0.06),
        Row("B1", "NGSolve", "coarse", 3e-6, 0.001, 0.001),
        Row("B1", "NGSolve", "fine", 4e-7, 0.03, 0.03),
        Row("B1", "NGSolve", "finest", 5e-11, 0.10, 0.10),
    ]
    assert report.fastest(rows, "B1", "NGSolve", 1e-6).setting == "fine"
    lines = report.summary(rows, {}).splitlines()
    at_six, at_eight, at_ten = (
        next(line for line in lines if f"B1 at {t}" in line) for t in ("1e-06", "1e-08", "1e-10")
    )
    assert "| 1.5 (1.5) |" in at_six
    assert at_six.endswith("yes |")
    assert at_eight.endswith("yes |")
    assert "| 1.7 (1.7) |" in at_ten
    assert at_ten.endswith("no |")


def test_growth_with_the_diameter_is_fitted(bench: dict[str, ModuleType]) -> None:
    Row, report = bench["cases"].Row, bench["report"]
    rows = [Row("B4", "femwgm", f"{d} um", 1e-9, 0.01 * d**0.5, 0.01, size=float(d)) for d in (12, 120, 1000)]
    text = report.summary(rows, {})
    assert "power 0.50" in text
    assert "below 0.75 | yes" in text


def test_the_command_explains_itself_and_refuses_what_it_does_not_know() -> None:
    run = [sys.executable, str(BENCHMARKS / "run.py")]
    helped = subprocess.run([*run, "--help"], capture_output=True, text=True, check=True)
    assert "B1 ... B8" in helped.stdout
    refused = subprocess.run([*run, "B9"], capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "no case B9" in refused.stderr
