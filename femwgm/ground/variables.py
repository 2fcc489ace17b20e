"""The table of modes as named variables with units: what modes.nc, xarray and data frames hold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from femwgm.ground.columns import LABELS, SHARES
from femwgm.ground.rows import Row, entry, header, log10_of
from femwgm.ground.typing import Array

UNITS: dict[str, tuple[str, str]] = {
    "pol": ("", "polarization, TE or TM"),
    "q": ("1", "radial order"),
    "l": ("1", "polar degree"),
    "m": ("1", "azimuthal order"),
    "p": ("1", "polar order l - m"),
    "wavelength_nm": ("nm", "vacuum wavelength"),
    "k0_re_per_um": ("rad/um", "vacuum wavenumber, real part"),
    "k0_im_per_um": ("rad/um", "vacuum wavenumber, imaginary part; negative decays"),
    "n_eff": ("1", "phase index m / (k0 R), R the outer equatorial radius"),
    "n_g": ("1", "group index (1/R) dm/dk0"),
    "fsr_nm": ("nm", "free spectral range"),
    "q_rad": ("1", "radiation quality factor"),
    "q_wall": ("1", "quality factor of the loss in walls"),
    "q_scattering": ("1", "quality factor of the scattering at rough surfaces"),
    "family": ("1", "number of the family, constant along m"),
    "frequency_thz": ("THz", "frequency"),
    "fsr_ghz": ("GHz", "free spectral range"),
    "n_g_error": ("1", "relative error of the group index"),
    "fsr_error": ("1", "relative error of the free spectral range"),
    "q_rad_error": ("1", "relative error of q_rad"),
    "q_abs_error": ("1", "relative error of q_abs"),
    "q_wall_error": ("1", "relative error of q_wall"),
    "q_scattering_error": ("1", "relative error of q_scattering"),
    "q_total_error": ("1", "relative error of q_total"),
    "q_abs_floor": ("1", "lower bound of |q_abs| where its sign is not known"),
    "q_total_floor": ("1", "lower bound of |q_total| where its sign is not known"),
    "e2_error": ("1", "absolute error of the shares e2"),
    "radial_e2_error": ("1", "absolute error of the shares radial_e2"),
    "q_abs": ("1", "absorption quality factor"),
    "q_total": ("1", "total quality factor"),
    "mode_volume_um3": ("um^3", "integral of eps |E|^2 over its maximum, travelling wave"),
    "energy": ("1", "share of the electric energy"),
    "e2": ("1", "share of the volume integral of |E|^2"),
    "radial_e2": ("1", "share of the integral of |E|^2 along the equatorial radius"),
    "wavelength_error": ("1", "estimated relative error of the wavelength"),
    "residual": ("1", "norm(K u - k0^2 M u) / (|k0|^2 norm(M u))"),
    "dofs": ("1", "unknowns of the solve"),
    "seconds": ("s", "time of the solve"),
    "log10_q_rad": ("1", "decimal logarithm of the radiation quality factor"),
    "q_rad_floor": ("1", "lower bound of q_rad where it is not resolved"),
    "q_rad_source": ("", "what q_rad was computed from"),
    "q_error": ("1", "relative error of q_rad"),
    "share_error": ("1", "absolute error of the shares energy"),
    "confidence": ("1", "how sure the label is, from 0 to 1"),
    "te_fraction": ("1", "1 - share of |E|^2 along the radius in the solid; TE above one half"),
    "met": ("", "whether the accuracy asked for was reached"),
    "linewidth_nm": ("nm", "full width of the line at half maximum"),
    "linewidth_ghz": ("GHz", "full width of the line at half maximum"),
    "lifetime_ps": ("ps", "photon lifetime q_total / omega"),
    "volume_standing_um3": ("um^3", "mode volume of the standing wave cos(m phi)"),
    "purcell": ("1", "Purcell factor at the maximum of the field, standing wave"),
    "mode_volume_error": ("1", "relative error of the mode volume"),
    "mode_volume_at": ("", "where the maximum of the mode volume lies, if not that of the whole body"),
    "volume_qnm_re_um3": ("um^3", "real part of the volume of the quasinormal mode at its maximum"),
    "volume_qnm_im_um3": ("um^3", "imaginary part of the volume of the quasinormal mode at its maximum"),
    "outline_error": ("1", "relative error of the wavelength due to an outline given by points"),
    "e_direction": ("", "where E points on the equator, in words of planar optics"),
    "wavelength_input_error": ("1", "relative standard deviation of the wavelength due to the tolerances"),
    "q_total_input_error": ("1", "relative standard deviation of q_total due to the tolerances"),
    "fsr_input_error": ("1", "relative standard deviation of the free spectral range due to the tolerances"),
    "share_input_error": ("1", "absolute standard deviation of the energy shares due to the tolerances"),
    "multiplet_std_pm": ("pm", "standard deviation of the split lines"),
    "multiplet_fwhm_pm": ("pm", "full width at half maximum of the unresolved multiplet"),
    "multiplet_mean_pm": ("pm", "mean shift of the split lines against the perfect body"),
    "multiplet_error_pm": ("pm", "largest error of a shift"),
    "multiplet_order": ("1", "order of perturbation theory of the shifts"),
    "q_apparent": ("1", "quality factor that the width of the unresolved multiplet looks like"),
    "pair_splitting_ghz": ("GHz", "distance of the two standing waves of the equatorial mode"),
    "sphere": ("", "the sphere that holds most of the energy"),
    "parity": ("", "parity across the contact"),
    "shift_from_single": ("1", "relative shift of the wavenumber from the isolated sphere"),
    "shell_share": ("1", "share of the energy in the outermost layers"),
    "threshold_n2_times_q": ("1", "threshold n'' of the outermost layers times the cold-cavity Q"),
    "threshold_per_cm_times_q": ("1/cm", "threshold gain of the outermost layers times the cold-cavity Q"),
    "cmt_wavelength_nm": ("nm", "vacuum wavelength by coupled-mode theory"),
    "cmt_error": ("1", "relative difference of coupled-mode theory"),
    "dlambda_error": ("1", "error of (p / lambda) d lambda / dp, the largest of all parameters p"),
    "dlnq_error": (
        "1",
        "error of p d ln q_total / dp, the largest of all parameters p; by an imaginary index relative",
    ),
    "dlambda_nm_d_curvature_per": ("nm um", "derivative of the wavelength with respect to curvature_per_um"),
    "dlnq_d_curvature_per": ("um", "derivative of ln q_total with respect to curvature_per_um"),
    "reduced": ("", "whether the point was computed between the knots of a sweep"),
}
"""Unit and meaning of each column, for attributes and for readers."""
_NAMED: tuple[tuple[str, str, str], ...] = (
    ("q_abs_{}", "1", "absorption quality factor of {} alone"),
    ("volume_kerr_{}_um3", "um^3", "Kerr volume (int |E|^2 dV)^2 / int |E|^4 dV in {}"),
    ("share_{}", "1", "share of the energy in the sphere {}"),
    ("dlambda_nm_d_n_{}", "nm", "derivative of the wavelength with respect to the index of {}"),
    ("dlambda_nm_d_k_{}", "nm", "derivative of the wavelength with respect to the imaginary index of {}"),
    ("dlambda_nm_d_{}", "nm/um", "derivative of the wavelength with respect to {}"),
    ("dlnq_d_n_{}", "1", "derivative of ln q_total with respect to the index of {}"),
    ("dlnq_d_k_{}", "1", "derivative of ln q_total with respect to the imaginary index of {}"),
    ("dlnq_d_{}", "1/um", "derivative of ln q_total with respect to {}"),
)
"""Columns that end in the name of a region or a length: pattern, unit, meaning."""


def unit_and_meaning(name: str) -> tuple[str, str]:
    """Of a column; of one that nobody described, the name itself and no unit.

    >>> unit_and_meaning("volume_kerr_film_um3")
    ('um^3', 'Kerr volume (int |E|^2 dV)^2 / int |E|^4 dV in film')
    """
    if name in UNITS:
        return UNITS[name]
    for pattern, unit, meaning in _NAMED:
        before, after = pattern.split("{}")
        if name.startswith(before) and name.endswith(after) and len(name) > len(before) + len(after):
            return unit, meaning.format(name[len(before) : len(name) - len(after)])
    return "", name


@dataclass(frozen=True)
class Variable:
    """A column, or the shares of all regions: its data over `dimensions`, a unit ("" for none) and what it means."""

    name: str
    dimensions: tuple[str, ...]
    data: Array
    unit: str
    meaning: str

    @property
    def attributes(self) -> dict[str, str]:
        """Attributes by the conventions of netCDF."""
        return {"long_name": self.meaning} | ({"units": self.unit} if self.unit else {})


def variables(rows: Sequence[Row], regions: Sequence[str]) -> list[Variable]:
    """The table as variables on `mode`, shares on (mode, region); a column with a number beyond floats has its log10 beside it.

    Whole numbers are int64 and truth values int8 where none is missing; missing numbers are NaN, missing text is empty.

    Parameters
    ----------
    rows
        One mapping a mode.
    regions
        Region names, ambient last.
    """
    shares = {f"{share}_{region}" for share in SHARES for region in regions}
    names = [name for name in header(rows, regions) if name not in shares]
    found = [
        Variable(
            "region", ("region",), np.array(regions, dtype=object), "", "region, from the centre outwards"
        )
    ]
    for name in names:
        entries = [entry(row, name) for row in rows]
        found.append(Variable(name, ("mode",), _column(entries), *unit_and_meaning(name)))
        if any(_beyond(value) for value in entries) and f"log10_{name}" not in names:
            logs = [log10_of(value) for value in entries]
            data = np.array([math.nan if log is None else log for log in logs])
            found.append(Variable(f"log10_{name}", ("mode",), data, "1", f"decimal logarithm of {name}"))
    for share in SHARES:
        block = [[_float(row.get(f"{share}_{region}")) for region in regions] for row in rows]
        data = np.array(block, dtype=float).reshape(len(rows), len(regions))
        found.append(Variable(share, ("mode", "region"), data, *UNITS[share]))
    return found


COORDINATES = (*LABELS, "region")
"""Variables that label the others."""


def _beyond(entry: Any) -> bool:
    return isinstance(entry, str) and log10_of(entry) is not None


def _float(entry: Any) -> float:
    return math.nan if entry is None else float(entry)


def _column(entries: list[Any]) -> Array:
    """An integer, float or text array; missing numbers are NaN, missing text is empty."""
    present = [entry for entry in entries if entry is not None]
    if any(isinstance(entry, str) and not _beyond(entry) for entry in present):
        return np.array(["" if entry is None else str(entry) for entry in entries], dtype=object)
    if (
        present
        and len(present) == len(entries)
        and all(isinstance(entry, bool | np.bool_) for entry in present)
    ):
        return np.array(entries, dtype=np.int8)
    whole = all(isinstance(entry, int | np.integer) and not isinstance(entry, bool) for entry in present)
    if whole and present and len(present) == len(entries):
        return np.array(entries, dtype=np.int64)
    return np.array([_float(entry) for entry in entries], dtype=float)
