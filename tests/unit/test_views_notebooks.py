"""The notebooks run from top to bottom and say what they promise."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from femwgm import analytic

pytestmark = pytest.mark.gmsh
DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.slow
def test_published_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["published_figures.py", str(tmp_path)])
    names = runpy.run_path(str(DOCS / "published_figures.py"))
    said = capsys.readouterr().out
    assert "{'core': '3.87 %', 'shell': '94.72 %', 'air': '1.42 %'}" in said
    assert "E_r jumps by 3.1258 at the surface; n^2 = 3.1258" in said
    written = {path.name for path in tmp_path.rglob("*")}
    assert {"planes.png", "planes.pdf", "radial.png", "radial.pdf", "flow.png"} <= written
    assert names["te"].pol == "TE"


@pytest.mark.slow
def test_pair_of_spheres(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["pair_of_spheres.py", str(tmp_path)])
    names = runpy.run_path(str(DOCS / "pair_of_spheres.py"))
    said = capsys.readouterr().out.splitlines()
    assert len([line for line in said if "coupled modes" in line]) == len(names["result"].modes)
    assert [path for path in tmp_path.rglob("*.png") if path.stat().st_size > 10_000]


def run_figure(script: str, monkeypatch: pytest.MonkeyPatch, *arguments: Path) -> None:
    """Run a script as from the command line; its last argument is the picture that it leaves."""
    monkeypatch.setattr(sys, "argv", [script, *map(str, arguments)])
    runpy.run_path(str(DOCS / script), run_name="__main__")
    assert arguments[-1].stat().st_size > 10_000


@pytest.mark.slow
def test_bend_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_figure("bend_figure.py", monkeypatch, tmp_path / "bend.png")


@pytest.mark.slow
def test_ellipticity_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_figure("ellipticity_figure.py", monkeypatch, tmp_path / "ellipticity.png")


@pytest.mark.slow
def test_graded_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_figure("graded_figure.py", monkeypatch, tmp_path / "graded.png")


@pytest.mark.slow
def test_temperature_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_figure("temperature_figure.py", monkeypatch, tmp_path / "temperature.png")


@pytest.mark.slow
def test_roughness_or_absorption(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_figure("roughness_or_absorption.py", monkeypatch, tmp_path / "mixture.png")
    assert "absorption alone: 41.0 /cm" in capsys.readouterr().out


def test_ensemble_of_films(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = "correlation_length_um,seed,multiplet_std_pm,pair_splitting_ghz"
    rows = [
        f"{length},{seed},{60 + 3 * seed},{10.0 ** (seed - 4)}" for length in (0.5, 2.0) for seed in range(4)
    ]
    (tmp_path / "sweep.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    run_figure("ensemble_of_films.py", monkeypatch, tmp_path, tmp_path / "ensemble.png")


def test_sphere_in_ngsolve() -> None:
    """The numbers stand on the page, since the build of the pages has no NGSolve; the first is a line of the sphere."""
    pytest.importorskip("ngsolve", reason="needs the extra `bench`")
    done = subprocess.run(
        [sys.executable, str(DOCS / "sphere_in_ngsolve.py")], capture_output=True, text=True, check=True
    )
    printed = re.findall(r"([\d.]+) nm", done.stdout)
    page = (DOCS / "other_solvers.md").read_text(encoding="utf-8")
    assert ", ".join(printed) + " nm" in page
    exact = analytic.layered_sphere([10.0, 10.49], [1.45, 1.768, 1.0]).mode("TM", l=163, q=1).wavelength_nm
    assert float(printed[0]) == pytest.approx(exact, rel=1e-7)


def test_no_notebook_is_forgotten() -> None:
    assert {f"test_{path.stem}" for path in DOCS.glob("*.py")} <= globals().keys()
