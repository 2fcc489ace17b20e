"""The resonator as a page of its own that turns in any browser, offline."""

from __future__ import annotations

from html import escape
from pathlib import Path

from femwgm.store import write_bytes
from femwgm.views.fields.source import Source, run_view
from femwgm.views.report.document import document
from femwgm.views.space.scene import Look
from femwgm.views.space.turntable import block, script, style

_PAGE = """
main { max-width: none; padding: 1rem 1.5rem; }
h1 { font-size: 1.15rem; }
.turntable { height: calc(100vh - 5rem); }
"""


def write_turning(
    source: Source, path: str | Path, mode: str | None = None, look: Look | None = None
) -> Path:
    """Write the page of a run: one file that loads nothing.

    Parameters
    ----------
    source
        A run folder, or the result of `run`.
    path
        The file.
    mode
        Label of the mode to begin with.
    look
        What is shown at first; opacities are not part of the page.

    Raises
    ------
    OutputError
        If the run has no modes, its body is not known outside its mesh, or the page cannot show what is asked for.
    """
    target = Path(path)
    write_bytes(target, turning_html(source, mode, look).encode("utf-8"))
    return target


def turning_html(source: Source, mode: str | None = None, look: Look | None = None) -> str:
    """The page as text; see `write_turning`."""
    run = run_view(source)
    body = f"<h1>{escape(run.config.name)}</h1>{block(run, first=mode, look=look)}"
    return document(f"{run.config.name}, in space", body, style=style() + _PAGE, script=script())
