"""Bends at a real frequency against the exact ring, whose order comes from Bessel functions of complex order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from femwgm.config import load_config
from femwgm.experiment.bends.bend import Bend, bends, write_bends

RING = Path(__file__).resolve().parents[2] / "configs" / "ring-meep.yaml"

# Orders of the ring n = 3.4, 1 < r < 2, E along its axis, at f = 0.135 and 0.155 c/um: J, Y, H of complex order matched at both
# radii with mpmath at 25 digits.
EXACT = {0.135: 3.570709648669681 + 0.012899352045430j, 0.155: 4.264422880188411 + 0.005261189177021j}


@pytest.mark.slow
@pytest.mark.parametrize("frequency", EXACT)
def test_the_order_of_a_ring_is_the_exact_one(frequency: float, tmp_path: Path) -> None:
    (bend,) = bends(load_config(RING), 1.0 / frequency)
    exact = EXACT[frequency]
    assert abs(bend.order.real - exact.real) <= bend.error[0]
    assert abs(bend.order.imag - exact.imag) <= bend.error[1]
    assert bend.error[0] < 1e-5
    assert bend.error[1] < 1e-4 * exact.imag
    assert bend.loss_db(90.0)[0] == pytest.approx(20.0 / np.log(10.0) * exact.imag * np.pi / 2.0, rel=1e-4)
    write_bends([bend], tmp_path)
    lines = (tmp_path / "bend.csv").read_text().splitlines()
    assert lines[0] == "mode,quantity,value,unit,error,source"
    assert any(line.startswith("TE q=1 p=0,loss_per_turn,") for line in lines)


def test_decibels_of_a_bend() -> None:
    """A wave that decays to 1/e in amplitude over a radian loses 8.686 dB a radian; four quarters make a turn."""
    bend = Bend("TE q=1 p=0", 1550.0, 100.0 + 1.0j, (1e-3, 1e-3), 1.5, "complex order", 1550.0, None, None)
    assert bend.loss_db(np.rad2deg(1.0))[0] == pytest.approx(8.685889638)
    assert bend.loss_db(360.0)[0] == pytest.approx(4.0 * bend.loss_db(90.0)[0])
    assert {row.quantity for row in bend.rows()} >= {"loss_per_90deg", "loss_per_turn", "order_im"}
