"""Media known by name, each with its source and the vacuum wavelengths (um) where it was fitted."""

from __future__ import annotations

from dataclasses import dataclass

from femwgm.materials.dispersion import Absorbing, Constant, Law, Table
from femwgm.materials.formulas import Formula, Term, gas, poles, sellmeier
from femwgm.materials.measured import (
    CAESIUM_LEAD_BROMIDE,
    FILM,
    GALLIUM_PHOSPHIDE,
    GOLD,
    SILICA_FILM,
    SILVER,
    WATER_K,
)


@dataclass(frozen=True)
class Preset:
    """A law, where it holds, and who measured it; `axial_law` for uniaxial crystals."""

    law: Law
    validity_um: tuple[float, float] | None
    source: str
    axial_law: Law | None = None


_CDS = "CdS, 25 C: Bieniewski and Czyzak, J. Opt. Soc. Am. 53, 496 (1963), fit Appl. Opt. 24, 1147 (1985)"
_CDS_O = poles(5.1792, (0.23504, 0.036927), (0.083591, 0.23504))
_CDS_E = poles(5.2599, (0.20865, 0.027527), (0.10799, 0.23305))

_T, _DENSITY, _UNIT = 293.15 / 273.15, 0.9982071, 0.589**2
_WATER = Formula(
    (
        Term(_DENSITY * 2.68678472e-4 * _T / _UNIT, 2),
        Term(_DENSITY * 1.58920570e-3 * _UNIT, -2),
        Term(_DENSITY * 2.45934259e-3 * _UNIT, 0, _UNIT * 0.2292020**2, 1),
        Term(_DENSITY * 0.900704920 * _UNIT, 0, _UNIT * 5.432937**2, 1),
    ),
    _DENSITY * (0.244257733 + 9.74634476e-3 * _DENSITY - 3.73234996e-3 * _T - 1.66626219e-2 * _DENSITY**2),
    "ratio",
)
"""IAPWS R9-97 at 20 C, 998.2071 kg/m^3: its reduced wavelength is lambda / 0.589 um."""
_HEAVY_WATER = sellmeier((-0.30637, 0.74659), (-47.26686, 0.00893))
_KEDENBURG = "Kedenburg et al., Opt. Mater. Express 2, 1588 (2012)"

_MGF2_O = sellmeier((0.48755108, 0.39875031, 2.3120353), (0.04338408**2, 0.09461442**2, 23.793604**2))
_MGF2_E = sellmeier((0.41344023, 0.50497499, 2.4904862), (0.03684262**2, 0.09076162**2, 23.771995**2))
_MGF2 = "MgF2, 19 C: Dodge, Appl. Opt. 23, 1980 (1984)"
_LINBO3_O = sellmeier((2.6734, 1.2290, 12.614), (0.01764, 0.05914, 474.60))
_LINBO3_E = sellmeier((2.9804, 0.5981, 8.9543), (0.02047, 0.0666, 416.08))
_LINBO3 = "congruent LiNbO3, 21 C: Zelmon, Small and Jundt, J. Opt. Soc. Am. B 14, 3319 (1997)"
_ALN_O = sellmeier((1.3786, 3.861), (0.1715**2, 15.03**2), 3.1399)
_ALN_E = sellmeier((1.6173, 4.139), (0.1746**2, 15.03**2), 3.0729)
_ALN = "AlN: Pastrnak and Roskovcova, Phys. Status Solidi 14, K5 (1966)"
_SAPPHIRE_O = sellmeier((1.4313493, 0.65054713, 5.3414021), (0.0726631**2, 0.1193242**2, 18.028251**2))
_SAPPHIRE_E = sellmeier((1.5039759, 0.55069141, 6.5927379), (0.0740288**2, 0.1216529**2, 20.072248**2))
_SAPPHIRE = "synthetic sapphire, 20 C: Malitson and Dodge (1972), formula in Dodge, Handbook of Laser Science IV (1986)"


def _table(rows: tuple[tuple[float, ...], ...]) -> Table:
    wavelengths, n, *k = zip(*rows, strict=True)
    return Table(wavelengths, n, k[0] if k else (0.0,) * len(n))


def _crystal(
    name: str, ordinary: Law, extraordinary: Law, validity_um: tuple[float, float], source: str
) -> dict[str, Preset]:
    """A uniaxial crystal, and each of its two rays as an isotropic medium."""
    return {
        name: Preset(ordinary, validity_um, source, axial_law=extraordinary),
        f"{name}_o": Preset(ordinary, validity_um, f"{source}, ordinary"),
        f"{name}_e": Preset(extraordinary, validity_um, f"{source}, extraordinary"),
    }


PRESETS: dict[str, Preset] = {
    "fused_silica": Preset(
        sellmeier((0.6961663, 0.4079426, 0.8974794), (0.0684043**2, 0.1162414**2, 9.896161**2)),
        (0.21, 6.7),
        "fused silica, 20 C: Malitson, J. Opt. Soc. Am. 55, 1205 (1965)",
    ),
    "polystyrene": Preset(
        sellmeier((1.4435,), (0.020216,)),
        (0.4368, 1.052),
        "polystyrene, 20 C: Sultanova et al., Acta Phys. Pol. A 116, 585 (2009)",
    ),
    **_crystal("cds", _CDS_O, _CDS_E, (0.51, 1.4), _CDS),
    **_crystal("mgf2", _MGF2_O, _MGF2_E, (0.2, 7.0), _MGF2),
    **_crystal("linbo3", _LINBO3_O, _LINBO3_E, (0.4, 5.0), _LINBO3),
    **_crystal("sapphire", _SAPPHIRE_O, _SAPPHIRE_E, (0.2, 5.0), _SAPPHIRE),
    **_crystal("aln", _ALN_O, _ALN_E, (0.22, 5.0), _ALN),
    "caf2": Preset(
        sellmeier((0.5675888, 0.4710914, 3.8484723), (0.050263605**2, 0.1003909**2, 34.649040**2)),
        (0.23, 9.7),
        "CaF2, 24 C: Malitson, Appl. Opt. 2, 1103 (1963)",
    ),
    "si": Preset(
        sellmeier((10.6684293, 0.0030434748, 1.54133408), (0.301516485**2, 1.13475115**2, 1104.0**2)),
        (1.357, 11.04),
        "Si, 26 C: Salzberg and Villa, J. Opt. Soc. Am. 47, 244 (1957), fit Tatian, Appl. Opt. 23, 4477 (1984)",
    ),
    "si3n4": Preset(
        sellmeier((3.0249, 40314.0), (0.1353406**2, 1239.842**2)),
        (0.31, 5.504),
        "LPCVD Si3N4 film: Luke et al., Opt. Lett. 40, 4823 (2015)",
    ),
    "gaas": Preset(
        sellmeier((5.466742, 0.02429960, 1.957522), (0.4431307**2, 0.8746453**2, 36.9166**2), 5.372514),
        (0.97, 17.0),
        "GaAs, 22 C: Skauli et al., J. Appl. Phys. 94, 6447 (2003)",
    ),
    "cspbbr3": Preset(
        _table(CAESIUM_LEAD_BROMIDE),
        (0.5, 0.688),
        "melt-grown CsPbBr3 crystal, room temperature, table: Brennan et al., MRS Commun. (2024), s43579-024-00576-x",
    ),
    "sio2_infrared": Preset(
        _table(SILICA_FILM),
        (3.0012, 14.2857),
        "sputtered SiO2 film, table: Kischkat et al., Appl. Opt. 51, 6789 (2012)",
    ),
    "gap": Preset(_table(GALLIUM_PHOSPHIDE), (0.5, 4.0), "GaP, table: Bond, J. Appl. Phys. 36, 1674 (1965)"),
    "diamond": Preset(
        sellmeier((0.3306, 4.3356), (0.1750**2, 0.1060**2)),
        (0.226, 0.76),
        "diamond: Peter, Z. Phys. 15, 358 (1923)",
    ),
    "as2s3": Preset(
        sellmeier(
            (1.8983678, 1.9222979, 0.8765134, 0.1188704, 0.9569903), (0.0225, 0.0625, 0.1225, 0.2025, 750.0)
        ),
        (0.57, 11.8),
        "As2S3 glass, 25 C: Rodney, Malitson and King, J. Opt. Soc. Am. 48, 633 (1958)",
    ),
    "pdms": Preset(
        Formula((Term(2.43440743e-3, -2), Term(1.83518505e-4, -4)), 1.40289252, "n"),
        (0.3, 0.936),
        "PDMS, Sylgard 184 at 10:1: Gupta et al., ACS Appl. Mater. Interfaces 11, 28189 (2019), Cauchy fit to 5e-7",
    ),
    "silver": Preset(
        _table(SILVER), (0.1879, 1.937), "silver, table: Johnson and Christy, Phys. Rev. B 6, 4370 (1972)"
    ),
    "gold": Preset(
        _table(GOLD), (0.1879, 1.937), "gold, table: Johnson and Christy, Phys. Rev. B 6, 4370 (1972)"
    ),
    "zns": Preset(
        poles(8.393, (0.14383, 4430.99), (0.2421**2, 36.71**2)),
        (0.405, 13.0),
        "cubic ZnS, 20 C: Debenham, Appl. Opt. 23, 2238 (1984), fit Klein, Appl. Opt. 25, 1873 (1986)",
    ),
    "water": Preset(
        _WATER,
        (0.2, 1.9),
        "water, 20 C, without absorption: IAPWS R9-97 (Harvey, Gallagher and Levelt Sengers 1998); beyond 1.1 um extrapolated,"
        " within 2e-4 of Kedenburg et al. (2012) up to 1.6 um",
    ),
    "water_absorbing": Preset(
        Absorbing(_WATER, *(tuple(column) for column in zip(*WATER_K, strict=True))),
        (0.5, 1.74),
        f"water, 20 C: index of IAPWS R9-97, absorption of {_KEDENBURG}",
    ),
    "heavy_water": Preset(_HEAVY_WATER, (0.5, 1.6), f"D2O, 20 C, without absorption: {_KEDENBURG}"),
    "air": Preset(
        gas((0.05792105, 0.00167917), (238.0185, 57.362)),
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
        _table(FILM),
        (0.5, 0.75),
        "CdSe/ZnCdS core/shell quantum-dot film, unpumped: Aftenieva et al., Adv. Opt. Mater. 2202226 (2023)",
    ),
}
"""Every preset by name."""
