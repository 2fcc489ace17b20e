"""The columns of `modes.csv`: the contract between the solver, the exact solution and whoever scripts against them."""

from __future__ import annotations

from collections.abc import Sequence

LABELS = ("pol", "q", "l", "m", "p")
SPECTRUM = ("wavelength_nm", "k0_re_per_um", "k0_im_per_um", "n_eff", "n_g", "fsr_nm")
QUALITY = ("q_rad", "q_abs", "q_total", "mode_volume_um3")
SHARES = ("energy", "e2", "radial_e2")
EVIDENCE = ("wavelength_error", "residual", "dofs", "seconds")


def columns(regions: Sequence[str]) -> list[str]:
    """Names of the columns, in order, for the given region names.

    >>> columns(["core", "air"])[15:18]
    ['energy_core', 'e2_core', 'radial_e2_core']
    """
    shares = [f"{share}_{region}" for region in regions for share in SHARES]
    return [*LABELS, *SPECTRUM, *QUALITY, *shares, *EVIDENCE]
