"""Columns that only modes of stacks have: what they need to lase, and coupled-mode theory beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from femwgm.config.geometries import AxialStack
from femwgm.config.schema import RunConfig
from femwgm.materials import Material
from femwgm.modes.mode import Mode
from femwgm.stacks.coupled_modes import coupled_supermodes

_LIKE = 0.3
"""Weight of a mode's label in a mode of the theory from which the two are compared."""


def thresholds(
    geometry: AxialStack, media: Mapping[str, Material], energy: Mapping[str, float], k: float
) -> dict[str, float]:
    """Share of the outermost layers, and what gain in them brings the mode to threshold, times the Q without gain.

    With a share Gamma in media of the index n, gain n'' adds -2 Gamma n'' / n to 1/Q: n'' Q = n / (2 Gamma) at threshold, and
    the gain coefficient is 2 k n''.
    """
    shells = [f"{s.name}_{s.layers[-1].name}" for s in geometry.spheres]
    pull = sum(energy[name] / media[name].index(complex(k)).real for name in shells)
    return {
        "shell_share": sum(energy[name] for name in shells),
        "threshold_n2_times_q": 0.5 / pull, "threshold_per_cm_times_q": float(1e4 * k / pull),
    }  # fmt: skip


def beside_coupled_modes(
    modes: Sequence[Mode],
    config: RunConfig,
    materials: Mapping[str, Material],
    orders: Sequence[int],
    widening: float,
) -> list[Mode]:
    """The modes with their wavelengths by coupled-mode theory, and how far off those are (relative, theory less solve).

    Empty for modes made of others than those that the theory is given.
    """
    nothing: dict[str, float | str | None] = {"cmt_wavelength_nm": None, "cmt_error": None}
    out = [replace(mode, extra={**mode.extra, **nothing}) for mode in modes]
    for m in orders:
        here = [i for i, mode in enumerate(modes) if mode.m == m]
        theory = coupled_supermodes(config, materials, m, widening)
        if not here or not theory:
            continue
        weight = np.array([[t.weights.get(_key(modes[i]), 0.0) for t in theory] for i in here])
        off = np.array([[t.k0.real / modes[i].k0.real - 1.0 for t in theory] for i in here])
        for row, column in zip(*linear_sum_assignment(np.abs(off) / widening - weight), strict=True):
            if weight[row, column] < _LIKE:
                continue  # made of modes that the theory does not have
            mode, k0 = modes[here[row]], theory[column].k0.real
            columns = {
                "cmt_wavelength_nm": 2e3 * np.pi / k0, "cmt_error": 1.0 / (1.0 + float(off[row, column])) - 1.0,
            }  # fmt: skip
            out[here[row]] = replace(mode, extra={**mode.extra, **columns})
    return out


def _key(mode: Mode) -> tuple[str, str, int, int]:
    """A mode's sphere, polarization, q and l, as coupled-mode theory names them."""
    return str(mode.extra["sphere"]), mode.pol, mode.q, mode.l or 0
