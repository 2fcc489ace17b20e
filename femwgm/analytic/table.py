"""An exact mode as a row of modes.csv."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

from femwgm.analytic.mode import ExactMode
from femwgm.errors import GeometryError
from femwgm.ground import columns as table


def mode_row(mode: ExactMode, regions: Sequence[str]) -> dict[str, Any]:
    """One mode as a row of modes.csv.

    Parameters
    ----------
    mode
        The mode.
    regions
        Names of the layers from the centre outwards, the ambient last.

    Returns
    -------
    dict
        The columns of :func:`femwgm.ground.columns.columns`, then `log10_q_rad`. None where a value does not apply: q_abs without
        absorption, the ambient's shares of a mode without an evanescent part, residual and dofs.

    Raises
    ------
    GeometryError
        If the number of names is not the number of media.
    """
    count = len(mode.sphere.radii_um) + 1
    if len(regions) != count:
        raise GeometryError(f"{len(regions)} region names for {count} media")
    start = time.perf_counter()
    row = {name: _finite(getattr(mode, name, None)) for name in table.columns(regions)}
    row.update(k0_re_per_um=mode.k0.real, k0_im_per_um=mode.k0.imag, q_total=_finite(mode.q_total))
    row["q_rad"] = None if math.isnan(mode.q_rad) else mode.q_rad
    for name in table.SHARES:
        for region, share in zip(regions, getattr(mode, name).values(), strict=True):
            row[f"{name}_{region}"] = _finite(share)
    row["seconds"] = time.perf_counter() - start
    row["log10_q_rad"] = _finite(mode.log10_q_rad)
    return row


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
