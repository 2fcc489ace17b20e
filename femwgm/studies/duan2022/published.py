"""What the published study of coated silica microspheres that lase near 655 nm states: numbers only, no judgement.

Names tell the quantity, the unit is in the name; where a statement is ambiguous the report says so.
"""

from __future__ import annotations

from typing import Final

DEGREES: Final = (163, 166)
"""q = 1, l = m from 163 to 166, TE and TM, for the 20 um sphere."""
SIZES_UM: Final = (12.0, 20.0, 33.0, 52.0)
"""Diameters whose lasing is shown; spheres were made from 10 to 120 um."""
SHELL_NM: Final = 490.0
GROUP_INDEX: Final = 1.76
"""Called n_eff, from the free spectral range by Eq. 1."""
FILM_INDEX: Final = 1.74
"""Used in the published simulation."""
LEAK_AIR_PERCENT: Final = 3.87
LEAK_SILICA_PERCENT: Final = 1.42
QUALITY: Final = 4200.0
TABLE_QUALITIES: Final = (270.0, 480.0, 1195.0, 4200.0)
"""Some of the quality factors of the comparison table: the extremes and two between."""
MODAL_GAIN_PER_CM: Final = 202.0
"""By the variable-stripe method, at twice the threshold of amplified emission."""
THRESHOLD_UJ_CM2: Final = 3.26
"""Of the sphere near 20 um, called the lowest of all sizes."""
EMISSION_NM: Final = 655.0
EMISSION_WIDTH_NM: Final = 18.0
SINGLE_MODE_NM: Final = 663.28
PUMP_NM: Final = 532.0
POLARIZATION: Final = 0.79
VERNIER_NM: Final = 19.9
