"""Media against published indices, and against the laws any analytic index obeys."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from femwgm.config import load_config
from femwgm.config.material_specs import PRESETS as PRESET_NAMES
from femwgm.errors import MaterialError
from femwgm.materials import PRESETS, Material, material, materials_from_config
from femwgm.materials.dispersion import Absorbing, Constant, Table
from femwgm.materials.formulas import Formula, numbered

CONFIG = Path(__file__).resolve().parents[2] / "configs" / "duan2022.yaml"


def k0(wavelength_um: float) -> float:
    return 2.0 * math.pi / wavelength_um


def preset(name: str, axis: str | None = None) -> Material:
    spec = {"preset": name} if axis is None else {"preset": name, "axis": axis}
    return given_as(spec)


def given_as(spec: object) -> Material:
    raw = load_config(CONFIG).model_dump(mode="json", by_alias=True, exclude_none=True)
    raw["materials"]["other"] = spec
    config = load_config(raw)
    return material("other", config.materials["other"])


# Values as printed by the sources, to their printed digits; Malitson 1965, Table I, for the last three of silica.
PUBLISHED = [
    ("fused_silica", 0.532, 1.460706, 5e-7),
    ("fused_silica", 0.633, 1.457012, 2e-5),  # the 632.8 nm line under its rounded name
    ("fused_silica", 0.660, 1.456268, 5e-7),
    ("fused_silica", 0.852, 1.452467, 5e-7),
    ("fused_silica", 1.55, 1.444024, 5e-7),
    ("fused_silica", 0.587561, 1.45846, 1.1e-5),
    ("fused_silica", 0.656272, 1.45637, 1.1e-5),
    ("fused_silica", 1.01398, 1.45024, 1.1e-5),
    ("polystyrene", 0.660, 1.5855, 1e-4),
    ("polystyrene", 0.5893, 1.5915, 1e-4),
    ("cds_o", 0.660, 2.456, 5e-4),
    ("zns", 0.660, 2.342, 5e-4),
    ("water", 0.5893, 1.33335, 1.5e-5),  # 1.33299 against air, times the index of air
    ("water", 1.55, 1.3154, 1e-4),  # Kedenburg et al. 2012
    ("water_absorbing", 1.55, 1.3154 + 1.49248e-4j, 1e-4),
    ("heavy_water", 0.5893, 1.3284, 3e-4),  # n_D of D2O at 20 C, CRC Handbook
    # Crystals, semiconductors, glasses: values of tables of constants, to what such tables agree.
    ("mgf2_o", 0.5893, 1.37770, 2e-5),  # the law of Li 1980, fitted to other data
    ("mgf2_e", 0.5893, 1.3895, 1e-4),
    ("caf2", 0.5876, 1.43385, 2e-5),  # n_d as in catalogues of optical crystals
    ("linbo3_o", 0.5893, 2.3007, 1.5e-3),  # n_D of the congruent crystal in tables of constants
    ("linbo3_e", 0.5893, 2.2116, 2.5e-3),
    ("sapphire_o", 0.5893, 1.76817, 1e-4),
    ("sapphire_e", 0.5893, 1.76009, 1e-4),
    ("si", 1.5295, 3.4795, 5e-4),
    ("si3n4", 1.55, 1.9963, 1e-4),
    ("si", 1.55, 3.4757, 2.5e-3),  # Li 1980, to what the two differ
    ("gaas", 10.6, 3.27, 4e-3),
    ("aln_o", 1.55, 2.12, 1e-3),  # as in the literature on rings of AlN
    # Points measured that the tables of the program leave out.
    ("cspbbr3", 0.54, 2.227228 + 1.60e-3j, 1e-4),
    ("cspbbr3", 0.522, 2.358725 + 0.19321j, 1e-3),
    ("cspbbr3", 0.65, 2.075784 + 4e-6j, 5e-5),
    ("sio2_infrared", 3.5014, 1.40794 + 2.2e-4j, 1e-5),
    ("sio2_infrared", 4.89237, 1.35343 + 7.0e-4j, 2e-5),
    ("sio2_infrared", 8.01282, 0.50638 + 0.29212j, 5e-3),
    ("sio2_infrared", 10.63830, 2.13818 + 0.05029j, 1e-3),
    ("sio2_infrared", 12.95337, 1.79390 + 0.20292j, 1e-3),
    ("gap", 1.4, 3.0646, 1e-12),
    ("diamond", 0.5893, 2.4173, 3e-4),
    ("as2s3", 1.0, 2.47773, 2e-5),
    ("pdms", 0.589, 1.411434, 1e-6),
    ("silver", 0.6595, 0.05 + 4.483j, 1e-12),
    ("gold", 0.6595, 0.14 + 3.697j, 1e-12),
    ("air", 0.5893, 1.000277, 1e-6),
    ("vacuum", 0.1, 1.0, 0.0),
    ("npl_film", 0.660, 1.768, 1e-15),
    ("cdse_zncds_film", 0.650, 1.6721 + 0.0209j, 1e-4),
    ("cdse_zncds_film", 0.662, 1.6693 + 0.0165j, 1e-4),
    ("cdse_zncds_film", 0.668, 1.6675 + 0.0143j, 1e-4),
]


@pytest.mark.parametrize(("name", "wavelength_um", "index", "tolerance"), PUBLISHED)
def test_published_indices(name: str, wavelength_um: float, index: complex, tolerance: float) -> None:
    assert abs(preset(name).index(k0(wavelength_um)) - index) <= tolerance


def test_fused_silica_slope_and_group_index() -> None:
    medium = preset("fused_silica")
    wavelength = 0.660
    n = medium.index(k0(wavelength)).real
    dn_dk0 = medium.permittivity_slope(k0(wavelength)).real / (2.0 * n)
    assert -dn_dk0 * k0(wavelength) / wavelength == pytest.approx(-0.026163, abs=5e-7)
    assert n + k0(wavelength) * dn_dk0 == pytest.approx(1.473536, abs=1e-6)


def test_cds_is_uniaxial_with_both_rays() -> None:
    crystal = preset("cds", "radial")
    assert crystal.axis == "radial"
    assert crystal.index(k0(0.7)) == preset("cds_o").index(k0(0.7))
    assert crystal.index_axial(k0(0.7)) == preset("cds_e").index(k0(0.7))
    assert crystal.permittivity_axial(k0(0.7)) != crystal.permittivity(k0(0.7))


def test_every_preset_has_a_law_a_source_and_a_place_in_the_schema() -> None:
    assert set(PRESETS) == set(PRESET_NAMES)
    for name, entry in PRESETS.items():
        assert entry.source
        if entry.validity_um:
            assert entry.validity_um[0] < entry.validity_um[1], name


# Coefficients as of files of the database (made up for 9), and the formula as its documentation prints it.
PUBLISHED_FORMULAS: dict[int, tuple[list[float], Callable[[list[float], float], float]]] = {
    1: (
        [0.2762, 0.60967, 0.08636, 0.008, 18.0],
        lambda c, w: math.sqrt(
            1 + c[0] + c[1] * w**2 / (w**2 - c[2] ** 2) + c[3] * w**2 / (w**2 - c[4] ** 2)
        ),
    ),
    2: ([0.1, 1.4435, 0.020216], lambda c, w: math.sqrt(1 + c[0] + c[1] * w**2 / (w**2 - c[2]))),
    3: (
        [2.1778, 6.1209e-3, 2, -1.5004e-3, 4, 2.3678e-2, -2.5],
        lambda c, w: math.sqrt(c[0] + c[1] * w ** c[2] + c[3] * w ** c[4] + c[5] * w ** c[6]),
    ),
    4: (
        [2.7405, 0.0184, 0, 0.0179, 1, 0.5, 2, 0.15, 2, -0.0155, 2, 0.01, -1.5],
        lambda c, w: math.sqrt(
            c[0]
            + c[1] * w ** c[2] / (w**2 - c[3] ** c[4])
            + c[5] * w ** c[6] / (w**2 - c[7] ** c[8])
            + c[9] * w ** c[10]
            + c[11] * w ** c[12]
        ),
    ),
    5: ([1.4, 2.4e-3, -2, 1.8e-4, -4], lambda c, w: c[0] + c[1] * w ** c[2] + c[3] * w ** c[4]),
    6: (
        [1e-5, 0.05792105, 238.0185, 0.00167917, 57.362],
        lambda c, w: 1 + c[0] + c[1] / (c[2] - w**-2) + c[3] / (c[4] - w**-2),
    ),
    7: (
        [3.41983, 0.159906, -0.123109, 1.26878e-6, -1.95104e-9],
        lambda c, w: c[0] + c[1] / (w**2 - 0.028) + c[2] / (w**2 - 0.028) ** 2 + c[3] * w**2 + c[4] * w**4,
    ),
    8: ([0.2, 0.3, 0.02, -0.003], lambda c, w: math.sqrt((1 + 2 * _retro(c, w)) / (1 - _retro(c, w)))),
    9: (
        [2.0, 0.3, 0.02, 0.05, 0.5, 0.04],
        lambda c, w: math.sqrt(c[0] + c[1] / (w**2 - c[2]) + c[3] * (w - c[4]) / ((w - c[4]) ** 2 + c[5])),
    ),
}


def _retro(c: list[float], w: float) -> float:
    return c[0] + c[1] * w**2 / (w**2 - c[2]) + c[3] * w**2


@pytest.mark.parametrize("number", PUBLISHED_FORMULAS)
@pytest.mark.parametrize("wavelength_um", [0.45, 0.5, 1.31])
def test_numbered_formulas_are_those_of_the_database(number: int, wavelength_um: float) -> None:
    coefficients, printed = PUBLISHED_FORMULAS[number]
    index = numbered(number, coefficients).eps(k0(wavelength_um)) ** 0.5
    assert index == pytest.approx(printed(coefficients, wavelength_um), rel=1e-14)


def test_a_file_of_the_database_is_read_with_its_absorption(tmp_path: Path) -> None:
    (tmp_path / "water.yml").write_text(
        "REFERENCES: |\n    S. Kedenburg. <a href='x'><i>Opt. Mater. Express</i></a>\nDATA:\n  - type: formula 2\n"
        "    wavelength_range: 0.5 1.6\n    coefficients: 0 0.75831 0.01007 0.08495 8.91377\n"
        "  - type: tabulated k\n    data: |\n        1.15 8.9e-06\n        1.15 8.6e-06\n"
        "        1.5 2.5e-4\n        1.55 1.49248e-4\n"
    )  # fmt: skip
    raw = load_config(CONFIG).model_dump(mode="json", by_alias=True, exclude_none=True)
    raw["materials"]["other"] = {"refractiveindex": str(tmp_path / "water.yml")}
    resolved = load_config(raw)
    water = material("other", resolved.materials["other"])
    assert water.index(k0(1.55)) == pytest.approx(1.3153545 + 1.49248e-4j, abs=1e-7)
    assert water.validity_um == (1.15, 1.55)
    assert water.tabulated
    assert "Opt. Mater. Express" in water.source
    again = load_config(resolved.model_dump(mode="json", by_alias=True, exclude_none=True))
    assert again.materials["other"] == resolved.materials["other"]


def test_sellmeier_with_added_terms() -> None:
    bbo = given_as(
        {
            "sellmeier": {"A": 2.7405, "B": [0.1], "C_um2": [0.0179], "added": [[-0.0155, 2]]},
            "range": ["0.3 um", "2 um"],
        }
    )
    assert bbo.permittivity(k0(0.6)) == pytest.approx(
        2.7405 + 0.1 * 0.36 / (0.36 - 0.0179) - 0.0155 * 0.36, rel=1e-14
    )


def test_a_uniaxial_medium_takes_any_law_for_each_ray() -> None:
    crystal = given_as({"axis": "z", "ordinary": {"preset": "linbo3_o"}, "extraordinary": {"n": 2.2}})
    assert crystal.axis == "z"
    assert crystal.index(k0(1.55)) == preset("linbo3_o").index(k0(1.55))
    assert crystal.index_axial(k0(1.55)) == pytest.approx(2.2)
    assert crystal.validity_um == (0.4, 5.0)
    assert preset("linbo3", "z").permittivity_axial_slope(7.0) == preset("linbo3_e").permittivity_slope(7.0)


def test_absorption_beside_a_law_keeps_its_slope() -> None:
    law = Absorbing(PRESETS["water"].law, (1.4, 1.5, 1.6), (1.7e-4, 2.6e-4, 1e-4))
    at, h = k0(1.53), 1e-5
    assert law.slope(at) == pytest.approx((law.eps(at + h) - law.eps(at - h)) / (2 * h), rel=1e-6)


LAWS: dict[str, Callable[[], object]] = {
    "sellmeier": lambda: PRESETS["fused_silica"].law,
    "poles": lambda: PRESETS["zns"].law,
    "gas": lambda: PRESETS["air"].law,
    "constant": lambda: Constant(2.1 + 0.1j),
    "water": lambda: PRESETS["water"].law,
    **{
        f"formula {number}": lambda number=number: numbered(number, PUBLISHED_FORMULAS[number][0])
        for number in range(1, 10)
    },
}


@pytest.mark.parametrize("law", LAWS)
@given(real=st.floats(4.0, 15.0), imag=st.floats(-0.1, 0.1))
def test_formulas_are_analytic_and_their_slope_is_right(law: str, real: float, imag: float) -> None:
    at, curve = complex(real, imag), LAWS[law]()
    assert isinstance(curve, Formula | Constant)
    h = 1e-5
    along_real = (curve.eps(at + h) - curve.eps(at - h)) / (2 * h)
    along_imag = (curve.eps(at + 1j * h) - curve.eps(at - 1j * h)) / (2j * h)
    scale = max(1e-6, abs(curve.slope(at)))
    assert abs(along_real - curve.slope(at)) < 1e-6 * scale + 1e-10
    assert abs(along_imag - curve.slope(at)) < 1e-6 * scale + 1e-10
    assert curve.eps(at.conjugate()).conjugate() == pytest.approx(curve.eps(at)) or law == "constant"


def test_gas_slope_to_its_own_size() -> None:
    air, at = PRESETS["air"].law, 9.5
    numeric = (air.eps(at + 1e-3) - air.eps(at - 1e-3)) / 2e-3
    assert complex(numeric).real == pytest.approx(air.slope(at).real, rel=1e-6)


def test_table_goes_through_its_points_and_never_overshoots() -> None:
    wavelengths = (0.5, 0.55, 0.6, 0.7, 0.71)
    n = (1.9, 1.7, 1.7, 1.6, 1.2)
    k = (0.0, 0.0, 0.2, 0.1, 0.0)
    table = Table(wavelengths, n, k)
    for wavelength, re, im in zip(wavelengths, n, k, strict=True):
        assert table.eps(k0(wavelength)) == pytest.approx(complex(re, im) ** 2, rel=1e-12)
    between = np.sqrt([table.eps(k0(w)) for w in np.linspace(0.5, 0.71, 400)])
    assert np.all(np.diff(between.real) <= 1e-12)
    assert between.imag.min() >= 0.0
    assert between.imag.max() <= 0.2 + 1e-12


def test_table_slope_is_that_of_its_curve() -> None:
    film = PRESETS["cdse_zncds_film"].law
    for wavelength in (0.5512, 0.6023, 0.6571, 0.7437):
        h = 1e-5
        numeric = (film.eps(k0(wavelength) + h) - film.eps(k0(wavelength) - h)) / (2 * h)
        assert film.slope(k0(wavelength)) == pytest.approx(numeric, rel=1e-5)


def test_film_slope_is_the_published_one() -> None:
    film = preset("cdse_zncds_film")
    dn = film.index(k0(0.665)).real - film.index(k0(0.655)).real
    assert dn / 0.010 == pytest.approx(-0.27, abs=0.02)  # per um, near 660 nm


def test_table_looks_up_the_real_part_of_the_wavelength() -> None:
    film, k = preset("cdse_zncds_film"), 9.5 - 0.3j
    assert film.permittivity(k) == film.permittivity(2.0 * np.pi / (2.0 * np.pi / k).real)


@pytest.mark.parametrize(
    ("eps", "index"),
    [
        (-4.0, 2j),
        ("-4-0j", 2j),
        ("2.25+0j", 1.5),
        ("-4+0.4j", 0.0999 + 2.0025j),
        ("2.25-0.3j", 1.5033 - 0.0998j),
    ],
)
def test_branch_of_the_index(eps: object, index: complex) -> None:
    assert given_as({"eps": eps}).index(9.5) == pytest.approx(index, abs=1e-4)


def test_gain_and_loss_have_the_signs_of_k() -> None:
    assert given_as({"n": 1.7, "k": 1e-4}).permittivity(9.0).imag > 0.0
    assert given_as({"n": 1.7, "k": -1e-4}).permittivity(9.0).imag < 0.0
    assert given_as({"n": 1.7, "k": 1e-4}).index(9.0) == pytest.approx(1.7 + 1e-4j, rel=1e-15)


def test_dispersive_or_not() -> None:
    assert not given_as({"n": 1.7}).dispersive
    assert not given_as({"n_ordinary": 1.7, "n_extraordinary": 1.8, "axis": "z"}).dispersive
    assert not preset("npl_film").dispersive
    assert preset("water").dispersive
    assert given_as({"table": {"wavelength_um": [0.5, 0.6], "n": [1.7, 1.7]}}).dispersive


@pytest.mark.parametrize("wavelength_um", [0.20999, 6.70001, 100.0])
def test_nothing_is_extrapolated(wavelength_um: float) -> None:
    with pytest.raises(MaterialError, match=r"known from 0\.21 to 6\.7 um, not at"):
        preset("fused_silica").index(k0(wavelength_um))
    with pytest.raises(MaterialError):
        preset("fused_silica").permittivity_slope(k0(wavelength_um))
    with pytest.raises(MaterialError):
        preset("cds", "z").permittivity_axial(k0(wavelength_um))


def test_the_ends_of_the_range_belong_to_it() -> None:
    for end in (0.21, 6.7):
        preset("fused_silica").index(k0(end))
    with pytest.raises(MaterialError):
        preset("fused_silica").index(-9.0)


def test_window_outside_a_used_material_is_refused_at_once() -> None:
    overrides = ["materials.npl={preset: npl_film}", "modes.window=[640 nm, 750 nm]"]
    with pytest.raises(MaterialError, match=r"'npl' .* not at 0\.75 um") as caught:
        materials_from_config(load_config(CONFIG, overrides))
    assert "\n" not in str(caught.value)


def test_unused_material_may_lie_anywhere() -> None:
    config = load_config(CONFIG, ["materials.far={preset: npl_film}", "modes.window=[900 nm, 950 nm]"])
    assert set(materials_from_config(config)) == {"silica", "npl", "air", "far"}


def test_media_travel_to_workers() -> None:
    for name in PRESETS:
        medium = preset(name, "z") if name in ("cds", "mgf2", "linbo3", "sapphire", "aln") else preset(name)
        medium.permittivity(k0(medium.validity_um[0] * 1.1 if medium.validity_um else 0.66))
        assert pickle.loads(pickle.dumps(medium)) == medium
