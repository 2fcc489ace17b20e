"""The resonator in three dimensions, cut open, with the field on the cut, off screen or in a window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from femwgm.errors import OutputError
from femwgm.ground.typing import Array
from femwgm.views.fields.brightness import level, peak
from femwgm.views.fields.outlines import body_of, holds, plates, reach_of, visible
from femwgm.views.fields.patches import Patches
from femwgm.views.fields.quantities import Quantity, Wave, quantity
from femwgm.views.fields.source import ModeView, RunView
from femwgm.views.figures.plane import FAINTEST, blended, scale
from femwgm.views.figures.style import INK, layer_colours
from femwgm.views.space import actors
from femwgm.views.space.actors import Light, Shape
from femwgm.views.space.camera import fitted, look_at
from femwgm.views.space.canvas import Canvas
from femwgm.views.space.caption import sentence
from femwgm.views.space.revolve import (
    Cut,
    Sheet,
    flat_face,
    half_disc,
    meridian_face,
    quadrilaterals,
    sector,
    surfaces,
    upright,
)  # fmt: skip

SURFACE = Light(ambient=0.42, diffuse=0.62, specular=0.1, power=25.0, smooth=True)
FACE = Light(ambient=0.72, diffuse=0.3)
"""Light on the outside, and on the faces of the cut, where colours should read as on the scale."""
CLEAR = 0.15
"""Opacity of a background layer that surrounds the body, unless another is asked for."""
_PIXEL = 1.0 / 400.0
"""Size of a picture's pixel over that of what the picture shows."""


@dataclass(frozen=True)
class Look:
    """How a scene is drawn.

    Attributes
    ----------
    show
        Quantity.
    wave
        Phase, travelling or standing.
    cut
        What is taken away.
    opacity
        Opacity of each layer by name; by default 1, and `CLEAR` for what the body is immersed in.
    close_up
        Whether the camera is to look at the mode from near.
    """

    show: str | Quantity = "E2"
    wave: Wave = field(default_factory=Wave)
    cut: Cut = field(default_factory=Cut)
    opacity: Mapping[str, float] = field(default_factory=dict)
    close_up: bool = False


class Scene:
    """A mode on a plotter; it can be repainted in another phase or quantity without being built again.

    Parameters
    ----------
    run, mode
        What to show.
    plotter
        A canvas, or a PyVista plotter.
    look
        How.
    finer
        Pixels along each side of a pixel of the picture that will be made of it; lines grow with it.
    """

    def __init__(
        self, run: RunView, mode: ModeView, plotter: Any, look: Look | None = None, finer: int = 1
    ) -> None:
        if not mode.outlines:
            raise OutputError(
                f"{mode.label}: the shape of the body is not known outside its mesh; open fields/*.vtu instead"
            )
        self.run, self.mode, self.plotter, self.look = run, mode, plotter, look or Look()
        self.finer = finer
        self.body = body_of(mode.outlines)
        around = plates(mode.outlines)
        self.clear = {line.name: CLEAR for line in around if holds(line, self.body)}
        self.drawn = (*self.body, *around)
        if not all(line.round for line in self.body):
            self.look = replace(self.look, cut=replace(self.look.cut, floor=-np.inf))
        self.tints = layer_colours(run.regions)
        self.layers = tuple(line.name for line in self.drawn)
        self._points: list[Array] = []
        self._painted: list[tuple[Sequence[Sheet], Shape]] = []
        self._actors: list[Any] = []
        r, low, high = reach_of(self.body)
        self.size, self.middle = max(r, 0.5 * (high - low)), 0.5 * (low + high)
        self.scale = self._reach() if self.look.close_up else self.size
        self.draw()

    def opacity(self, layer: str) -> float:
        """Opacity of a layer."""
        return float(self.look.opacity.get(layer, self.clear.get(layer, 1.0)))

    @property
    def translucent(self) -> bool:
        """Whether anything can be seen through."""
        return any(self.opacity(layer) < 1.0 for layer in self.layers)

    @property
    def envelope(self) -> bool:
        """Whether lobes are too fine for some surface, which shows their envelope instead."""
        return any(sheet.envelope for sheets, _ in self._painted for sheet in sheets)

    def draw(self) -> None:
        """Build every surface and paint it."""
        self.take_down()
        self.what = quantity(self.look.show)
        self.largest = scale(self.mode.patches, self.what, self.look.wave)
        alike: dict[tuple[str, bool, bool], list[Sheet]] = {}
        for sheet in self._sheets():
            alike.setdefault((sheet.layer, sheet.flat, sheet.patches is None), []).append(sheet)
        for sheets in alike.values():
            self._add_sheets(sheets)
        self._add_faces()
        self._add_edges()

    def take_down(self) -> None:
        """Take everything off the plotter."""
        for actor in self._actors:
            self.plotter.remove_actor(actor, render=False)
        self._actors, self._painted, self._points = [], [], []

    def repaint(self, wave: Wave) -> None:
        """Change the colours only: another moment."""
        self.look = replace(self.look, wave=wave)
        for sheets, surface in self._painted:
            surface.repaint(self._painting(sheets))

    def _hair(self, step: int) -> float:
        """How far (um) what lies on a face of the cut is lifted off it: enough for the depths of a picture to be told apart."""
        return 1e-4 * self.scale * step

    def _sheets(self) -> list[Sheet]:
        cut, solid, m = self.look.cut, self.mode.solid, self.mode.m if self._turns else 0
        found: list[Sheet] = []
        nested = all(line.round for line in self.body)
        for i, line in enumerate(self.drawn):
            outside = i >= len(self.body) - 1 or not nested
            ahead = 0.0 if nested else self._hair(len(self.drawn) - 1 - i)
            found += surfaces(line, solid if outside and line.name in solid.regions else None, m, cut, ahead)
        hair = self._hair(len(self.drawn) + 2)
        if cut.angle > 0.0:
            around = self.drawn[len(self.body) :]
            lit, pixel = self._lit(), _PIXEL * self.scale
            found += meridian_face(lit, 0.0, cut.floor, hair, self.layers, around, pixel)
            found += meridian_face(lit, cut.angle, cut.floor, -hair, self.layers, around, pixel)
            if not cut.wedge:
                found += flat_face(self.mode.line(cut.floor), cut, m, hair, self.layers, self.look.close_up)
        return found

    @property
    def _turns(self) -> bool:
        """Whether what is shown changes along the azimuth, as lobes do; else it takes no more points than the body is round."""
        return self.what.signed or self.look.wave.standing

    def _lit(self) -> Patches:
        """The patches that show anything but their layer's own tint, which lies below them."""
        solid = self.mode.solid
        if self._turns:
            return solid
        values = np.abs(self.what(solid, 0.0, self.look.wave)).max(axis=(1, 2))
        return solid.pick(np.flatnonzero(values > FAINTEST * self.largest))

    def _add_sheets(self, sheets: Sequence[Sheet]) -> None:
        """Draw sheets of one layer, all painted or none, all on faces of the cut or none, as one surface."""
        layer, flat = sheets[0].layer, sheets[0].flat
        corners: list[Array] = []
        count = 0
        for sheet in sheets:
            corners.append(count + quadrilaterals(*sheet.points.shape[:2]))
            count += sheet.points[..., 0].size
        points, cells = (
            np.concatenate([sheet.points.reshape(-1, 3) for sheet in sheets]), np.concatenate(corners)
        )  # fmt: skip
        self._points.append(points)
        opacity, light = self.opacity(layer), FACE if flat else SURFACE
        if sheets[0].patches is None:
            self._add(actors.polygon(points, cells, light, self.tints[layer], opacity))
            return
        painted = actors.surface(points, cells, light, self._painting(sheets), 1.0 if flat else opacity)
        self._painted.append((sheets, painted))
        self._add(painted)

    def _add(self, shape: Shape) -> None:
        actor = shape if isinstance(self.plotter, Canvas) else shape.actor
        self.plotter.add_actor(actor, reset_camera=False, render=False)
        self._actors.append(actor)

    def _painting(self, sheets: Sequence[Sheet]) -> Array:
        return np.concatenate([self._colours(sheet) for sheet in sheets])

    def _colours(self, sheet: Sheet) -> Array:
        values = sheet.values(self.what, self.look.wave, self.largest)
        assert values is not None
        signed = self.what.signed
        if sheet.envelope and signed:
            signed = False
        colours = blended(values, signed, self.tints[sheet.layer])
        flat = colours.reshape(-1, 3)
        opacity = self.opacity(sheet.layer)
        if sheet.flat and opacity < 1.0:
            # The clear layer's own face lies below: the field alone is painted on it, as solid as it is strong.
            strength = np.abs(values).reshape(-1, 1)
            flat = np.concatenate([flat, np.clip(strength / 0.25, 0.0, 1.0)], axis=1)
        return (255.0 * np.clip(flat, 0.0, 1.0)).astype(np.uint8)

    def _add_faces(self) -> None:
        """The cut faces of the layers, the inner ones a hair in front of the outer ones."""
        cut = self.look.cut
        if cut.angle <= 0.0:
            return
        for depth, line in enumerate(reversed(self.drawn)):
            if line.z.max() <= cut.floor:
                continue
            hair = self._hair(depth + 1)
            rims = [half_disc(line, 0.0, cut.floor, hair), half_disc(line, cut.angle, cut.floor, -hair)]
            radius = None if cut.wedge else line.equator(cut.floor)
            rims += [] if radius is None else [sector(radius, cut, hair)]
            for rim in rims:
                whole = np.arange(len(rim))[None]
                self._add(actors.polygon(rim, whole, FACE, self.tints[line.name], self.opacity(line.name)))

    def _add_edges(self) -> None:
        """Thin lines along the interfaces on the cut."""
        cut = self.look.cut
        if cut.angle <= 0.0:
            return
        for rim in self._rims_of_wedge() if cut.wedge else self._rims_above_floor():
            self._add(actors.curve(rim, INK, 1.6 * self.finer))

    def _rims_of_wedge(self) -> list[Array]:
        hair = self._hair(len(self.drawn) + 8)
        sides = ((0.0, hair), (self.look.cut.angle, -hair))
        return [
            upright(r, z, phi) + lift * np.array([-np.sin(phi), np.cos(phi), 0.0])
            for _, r, z in visible(self.drawn)
            for phi, lift in sides
        ]

    def _rims_above_floor(self) -> list[Array]:
        cut, hair = self.look.cut, self._hair(len(self.drawn) + 8)
        found: list[Array] = []
        for line in self.drawn:
            if line.z.max() <= cut.floor:
                continue
            rims = [half_disc(line, 0.0, cut.floor, hair), half_disc(line, cut.angle, cut.floor, -hair)]
            radius = line.equator(cut.floor)
            found += [rim[1:] for rim in (rims if radius is None else [*rims, sector(radius, cut, hair)])]
        return found

    def add_bar(self, **where: Any) -> None:
        """The scalar bar with its unit."""
        import pyvista as pv

        low = -1.0 if self.what.signed else 0.0
        shades = blended(np.linspace(low, 1.0, 256), self.what.signed, "#ffffff")
        colours = 255 * np.concatenate([shades, np.ones((256, 1))], axis=1)
        table = pv.LookupTable(values=colours.astype(np.uint8), scalar_range=(low, 1.0))
        dot = pv.PolyData(np.zeros((2, 3)))
        dot["values"] = np.array([low, 1.0])
        title = f"{self.what.plain} / max".replace("|", "")  # VTK takes bars for columns
        at = {"position_x": 0.32, "position_y": 0.02, "width": 0.36, "height": 0.07} | where
        actor = self.plotter.add_mesh(
            dot, scalars="values", cmap=table, opacity=0.0, render=False, show_scalar_bar=True,
            scalar_bar_args={
                "title": title, "n_labels": 3, "fmt": "{:g}", "color": INK, "vertical": False, "title_font_size": 17,
                "label_font_size": 14, "font_family": "arial", **at,
            },
        )  # fmt: skip
        self._actors.append(actor)

    def add_title(self, size: int = 10) -> None:
        """The mode's name and wavelength, and where it lives."""
        text = f"{self.mode.label}    {self.mode.place}\n{sentence(self.mode)}"
        self._actors.append(
            self.plotter.add_text(text, position="upper_left", font_size=size, color=INK, font="arial")
        )

    def aim(self) -> None:
        """Point the camera at the cut, or from near at the mode on its edge."""
        middle = 0.5 * self.look.cut.angle
        camera = self.plotter.camera
        if not self.look.close_up:
            lift = np.radians(33.0)
            away = np.array([np.cos(middle) * np.cos(lift), np.sin(middle) * np.cos(lift), np.sin(lift)])
            look_at(camera, *fitted(np.concatenate(self._points), away))
            return
        r, z = peak(self.mode.solid)
        reach = self._reach()
        # Above a floor the picture shows the lobes along the ring; of a wedge it shows the cross-section.
        ahead, height = (
            (0.0, z) if self.look.cut.wedge else (0.5 * reach / max(r, reach), max(z, 0.12 * reach))
        )
        target = np.array([r * np.cos(ahead), r * np.sin(ahead), height])
        lift, turn = np.radians(35.0), np.radians(52.0)
        away = np.array([np.cos(turn) * np.cos(lift), np.sin(turn) * np.cos(lift), np.sin(lift)])
        look_at(camera, target, target + 2.6 * reach * away)

    def _reach(self) -> float:
        """Size (um) of what a close-up shows: the mode's cross section and some lobes."""
        patches = self.mode.solid
        inside = patches.select(self.layers)
        patches = inside if len(inside) else patches
        e2 = (np.abs(patches.E) ** 2).sum(axis=0)
        seen = e2 > 0.05 * level(patches, e2)
        lobes = 6.0 * np.pi * peak(patches)[0] / max(patches.m, 1)
        wanted = max(np.ptp(patches.z[seen]), 3.0 * np.ptp(patches.r[seen]), lobes)
        return float(min(wanted, 0.45 * self.size))
