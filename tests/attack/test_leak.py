"""Three hundred runs in one process: what they leave in memory once garbage is collected."""

from __future__ import annotations

import ctypes
import gc
import sys
from pathlib import Path

import pytest

import femwgm

CONFIG = Path(__file__).resolve().parents[2] / "configs" / "duan2022.yaml"
RUNS, WARM = 300, 10
GROWTH_MB = 4.0
"""Far below one solve's own memory (tens of MB), well above what names and small caches take (0.5 MB)."""


def resident_mb() -> float:
    """Memory of this process with the allocator's spare pages given back."""
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096 / 2**20


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc and trims glibc's heap")
def test_runs_leave_no_memory_behind() -> None:
    config = femwgm.load_config(CONFIG, ["modes.azimuthal_orders=[165]", "modes.polarizations=[TE]"])
    for _ in range(WARM):
        femwgm.run(config)
    before = resident_mb()
    for _ in range(RUNS):
        femwgm.run(config)
    assert resident_mb() - before < GROWTH_MB
