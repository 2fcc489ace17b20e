"""Nonlinear indices n2 (m^2/W) of presets, n = n0 + n2 I, linear polarization."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["KERR", "NonlinearIndex"]


@dataclass(frozen=True)
class NonlinearIndex:
    """n2 in m^2/W, and who measured it where."""

    n2: float
    source: str


_FLUORIDES = "Milam, Weber and Glass, Appl. Phys. Lett. 31, 822 (1977), at 1.064 um"
KERR: dict[str, NonlinearIndex] = {
    "fused_silica": NonlinearIndex(2.74e-20, "Milam, Appl. Opt. 37, 546 (1998), at 1.053 um"),
    "caf2": NonlinearIndex(1.90e-20, _FLUORIDES),
    "mgf2_o": NonlinearIndex(9.90e-21, _FLUORIDES),
    "si3n4": NonlinearIndex(2.4e-19, "Ikeda et al., Opt. Express 16, 12987 (2008), at 1.55 um"),
}
"""By preset."""
