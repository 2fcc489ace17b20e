"""What the page that turns is told: the field in eight bits, the layers, the scales."""

from __future__ import annotations

import base64
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.pictures import small_run, small_view

from femwgm.views.report.turning import write_turning
from femwgm.views.space.turntable import SHOWN, scene


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return scene(small_view())


def test_the_grid_is_the_field(told: dict[str, Any]) -> None:
    """Decoded as the shader does it, against `Mode.field`; eight bits and no more are lost."""
    for mode, page in zip(small_run().modes, told["modes"], strict=True):
        width, height = page["size"]
        raw = np.frombuffer(zlib.decompress(base64.b64decode(page["field"])), dtype=np.uint8)
        along, around = ((raw.reshape(2, height, width, 4).astype(float)) - 128.0) / 127.0
        r0, r1, z0, z1 = page["box"]
        r = r0 + (r1 - r0) * (np.arange(width) + 0.5) / width
        z = z0 + (z1 - z0) * (np.arange(height) + 0.5) / height
        E = mode.field(*np.meshgrid(r, z[::6]))
        found = np.stack([along[..., 0] + 1j * along[..., 1], around[..., 0] + 1j * around[..., 1],
                          along[..., 2] + 1j * along[..., 3]])[:, ::6]  # fmt: skip
        e2, gain = (np.abs(E) ** 2).sum(axis=0), page["gain"][0]
        assert gain * (np.abs(found) ** 2).sum(axis=0) == pytest.approx(e2 / e2.max(), abs=0.03)
        main = int(np.argmax([np.abs(component).max() for component in E]))
        assert page["main"] == SHOWN.index(("E_r", "E_phi", "E_z")[main])
        scaled = page["gain"][page["main"]] * found[main]
        assert scaled == pytest.approx(E[main] / np.abs(E[main]).max(), abs=0.03)


def test_layers_and_scales(told: dict[str, Any]) -> None:
    assert told["floor"]
    assert [ring[0] for ring in told["rings"]] == ["core", "shell"]
    assert [ring[2] for ring in told["rings"]] == pytest.approx([10.0, 10.49])
    assert [mode["m"] for mode in told["modes"]] == [163, 163]


def test_one_file_that_asks_for_nothing(tmp_path: Path) -> None:
    text = write_turning(small_view(), tmp_path / "turn.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in text
    assert not [word for word in ("http://", "https://", "import ", "fetch(") if word in text]
    assert text.count("</script>") == 2
