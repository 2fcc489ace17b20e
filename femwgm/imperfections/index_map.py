r"""A refractive index that varies over the sphere within a layer, the same at every depth: first order.

With delta eps = 2 n dn(theta, phi), and dk0/d eps_t, dk0/d eps_r the exact slopes with the layer's permittivity
(:mod:`femwgm.analytic.sensitivity`), K1 = dk0/d eps_t D(delta eps) / lambda + dk0/d eps_r S(delta eps).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from femwgm.analytic import ExactMode
from femwgm.errors import SolveError
from femwgm.ground.typing import Array
from femwgm.imperfections.coupling import degree
from femwgm.imperfections.relief import Relief
from femwgm.imperfections.series import operator

_SAFETY, _TRUST = 2.0, 0.6


def index_matrix(mode: ExactMode, maps: Mapping[int, Relief]) -> tuple[Array, float]:
    """What index maps add to the multiplet's matrix (2 l + 1, 2 l + 1), and the error of its lines (rad/um).

    Parameters
    ----------
    mode
        The mode of the perfect sphere.
    maps
        Map of dn of each layer that has one, from the centre outwards.

    Raises
    ------
    SolveError
        Where other modes lie so near that the first order does not do.
    """
    if not maps:
        return np.zeros((2 * mode.l + 1,) * 2, dtype=np.complex128), 0.0
    across, along = mode.sensitivity.by_permittivity()
    index = np.sqrt(mode.radial.media.t[:, 0])
    slopes = {i: 2.0 * index[i] * np.array([across[i] / degree(mode.l), along[i]]) for i in maps}
    matrix = operator(mode.l, {i: (complex(d), complex(s)) for i, (d, s) in slopes.items()}, maps)
    # all couplings together, squared: (k / 2)^2 times the mean square of delta eps / eps over the mode's energy
    coupling = sum(
        abs(mode.k0 / index[i]) * math.sqrt(abs(mode.sensitivity.shares[i])) * relief.rms
        for i, relief in maps.items()
    )
    ratio = _ratio(mode, coupling, maps)
    if ratio > _TRUST:
        raise SolveError(
            f"{mode.pol} q={mode.q} l={mode.l}: the index map couples it to other modes by {ratio:.2g} of their distance, too"
            " strongly for the first order; make it smaller"
        )
    return matrix, _SAFETY * coupling * ratio


def _ratio(mode: ExactMode, coupling: float, maps: Mapping[int, Relief]) -> float:
    """The largest of coupling over distance to other modes: degrees |l - l'| and beyond of the maps couple to one of l'."""
    top = max(relief.degree for relief in maps.values())
    # share of the variance in each degree and beyond, the largest of the maps
    tails = np.zeros(top + 1)
    for relief in maps.values():
        tail = np.cumsum(relief.variance[::-1])[::-1]
        tails[: tail.size] = np.maximum(tails[: tail.size], tail / tail[0])
    spacing = abs(mode.sensitivity.by_degree())
    k = mode.k0.real
    window = (2.0 * math.pi / (k + spacing), 2.0 * math.pi / (k - spacing))
    others = mode.sphere.modes(window, l_range=(max(1, mode.l - top), mode.l + top))
    ratios = [
        coupling * tails[abs(other.l - mode.l)] / abs(other.k0 - mode.k0)
        for other in others
        if (other.pol, other.q, other.l) != (mode.pol, mode.q, mode.l)
    ]
    return float(max([coupling / spacing, *ratios]))
