"""Directives whose content is run when the pages are built, so that no number on them is typed.

`{terminal}` runs command lines, `{executed}` Python (the blocks of a page share their names), `{gallery}` lists the shipped
configurations, `{columns}` the columns of the table, `{changes}` the changelog. A failure ends the build.
"""

from __future__ import annotations

import contextlib
import csv
import io
import os
import shlex
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2]
WIDTH = "100"


class _Run(SphinxDirective):
    has_content = True

    @property
    def place(self) -> Path:
        """Where this page's runs leave their files."""
        folder = Path(self.env.app.outdir).parent / "executed" / self.env.docname
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def output(self, text: str) -> list[nodes.Node]:
        """Lines as they were printed."""
        if not text.strip():
            return []
        block = nodes.literal_block(text.rstrip(), text.rstrip(), language="none", classes=[])
        return [nodes.container("", block, classes=["output"])]

    def source(self, text: str, language: str) -> nodes.Node:
        """Lines as one types them."""
        return nodes.literal_block(text, text, language=language)

    def markdown(self, text: str) -> list[nodes.Node]:
        """Nodes of a piece of Markdown."""
        holder = nodes.container()
        self.state.nested_parse(StringList(text.splitlines(), source="executed"), 0, holder)
        return holder.children


class Terminal(_Run):
    """Command lines and what they print; `:lines: N` shows the first N lines, `:quiet:` none."""

    option_spec = {"lines": directives.nonnegative_int, "quiet": directives.flag}  # noqa: RUF012 - docutils reads it so

    def run(self) -> list[nodes.Node]:
        found: list[nodes.Node] = [self.source("\n".join(f"$ {line}" for line in self.content), "console")]
        environment = {**os.environ, "COLUMNS": WIDTH}
        said = ""
        for line in self.content:
            words = shlex.split(line)
            command = [sys.executable, "-m", *words] if words[0] == "femwgm" else words
            done = subprocess.run(
                command, cwd=self.place, env=environment, capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise self.error(f"{line}: status {done.returncode}: {done.stderr.strip()}")
            said += done.stdout
        lines = [line.rstrip() for line in said.splitlines()]
        if "quiet" in self.options:
            return found
        most = self.options.get("lines", len(lines))
        return found + self.output("\n".join([*lines[:most], *(["..."] if most < len(lines) else [])]))


class Executed(_Run):
    """Python and what it prints; shown are figures by `show`, pages by `show_page`, what a notebook would show by `show_html`."""

    option_spec = {"hidden": directives.flag}  # noqa: RUF012

    def run(self) -> list[nodes.Node]:
        text = "\n".join(self.content)
        spaces = self.env.temp_data.setdefault("femwgm_names", {})
        pictures: list[nodes.Node] = []
        spaces.setdefault("__name__", "__page__")
        spaces["show"] = lambda figure, alt="": pictures.append(self._figure(figure, alt))
        spaces["show_page"] = lambda html: pictures.append(self._page(html))
        spaces["show_html"] = lambda thing: pictures.append(
            nodes.raw("", f'<div class="shown">{thing._repr_html_()}</div>', format="html")
        )
        stream, before = io.StringIO(), Path.cwd()
        try:
            os.chdir(self.place)
            with contextlib.redirect_stdout(stream):
                exec(compile(text, self.env.docname, "exec"), spaces)  # noqa: S102 - that is what the page is for
        except Exception as failure:
            raise self.error(f"{failure}\n{traceback.format_exc()}") from failure
        finally:
            os.chdir(before)
        shown = [] if "hidden" in self.options else [self.source(text, "python")]
        return [*shown, *self.output(stream.getvalue()), *pictures]

    def _figure(self, figure: Any, alt: str) -> nodes.Node:
        from femwgm.views.figures.style import rendered

        return picture(self, rendered(figure, "svg"), "svg", alt)

    def _page(self, html: str) -> nodes.Node:
        folder = Path(self.env.app.outdir) / "_pages"
        folder.mkdir(exist_ok=True, parents=True)
        name = f"{self.env.docname.replace('/', '-')}-{len(list(folder.iterdir()))}.html"
        (folder / name).write_text(html, encoding="utf-8")
        up = "../" * self.env.docname.count("/")
        return nodes.raw(
            "",
            f'<iframe class="turning" src="{up}_pages/{name}" title="The resonator; drag to turn it"></iframe>',
            format="html",
        )


def picture(directive: _Run, data: bytes, kind: str, alt: str) -> nodes.Node:
    """An image of these bytes beside the page."""
    folder = directive.place
    path = folder / f"figure-{len(list(folder.glob('figure-*')))}.{kind}"
    path.write_bytes(data)
    uri = "/" + os.path.relpath(path, directive.env.app.srcdir)
    return nodes.image(uri=uri, alt=alt)


class Gallery(_Run):
    """Each shipped configuration: its picture, what it is, how to run it."""

    def run(self) -> list[nodes.Node]:
        from femwgm.config import load_config
        from femwgm.config.catalogue import examples
        from femwgm.views.figures.shape import shape_figure
        from femwgm.views.figures.style import look, rendered

        with (ROOT / "benchmarks" / "published" / "gallery.csv").open(encoding="utf-8", newline="") as file:
            measured = {row["name"]: row for row in csv.DictReader(file)}
        found: list[nodes.Node] = []
        for entry in examples():
            section = nodes.section(ids=[nodes.make_id(entry.name)])
            section += nodes.title("", f"@{entry.name}")
            section += nodes.paragraph("", entry.about)
            config = load_config(entry.path)
            with look():
                section += picture(self, rendered(shape_figure(config), "svg"), "svg", entry.about)
            row = measured[entry.name]  # none: python benchmarks/gallery.py NAME
            section += self.source(f"{row['command']} @{entry.name} -o runs/{entry.name}", "console")
            rows = "one row" if row["rows"] == "1" else f"{row['rows']} rows"
            cost = f"A table of {rows}, {float(row['seconds']):.3g} s of one core without pictures, {row['megabytes']} MB"
            section += nodes.paragraph("", f"{cost}. Checked against: {entry.checked}.")
            section += self.source(entry.path.read_text(encoding="utf-8"), "yaml")
            found.append(section)
        return found


class Columns(_Run):
    """The columns of modes.csv with unit and meaning."""

    def run(self) -> list[nodes.Node]:
        from femwgm.ground.variables import UNITS

        rows = ["| column | unit | meaning |", "|---|---|---|"]
        rows += [f"| `{name}` | {unit or '–'} | {meaning} |" for name, (unit, meaning) in UNITS.items()]
        return self.markdown("\n".join(rows))


class Changes(_Run):
    """The changelog."""

    def run(self) -> list[nodes.Node]:
        text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
        return self.markdown(text.partition("\n")[2])


def bars(_app: Any, _what: str, _name: str, _shown: Any, _options: Any, lines: list[str]) -> None:
    """Let |E| stand for a modulus in docstrings, where reStructuredText takes it for a substitution."""
    lines[:] = [line if line.lstrip().startswith(">>>") else line.replace("|", "\\|") for line in lines]


def setup(app: Any) -> dict[str, Any]:
    """Register the directives."""
    app.connect("autodoc-process-docstring", bars, priority=1000)
    known = {
        "terminal": Terminal,
        "executed": Executed,
        "gallery": Gallery,
        "columns": Columns,
        "changes": Changes,
    }
    for name, kind in known.items():
        app.add_directive(name, kind)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
