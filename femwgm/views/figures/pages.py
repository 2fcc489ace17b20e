"""Whole figures: the pages that a run writes, and the layout of the published ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from femwgm.errors import OutputError
from femwgm.ground.units import in_spectral_unit
from femwgm.views.fields.brightness import beyond
from femwgm.views.fields.quantities import quantity
from femwgm.views.fields.source import ModeView, RunView
from femwgm.views.figures.domain import body, mesh
from femwgm.views.figures.equator import ring, sector_box, strongest
from femwgm.views.figures.evidence import error_bars
from femwgm.views.figures.losses import budget, channels
from femwgm.views.figures.plane import colour_bar, mark, meridian, mode_box
from femwgm.views.figures.radius import radial
from femwgm.views.figures.spectrum import comb, families, family_name, lines
from femwgm.views.figures.style import COLUMN, PAGE, fixed_panels, new_figure, panel

if TYPE_CHECKING:
    from matplotlib.figure import Figure


_LETTER = 0.056
"""Width of a letter at a tick (inch)."""


def title_of(mode: ModeView) -> str:
    """Heading of a mode's figure."""
    row = mode.row
    p = f", p = {row['p']}" if row.get("p") else ""
    parity = f", {row['parity']}" if row.get("parity") else ""
    return f"{mode.pol}, q = {row['q']}, l = {row.get('l') or '?'}, m = {mode.m}{p}{parity}   {mode.place}"


def mode_figure(mode: ModeView, ring_pixels: int = 480) -> Figure:
    """A mode on a page: x-y plane and r-z plane, whole and magnified, and radial profiles with the shares.

    The whole ring is sampled on `ring_pixels`: as many as its panel has where it will be seen.
    """
    figure = new_figure(PAGE, 4.7, layout="none")
    figure.suptitle(title_of(mode), x=0.01, ha="left", fontsize=8.5, fontweight="bold")
    (a, b, c), (d, e, f) = fixed_panels(
        figure, [1.0, 0.86, 1.14], 2, left=0.45, between=[0.55, 1.17, 0.08], top=0.5, bottom=0.4, gap=0.64
    )
    ring(mode, a, pixels=ring_pixels)
    ring(mode, b, zoom=True, pixels=600)
    colour_bar(b, strongest(mode))
    radial(mode, c, log=True, components=True)
    meridian(mode, d, whole=True)
    meridian(mode, e)
    colour_bar(e, "E2", beyond=beyond(mode.solid, quantity("E2")(mode.solid)))
    radial(mode, f)
    mark(a, sector_box(mode))
    mark(d, mode_box(mode, slender=2.0))
    for ax, letter in zip((a, b, c, d, e, f), "abcdef", strict=True):
        panel(ax, letter)
    return figure


def published_planes(mode: ModeView, show: str | None = None) -> Figure:
    """The layout of the published Fig. 4d-g: x-y plane whole (d) and magnified (e), y-z plane whole (f) and magnified (g).

    `show` is the quantity in the x-y plane, by default the momentary value of the strongest component of E.
    """
    figure = new_figure(PAGE, 5.9, layout="compressed")
    (d, e), (f, g) = figure.subplots(2, 2)
    ring(mode, d, show=show)
    ring(mode, e, show=show, zoom=True)
    meridian(mode, f, whole=True)
    meridian(mode, g, box=mode_box(mode, slender=1.2))
    mark(d, sector_box(mode))
    mark(f, mode_box(mode, slender=1.2))
    colour_bar(e, strongest(mode) if show is None else show)
    colour_bar(g, "E2", beyond=beyond(mode.solid, quantity("E2")(mode.solid)))
    for ax, letter in zip((d, e, f, g), "defg", strict=True):
        panel(ax, letter)
    return figure


def published_radial(*modes: ModeView) -> Figure:
    """The layout of the published Fig. S10: radial intensity of each mode with the share of each region."""
    figure = new_figure(COLUMN * len(modes), 2.6)
    for i, (mode, letter) in enumerate(zip(modes, "abcdef", strict=False)):
        ax = figure.add_subplot(1, len(modes), i + 1)
        radial(mode, ax)
        ax.set_title(mode.label, fontsize=7)
        panel(ax, letter)
    return figure


def comb_figure(run: RunView) -> Figure:
    """The modes of a run: wavelength against l, and as lines in the window."""
    lo, hi = (1e3 * w for w in run.config.modes.window_um)
    figure = new_figure(PAGE, 2.7, layout="none")
    names = max((len(family_name(family)) for family in families(run.modes)), default=0)
    unit = run.config.modes.unit
    number = _LETTER * max(len(f"{in_spectral_unit(end, unit):.1f}") for end in (lo, hi))
    a, b = fixed_panels(
        figure, [1.0, 1.35], 1, left=0.3 + number, between=[0.2 + _LETTER * names, 0.06 + 0.5 * number], top=0.24,
        bottom=0.36, gap=0.0,
    )[0]  # fmt: skip
    comb(run.modes, a, window_nm=(lo, hi), unit=unit)
    lines(run.modes, b, window_nm=(lo, hi), unit=unit)
    panel(a, "a")
    panel(b, "b")
    return figure


def domain_figure(run: RunView) -> Figure:
    """The body to scale beside the mesh that a mode was computed on; without fields, the body alone."""
    shown = run.representatives(1)
    try:
        patches = shown[0].patches if shown else None
    except OutputError:
        patches = None
    figure = new_figure(PAGE if patches is not None else COLUMN * 1.3, 2.9)
    if patches is None:
        body(run, figure.add_subplot())
        return figure
    a, b = figure.subplots(1, 2, width_ratios=[1.5, 1.0])
    body(run, a)
    degree = getattr(run.domains[0][0], "degree", None) if len(run.domains) == 1 else None
    mesh(patches, b, regions=run.regions, outlines=run.outlines, degree=degree)
    panel(a, "a")
    panel(b, "b")
    return figure


def evidence_figure(run: RunView) -> Figure:
    """Loss budget of one mode, and the error estimate of every mode."""
    figure = new_figure(PAGE, 2.3, layout="none")
    shown = run.representatives(1)[0]
    names = max((len(channel.name) for channel in channels(shown)), default=0)
    a, b = fixed_panels(
        figure, [1.0, 1.0], 1, left=0.2 + _LETTER * names, between=[0.74, 0.08], top=0.22, bottom=0.4, gap=0.0
    )[0]
    budget(shown, a)
    a.set_title(f"loss budget of {shown.label}", fontsize=7)
    error_bars([mode.row for mode in run.modes], b, asked=run.config.accuracy.wavelength)
    panel(a, "a")
    panel(b, "b")
    return figure
