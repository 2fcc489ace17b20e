"""Formulas drawn by Matplotlib as vectors within the page: no script, no font of the reader's machine, no network."""

from __future__ import annotations

import html
import io
import re
from typing import Any

import matplotlib as mpl
from docutils import nodes
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import math_to_image

SIZE, EM = 10.0, 8.5
"""Points at which a formula is drawn, and points in an em of the page: the letters of STIX are small for their size."""


def _drawn(tex: str) -> str:
    """An SVG of a formula that stands on the line of the text, in its colour and size."""
    stream = io.BytesIO()
    with mpl.rc_context({"mathtext.fontset": "stix", "svg.fonttype": "path", "svg.hashsalt": "formula"}):
        text = " ".join(tex.split())
        depth = math_to_image(f"${text}$", stream, FontProperties(size=SIZE), dpi=72, format="svg")
    svg = stream.getvalue().decode()
    svg = svg[svg.index("<svg") :].strip()
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="patch_1">.*?</g>', "", svg, flags=re.DOTALL)  # the background
    width, height = (float(x) / EM for x in re.findall(r'(?:width|height)="([\d.]+)pt"', svg)[:2])
    style = f"width:{width:.3f}em;height:{height:.3f}em;vertical-align:{-depth / EM:.3f}em"
    head = f'<svg class="formula" role="img" aria-label="{html.escape(text)}" style="{style}"'
    svg = re.sub(r'(?:width|height)="[\d.]+pt"', "", svg, count=2)
    return svg.replace("<svg", head, 1).replace("fill: #000000", "fill: currentColor")


def _inline(writer: Any, node: nodes.math) -> None:
    writer.body.append(_drawn(node.astext()) + "\u2060")  # no line ends between a formula and its comma
    raise nodes.SkipNode


def _display(writer: Any, node: nodes.math_block) -> None:
    writer.body.append(f'<div class="formula">{_drawn(node.astext())}</div>')
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, Any]:
    """Register the renderer, which `html_math_renderer` names."""
    app.add_html_math_renderer("matplotlib", (_inline, None), (_display, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
