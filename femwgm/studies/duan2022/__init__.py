"""The published study beside the computed one: every number from a run, with its measure and its assumption."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from femwgm.ground.version import __version__
from femwgm.studies.duan2022.content import Section
from femwgm.studies.duan2022.study import Study, default_folder

__all__ = ["paper_sections", "write_paper"]


def paper_sections(study: Study) -> list[Section]:
    """Every section of the report, computed."""
    from femwgm.studies.duan2022.laser import laser_section, pump_section
    from femwgm.studies.duan2022.leak import leak_section
    from femwgm.studies.duan2022.limits import limits_section
    from femwgm.studies.duan2022.lines_20um import index_section, modes_section
    from femwgm.studies.duan2022.losses import quality_section
    from femwgm.studies.duan2022.pair import pair_section
    from femwgm.studies.duan2022.polarized import polarization_section
    from femwgm.studies.duan2022.reading import reading_section
    from femwgm.studies.duan2022.sizes import sizes_section

    makers = (
        modes_section,
        index_section,
        leak_section,
        sizes_section,
        quality_section,
        laser_section,
        pump_section,
        polarization_section,
        pair_section,
        reading_section,
    )
    return [*(make(study) for make in makers), limits_section()]


def _summary(sections: list[Section]) -> list[str]:
    counts: dict[str, int] = {}
    for section in sections:
        for row in section.rows:
            counts[row.verdict] = counts.get(row.verdict, 0) + 1
    return [
        (
            f"Of the published statements {counts.get('reproduced', 0)} are reproduced,"
            f" {counts.get('with a condition', 0)} hold under a"
            f" condition that is named, {counts.get('differs', 0)} differ,"
            f" {counts.get('not reproducible', 0)} cannot be checked by"
            f" computation; {counts.get('ours only', 0)} further numbers stand beside them."
        ),
        (
            "A sphere of 20 µm means its bare silica diameter; the film of 490 nm lies outside. Unless a"
            " row says otherwise the film index"
            " is 1.768, silica 1.45, air 1, all without dispersion. Wavelengths are vacuum wavelengths,"
            " Q is -Re k/(2 Im k), and each share"
            " names its measure. The name below a quantity is the configuration it was computed from; below"
            " each of our numbers stands how well it is known."
        ),
        (
            "Reproduced: the published digits come out. With a condition: they come out under the"
            " assumption that is named, or the statement holds with it. Differs: the same quantity computed here"
            " is another number. Not reproducible: what is published does not determine a"
            " computation. Ours only: no published number stands beside it."
        ),
    ]


def write_paper(
    out: str | Path, folder: str | Path | None = None, tell: Callable[[str], None] = lambda _: None, *, vectors: bool = False
) -> tuple[Path, list[Section]]:  # fmt: skip
    """Compute everything and write paper.html, paper.csv and the run folders.

    Parameters
    ----------
    out
        Folder for the report.
    folder
        Configurations of the study; configs/paper by default.
    tell
        Called with what is being done.
    vectors
        Whether every figure is also left as figures/figure-NN.pdf, in the order of the page.

    Raises
    ------
    ConfigError
        If a configuration is missing or cannot be used.
    OutputError
        When the disk refuses.
    """
    from femwgm.ground.files import make_folder, write_files
    from femwgm.studies.duan2022.page import html, rows_csv
    from femwgm.views.figures.style import drawn

    begin = time.perf_counter()
    home = Path(out)
    make_folder(home)
    study = Study(Path(folder) if folder is not None else default_folder(), home, tell)
    sections = paper_sections(study)
    tell("figures")
    made = f"femwgm {__version__}"
    # The figures are drawn while the page is put together, so the time is stated as that of the numbers alone.
    page = html(sections, _summary(sections), time.perf_counter() - begin, made)
    contents = {"paper.csv": rows_csv(sections).encode("utf-8"), "paper.html": page.encode("utf-8")}
    if vectors:
        tell("vector figures")
        every = [shown for section in sections for shown in section.pictures]
        pages = {
            f"figure-{i:02d}.pdf": drawn(shown.draw, kind="pdf", dpi=300) for i, shown in enumerate(every, 1)
        }
        write_files(home / "figures", pages)
    return write_files(home, contents)[-1], sections
