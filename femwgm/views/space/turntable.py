"""The resonator as a picture that turns in any browser, offline: a block of HTML with everything inside.

The page holds the curves of the body and, for each mode, E on a grid of the meridian plane in eight bits; azimuthal order, phase,
cut and camera are left to the page (`turntable.js`, WebGL 2).
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any

import numpy as np

from femwgm.errors import OutputError
from femwgm.ground.typing import Array
from femwgm.views.fields.brightness import peak
from femwgm.views.fields.chebyshev import fewest
from femwgm.views.fields.outlines import Outline, body_of, holds, plates, reach_of, visible
from femwgm.views.fields.patches import Patches
from femwgm.views.fields.quantities import Wave, main_component, quantity
from femwgm.views.fields.source import ModeView, RunView, Source, run_view
from femwgm.views.figures.plane import mode_box, scale
from femwgm.views.figures.style import intensity_map, layer_colours, wave_map
from femwgm.views.space.caption import sentence
from femwgm.views.space.scene import Look

SHOWN = ("E2", "E_r", "E_phi", "E_z")
"""Quantities of the page, in the order of its shader."""
_CELLS, _ROOM = 16_000, 1_400_000
"""Cells of a mode's grid at most, and bytes of all grids together before they are packed."""
_DATA = re.compile(r'<script type="application/json">(.*?)</script>', re.DOTALL)
_EIGHT_BITS = 1e-4
"""Error of a field (of its maximum) that a grid in eight bits does not show."""
_POINTS = 400
"""Points of an outline at most."""


@cache
def script() -> str:
    """The script that a page with a block needs, once."""
    return _file("js")


@cache
def style() -> str:
    """The rules that a page with a block needs, once."""
    return _file("css")


def block(
    source: Source, *, first: str | None = None, look: Look | None = None, instead: str = "", page: bytes | None = None
) -> str:  # fmt: skip
    """The element that turns, beginning with the mode of a label.

    `instead` is shown where there is no WebGL, and in print. What a `page` of the same run holds is taken from there.
    """
    look = look or Look()
    held = None if page is None else _DATA.search(page.decode("utf-8", "replace"))
    told = json.loads(held[1]) if held else scene(run_view(source), first, look)
    data = json.dumps(told, separators=(",", ":"), ensure_ascii=False)
    nothing = "<p>This browser has no WebGL 2: the picture in plots/cut_open.png shows the same.</p>"
    return Template(_file("html")).substitute(
        cut=f"{np.degrees(look.cut.angle):g}", instead=instead or nothing, data=data.replace("</", "<\\/")
    )


def _file(kind: str) -> str:
    return files("femwgm.views.space").joinpath(f"turntable.{kind}").read_text(encoding="utf-8")


def scene(run: RunView, label: str | None = None, look: Look | None = None) -> dict[str, Any]:
    """What the script is told; lengths in um.

    Raises
    ------
    OutputError
        If there is nothing to show, or the page cannot show what is asked for.
    """
    look = look or Look()
    what = quantity(look.show).name
    if what not in SHOWN:
        raise OutputError(
            f"the page that turns shows {', '.join(SHOWN)}, not {what}; --png FILE shows every quantity"
        )
    if look.opacity:
        raise OutputError(
            "the page that turns has solid layers; --opacity is for --png, --gif, --mp4 and the window"
        )
    shown = list(run.modes)
    if not shown or not run.outlines:
        raise OutputError(
            "there is nothing to turn: "
            + ("the body is known by its mesh only" if shown else "the run holds no modes")
        )
    body = body_of(run.outlines)
    around = [plate for plate in plates(run.outlines) if not holds(plate, body)]
    drawn = (*body, *around)
    tints = layer_colours(run.regions)
    r, low, high = reach_of(body)
    floor = np.isfinite(look.cut.floor) and all(line.round for line in body)
    far = max(float(line.r.max()) for line in drawn)
    lowest, highest = (
        min(float(line.z.min()) for line in drawn),
        max(float(line.z.max()) for line in drawn),
    )
    grids = _grids(shown)
    boxes = [grid["box"] for grid in grids]
    first = shown.index(run.find(label))
    rings = _rings(drawn, tints) if floor else []
    return {
        "size": max(r, 0.5 * (high - low)),
        "middle": 0.5 * (low + high),
        "floor": bool(floor),
        "cut": look.cut.angle,
        "what": SHOWN.index(what),
        "standing": look.wave.standing,
        "phase": look.wave.phase,
        "first": first,
        "sheet": [
            0.0,
            max(far, *(box[1] for box in boxes)),
            min(lowest, *(box[2] for box in boxes)),
            max(highest, *(box[3] for box in boxes)),
        ],
        "bodies": [{"tint": tints[line.name], "curve": _curve(line.r, line.z)} for line in reversed(drawn)],
        "lines": [_curve(r, z) for _, r, z in visible(drawn)],
        "rings": rings,
        "rim": max((ring[2] for ring in rings), default=0.0),
        "maps": {"hot": _map(intensity_map()), "wave": _map(wave_map())},
        "modes": [{**_words(mode), **grid} for mode, grid in zip(shown, grids, strict=True)],
    }


def _words(mode: ModeView) -> dict[str, Any]:
    from femwgm.views.figures.pages import title_of

    r, z = peak(mode.solid)
    box = mode_box(mode)
    lobes = 6.0 * np.pi * r / max(mode.m, 1)
    size = max(float(line.r.max()) for line in body_of(mode.outlines))
    reach = min(max(box[3] - box[2], 3.0 * (box[1] - box[0]), lobes) * 0.7, 0.6 * size)
    return {
        "label": f"{mode.label}, {mode.place}",
        "title": title_of(mode).replace("   ", "\n"),
        "about": sentence(mode),
        "m": mode.m,
        "peak": [r, z],
        "reach": reach,
        "main": SHOWN.index(main_component(mode.solid)),
    }


def _grids(modes: Sequence[ModeView]) -> list[dict[str, Any]]:
    """E of each mode on a grid over its box; modes of one mesh look up their cells once."""
    cells = min(_CELLS, _ROOM // (8 * len(modes)))
    boxes: dict[tuple[Any, ...], Array] = {}
    keys = []
    for mode in modes:
        patches = mode.solid
        keys.append((patches.r.shape, float(patches.r.sum()), float(np.abs(patches.z).sum())))
        box = np.array(mode_box(mode))
        old = boxes.get(keys[-1], box)
        boxes[keys[-1]] = np.array(
            [min(old[0], box[0]), max(old[1], box[1]), min(old[2], box[2]), max(old[3], box[3])]
        )
    places = {key: _places(box, cells) for key, box in boxes.items()}
    shown: list[dict[str, Any]] = [{}] * len(modes)
    for key, (r, z) in places.items():
        alike = [i for i, own in enumerate(keys) if own == key]
        first = modes[alike[0]].solid
        t, fields = fewest(first.t, np.concatenate([modes[i].solid.E for i in alike]), _EIGHT_BITS)
        values = first.values_at(fields, *first.find(r.ravel(), z.ravel()), t).reshape(-1, 3, *r.shape)
        for i, E in zip(alike, values, strict=True):
            size = [r.shape[1], r.shape[0]]
            shown[i] = {"box": boxes[key].tolist(), "size": size, **_packed(modes[i].solid, E)}
    return shown


def _places(box: Array, cells: int) -> tuple[Array, Array]:
    """Centres of about so many cells, as square as whole numbers allow."""
    width, height = box[1] - box[0], box[3] - box[2]
    across = int(np.clip(np.sqrt(cells * width / height), 16, cells // 16))
    upwards = max(cells // across, 16)
    r = box[0] + width * (np.arange(across) + 0.5) / across
    z = box[2] + height * (np.arange(upwards) + 0.5) / upwards
    return tuple(np.meshgrid(r, z))


def _packed(patches: Patches, E: Array) -> dict[str, Any]:
    """Two textures, (E_r, E_z) and E_phi, real and imaginary part each, from -1 to 1 in eight bits; and what 1 stands for."""
    scales = [scale(patches, quantity(name), Wave()) for name in SHOWN]
    unit = 1.2 * np.sqrt(scales[0])
    parts = np.stack([E[0].real, E[0].imag, E[2].real, E[2].imag, E[1].real, E[1].imag]) / unit
    levels = (128.5 + 127.0 * np.clip(parts, -1.0, 1.0)).astype(np.uint8)
    blank = np.full(levels.shape[1:], 128, dtype=np.uint8)
    raw = (
        np.stack([*levels[:4]], axis=-1).tobytes() + np.stack([*levels[4:], blank, blank], axis=-1).tobytes()
    )
    # One scale for all components of E, so that they compare.
    top = max(scales[1:])
    gains = [unit**2 / scales[0], *(unit / top for _ in SHOWN[1:])]
    return {"field": base64.b64encode(zlib.compress(raw, 6)).decode(), "gain": gains}


def _rings(drawn: Sequence[Outline], tints: dict[str, str]) -> list[tuple[str, float, float, str]]:
    """Rings of the layers in the plane of the equator, from the axis outwards; the first layer that covers a radius has it."""
    inner, found = 0.0, []
    for line in drawn:
        radius = line.equator(0.0)
        if radius is not None and radius > inner:
            found.append((line.name, inner, radius, tints[line.name]))
            inner = radius
    return found


def _curve(r: Array, z: Array) -> list[list[float]]:
    """Points of a curve, thinned out where there are more than a screen shows."""
    step = max(1, len(r) // _POINTS)
    kept = sorted({*range(0, len(r), step), len(r) - 1})
    return [[float(f"{r[i]:.6g}"), float(f"{z[i]:.6g}")] for i in kept]


def _map(colours: Any) -> str:
    table = (255.0 * colours(np.linspace(0.0, 1.0, 256))).round().astype(np.uint8)
    return base64.b64encode(table.tobytes()).decode()
