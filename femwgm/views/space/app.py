"""`femwgm view`: pictures and films off screen, a page that turns in the browser, or a window with sliders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from femwgm.errors import OutputError
from femwgm.views.fields.quantities import QUANTITIES, Wave, main_component, quantity
from femwgm.views.fields.source import ModeView, RunView, Source, run_view
from femwgm.views.space.film import animate
from femwgm.views.space.graphics import ensure_graphics
from femwgm.views.space.revolve import Cut
from femwgm.views.space.scene import Look, Scene
from femwgm.views.space.shots import render, smooth_edges


class Stage:
    """A scene on a plotter whose mode, quantity, moment and cut can be changed.

    Parameters
    ----------
    run
        The run.
    plotter
        Where it is drawn.
    mode
        Which mode first; by default the first representative.
    look
        How.
    """

    def __init__(
        self, run: RunView, plotter: Any, mode: ModeView | None = None, look: Look | None = None
    ) -> None:
        self.run, self.plotter, self.look = run, plotter, look or Look()
        self.mode = mode or run.find(None)
        plotter.set_background("white")
        self.scene = Scene(run, self.mode, plotter, self.look)
        self._furnish()
        self.scene.aim()

    def _furnish(self) -> None:
        self.scene.add_title()
        self.scene.add_bar()

    def _redraw(self) -> None:
        self.scene.mode, self.scene.look = self.mode, self.look
        self.scene.draw()
        self._furnish()
        self.plotter.render()

    def step(self, by: int) -> None:
        """Show the next mode of the table, or the one before."""
        modes = self.run.modes
        self.mode = modes[(modes.index(self.mode) + by) % len(modes)]
        self._redraw()

    def paint(self, name: str) -> None:
        """Show another quantity."""
        self.look = replace(self.look, show=quantity(name))
        self._redraw()

    def cut(self, degrees: float) -> None:
        """Open the cut to an angle; 0 closes the body."""
        angle = float(np.radians(np.clip(degrees, 0.0, 350.0)))
        self.look = replace(self.look, cut=replace(self.look.cut, angle=angle))
        self._redraw()

    def at_phase(self, degrees: float) -> None:
        """Show the moment omega t."""
        self.look = replace(self.look, wave=replace(self.look.wave, phase=float(np.radians(degrees))))
        self.scene.repaint(self.look.wave)
        self.plotter.render()


def view(
    source: Source, *, mode: str | None = None, show: str | None = None, png: str | Path | None = None,
    gif: str | Path | None = None, mp4: str | Path | None = None, html: str | Path | None = None,
    web: bool = False, standing: bool = False, phase: float = 0.0,
    cut: float = 100.0, wedge: bool = False, opacity: Mapping[str, float] | None = None, size: tuple[int, int] | None = None,
    host: str = "127.0.0.1", port: int = 0, open_browser: bool = True,
) -> list[Path]:  # fmt: skip
    """Show a run in three dimensions: in files if any is named, else in the browser or a window.

    Parameters
    ----------
    source
        A run folder or the result of `run`.
    mode
        Label or row number; by default one of the lowest orders near the middle of the window.
    show
        Quantity; by default |E|^2 in pictures, the strongest component of E in films.
    png, gif, mp4
        Files to write, off screen.
    html
        File of a page that turns in any browser; its quantities are |E|^2 and the components of E, its layers are solid.
    web
        Serve that page to a browser on this machine.
    standing, phase
        Standing instead of travelling wave; omega t in degrees.
    cut
        Opening of the cut in degrees.
    wedge
        Cut through the whole body instead of its upper half.
    opacity
        Opacity of layers by name.
    size
        Pixels of pictures and films.
    host, port, open_browser
        For `web`; port 0 takes a free one.

    Returns
    -------
    list
        Files written.

    Raises
    ------
    MissingExtraError
        Where graphics, a display or an optional package is missing.
    OutputError
        If the mode, the quantity or the fields are not there.
    """
    run = run_view(source)
    chosen = run.find(mode)
    row = str(1 + next(i for i, known in enumerate(run.modes) if known is chosen))
    if run.config.splits_sphere:
        return [_imperfect(run, chosen, png)]
    for layer in opacity or {}:
        if layer not in run.regions[:-1]:
            raise OutputError(f"there is no layer '{layer}'; the layers are {', '.join(run.regions[:-1])}")
    shape = Cut(float(np.radians(np.clip(cut, 0.0, 350.0))), -np.inf if wedge else 0.0)
    look = Look(quantity(show or "E2"), Wave(float(np.radians(phase)), standing), shape, dict(opacity or {}))
    written = []
    if png is not None:
        written.append(render(run, chosen, png, look, size or (1600, 800)))
    for film in (gif, mp4):
        if film is not None:
            moving = None if show is None else look
            if moving is None:
                moving = replace(look, show=main_component(chosen.solid))
            written.append(animate(run, chosen, film, moving, size=size or (1200, 600)))
    if html is not None:
        from femwgm.views.report.turning import write_turning

        written.append(write_turning(run, html, row, look))
    if web:
        from femwgm.views.report.turning import turning_html
        from femwgm.views.space.web import serve

        serve(turning_html(run, row, look), host=host, port=port, open_browser=open_browser)
    elif not written:
        window(run, chosen, look)
    return written


def _imperfect(run: RunView, mode: ModeView, png: str | Path | None) -> Path:
    """A line of a split mode on its deformed sphere, computed anew: run folders hold lines, not their composition."""
    from femwgm.imperfections.run import split_modes
    from femwgm.views.space.supermode import draw_supermode

    if png is None:
        raise OutputError("a run with imperfections is shown as a picture; add --png FILE")
    split = split_modes(
        run.config, lambda *_: None, lambda _: None, only=(mode.pol, mode.row["q"], mode.row["l"])
    )
    return draw_supermode(split.multiplets[0], Path(png))


def view_run(source: Source, **options: Any) -> list[Path]:
    """The same as `view`."""
    return view(source, **options)


def opacities(words: Sequence[str]) -> dict[str, float]:
    """Opacities by layer from words like "shell=0.4".

    >>> opacities(["shell=0.4"])
    {'shell': 0.4}

    Raises
    ------
    OutputError
        If a word is something else.
    """
    found = {}
    for word in words:
        layer, _, number = word.partition("=")
        try:
            value = float(number)
        except ValueError:
            value = -1.0
        if not 0.0 <= value <= 1.0:
            raise OutputError(f"--opacity {word}: write LAYER=VALUE with a value from 0 to 1, e.g. shell=0.4")
        found[layer.strip()] = value
    return found


def window(run: RunView, mode: ModeView, look: Look) -> None:
    """Open a window: sliders for cut and moment, keys for modes (n, b) and quantities (c), space runs the wave.

    Raises
    ------
    MissingExtraError
        Without a display.
    """
    ensure_graphics(on_screen=True)
    import pyvista as pv

    plotter = pv.Plotter(title=f"femwgm: {run.config.name}", window_size=[1100, 850])
    stage = Stage(run, plotter, mode, look)
    furnish_window(stage)
    smooth_edges(plotter, stage.scene)
    plotter.show()


def furnish_window(stage: Stage) -> None:
    """Sliders, keys and the list of modes."""
    plotter = stage.plotter
    names = list(QUANTITIES)
    style = {"title_height": 0.018, "tube_width": 0.003, "slider_width": 0.015, "interaction_event": "always"}
    plotter.add_slider_widget(
        stage.cut, (0.0, 350.0), np.degrees(stage.look.cut.angle), title="cut / deg", pointa=(0.72, 0.92), pointb=(0.97, 0.92),
        **{**style, "interaction_event": "end"},
    )  # fmt: skip
    plotter.add_slider_widget(
        stage.at_phase,
        (0.0, 360.0),
        0.0,
        title="omega t / deg",
        pointa=(0.72, 0.82),
        pointb=(0.97, 0.82),
        **style,
    )
    listing = "\n".join(f"{i + 1:3d}  {m.label}  {m.place}" for i, m in enumerate(stage.run.modes[:30]))
    plotter.add_text(listing, position=(0.01, 0.05), viewport=True, font_size=7, font="courier")

    def next_quantity() -> None:
        current = quantity(stage.look.show).name
        stage.paint(names[(names.index(current) + 1) % len(names)])

    plotter.add_key_event("n", lambda: stage.step(1))
    plotter.add_key_event("b", lambda: stage.step(-1))
    plotter.add_key_event("c", next_quantity)
