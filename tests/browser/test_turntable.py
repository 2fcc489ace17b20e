"""The picture that turns without a server: one file, in a real browser, and no word on its console."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import numpy as np
import pytest
from support.chromium import Page, executable, opened

from femwgm.cli import main
from femwgm.views.report import page
from femwgm.views.report.turning import write_turning

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(executable() is None, reason="no Chromium here"),
]
VIEW = (40, 80, 960, 800)
LARGEST = 3_000_000


async def pixels(page: Page) -> np.ndarray:
    from PIL import Image

    left, top, right, bottom = VIEW
    image = np.asarray(Image.open(io.BytesIO(await page.picture())).convert("RGB"), dtype=float)
    return image[top:bottom, left:right]


def painted(image: np.ndarray) -> float:
    return float((image.min(axis=2) < 235).mean())


def changed(image: np.ndarray, before: np.ndarray) -> float:
    return float((np.abs(image - before).max(axis=2) > 25).mean())


def put(name: str, value: str, event: str) -> str:
    return f"{{const e = document.querySelector('[data-turn={name}]'); e.value = {value}; e.dispatchEvent(new Event('{event}'))}}"


def test_it_turns_cuts_and_runs(run_folder: Path, tmp_path: Path) -> None:
    page_file = write_turning(run_folder, tmp_path / "turn.html")
    assert page_file.stat().st_size < LARGEST

    async def story() -> None:
        async with opened(page_file.as_uri(), tmp_path / "profile") as page:
            await page.until("document.querySelector('.turntable')?.dataset.frames")
            first = await pixels(page)
            assert painted(first) > 0.15
            await page.drag((400, 400), (560, 350))
            turned = await pixels(page)
            assert changed(turned, first) > 0.03
            await page.value(put("cut", "0", "input"))
            await asyncio.sleep(0.5)
            closed = await pixels(page)
            assert changed(closed, turned) > 0.02
            await page.value("document.querySelector('[data-turn=near]').click()")
            await asyncio.sleep(1.5)
            near = await pixels(page)
            assert changed(near, closed) > 0.1
            await page.value("document.querySelector('[data-turn=play]').click()")
            frames = int(await page.value("document.querySelector('.turntable').dataset.frames"))
            await page.until(f"document.querySelector('.turntable').dataset.frames > {frames + 5}")
            other = await page.value("document.querySelector('[data-turn=mode]').options.length")
            assert other == 2
            await page.value(put("mode", "1 - e.value", "change"))
            await asyncio.sleep(0.5)
            assert page.errors == []
            assert [url for url in page.requests if not url.startswith(("file:", "data:"))] == []

    asyncio.run(story())


def test_the_report_holds_it(
    run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for other_picture, nothing in (("_picture", ""), ("_cut_open", b"")):  # they have tests of their own
        monkeypatch.setattr(page, other_picture, lambda *_, nothing=nothing: nothing)
    main_status = 0
    try:
        main(["report", str(run_folder)])
    except SystemExit as leave:
        main_status = int(leave.code or 0)
    assert main_status == 0
    report = Path(capsys.readouterr().out.strip())

    async def story() -> None:
        async with opened(report.resolve().as_uri(), tmp_path / "profile") as shown:
            await shown.until("document.querySelector('.turntable')?.dataset.frames")
            assert await shown.value("document.querySelector('.turntable').classList.contains('with')")
            assert shown.errors == []

    asyncio.run(story())
