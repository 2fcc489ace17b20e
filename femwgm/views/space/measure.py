"""What makes a picture in three dimensions measurable: a scale in each view, and a frame around what the close-up shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from femwgm.ground.numbers import length
from femwgm.ground.typing import Array
from femwgm.views.figures.style import INK

_ABOUT = 0.18
"""Length of the scale in heights of the picture, about."""


@dataclass(frozen=True)
class Lens:
    """A camera of perspective, in um, and the height of its picture in pixels."""

    position: Array
    focus: Array
    up: Array
    tangent: float
    height: int

    @classmethod
    def of(cls, camera: Any, height: int) -> Lens:
        """From a camera, ours or PyVista's."""
        position, focus, up = (
            np.array(v, dtype=float) for v in (camera.position, camera.focal_point, camera.up)
        )
        return cls(position, focus, up, float(np.tan(np.radians(0.5 * camera.view_angle))), height)

    @property
    def pixel_um(self) -> float:
        """What a pixel spans at the depth of the focal point (um)."""
        return 2.0 * self.tangent * float(np.linalg.norm(self.focus - self.position)) / self.height

    def seen(self, point: Array) -> tuple[float, float, float]:
        """Offset from the middle of the picture to the right and upwards (pixels), and what a pixel spans there (um)."""
        ahead = (self.focus - self.position) / np.linalg.norm(self.focus - self.position)
        right = np.cross(ahead, self.up)
        right = right / np.linalg.norm(right)
        away = point - self.position
        depth = float(away @ ahead)
        pixel = 2.0 * self.tangent * depth / self.height
        return float(away @ right) / pixel, float(away @ np.cross(right, ahead)) / pixel, pixel


def measured(images: Sequence[Array], lenses: Sequence[Lens]) -> list[Array]:
    """The whole and the close-up with a scale each, and in the whole a frame around what the close-up shows."""
    drawn = [_scaled(image, lens) for image, lens in zip(images, lenses, strict=True)]
    whole, near = lenses
    right, up, pixel = whole.seen(near.focus)
    half = 0.5 * near.pixel_um * near.height / pixel
    drawn[0] = _framed(drawn[0], right, up, half)
    return drawn


def nice_length(rough: float) -> tuple[float, str]:
    """The round length (um) at or below another, and its name.

    >>> nice_length(7.3), nice_length(0.27), nice_length(2600.0)
    ((5.0, '5 µm'), (0.2, '200 nm'), (2000.0, '2 mm'))
    """
    ten = 10.0 ** np.floor(np.log10(rough))
    nice = float(ten * next(digit for digit in (5, 2, 1) if digit * ten <= rough))
    return nice, length(nice)


def _scaled(image: Array, lens: Lens) -> Array:
    from PIL import Image, ImageDraw

    length, words = nice_length(_ABOUT * lens.height * lens.pixel_um)
    wide, unit = length / lens.pixel_um, lens.height / 100.0
    picture = Image.fromarray(image)
    pen = ImageDraw.Draw(picture)
    left, bottom = 3.0 * unit, image.shape[0] - 3.0 * unit
    middle, font = left + 0.5 * wide, _font(2.5 * unit)
    box = pen.textbbox((middle, bottom - 0.9 * unit), words, anchor="mb", font=font)
    paper = (min(box[0], left) - unit, box[1] - 0.6 * unit, max(box[2], left + wide) + unit, bottom + unit)
    pen.rounded_rectangle(paper, radius=0.6 * unit, fill="white")
    pen.rectangle((left, bottom - 0.35 * unit, left + wide, bottom), fill=INK)
    pen.text((middle, bottom - 0.9 * unit), words, anchor="mb", fill=INK, font=font)
    return np.asarray(picture)


def _framed(image: Array, right: float, up: float, half: float) -> Array:
    from PIL import Image, ImageDraw

    picture = Image.fromarray(image)
    x, y = 0.5 * image.shape[1] + right, 0.5 * image.shape[0] - up
    ImageDraw.Draw(picture).rectangle(
        (x - half, y - half, x + half, y + half), outline=INK, width=max(1, image.shape[0] // 400)
    )
    return np.asarray(picture)


def _font(size: float) -> Any:
    from matplotlib.font_manager import findfont
    from PIL import ImageFont

    return ImageFont.truetype(findfont("DejaVu Sans"), max(8, round(size)))
