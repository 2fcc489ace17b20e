"""The notebooks run from top to bottom and say what they promise."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.gmsh
DOCS = Path(__file__).resolve().parents[2] / "docs"


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


def test_no_notebook_is_forgotten() -> None:
    assert {f"test_{path.stem}" for path in DOCS.glob("*.py")} <= globals().keys()
