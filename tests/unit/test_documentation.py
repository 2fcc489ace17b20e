"""What the pages of the documentation state without running it."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from femwgm.config.catalogue import examples

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda path: path.stem)
def test_the_files_that_a_page_names_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for name in re.findall(r"`(?:tests/)?((?:physics|unit|attack)/test_\w+\.py)`", text):
        assert (DOCS.parent / "tests" / name).is_file(), name
    for name in re.findall(
        r"`((?:configs|docs|femwgm|benchmarks)/[\w/.-]+\.(?:py|yaml|csv|png|html))`", text
    ):
        assert (DOCS.parent / name).is_file(), name


def test_the_gallery_has_measured_every_example() -> None:
    """The page of the gallery states rows, time and memory of each: python benchmarks/gallery.py NAME."""
    with (DOCS.parent / "benchmarks" / "published" / "gallery.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        measured = {row["name"] for row in csv.DictReader(file)}
    assert measured == {entry.name for entry in examples()}
