"""Where the camera of a scene stands."""

from __future__ import annotations

from typing import Any

import numpy as np

from femwgm.ground.typing import Array

_ANGLE, FILLED = 30.0, 0.86
"""Angle of the camera (degrees), and how much of a picture the body fills."""
_ENOUGH = 20_000
"""Points by which a camera is fitted."""
_UPWARDS = np.array([0.0, 0.0, 1.0])


def look_at(camera: Any, focus: Array, position: Array) -> None:
    """Point a camera, ours or PyVista's, at a place (um) from another, upright."""
    camera.focal_point, camera.position = tuple(focus), tuple(position)
    camera.up = tuple(_UPWARDS)
    camera.view_angle = _ANGLE


def fitted(points: Array, away: Array) -> tuple[Array, Array]:
    """Focal point and position of a camera in a direction from which points (n, 3) fill a square, centred."""
    right = np.cross(_UPWARDS, away)
    right = right / np.linalg.norm(right)
    axes = np.array([right, np.cross(away, right), away])
    u = points[:: max(1, len(points) // _ENOUGH)] @ axes.T
    widest = np.tan(np.radians(0.5 * _ANGLE)) * FILLED
    centre = 0.5 * (u.min(axis=0) + u.max(axis=0))
    for _ in range(6):  # perspective moves the middle of the picture off the middle of the body
        across = np.abs(u[:, :2] - centre[:2]).max(axis=1)
        distance = float((across / widest + u[:, 2] - centre[2]).max())
        seen = (u[:, :2] - centre[:2]) / (distance - u[:, 2] + centre[2])[:, None]
        centre[:2] += distance * 0.5 * (seen.min(axis=0) + seen.max(axis=0))
    return centre @ axes, (centre + np.array([0.0, 0.0, distance])) @ axes
