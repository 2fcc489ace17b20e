"""Nonlinear indices n2 (m^2/W) of presets, n = n0 + n2 I, linear polarization."""

from __future__ import annotations

from dataclasses import dataclass


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
    "linbo3_e": NonlinearIndex(
        9.33e-20, "DeSalvo et al., IEEE J. Quantum Electron. 32, 1324 (1996), at 1.064 um"
    ),
    "si": NonlinearIndex(
        4.84e-18, "Bristow, Rotenberg and van Driel, Appl. Phys. Lett. 90, 191104 (2007), at 1.55 um"
    ),
    "gaas": NonlinearIndex(9.0e-18, "Hurlbut et al., Opt. Lett. 32, 668 (2007), at 2.5 um"),
    "si3n4": NonlinearIndex(2.4e-19, "Ikeda et al., Opt. Express 16, 12987 (2008), at 1.55 um"),
}
"""By preset."""
