"""The laboratory page: its JavaScript against the exact solution in Python, and the page in a real browser."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.chromium import executable, opened

from femwgm.analytic import layered_sphere

PAGE = Path(__file__).resolve().parents[2] / "docs" / "site" / "extra" / "laboratory"

ROWS = """[...document.querySelectorAll('#table tbody tr')]
    .map(row => row.cells[0].textContent + ' ' + row.cells[1].textContent)"""
THICKER = """{const e = document.querySelector('input[type=range][data-key=film]');
    e.value = 500; e.dispatchEvent(new Event('input'))}"""
DARK = """document.querySelector('#map').getContext('2d').getImageData(0, 0, 440, 440).data
    .filter((v, i) => i % 4 === 0 && v < 100).length"""
SPHERES = [
    ([10.0, 10.49], [1.45, 1.768, 1.0], (0.640, 0.670), 1),
    ([2.6, 2.75], [1.6, 2.0, 1.33], (0.60, 0.66), 2),
    ([30.0], [1.444, 1.0], (1.545, 1.555), 3),
    ([20.0, 20.15], [1.444, 2.2, 1.0], (1.54, 1.56), 2),
    ([3.0, 3.4], [2.0, 1.3, 1.0], (0.9, 0.95), 1),
    ([2.0], [1.45, 1.0], (0.9, 0.95), 1),
]


def lines(
    radii: list[float], indices: list[float], window: tuple[float, float], most: int
) -> list[dict[str, Any]]:
    """What the page finds, run by node."""
    program = f"const S = require({json.dumps(str(PAGE / 'spheres.js'))}); const s = {{radii: {radii}, n: {indices}}};"
    program += f"console.log(JSON.stringify(S.modes(s, {window[0]}, {window[1]}, {{most: {most}}})))"
    done = subprocess.run(["node", "-e", program], capture_output=True, text=True, check=True)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.mark.skipif(shutil.which("node") is None, reason="no node here")
@pytest.mark.parametrize(("radii", "indices", "window", "most"), SPHERES)
def test_every_line_is_the_exact_one(
    radii: list[float], indices: list[float], window: tuple[float, float], most: int
) -> None:
    sphere = layered_sphere(radii, indices)
    found = lines(radii, indices, window, most)
    listed = {(mode.pol, mode.l, mode.q) for mode in sphere.modes(window, radial_orders=range(1, most + 1))}
    barrier = indices[-1] * 2 * np.pi / window[0] * radii[-1]
    assert {(line["pol"], line["l"], line["q"]) for line in found} == {
        key for key in listed if key[1] > barrier
    }
    for line in found:
        mode = sphere.mode(line["pol"], l=line["l"], q=line["q"])
        assert line["wavelength"] * 1e3 == pytest.approx(mode.wavelength_nm, rel=2e-12)
        assert line["log10Q"] == pytest.approx(mode.log10_q_rad, abs=1e-8)
        close = (
            1e-5 if line["log10Q"] > 6 else 1e-3 if line["log10Q"] > 3 else 2e-2
        )  # the digits that the page shows
        assert line["ng"] == pytest.approx(mode.n_g, rel=close)
        assert line["shares"] == pytest.approx(list(mode.energy.values()), abs=close)


@pytest.mark.browser
@pytest.mark.skipif(executable() is None, reason="no Chromium here")
def test_a_slider_solves_anew(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened((PAGE / "index.html").as_uri(), tmp_path / "profile") as page:
            await page.until("document.body?.dataset.solved")
            first = await page.value(ROWS)
            assert "TE 165 659.99521" in first
            await page.value(THICKER)
            await page.until("document.body.dataset.solved > 1")
            thicker = layered_sphere([10.0, 10.5], [1.45, 1.768, 1.0]).mode("TE", l=165, q=1)
            assert f"TE 165 {thicker.wavelength_nm:.5f}" in await page.value(ROWS)
            assert await page.value(DARK) > 2000
            await page.value(
                "document.querySelector('[data-line=\"TM 163\"]').dispatchEvent(new Event('click'))"
            )
            assert (await page.value("document.querySelector('tr.chosen').cells[0].textContent")) == "TM 163"
            assert page.errors == []
            assert [url for url in page.requests if not url.startswith(("file:", "data:"))] == []

    asyncio.run(story())
