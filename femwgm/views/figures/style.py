"""The look of every figure: sizes, type, colours that survive colour blindness, print and grey."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from femwgm.ground.numbers import superscript
from femwgm.ground.typing import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

COLUMN, PAGE = 3.4, 7.0
"""Widths of a journal's column and page (inch)."""
DPI = 300
PACKED, _RUNS = 3, 3
"""How hard PNG files are packed, from 1 to 9, and by which of zlib's rules: that for runs of bytes is fastest."""

INK, GREY, FAINT = "#1d232a", "#6b7580", "#d5dade"
POLARIZATION = {"TE": "#0072B2", "TM": "#D55E00"}
MARKER = {"TE": "o", "TM": "s"}
LAYERS = ("#e6eaed", "#c9d1d8", "#dcdfd0", "#d9d0dc", "#e6d8c9", "#cddcd9")
AMBIENT = "#ffffff"
ACCENT = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
LOSS = {"radiation": "#0072B2", "absorption": "#D55E00", "scattering": "#009E73", "gain": "#CC79A7"}

_RC: dict[str, Any] = {
    "font.family": "DejaVu Sans", "font.size": 7.5, "mathtext.fontset": "dejavusans", "axes.titlesize": 8.0,
    "axes.labelsize": 7.5, "xtick.labelsize": 7.0, "ytick.labelsize": 7.0, "legend.fontsize": 7.0,
    "axes.linewidth": 0.6, "axes.edgecolor": INK, "axes.labelcolor": INK, "text.color": INK, "xtick.color": INK,
    "ytick.color": INK, "xtick.direction": "in", "ytick.direction": "in", "xtick.top": True, "ytick.right": True,
    "xtick.major.width": 0.6, "ytick.major.width": 0.6, "xtick.major.size": 3.0, "ytick.major.size": 3.0,
    "lines.linewidth": 1.2, "lines.markersize": 4.0, "legend.frameon": False, "legend.handlelength": 1.6,
    "figure.dpi": 100, "savefig.dpi": DPI, "pdf.fonttype": 42, "ps.fonttype": 42, "svg.fonttype": "path",
    "svg.hashsalt": "femwgm", "figure.constrained_layout.use": True, "axes.titlelocation": "left",
    "axes.grid": False, "grid.color": FAINT, "grid.linewidth": 0.5, "image.origin": "lower",
    "axes.formatter.useoffset": False, "path.simplify": True,
}  # fmt: skip


@contextmanager
def look() -> Iterator[None]:
    """Matplotlib with our settings; those of the caller come back afterwards."""
    import matplotlib as mpl

    with mpl.rc_context(_RC):  # type: ignore[arg-type]  # the stubs list every key
        yield


def new_figure(width: float = COLUMN, height: float = 2.6, layout: str = "constrained") -> Figure:
    """A figure without a window (inch), to be used within `look()`; "compressed" suits maps, "none" `fixed_panels`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout=layout)  # type: ignore[arg-type]
    FigureCanvasAgg(figure)
    return figure


def fixed_panels(
    figure: Figure, widths: Sequence[float], rows: int, *, left: float, between: Sequence[float], top: float, bottom: float,
    gap: float,
) -> Array:  # fmt: skip
    """Axes (rows, columns) at places that are known beforehand, which measuring their labels would find only in half a second.

    Parameters
    ----------
    figure
        A figure without a layout engine.
    widths
        Of the columns, in any unit.
    rows
        How many, of one height.
    left, between, top, bottom, gap
        Room (inch) at the left, at the right of each column, above, below, and between the rows.
    """
    width, height = figure.get_size_inches()
    scale = (width - left - sum(between)) / sum(widths)
    tall = (height - top - bottom - gap * (rows - 1)) / rows
    axes = np.empty((rows, len(widths)), dtype=object)
    for i in range(rows):
        x, y = left, height - top - tall - i * (tall + gap)
        for j, (share, room) in enumerate(zip(widths, between, strict=True)):
            axes[i, j] = figure.add_axes((x / width, y / height, scale * share / width, tall / height))
            x += scale * share + room
    return axes


def metric(ax: Axes) -> Axes:
    """Have axes in um read in mm where they reach beyond a millimetre, in nm within a micrometre; their limits are set before."""
    from matplotlib.ticker import FuncFormatter

    lengths = [axis for axis in (ax.xaxis, ax.yaxis) if "/ µm" in axis.get_label_text()]
    reach = max((np.abs(axis.get_view_interval()).max() for axis in lengths), default=1.0)
    scale, unit = (1e-3, "mm") if reach >= 1e3 else (1e3, "nm") if reach < 1.0 else (1.0, "µm")
    for axis in lengths if scale != 1.0 else ():
        axis.set_major_formatter(FuncFormatter(partial(_scaled, axis, scale)))
        axis.set_label_text(axis.get_label_text().replace("/ µm", f"/ {unit}"))
    return ax


def _scaled(axis: Any, scale: float, value: float, _: int) -> str:
    """A tick in another unit, with as many decimals as all ticks of its axis need."""
    ticks = scale * np.asarray(axis.get_majorticklocs())
    decimals = next((d for d in range(4) if np.abs(ticks - ticks.round(d)).max() < 1e-6), 4)
    return f"{scale * value + 0.0:.{decimals}f}".replace("-", "−")


def save(figure: Figure, path: Path, formats: Sequence[str] = ("png",), dpi: int = DPI) -> list[Path]:
    """Write a figure beside `path`, one file for each format; the same figure gives the same bytes."""
    from femwgm.store import make_folder, write_bytes

    written = []
    make_folder(path.parent)
    for kind in formats:
        target = path.with_suffix(f".{kind}")
        write_bytes(target, rendered(figure, kind, dpi))
        written.append(target)
    return written


def formats_of(words: Sequence[str]) -> tuple[str, ...]:
    """Formats of figures as one may name them: "pdf,svg" or one at a time.

    >>> formats_of(["pdf,svg"]), formats_of([])
    (('pdf', 'svg'), ())

    Raises
    ------
    ConfigError
        If a word names none.
    """
    from femwgm.errors import ConfigError

    found = [word.strip().lower().lstrip(".") for text in words for word in text.split(",") if word.strip()]
    for word in found:
        if word not in ("png", "pdf", "svg"):
            raise ConfigError(
                "is not a picture format", key="--figures", value=word, remedy="choose pdf, svg or png"
            )
    return tuple(dict.fromkeys(found))


def rendered(figure: Figure, kind: str = "png", dpi: int = DPI) -> bytes:
    """A figure as the bytes of a png, pdf or svg, free of dates."""
    with look():
        engine = figure.get_layout_engine()
        if engine is not None:
            # Laid out once, with the text of the final picture; saving would do it again, and measure every word anew.
            figure.set_dpi(dpi)
            engine.execute(figure)
            figure.set_layout_engine("none")
        if kind == "png":
            return png(_painted(figure, dpi), dpi)
        nothing: dict[str, dict[str, Any]] = {
            "pdf": {"CreationDate": None, "Producer": None, "Creator": "femwgm"}, "svg": {"Date": None, "Creator": "femwgm"}
        }  # fmt: skip
        import io

        stream = io.BytesIO()
        figure.savefig(stream, format=kind, dpi=dpi, metadata=nothing.get(kind))
    return stream.getvalue()


def drawn(draw: Callable[..., Figure], *args: Any, kind: str = "png", dpi: int = DPI) -> bytes:
    """The figure that a function draws, as the bytes of a file."""
    with look():
        return rendered(draw(*args), kind, dpi)


def _painted(figure: Figure, dpi: int) -> Array:
    """Colours of a figure's pixels, (rows, columns, 4): what `savefig` would write, which draws everything twice."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure.set_dpi(dpi)
    # The canvas that it was laid out on knows the size of every word.
    canvas: Any = figure.canvas if isinstance(figure.canvas, FigureCanvasAgg) else FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())


def png(colours: Array, dpi: int | None = None) -> bytes:
    """Opaque colours (rows, columns, 3 or 4) as a PNG file."""
    import io

    from PIL import Image

    stream = io.BytesIO()
    size = {} if dpi is None else {"dpi": (dpi, dpi)}
    Image.fromarray(colours).convert("RGB").save(
        stream, format="PNG", compress_level=PACKED, compress_type=_RUNS, **size
    )
    return stream.getvalue()


def decades(ax: Axes) -> None:
    """A logarithmic axis upwards with whole powers of ten alone, in the type of the other labels."""
    from matplotlib.ticker import FuncFormatter, NullLocator

    ax.set_yscale("log")
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"10{superscript(round(np.log10(value)))}"))
    ax.yaxis.set_minor_locator(NullLocator())


def layer_colours(regions: Sequence[str]) -> dict[str, str]:
    """Tint of each region; the last one, the ambient, stays white."""
    return {name: LAYERS[i % len(LAYERS)] for i, name in enumerate(regions[:-1])} | {regions[-1]: AMBIENT}


@cache
def intensity_map() -> Colormap:
    """From nothing through gold and red to a deep violet, transparent where there is no field."""
    import matplotlib as mpl
    from matplotlib.colors import ListedColormap

    x = np.linspace(0.0, 1.0, 2048)
    colours = mpl.colormaps["inferno_r"](0.06 + 0.84 * x)
    colours[:, 3] = np.clip(x / 0.25, 0.0, 1.0)
    return ListedColormap(colours, name="femwgm_intensity")


@cache
def wave_map() -> Colormap:
    """Blue below zero, red above, transparent at zero."""
    import matplotlib as mpl
    from matplotlib.colors import ListedColormap

    x = np.linspace(-1.0, 1.0, 2049)
    colours = mpl.colormaps["RdBu_r"](0.5 + 0.48 * x)
    colours[:, 3] = np.clip(np.abs(x) / 0.3, 0.0, 1.0)
    return ListedColormap(colours, name="femwgm_wave")


def colour_map(signed: bool) -> Colormap:
    """The map of a quantity with one sign or both."""
    return wave_map() if signed else intensity_map()


def panel(ax: Axes, letter: str, *, inside: bool = False) -> None:
    """Put a bold panel letter at the top left."""
    x, y, va = (0.03, 0.97, "top") if inside else (-0.02, 1.03, "bottom")
    ax.text(
        x,
        y,
        letter,
        transform=ax.transAxes,
        fontweight="bold",
        fontsize=9,
        ha="left" if inside else "right",
        va=va,
    )


def halo() -> list[Any]:
    """Path effect that keeps text readable over a picture."""
    from matplotlib import patheffects

    return [patheffects.withStroke(linewidth=2.0, foreground="white", alpha=0.85)]
