"""The emission of a body against wavelength, its lines named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.signal import find_peaks

from femwgm.views.figures.style import FAINT, GREY, INK, PAGE, POLARIZATION, new_figure, panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMED = 18
"""Most lines that are named."""


def luminescence_figure(made: Any, wave: Any = None, measured: Any = None) -> Figure:
    """Emission by TE and TM modes; below, what a plane wave loses.

    Parameters
    ----------
    made
        Emission: `wavelength_nm`, `te`, `tm`, `modes`, `ordered_by`.
    wave
        Extinction and scattering, or None.
    measured
        A recorded spectrum to draw behind, or None.
    """
    figure = new_figure(PAGE, 2.9 if wave is None else 4.4)
    axes = figure.subplots(2 if wave is not None else 1, 1, sharex=True, squeeze=False)[:, 0]
    _emission(made, measured, axes[0])
    if wave is not None:
        axes[1].plot(wave.wavelength_nm, wave.extinction, color=INK, lw=0.8, label="extinction")
        if np.abs(wave.extinction - wave.scattering).max() > 1e-3 * wave.extinction.max():
            axes[1].plot(wave.wavelength_nm, wave.scattering, color=GREY, lw=0.8, ls="--", label="scattering")
        axes[1].set_ylabel(r"cross-section / $\pi R^2$")
        axes[1].legend(loc="upper right")
        panel(axes[0], "a")
        panel(axes[1], "b")
    axes[-1].set_xlabel("vacuum wavelength / nm")
    return figure


def _emission(made: Any, measured: Any, ax: Axes) -> None:
    x, both = made.wavelength_nm, made.te + made.tm
    top = float(both.max())
    if measured is not None:
        seen = (measured.wavelength_nm >= x[0]) & (measured.wavelength_nm <= x[-1])
        if seen.any():
            y = measured.counts[seen] - measured.counts[seen].min()
            ax.fill_between(
                measured.wavelength_nm[seen],
                0.0,
                top * y / max(float(y.max()), 1e-300),
                color=FAINT,
                lw=0.0,
                label="recorded, scaled",
            )
    ax.plot(x, both, color=GREY, lw=0.6)
    for pol, part in (("TE", made.te), ("TM", made.tm)):
        if not part.any():
            continue
        ax.plot(x, part, color=POLARIZATION[pol], lw=0.9, label=pol)
        modes = [m for m in made.modes if m.pol == pol]
        tops, _ = find_peaks(part, prominence=0.04 * top)
        for i in tops[np.argsort(-part[tops])][: NAMED // 2] if modes else ():
            mode = min(modes, key=lambda m: abs(m.wavelength_nm - x[i]))
            text = str(getattr(mode, made.ordered_by)) + (f" ({mode.q})" if mode.q > 1 else "")
            text += f" p{mode.p}" if made.ordered_by == "m" and mode.p else ""
            ax.text(
                x[i],
                part[i] + 0.02 * top,
                text,
                ha="center",
                va="bottom",
                fontsize=5.6,
                color=POLARIZATION[pol],
            )
    ax.set_xlim(x[0], x[-1])
    ax.set_ylim(0.0, 1.14 * top)
    ax.set_ylabel("emission / emission in the ambient")
    ax.legend(loc="lower right", ncols=3, bbox_to_anchor=(1.0, 1.0), borderaxespad=0.1)
    above = "" if made.ordered_by == "l" else ", $p$ where above 0,"
    ax.set_title(rf"${made.ordered_by}$ ($q$ where above 1){above} of the strongest lines")


def purcell_figure(density: Any) -> Figure:
    """Maps of the Purcell factor over radius and wavelength, of dipoles along and across the radius.

    Parameters
    ----------
    density
        `wavelength_nm`, `radius_um`, `radial` and `tangential` of shape (wavelengths, radii).
    """
    figure = new_figure(PAGE, 2.9)
    axes = figure.subplots(1, 2, sharey=True)
    both = np.log10(np.concatenate([density.radial, density.tangential]))
    lo, hi = np.quantile(both, [0.005, 0.995])
    for ax, values, name, letter in zip(
        axes,
        (density.radial, density.tangential),
        ("along the radius", "across the radius"),
        "ab",
        strict=True,
    ):
        shown = ax.pcolormesh(
            density.radius_um, density.wavelength_nm, np.log10(values), vmin=lo, vmax=hi, cmap="cividis", rasterized=True
        )  # fmt: skip
        ax.set_xlabel("distance from the centre / µm")
        ax.set_title(f"dipole {name}")
        panel(ax, letter)
    axes[0].set_ylabel("vacuum wavelength / nm")
    figure.colorbar(shown, ax=list(axes), label="log$_{10}$ of the Purcell factor", extend="both")
    return figure
