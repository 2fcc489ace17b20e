"""What cannot be reproduced, and why."""

from __future__ import annotations

from femwgm.studies.duan2022.content import Row, Section

_ROWS = (
    (
        "Wavelengths of single lines",
        "in figures only",
        "no list of peaks is published; 'femwgm assign' reads one that is supplied",
    ),
    (
        "Film index by ellipsometry",
        "supporting figure",
        (
            "its values are not available as numbers: 1.768 puts TE 165 at 660 nm, 1.74 is stated for the simulation;"
            " that the index of Eq. 1 lies below the film's is no contradiction"
        ),
    ),
    (
        "Threshold of amplified emission, 4 µJ/cm²",
        "measured",
        "needs gain against carrier density, Auger rates and pulse length",
    ),
    (
        "Lowest threshold at about 20 µm",
        "confinement against scattering",
        (
            "confinement and radiation do not decide it (see above);"
            " scattering and pump overlap of the real spheres are not published"
        ),
    ),
    (
        "Coupled threshold 3.84 µJ/cm²; strong coupling",
        "measured",
        (
            "the gap between the spheres is not given, and splitting falls off exponentially with it;"
            " configs/pair-48-44.yaml solves the pair for the gap that one chooses"
        ),
    ),
    ("Stability, -9 % in 100 minutes", "measured", "photochemistry and heating of the film"),
    (
        "Table of other lasers",
        "Q from 270 to 4200",
        "the table above gives the gain each Q needs; the other cavities are not modelled",
    ),
)


def limits_section() -> Section:
    """Statements that a mode solver cannot check."""
    rows = [Row(what, said, "–", "–", why, "not reproducible") for what, said, why in _ROWS]
    return Section("What cannot be reproduced", [], rows)
