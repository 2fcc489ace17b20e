"""The view in a real browser: the page loads, a mode is picked, the camera turned, nothing is asked of the network, no error."""

from __future__ import annotations

import asyncio
import importlib.util
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support.chromium import Page, executable, opened

pytestmark = [
    pytest.mark.browser,
    pytest.mark.vtk,
    pytest.mark.skipif(executable() is None, reason="no Chromium here"),
    pytest.mark.skipif(
        importlib.util.find_spec("trame_vtk") is None, reason="no trame here: ./dev setup web"
    ),
]
VIEW = (320, 80, 1280, 720)
"""Left, top, right, bottom of the picture within the window."""


@pytest.fixture
def url(run_folder: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "femwgm.cli", "view", str(run_folder), "--web", "--no-browser"]
    command[1:3] = ["-c", "from femwgm.cli import main; main()"]
    environment = {**os.environ, "no_proxy": "127.0.0.1"}
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert server.stdout is not None
        line = server.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/\S*", line)
        assert found, line
        yield found[0]
    finally:
        server.terminate()
        server.wait(20)


async def pixels(page: Page) -> np.ndarray:
    from PIL import Image

    left, top, right, bottom = VIEW
    image = np.asarray(Image.open(io.BytesIO(await page.picture())).convert("RGB"), dtype=float)
    return image[top:bottom, left:right]


async def picture_that(page: Page, holds, seconds: float = 90.0) -> np.ndarray:
    """The view once a property of its pixels holds."""
    image = np.zeros(0)
    for _ in range(int(seconds / 0.5)):
        image = await pixels(page)
        if holds(image):
            return image
        await asyncio.sleep(0.5)
    raise AssertionError(f"the view never came to be as expected; errors: {page.errors}")


def painted(image: np.ndarray) -> bool:
    return float((image.min(axis=2) < 200).mean()) > 0.15


def test_load_pick_and_turn(url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(url, tmp_path / "profile") as page:
            count = await page.until("document.querySelectorAll('.femwgm-mode').length")
            assert count == 2
            first = await page.value("document.querySelector('#shown').textContent.trim()")
            await picture_that(page, painted)
            names = await page.value(
                "[...document.querySelectorAll('.femwgm-mode')].map(e => e.textContent.trim())"
            )
            other = next(i for i, name in enumerate(names) if not name.startswith(first))
            await page.value(f"document.querySelectorAll('.femwgm-mode')[{other}].click()")
            await page.until(f"document.querySelector('#shown').textContent.trim() !== {first!r}")
            before = await picture_that(page, painted)
            await page.drag((760, 380), (900, 330))
            turned = await picture_that(
                page,
                lambda image: (
                    painted(image) and float((np.abs(image - before).max(axis=2) > 25).mean()) > 0.03
                ),
            )
            assert painted(turned)
            assert page.errors == []
            outside = [u for u in page.requests if not u.startswith(("http://127.0.0.1:", "data:", "blob:"))]
            assert outside == []

    asyncio.run(story())
