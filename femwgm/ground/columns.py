"""The columns of `modes.csv`: the contract between the solver, the exact solution and whoever scripts against them."""

from __future__ import annotations

from collections.abc import Sequence

LABELS = ("pol", "q", "l", "m", "p")
SPECTRUM = ("wavelength_nm", "k0_re_per_um", "k0_im_per_um", "n_eff", "n_g", "fsr_nm")
QUALITY = ("q_rad", "q_abs", "q_total", "mode_volume_um3")
SHARES = ("energy", "e2", "radial_e2")
EVIDENCE = ("wavelength_error", "residual", "dofs", "seconds")
FREQUENCY = ("family", "frequency_thz", "fsr_ghz")
FURTHER_LOSSES = ("q_wall", "q_scattering")
ERRORS = (
    "n_g_error", "fsr_error", "q_rad_error", "q_abs_error", "q_wall_error", "q_scattering_error", "q_total_error",
    "q_abs_floor", "q_total_floor", "e2_error", "radial_e2_error",
)  # fmt: skip
"""Relative, but for those of the shares, which are absolute; a floor is a lower bound of |Q| where its sign is not known."""


def columns(regions: Sequence[str]) -> list[str]:
    """Names of the columns, in order, for the given region names.

    >>> columns(["core", "air"])[15:18]
    ['energy_core', 'e2_core', 'radial_e2_core']
    """
    shares = [f"{share}_{region}" for region in regions for share in SHARES]
    return [*LABELS, *SPECTRUM, *QUALITY, *shares, *EVIDENCE, *FREQUENCY, *FURTHER_LOSSES, *ERRORS]
