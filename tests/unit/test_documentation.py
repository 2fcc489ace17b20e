"""What the pages of the documentation state without running it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import femwgm

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_page_quotes_what_its_script_for_ngsolve_prints() -> None:
    """The numbers stand on the page, since the build of the pages has no NGSolve; the first is a line of the sphere."""
    pytest.importorskip("ngsolve", reason="needs the extra `bench`")
    done = subprocess.run(
        [sys.executable, str(DOCS / "sphere_in_ngsolve.py")], capture_output=True, text=True, check=True
    )
    printed = re.findall(r"([\d.]+) nm", done.stdout)
    page = (DOCS / "other_solvers.md").read_text(encoding="utf-8")
    assert ", ".join(printed) + " nm" in page
    exact = (
        femwgm.analytic.layered_sphere([10.0, 10.49], [1.45, 1.768, 1.0]).mode("TM", l=163, q=1).wavelength_nm
    )
    assert float(printed[0]) == pytest.approx(exact, rel=1e-7)


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda path: path.stem)
def test_the_files_that_a_page_names_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for name in re.findall(r"`(?:tests/)?((?:physics|unit|attack)/test_\w+\.py)`", text):
        assert (DOCS.parent / "tests" / name).is_file(), name
    for name in re.findall(
        r"`((?:configs|docs|femwgm|benchmarks)/[\w/.-]+\.(?:py|yaml|csv|png|html))`", text
    ):
        assert (DOCS.parent / name).is_file(), name
