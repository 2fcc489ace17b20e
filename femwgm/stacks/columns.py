"""Columns that only modes of stacks have: what they need to lase, and coupled-mode theory beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from femwgm.config.geometries import AxialStack
from femwgm.config.schema import RunConfig
from femwgm.materials import Material
from femwgm.stacks.coupled_modes import coupled_supermodes

Key = tuple[str, str, int, int]
"""A mode of a single sphere: the sphere's name, polarization, q and l."""
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
    parts: Sequence[tuple[Key, float]],
    config: RunConfig,
    materials: Mapping[str, Material],
    m: int,
    widening: float,
) -> list[dict[str, float | str | None]]:
    """Columns for modes of order m: wavelengths by coupled-mode theory, and how far off (relative, theory less solve) those are.

    Empty for modes made of others than those that the theory is given.

    Parameters
    ----------
    parts
        The mode of a single sphere that each mode resembles, and its wavenumber (rad/um).
    """
    out: list[dict[str, float | str | None]] = [{"cmt_wavelength_nm": None, "cmt_error": None} for _ in parts]
    theory = coupled_supermodes(config, materials, m, widening) if parts else []
    if not theory:
        return out
    weight = np.array([[t.weights.get(key, 0.0) for t in theory] for key, _ in parts])
    off = np.array([[t.k0.real / k0 - 1.0 for t in theory] for _, k0 in parts])
    for row, column in zip(*linear_sum_assignment(np.abs(off) / widening - weight), strict=True):
        if weight[row, column] < _LIKE:
            continue  # made of modes that the theory does not have
        out[row] = {
            "cmt_wavelength_nm": 2e3 * np.pi / theory[column].k0.real,
            "cmt_error": 1.0 / (1.0 + float(off[row, column])) - 1.0,
        }
    return out
