"""What a metal means for a search without a list: how fast fields vary in it, and how slow the waves on its surface are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

CURVED = 1.1
"""How much slower than on a plane a plasmon on a curved surface may be."""


def signed_index(eps: complex) -> float:
    """The index that sets the scale of a field, negative in a metal, where waves decay as fast as they would turn."""
    index = complex(np.sqrt(complex(eps)))
    return index.real if eps.real > 0.0 else -abs(index)


def plasmon_index(media: Sequence[complex]) -> float:
    """The largest phase index of a plasmon between any metal and dielectric of some permittivities; 0 where there is none.

    Between eps_m and eps_d it is the root of eps_m eps_d / (eps_m + eps_d). Slower waves, beyond the resonance at eps_m = -eps_d
    and in thin films and gaps of metal, are not looked for.
    """
    metals, dielectrics = [e for e in media if e.real < 0.0], [e for e in media if e.real > 0.0]
    pairs = [(m, d) for m in metals for d in dielectrics if (m + d).real < 0.0]
    return max((float(np.sqrt(m * d / (m + d)).real) for m, d in pairs), default=0.0)
