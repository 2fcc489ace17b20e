"""The view in a browser on this machine: drawn here by VTK, steered there; needs the extra `web`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from femwgm.errors import MissingExtraError
from femwgm.views.fields.quantities import QUANTITIES, quantity
from femwgm.views.fields.source import ModeView, RunView
from femwgm.views.space.graphics import off_screen_plotter
from femwgm.views.space.guard import local, protect
from femwgm.views.space.scene import Look
from femwgm.views.space.shots import smooth_edges

HOST = "127.0.0.1"
"""The view is for whoever sits at this machine, unless another address is asked for."""
SIZE = (1000, 750)


def serve(
    run: RunView, mode: ModeView, look: Look, *, host: str = HOST, port: int = 0, open_browser: bool = True
) -> None:
    """Serve the view until interrupted, to whoever has the address that is printed.

    Raises
    ------
    MissingExtraError
        Without the extra `web`, or without graphics.
    """
    page = page_of(run, mode, look)
    secret = protect(page, host)
    if not local(host):
        warning = f"femwgm: {host} can be reached from other machines, and what is sent is not encrypted"
        print(warning, file=sys.stderr, flush=True)  # noqa: T201 - said before anybody connects

    def ready(**_: Any) -> None:
        where = address(host, page.port, secret)
        print(f"femwgm: {where}", flush=True)  # noqa: T201 - a page's address is of use only if it is said
        if open_browser:
            import webbrowser

            webbrowser.open(where)

    page.controller.on_server_ready.add(ready)
    page.start(
        host=host, port=port, open_browser=False, show_connection_info=False, disable_logging=True, timeout=0
    )


def address(host: str, port: int, secret: str) -> str:
    """Where the page is; it names the socket, or the page would first ask for a launcher that is not there."""
    return f"http://{host}:{port}/index.html?sessionURL=ws://{host}:{port}/ws&secret={secret}"


def page_of(run: RunView, mode: ModeView, look: Look) -> Any:
    """The trame server with the scene, the list of modes and the controls.

    Raises
    ------
    MissingExtraError
        Without the extra `web`, or without graphics.
    """
    trame = _trame()
    plotter = off_screen_plotter(SIZE)
    from femwgm.views.space.app import Stage

    stage = Stage(run, plotter, mode, look)
    smooth_edges(plotter, stage.scene, fine=False)
    server = trame.get_server(f"femwgm-{id(stage)}", client_type="vue3")
    layers = [name for name in run.regions[:-1] if name in stage.scene.layers]
    Controls(server, stage, layers)
    with trame.layout(server) as page:
        page.title.set_text(run.config.name)
        page.footer.hide()
        with page.toolbar:
            trame.v3.VSpacer()
            trame.html.Span("{{ shown }}", id="shown", classes="mr-4 text-body-2")
        with page.drawer as drawer:
            drawer.width = 310
            _drawer(trame.v3, layers)
        with page.content, trame.v3.VContainer(fluid=True, classes="pa-0 fill-height"):
            view = trame.vtk.VtkRemoteView(
                plotter.render_window, interactive_ratio=1, still_quality=92, interactive_quality=60
            )
            server.controller.view_update = view.update
            server.controller.on_client_connected.add(view.update)
    return server


def _trame() -> SimpleNamespace:
    """The parts of trame that the page is made of."""
    try:
        from trame.app import get_server
        from trame.ui.vuetify3 import SinglePageWithDrawerLayout
        from trame.widgets import html, vtk
        from trame.widgets import vuetify3 as v3
    except ImportError as error:
        raise MissingExtraError(
            f"the view in a browser needs trame ({error}): pip install 'femwgm[web]'"
        ) from None
    return SimpleNamespace(
        get_server=get_server, layout=SinglePageWithDrawerLayout, html=html, vtk=vtk, v3=v3
    )


def _drawer(v3: Any, layers: list[str]) -> None:
    """Quantity, cut, moment, opacities, and the list of modes."""
    slim = {"density": "compact", "hide_details": True}
    slider = {**slim, "classes": "mx-4 mt-5", "color": "primary"}
    with v3.VContainer(classes="pa-3"):
        v3.VSelect(v_model=("show",), items=("quantities",), label="quantity", id="quantity", **slim)
        v3.VSlider(v_model=("cut",), min=0, max=300, step=5, label="cut / °", **slider)
        v3.VSlider(v_model=("phase",), min=0, max=360, step=5, label="ωt / °", **slider)
        v3.VSwitch(v_model=("standing",), label="standing wave", color="primary", **slim)
        for i, name in enumerate(layers):
            v3.VSlider(v_model=(f"opacity_{i}",), min=0, max=1, step=0.1, label=f"{name}, opacity", **slider)
    with v3.VList(density="compact", nav=True, id="modes", mandatory=True):
        v3.VListItem(
            v_for="item in modes", key="item.value", title=("item.title",), active=("item.value === mode",),
            click="mode = item.value", classes="femwgm-mode",
        )  # fmt: skip


class Controls:
    """What the page's state says, done on the stage; a value that came from the stage is not sent back to it.

    Parameters
    ----------
    server
        The trame server.
    stage
        The scene with its mode.
    layers
        Layers whose opacity can be set.
    """

    def __init__(self, server: Any, stage: Any, layers: list[str]) -> None:
        self.server, self.stage, self.layers = server, stage, layers
        state, look = server.state, stage.look
        state.update(
            {
                "trame__title": f"femwgm: {stage.run.config.name}",
                "modes": [
                    {"title": f"{m.label}   {m.wavelength_nm:.3f} nm", "value": m.label}
                    for m in stage.run.modes
                ],
                "quantities": [{"title": q.plain, "value": q.name} for q in QUANTITIES.values()],
                "mode": stage.mode.label,
                "shown": stage.mode.label,
                "show": quantity(look.show).name,
                "cut": float(np.degrees(look.cut.angle)),
                "phase": 0.0,
                "standing": look.wave.standing,
                **{f"opacity_{i}": stage.scene.opacity(name) for i, name in enumerate(layers)},
            }
        )
        self._on("mode", lambda: stage.mode.label, stage.choose)
        self._on("show", lambda: quantity(stage.look.show).name, stage.paint)
        self._on("cut", lambda: float(np.degrees(stage.look.cut.angle)), stage.cut)
        self._on("phase", lambda: float(np.degrees(stage.look.wave.phase)), stage.at_phase)
        self._on("standing", lambda: stage.look.wave.standing, stage.stand)
        for i, name in enumerate(layers):
            self._on(f"opacity_{i}", partial(self._opacity, name), partial(stage.fade, name))

    def _opacity(self, layer: str) -> float:
        return float(self.stage.scene.opacity(layer))

    def _on(self, name: str, now: Callable[[], Any], act: Callable[[Any], None]) -> None:
        def changed(**state: Any) -> None:
            wanted, present = state[name], now()
            same = abs(float(wanted) - present) < 1e-3 if isinstance(present, float) else wanted == present
            if same:
                return
            act(wanted)
            self.server.state.shown = self.stage.mode.label
            self.server.controller.view_update()

        self.server.state.change(name)(changed)
