"""`femwgm view --web` in a real browser: its address opens the page that turns, and nothing else is asked of any network."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.chromium import executable, opened

pytestmark = [pytest.mark.browser, pytest.mark.skipif(executable() is None, reason="no Chromium here")]


@pytest.fixture
def url(run_folder: Path) -> Iterator[str]:
    view = [
        "view",
        str(run_folder),
        "--web",
        "--no-browser",
        "--quantity",
        "E_z",
        "--standing",
        "--cut",
        "60",
    ]
    server = subprocess.Popen([sys.executable, "-m", "femwgm", *view], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        line = server.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/\S*", line)
        assert found, line
        yield found[0]
    finally:
        server.terminate()
        server.wait(20)


def test_the_address_opens_the_page_as_it_was_asked_for(url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(url, tmp_path / "profile") as page:
            await page.until("document.querySelector('.turntable')?.dataset.frames")
            assert (
                await page.value("document.querySelector('[data-turn=what]').selectedOptions[0].textContent")
                == "Re E_z"
            )
            assert await page.value("document.querySelector('[data-turn=standing]').checked")
            assert await page.value("document.querySelector('[data-turn=cut]').value") == "60"
            frames = int(await page.value("document.querySelector('.turntable').dataset.frames"))
            await page.drag((400, 400), (560, 350))
            await page.until(f"document.querySelector('.turntable').dataset.frames > {frames}")
            assert page.errors == []
            assert [u for u in page.requests if not u.startswith((url, "data:"))] == []

    asyncio.run(story())
