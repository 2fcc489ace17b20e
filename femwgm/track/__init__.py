"""Modes followed along an axis, and where they meet."""

from __future__ import annotations

from femwgm.track.follow import Follower, State, label_of
from femwgm.track.meetings import Crossing

__all__ = ["Crossing", "Follower", "State", "label_of"]
