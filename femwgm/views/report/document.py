"""What every page of ours is wrapped in: one HTML document that loads nothing, with its pictures inside."""

from __future__ import annotations

import base64
from html import escape

from femwgm.views.report.style import STYLE


def document(title: str, body: str, *, style: str = "", script: str = "") -> str:
    """A whole document.

    Parameters
    ----------
    title
        Its title, plain text.
    body
        HTML of what it shows.
    style
        Rules beside those of every page.
    script
        Script at its end; without one the page allows none.
    """
    scripts = "script-src 'unsafe-inline'; " if script else ""
    policy = f"default-src 'none'; style-src 'unsafe-inline'; {scripts}img-src data:"
    end = f"\n<script>{script}</script>" if script else ""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{escape(title)}</title>
<style>{STYLE}{style}</style>
</head>
<body>
<main>
{body}
</main>{end}
</body>
</html>
"""


def picture(data: bytes, kind: str, caption: str) -> str:
    """A picture (png, svg, ...) inside the page, with its caption."""
    code = base64.b64encode(data).decode()
    mime = "image/svg+xml" if kind == "svg" else f"image/{kind}"
    text = escape(caption)
    return (
        f'<figure><img src="data:{mime};base64,{code}" alt="{text}"><figcaption>{text}</figcaption></figure>'
    )
