"""Numbers as people read them: as many digits as are known, powers of ten as powers of ten."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from femwgm.ground.rows import Row, log10_of
from femwgm.ground.units import in_spectral_unit

_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def superscript(exponent: int) -> str:
    """A whole number as it stands above the line.

    >>> superscript(-12)
    '⁻¹²'
    """
    return str(exponent).translate(_SUPERSCRIPT)


def decimals_for(relative_error: float | None, value: float, most: int = 9) -> int:
    """Decimals of `value` that its relative error leaves standing, one of them uncertain.

    >>> decimals_for(1e-8, 659.121), decimals_for(1e-4, 659.121), decimals_for(None, 659.121)
    (6, 2, 6)
    """
    if relative_error is None or not relative_error > 0.0:
        return 6
    digits = math.ceil(-math.log10(relative_error * abs(value)))
    return min(max(digits, 1), most)


def plain(value: Any, decimals: int) -> str:
    """A number with fixed decimals; empty when it does not apply."""
    return "" if value is None else f"{float(value):.{decimals}f}"


def length(um: float, digits: int = 4) -> str:
    """A length (um) in the unit that people use for it.

    >>> length(0.49), length(2.5), length(4000.0), length(-27400.2, 6)
    ('490 nm', '2.5 µm', '4 mm', '−27.4002 mm')
    """
    size = abs(um)
    scale, unit = (1e3, "nm") if 0.0 < size < 1.0 else (1.0, "µm") if size < 1e3 else (1e-3, "mm")
    return f"{scale * um:.{digits}g} {unit}".replace("-", "−")


def line(wavelength_nm: float, unit: str | None, error: float | None = None, symbol: bool = False) -> str:
    """A line in a unit of `SPECTRAL_UNITS`, or as a wavelength in nm, with the digits that its relative error leaves.

    >>> line(1550.0, None, 1e-6), line(1550.0, "THz", 1e-6, symbol=True)
    ('1550.000 nm', 'f = 193.4145 THz')
    """
    value = in_spectral_unit(wavelength_nm, unit)
    text = f"{plain(value, decimals_for(error, value))} {unit or 'nm'}".replace("1/cm", "cm⁻¹")
    name = "λ" if unit is None else _SYMBOLS.get(unit, "f")
    return f"{name} = {text}" if symbol else text


def percent(part: Any) -> str:
    """A share in percent for a table, with three decimals.

    >>> percent(0.947152581), percent(0.0141800), percent(1.2e-7), percent(None)
    ('94.715', '1.418', '1.2e-05', '')
    """
    if part is None or part != part:
        return ""
    value = 100.0 * float(part)
    return f"{value:.3f}" if value == 0.0 or abs(value) >= 5e-4 else f"{value:.1e}"


def in_percent(part: float) -> str:
    """A share for a sentence or a picture, with three figures, never rounded to nothing or to all.

    >>> in_percent(0.0386674), in_percent(0.9471), in_percent(3e-7)
    ('3.87 %', '94.7 %', '3.0·10⁻⁵ %')
    >>> in_percent(0.99976), in_percent(1.0)
    ('99.976 %', '100 %')
    """
    value = 100.0 * part
    if value in (0.0, 100.0):
        return f"{value:.0f} %"
    if value > 99.9:
        return f"{value:.{min(int(-math.log10(100.0 - value)) + 2, 9)}f} %"
    if value >= 0.01:
        return f"{value:.1f} %" if value >= 10.0 else f"{value:.2f} %"
    exponent = math.floor(math.log10(abs(value)))
    return f"{value / 10.0**exponent:.1f}·10{superscript(exponent)} %"


def quality(value: Any, log10: float | None = None) -> str:
    """A quality factor of any size and sign.

    >>> quality(9333.237), quality(1.548939697e46), quality("1.2e+1284"), quality(-4200.0), quality(None)
    ('9333', '1.55×10⁴⁶', '1.20×10¹²⁸⁴', '-4200', '')
    """
    if value is None and log10 is None:
        return ""
    number = -float(value) if isinstance(value, float | int) and value < 0.0 else value
    sign = "-" if number is not value else ""
    size = log10 if number is None or number in (math.inf, 0.0) else log10_of(number)
    if size is None:
        return ""
    if size < 5.0:
        return f"{sign}{10.0**size:.0f}" if size >= 3.0 else f"{sign}{10.0**size:.4g}"
    exponent = math.floor(size + 1e-12)
    mantissa = f"{10.0 ** (size - exponent):.2f}"
    if mantissa == "10.00":
        mantissa, exponent = "1.00", exponent + 1
    return f"{sign}{mantissa}×10{superscript(exponent)}"


def short_error(value: Any) -> str:
    """A relative error with one digit.

    >>> short_error(3.21e-9), short_error(None)
    ('3e-09', '')
    """
    return "" if value is None else f"{float(value):.0e}"


def with_error(value: float | str | None, relative: float | None) -> str:
    """A number with the digits that its error leaves, and the error in units of the last of them.

    >>> with_error(659.12100491, 1.4e-9), with_error(1.6e42, 1e-3), with_error(None, None), with_error(0.0, 1e-9)
    ('659.121005(1)', '1.600(2)×10⁴²', '', '0')
    """
    if value is None or isinstance(value, str) or not math.isfinite(value):
        return "" if value is None else str(value)
    if abs(value) >= 1e6 or 0.0 < abs(value) < 1e-4:
        exponent = math.floor(math.log10(abs(value)))
        return f"{with_error(value / 10.0**exponent, relative)}×10{superscript(exponent)}"
    if not value or not relative or not math.isfinite(relative):
        return f"{value:.6g}"
    error = abs(value) * relative
    decimals = min(max(0, -math.floor(math.log10(error))), 12)
    last = math.ceil(error * 10.0**decimals * (1.0 - 1e-12))
    if last == 10:
        decimals, last = max(decimals - 1, 0), 1 if decimals else 10
    return f"{value:.{decimals}f}({last})"


def _volume(value: float | None) -> str:
    """A mode volume in um^3: those of cavities for microwaves are many."""
    if value is None or not 1.0 <= value < 1e6:
        return "" if value is None else quality(value) if value >= 1e6 else f"{value:.3g}"
    return f"{value:.2f}"


Cells = dict[str, tuple[str, float | str | None]]
"""By heading: the text, and what to sort by."""
_SYMBOLS = {"eV": "E", "meV": "E", "1/cm": "1/λ"}


def mode_cells(row: Row, regions: Sequence[str], unit: str | None = None) -> Cells:
    """A mode's line in a table for people.

    Parameters
    ----------
    row
        Keys of modes.csv.
    regions
        Region names, ambient last.
    unit
        Unit of the line, one of `femwgm.ground.units.SPECTRAL_UNITS`; None for a wavelength in nm.
    """
    wavelength = row.get("wavelength_nm")
    if unit is None or wavelength is None:
        value, place, spaced, spacing = wavelength, "λ (nm)", "FSR (nm)", row.get("fsr_nm")
    else:
        value, place = in_spectral_unit(float(wavelength), unit), f"{_SYMBOLS.get(unit, 'f')} ({unit})"
        spaced, spacing = "FSR (GHz)", row.get("fsr_ghz")
    error, decimals = (
        row.get("wavelength_error"),
        decimals_for(row.get("wavelength_error"), float(value or 1.0)),
    )
    q_rad, q_abs = quality(row.get("q_rad"), row.get("log10_q_rad")), quality(row.get("q_abs"))
    if not q_rad and row.get("q_rad_floor") is not None:
        q_rad = f"> {quality(row['q_rad_floor'])}"
    # The Q of one loss alone is that of the mode.
    losses = sum(row.get(name) is not None for name in ("q_rad", "q_abs", "q_wall", "q_scattering"))
    volume = row.get("mode_volume_um3")
    log10_q = row.get("log10_q_rad") or log10_of(row.get("q_rad"))
    return {
        "E": (row.get("e_direction") or "", row.get("e_direction")),
        **{name: ("" if row.get(name) is None else f"{row[name]:g}", row.get(name)) for name in ("q", "l", "m", "p")},
        place: (plain(value, decimals), value),
        "± rel.": (short_error(error), error),
        **{name: (plain(row.get(name), 5), row.get(name)) for name in ("n_eff", "n_g")},
        spaced: (plain(spacing, 4), spacing),
        "Q_rad": (q_rad, log10_q),
        "Q_abs": (q_abs, log10_of(row.get("q_abs"))),
        "Q": (quality(row.get("q_total")) if losses != 1 else "", log10_of(row.get("q_total"))),
        "V (µm³)": (_volume(volume), volume),
        **{f"{name} (%)": (percent(row.get(f"energy_{name}")), row.get(f"energy_{name}")) for name in regions},
    }  # fmt: skip
