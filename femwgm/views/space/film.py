"""One period of the wave as a film: GIF, or MP4 where there is an encoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from femwgm.errors import MissingExtraError, OutputError
from femwgm.ground.typing import Array
from femwgm.views.fields.quantities import main_component
from femwgm.views.fields.source import ModeView, RunView
from femwgm.views.space.caption import legend
from femwgm.views.space.scene import Look
from femwgm.views.space.shots import pair


def animate(
    run: RunView, mode: ModeView, path: str | Path, look: Look | None = None, *, frames: int = 12, seconds: float = 1.2,
    size: tuple[int, int] = (1200, 600),
) -> Path:  # fmt: skip
    """Draw one period of the wave off screen into a GIF or an MP4, which repeats without a seam.

    Raises
    ------
    MissingExtraError
        Where there is no graphics library, or no encoder for MP4.
    OutputError
        For another kind of file.
    """
    kind = Path(path).suffix.lower()
    if kind not in (".gif", ".mp4"):
        raise OutputError(f"{path}: an animation is written as .gif or .mp4")
    if kind == ".mp4":
        _encoder()
    chosen = look or Look(show=main_component(mode.solid))
    plotter, scenes = pair(run, mode, chosen, size)
    strip = legend(mode, scenes[0].what, size[0], envelope=any(built.envelope for built in scenes))
    pictures = []
    try:
        for i in range(frames):
            for built in scenes:
                built.repaint(replace(chosen.wave, phase=2.0 * np.pi * i / frames))
            plotter.render()
            pictures.append(np.concatenate([plotter.screenshot(None, return_img=True), strip]))
    finally:
        plotter.close()
    return _write_film(pictures, Path(path), seconds)


def _grained(picture: Array) -> Array:
    """A picture with an ordered grain of a few levels: a smooth shade stays smooth in few colours, alike in every frame."""
    grid = np.zeros((1, 1))
    for _ in range(3):
        grid = np.block([[4 * grid, 4 * grid + 2], [4 * grid + 3, 4 * grid + 1]])
    grain = (grid + 0.5) / grid.size - 0.5
    rows, columns = picture.shape[:2]
    tiled = np.tile(grain, (rows // 8 + 1, columns // 8 + 1))[:rows, :columns, None]
    noisy = np.clip(picture + 9.0 * tiled, 0.0, 255.0).astype(np.uint8)
    return np.where(picture.min(axis=2, keepdims=True) >= 250, picture, noisy)


def _encoder() -> Any:
    try:
        import imageio_ffmpeg
    except ImportError:
        raise MissingExtraError(
            "an MP4 needs imageio-ffmpeg: pip install 'femwgm[video]'; or write a GIF with --gif"
        ) from None
    return imageio_ffmpeg


def _write_film(pictures: Sequence[Array], path: Path, seconds: float) -> Path:
    from femwgm.store import make_folder

    make_folder(path.parent)
    if path.suffix.lower() == ".gif":
        import io

        from PIL import Image

        from femwgm.store import write_bytes

        # One palette for all frames: colours that flicker from frame to frame look like field.
        several = np.concatenate([p[::2, ::2] for p in pictures[:: max(1, len(pictures) // 4)]])
        palette = Image.fromarray(several).quantize(255, dither=Image.Dither.NONE)
        shades = np.array(palette.getpalette()).reshape(-1, 3)
        shades[shades.min(axis=1) >= 250] = 255  # paper stays white, which a mean of near-whites is not
        palette.putpalette(shades.ravel().tolist())
        frames = [
            Image.fromarray(_grained(p)).quantize(palette=palette, dither=Image.Dither.NONE) for p in pictures
        ]
        stream = io.BytesIO()
        step = max(20, round(1000.0 * seconds / len(frames)))
        frames[0].save(
            stream,
            format="GIF",
            save_all=True,
            append_images=frames[1:],
            duration=step,
            loop=0,
            optimize=False,
        )
        write_bytes(path, stream.getvalue())
        return path
    height, width = (side - side % 2 for side in pictures[0].shape[:2])
    writer = _encoder().write_frames(
        str(path), (width, height), fps=len(pictures) / seconds, macro_block_size=2, quality=8
    )
    writer.send(None)
    for picture in list(pictures) * 3:
        writer.send(np.ascontiguousarray(picture[:height, :width]))
    writer.close()
    return path
