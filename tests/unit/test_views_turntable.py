"""What the page that turns is told: the field in eight bits, the layers, the scales."""

from __future__ import annotations

import base64
import zlib
from pathlib import Path

import numpy as np
import pytest
from support.pictures import SMALL

import femwgm
from femwgm.views.fields.source import run_view
from femwgm.views.report.turning import write_turning
from femwgm.views.space.turntable import SHOWN, block, scene


@pytest.fixture(scope="module")
def result():
    return femwgm.run(SMALL)


def test_the_grid_is_the_field(result) -> None:
    """Decoded as the shader does it, against `Mode.field`; eight bits and no more are lost."""
    data = scene(run_view(result))
    for mode, told in zip(result.modes, data["modes"], strict=True):
        width, height = told["size"]
        raw = np.frombuffer(zlib.decompress(base64.b64decode(told["field"])), dtype=np.uint8)
        along, around = ((raw.reshape(2, height, width, 4).astype(float)) - 128.0) / 127.0
        r0, r1, z0, z1 = told["box"]
        r = r0 + (r1 - r0) * (np.arange(width) + 0.5) / width
        z = z0 + (z1 - z0) * (np.arange(height) + 0.5) / height
        E = mode.field(*np.meshgrid(r, z))
        found = np.stack([along[..., 0] + 1j * along[..., 1], around[..., 0] + 1j * around[..., 1],
                          along[..., 2] + 1j * along[..., 3]])  # fmt: skip
        e2, gain = (np.abs(E) ** 2).sum(axis=0), told["gain"][0]
        assert gain * (np.abs(found) ** 2).sum(axis=0) == pytest.approx(e2 / e2.max(), abs=0.03)
        main = int(np.argmax([np.abs(component).max() for component in E]))
        assert told["main"] == SHOWN.index(("E_r", "E_phi", "E_z")[main])
        scaled = told["gain"][told["main"]] * found[main]
        assert scaled == pytest.approx(E[main] / np.abs(E[main]).max(), abs=0.03)


def test_layers_and_scales(result) -> None:
    data = scene(run_view(result))
    assert data["floor"]
    *_, outer = data["rings"]
    assert outer[2] == pytest.approx(result.config.geometry.radius_ref_um)
    assert [mode["m"] for mode in data["modes"]] == [mode.m for mode in result.modes]


def test_one_file_that_asks_for_nothing(result, tmp_path: Path) -> None:
    text = write_turning(result, tmp_path / "turn.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in text
    assert not [word for word in ("http://", "https://", "import ", "fetch(") if word in text]
    assert "</script" not in block(result).partition('json">')[2].partition("</script>")[0]
