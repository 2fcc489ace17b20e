"""What a mode is and what it is called: `Mode`, `ModeSet`, labels from the field."""

from __future__ import annotations

from femwgm.modes.mode import Mode, ModeSet

__all__ = ["Mode", "ModeSet"]
