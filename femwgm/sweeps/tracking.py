"""Modes followed along an axis, and where they meet."""

from __future__ import annotations

from femwgm.sweeps.follow import Follower, State, label_of
from femwgm.sweeps.meetings import Crossing

__all__ = ["Crossing", "Follower", "State", "label_of"]
