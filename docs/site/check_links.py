"""Every link of the built pages leads to a file, and every anchor to an element; other hosts are not asked."""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlparse


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.links += [value for key in ("href", "src") if (value := found.get(key))]
        self.anchors |= {value for key in ("id", "name") if (value := found.get(key))}


def read(path: Path) -> _Reader:
    """Links and anchors of a page."""
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader


def broken(root: Path) -> list[str]:
    """Links that lead nowhere, as 'page: link'."""
    pages = {
        path.resolve(): read(path)
        for path in root.rglob("*.html")
        if not {"_pages", "_static"} & set(path.parts)
    }
    found = []
    for page, reader in pages.items():
        for link in reader.links:
            address, anchor = urldefrag(link)
            if urlparse(address).scheme or address.startswith("//") or link.startswith("data:"):
                continue
            target = (page.parent / unquote(urlparse(address).path)).resolve() if address else page
            if target.is_dir():
                target /= "index.html"
            missing = not target.exists()
            if missing or (anchor and target in pages and unquote(anchor) not in pages[target].anchors):
                found.append(f"{page.relative_to(root.resolve())}: {link}")
    return found


if __name__ == "__main__":
    lines = broken(Path(sys.argv[1]))
    print("\n".join(lines) or "every link leads somewhere")
    sys.exit(bool(lines))
