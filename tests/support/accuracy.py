"""The true error of every number of a mode over the error that it states, against a reference that is exact or far better."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from femwgm.analytic.mode import ExactMode
from femwgm.modes.mode import Mode

ROUNDING = 1e-12
LIMIT = 3.0
"""True error over stated error that is allowed."""

_NUMBERS = {
    "wavelength": ("wavelength_nm", "wavelength_error"),
    "n_g": ("n_g", "n_g_error"),
    "fsr": ("fsr_nm", "fsr_error"),
    "volume": ("mode_volume_um3", "mode_volume_error"),
    "q_abs": ("q_abs", "q_abs_error"),
    "q_total": ("q_total", "q_total_error"),
}
_SHARES = {"energy": "share_error", "e2": "e2_error", "radial_e2": "radial_e2_error"}


class Compared(NamedTuple):
    """A number against its reference: how far apart, the error that it states, and what the reference itself may lack."""

    apart: float
    stated: float
    slack: float

    @property
    def ratio(self) -> float:
        """True error over stated error; the reference's own counts as a third of an error of the mode."""
        return self.apart / (self.stated + self.slack / LIMIT + ROUNDING)


def true_over_stated(mode: Mode, reference: Mode | ExactMode) -> dict[str, float]:
    """True error over stated error by number."""
    return {name: compared.ratio for name, compared in compare(mode, reference).items()}


def compare(mode: Mode, reference: Mode | ExactMode) -> dict[str, Compared]:
    """Every number of a mode against its reference."""
    found: dict[str, Compared] = {}

    def note(name: str, apart: float, error: float | None, slack: float | None) -> None:
        assert error is not None, f"{name} has no error"
        found[name] = Compared(apart, error, slack or 0.0)

    for name, (attribute, column) in _NUMBERS.items():
        value, true = getattr(mode, attribute), getattr(reference, attribute)
        if (
            value is None
            or true is None
            or not math.isfinite(value)
            or not math.isfinite(true)
            or true == 0.0
        ):
            continue
        note(name, abs(value / true - 1.0), _stated(mode, column), _stated(reference, column))
    if mode.log10_q_rad is not None and reference.log10_q_rad is not None:
        apart = abs(math.expm1(math.log(10.0) * (mode.log10_q_rad - reference.log10_q_rad)))
        # Above 1e6 the exact value is that of the real resonance: the two notions of Q differ by some 1/Q.
        notion = 300.0 * 10.0**-reference.log10_q_rad if reference.log10_q_rad > 6.0 else 0.0
        note("q_rad", apart, (mode.q_error or 0.0) + notion, getattr(reference, "q_error", None))
    for kind, column in _SHARES.items():
        stated, true = _values(getattr(mode, kind)), _values(getattr(reference, kind))
        if stated and len(stated) == len(true) and all(math.isfinite(x) for x in (*stated, *true)):
            apart = max(abs(a - b) for a, b in zip(stated, true, strict=True))
            note(kind, apart, getattr(mode, column), _stated(reference, column))
    if mode.differentiate is not None:
        ours, true_slopes, slack = mode.derivatives, *_slopes(mode, reference)
        changes = [
            (1.0 if name.startswith("n_") else mode.radius) * abs((ours.k0[name] - slope).real)
            for name, slope in true_slopes.items()
        ]
        note("derivatives", max(changes, default=0.0) / mode.k0.real, ours.error, slack)
    return found


def _slopes(mode: Mode, reference: Mode | ExactMode) -> tuple[dict[str, complex], float | None]:
    """d k0 / d parameter of the reference by the names of the mode, and their error."""
    if isinstance(reference, Mode):
        return dict(reference.derivatives.k0), reference.derivatives.error
    regions = list(mode.energy)
    by_index = {f"n_{regions[i]}": slope for i, slope in reference.dk0_dn.items()}
    return by_index | {f"radius_{regions[i]}": slope for i, slope in reference.dk0_dradius.items()}, None


def _stated(mode: Mode | ExactMode, column: str) -> float | None:
    if isinstance(mode, ExactMode):
        return None
    row: dict[str, Any] = mode.row()
    error: float | None = getattr(mode, column, None) if hasattr(mode, column) else row.get(column)
    return error


def _values(shares: Mapping[Any, float | None]) -> list[float]:
    return [value for value in shares.values() if value is not None]
