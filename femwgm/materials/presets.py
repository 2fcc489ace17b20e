"""Media known by name, each with its source and the vacuum wavelengths (um) where it was fitted."""

from __future__ import annotations

from dataclasses import dataclass

from femwgm.materials.dispersion import Constant, Gas, Law, Poles, Sellmeier, Table

__all__ = ["PRESETS", "Preset"]


@dataclass(frozen=True)
class Preset:
    """A law, where it holds, and who measured it; `axial_law` for uniaxial crystals."""

    law: Law
    validity_um: tuple[float, float] | None
    source: str
    axial_law: Law | None = None


_CDS = "CdS, 25 C: Bieniewski and Czyzak, J. Opt. Soc. Am. 53, 496 (1963), fit Appl. Opt. 24, 1147 (1985)"
_CDS_O = Poles(5.1792, (0.23504, 0.036927), (0.083591, 0.23504))
_CDS_E = Poles(5.2599, (0.20865, 0.027527), (0.10799, 0.23305))

_FILM = (
    # wavelength_um, n, k
    (0.500, 1.719026, 0.043846),
    (0.510, 1.713521, 0.041143),
    (0.520, 1.708174, 0.038453),
    (0.530, 1.702779, 0.035927),
    (0.540, 1.697282, 0.033816),
    (0.550, 1.691819, 0.032375),
    (0.560, 1.686692, 0.031747),
    (0.570, 1.682282, 0.031864),
    (0.580, 1.678913, 0.032433),
    (0.590, 1.676715, 0.033000),
    (0.600, 1.675566, 0.033086),
    (0.610, 1.675127, 0.032333),
    (0.620, 1.674945, 0.030593),
    (0.630, 1.674577, 0.027938),
    (0.640, 1.673693, 0.024606),
    (0.650, 1.672117, 0.020916),
    (0.660, 1.669828, 0.017185),
    (0.670, 1.666915, 0.013671),
    (0.680, 1.663534, 0.010546),
    (0.690, 1.659861, 0.007899),
    (0.700, 1.656056, 0.005745),
    (0.710, 1.652251, 0.004054),
    (0.720, 1.648541, 0.002770),
    (0.730, 1.644987, 0.001827),
    (0.740, 1.641623, 0.001160),
    (0.750, 1.638467, 0.000713),
)

PRESETS: dict[str, Preset] = {
    "fused_silica": Preset(
        Sellmeier((0.6961663, 0.4079426, 0.8974794), (0.0684043**2, 0.1162414**2, 9.896161**2)),
        (0.21, 6.7),
        "fused silica, 20 C: Malitson, J. Opt. Soc. Am. 55, 1205 (1965)",
    ),
    "polystyrene": Preset(
        Sellmeier((1.4435,), (0.020216,)),
        (0.4368, 1.052),
        "polystyrene, 20 C: Sultanova et al., Acta Phys. Pol. A 116, 585 (2009)",
    ),
    "cds": Preset(_CDS_O, (0.51, 1.4), _CDS, axial_law=_CDS_E),
    "cds_o": Preset(_CDS_O, (0.51, 1.4), f"{_CDS}, ordinary"),
    "cds_e": Preset(_CDS_E, (0.51, 1.4), f"{_CDS}, extraordinary"),
    "zns": Preset(
        Poles(8.393, (0.14383, 4430.99), (0.2421**2, 36.71**2)),
        (0.405, 13.0),
        "cubic ZnS, 20 C: Debenham, Appl. Opt. 23, 2238 (1984), fit Klein, Appl. Opt. 25, 1873 (1986)",
    ),
    "water": Preset(
        Sellmeier(
            (0.5684027565, 0.1726177391, 0.02086189578, 0.1130748688),
            (0.005101829712, 0.01821153936, 0.02620722293, 10.69792721),
        ),
        (0.182, 1.129),
        "water, 20 C: Daimon and Masumura, Appl. Opt. 46, 3811 (2007)",
    ),
    "air": Preset(
        Gas((0.05792105, 0.00167917), (238.0185, 57.362)),
        (0.23, 1.69),
        "dry air, 15 C, 101325 Pa, 450 ppm CO2: Ciddor, Appl. Opt. 35, 1566 (1996)",
    ),
    "vacuum": Preset(Constant(1.0 + 0j), None, "vacuum"),
    "npl_film": Preset(
        Constant(1.768**2 + 0j),
        (0.6, 0.7),
        "CdSe/CdS@CdZnS nanoplatelet film: the constant index that puts the modes of the published 20 um"
        " sphere where they were seen; a fit, not an ellipsometry",
    ),
    "cdse_zncds_film": Preset(
        Table(*(tuple(column) for column in zip(*_FILM, strict=True))),
        (0.5, 0.75),
        "CdSe/ZnCdS core/shell quantum-dot film, unpumped: Aftenieva et al., Adv. Opt. Mater. 2202226 (2023)",
    ),
}
"""Every preset by name."""
