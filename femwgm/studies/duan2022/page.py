"""The report as one HTML file that loads nothing, and its rows as a table."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from femwgm.ground.rows import csv_bytes
from femwgm.studies.duan2022.content import Row, Section
from femwgm.views.figures.style import drawn
from femwgm.views.report.document import document, picture

_EXTRA = """
.cmp td, .cmp th { white-space: normal; text-align: left; vertical-align: top; }
.cmp td:nth-child(2), .cmp td:nth-child(3) { font-weight: 600; min-width: 8rem; }
.wide thead th { white-space: normal; min-width: 3.5rem; }
.wide + .wide { margin-top: 1.4rem; }
.cmp { width: 100%; font-size: 0.84rem; }
.tag { border-radius: 0.7rem; padding: 0.05rem 0.55rem; font-size: 0.75rem; white-space: nowrap; border: 1px solid currentColor; }
.reproduced { color: #00684a; }
.with { color: #7a5a00; } .differs { color: #b34700; } .not { color: #5c6670; } .ours { color: #0072b2; }
code { font-size: 0.9em; } .known { font-weight: 400; font-size: 0.74rem; color: var(--grey); }
nav ol { columns: 2; font-size: 0.9rem; } nav { margin: 1rem 0 0; }
@media print { .cmp { font-size: 7pt; } nav { display: none; } }
"""


def html(sections: Sequence[Section], summary: Sequence[str], seconds: float, versions: str) -> str:
    """The page.

    Parameters
    ----------
    sections
        Its parts.
    summary
        Lines that open it.
    seconds
        How long the numbers took.
    versions
        What made it.
    """
    items = "".join(f'<li><a href="#s{i}">{escape(s.title)}</a></li>' for i, s in enumerate(sections))
    body = "".join(_section(section, i) for i, section in enumerate(sections))
    lead = "".join(
        f"<p{' class=lead' if i == 0 else ''}>{escape(line)}</p>" for i, line in enumerate(summary)
    )
    title = "The published microsphere laser, computed"
    head = f"""<header><h1>{title}</h1>
<p class="stamp">{escape(versions)}; all numbers on this page were computed in {seconds:.0f} s</p></header>
<section>{lead}<nav><ol>{items}</ol></nav></section>
"""
    return document(title, head + body, style=_EXTRA)


def _section(section: Section, number: int) -> str:
    parts = [f'<section id="s{number}"><h2>{escape(section.title)}</h2>']
    parts += [f"<p>{escape(line)}</p>" for line in section.text]
    if section.rows:
        parts.append(_comparison(section.rows))
    parts += [
        picture(drawn(shown.draw, kind=shown.kind, dpi=220), shown.kind, shown.caption)
        for shown in section.pictures
    ]
    if section.table:
        head = "".join(f'<th scope="col">{escape(str(c))}</th>' for c in section.table[0])
        lines = "".join(
            "<tr>" + "".join(f"<td>{escape(str(c))}</td>" for c in row) + "</tr>" for row in section.table[1:]
        )
        parts.append(
            f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>'
        )
    return "".join(parts) + "</section>"


def _comparison(rows: Sequence[Row]) -> str:
    names = ("quantity", "published", "computed", "measure", "assumption", "")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    lines = []
    for row in rows:
        runs = f"<br><code>{escape(', '.join(row.runs))}</code>" if row.runs else ""
        known = f'<br><span class="known">{escape(row.known)}</span>' if row.known else ""
        tag = f'<span class="tag {row.verdict.split(maxsplit=1)[0]}">{escape(row.verdict)}</span>'
        lines.append(
            f"<tr><td>{escape(row.what)}{runs}</td><td>{escape(row.published)}</td><td>{escape(row.ours)}{known}</td>"
            f"<td>{escape(row.measure)}</td><td>{escape(row.assumption)}</td><td>{tag}</td></tr>"
        )
    return f'<div class="wide"><table class="cmp"><thead><tr>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'


def rows_csv(sections: Sequence[Section]) -> str:
    """Every row of every section, with our numbers as name=value."""
    lines = [
        [
            section.title, row.what, row.published, row.ours, row.known, row.measure, row.assumption, row.verdict,
            " ".join(row.runs), " ".join(f"{name.replace(' ', '_')}={value:.10g}" for name, value in row.values),
        ]
        for section in sections
        for row in section.rows
    ]  # fmt: skip
    heading = (
        "section", "quantity", "published", "computed", "known", "measure", "assumption", "verdict", "runs", "values",
    )  # fmt: skip
    return csv_bytes([heading, *lines]).decode()
