"""Every number of the report on the published study, computed a second time without femwgm (tests/support/coated_twin.py)."""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize
from support.coated_twin import Coated, absorption_efficiency, comb

from femwgm.materials.presets import PRESETS
from femwgm.studies.duan2022 import paper_sections
from femwgm.studies.duan2022.content import Section
from femwgm.studies.duan2022.study import Study

FOLDER = Path(__file__).resolve().parents[2] / "configs" / "paper"
WINDOW_NM = (635.0, 675.0)
FILM = np.polyfit(np.array([0.650, 0.656, 0.662]) - 0.656, [1.6721, 1.6708, 1.6693], 2)
"""Index of the CdSe/ZnCdS film by Aftenieva et al. (2023), through three rows of its table."""


def fused_silica(um: float) -> float:
    """Fused silica by Malitson (1965)."""
    terms = ((0.6961663, 0.0684043), (0.4079426, 0.1162414), (0.8974794, 9.896161))
    return math.sqrt(1.0 + sum(a * um**2 / (um**2 - b**2) for a, b in terms))


pytestmark = [pytest.mark.slow, pytest.mark.gmsh]


@pytest.fixture(scope="module")
def sections() -> list[Section]:
    return paper_sections(Study(FOLDER))


@pytest.fixture(scope="module")
def values(sections: list[Section]) -> dict[str, dict[str, float]]:
    return {row.what: dict(row.values) for section in sections for row in section.rows}


@lru_cache
def mode(pol: str, l: int, diameter: float = 20.0, **more: Any) -> Coated:
    return Coated(pol, l, diameter, **more)


def table(sections: list[Section], title: str) -> list[dict[str, str]]:
    head, *rows = next(s.table for s in sections if s.title.startswith(title))
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_the_lines_and_their_indices(sections: list[Section], values: dict[str, dict[str, float]]) -> None:
    for row in table(sections, "The modes of the 20"):
        pol, l = row["mode"].split()
        twin = mode(pol, int(l))
        assert float(row["λ finite elements / nm"]) == pytest.approx(twin.wavelength_nm, abs=2e-6)
        assert float(row["n_g"]) == pytest.approx(twin.n_g, abs=6e-5)
        assert float(row["n_eff (phase)"]) == pytest.approx(twin.n_eff, abs=6e-5)
        assert float(row["FSR / nm"]) == pytest.approx(twin.fsr_nm, abs=6e-4)
        assert float(row["log10 Q_rad"]) == pytest.approx(math.log10(twin.q_rad), abs=0.06)
    outer = values["The same, if 20 µm were the outer diameter"]
    assert outer["lowest_nm"] == pytest.approx(mode("TM", 166, 19.02).wavelength_nm, rel=2e-9)
    assert outer["highest_nm"] == pytest.approx(mode("TE", 163, 19.02).wavelength_nm, rel=2e-9)
    uniform = values["The same, as a homogeneous sphere of the outer radius"]
    assert uniform["lowest_nm"] == pytest.approx(mode("TM", 166, n=(1.74, 1.74, 1.0)).wavelength_nm, rel=2e-9)
    assert uniform["highest_nm"] == pytest.approx(
        mode("TE", 163, n=(1.74, 1.74, 1.0)).wavelength_nm, rel=2e-9
    )


def test_the_indices_that_the_study_names(values: dict[str, dict[str, float]]) -> None:
    te, tm = mode("TE", 165), mode("TM", 163)
    stated = values['"n_eff = 1.76" from the free spectral range']
    assert stated == pytest.approx({"te": te.n_g, "tm": tm.n_g}, rel=1e-7)
    silica = values["The same if Eq. 1 takes the silica diameter"]["te"]
    assert silica == pytest.approx(te.wavelength_nm**2 / (te.fsr_nm * math.pi * 20e3), rel=1e-7)
    low = mode("TE", 165, n=(1.45, 1.74, 1.0))
    assert values["Film index of the published simulation"] == pytest.approx(
        {"te165_nm": low.wavelength_nm, "n_g": low.n_g}, rel=1e-7
    )
    for slope, n, low, high in ((-0.05, 1.735, 160, 165), (-0.1, 1.704, 157, 162)):
        weak = values[f"Film index that gives 1.76 with a slope of {slope:g} per µm"]
        assert weak == pytest.approx({"n": n, "lowest": low, "highest": high}, abs=6e-4)
        # The group index of a mode of that film: the line moves until it is where its own index is.

        def film(l: float, slope: float = slope, n: float = weak["n"]) -> float:
            k = 2.0 * math.pi / 0.658
            for _ in range(40):
                k = Coated("TE", l, 20.0, (1.45, n + slope * (2.0 * math.pi / k - 0.655), 1.0)).k0()
            return k

        l = min(range(low, high + 1), key=lambda l: abs(2e3 * math.pi / film(l) - 660.0))
        assert 1.0 / (0.5 * (film(l + 1) - film(l - 1))) / 10.49 == pytest.approx(1.76, abs=2e-4)
    index = values["Film index that puts TE 165 at 660 nm"]["n"]
    assert mode("TE", 165, n=(1.45, index, 1.0)).wavelength_nm == pytest.approx(660.0, abs=1e-6)

    # Both media with their dispersion: the line moves until it is where its own index is.
    def k0(l: float) -> float:
        k = 2.0 * math.pi / 0.658
        for _ in range(40):
            um = 2.0 * math.pi / k
            k = Coated("TE", l, 20.0, (fused_silica(um), float(np.polyval(FILM, um - 0.656)), 1.0)).k0()
        return k

    # Absorption is left out here; at Q = 49 it moves the lines by less than their spacing's hundredth.
    n_g = 1.0 / (k0(156) - k0(155)) / 10.49
    assert values["Group index with the dispersion of a real film"]["te"] == pytest.approx(n_g, rel=1e-2)


def test_where_the_field_sits(sections: list[Section], values: dict[str, dict[str, float]]) -> None:
    names = {
        "share of the electric energy": "energy",
        "share of ∫|E|² dV": "e2",
        "share of ∫|E|² dr on the equator": "line",
    }
    for row in table(sections, "Where the field sits"):
        pol, l = row["mode"].split()
        core, shell, air = 100.0 * mode(pol, int(l)).shares(names[row["measure"]])
        assert float(row["silica / %"]) == pytest.approx(core, abs=6e-4)
        assert float(row["shell / %"]) == pytest.approx(shell, abs=6e-4)
        assert float(row["air / %"]) == pytest.approx(air, abs=6e-4)
        assert core > air
    stated = values["The same with the stated film index"]
    core, _, air = 100.0 * mode("TM", 163, n=(1.45, 1.74, 1.0)).shares("energy")
    assert stated == pytest.approx({"silica_percent": core, "air_percent": air}, rel=1e-6)
    leak = values["Leak into the two sides of the shell"]
    assert round(leak["silica_percent"], 2) == 3.87
    assert round(leak["air_percent"], 2) == 1.42


def test_every_size(sections: list[Section]) -> None:
    for row in table(sections, "Sizes"):
        pol, l = row["mode"].split()
        twin = mode(pol, int(l), float(row["D / µm"]))
        assert float(row["λ / nm"]) == pytest.approx(twin.wavelength_nm, abs=6e-4)
        assert float(row["FSR / nm"]) == pytest.approx(twin.fsr_nm, abs=6e-4)
        assert float(row["n_g"]) == pytest.approx(twin.n_g, abs=6e-5)
        assert float(row["log10 Q_rad"]) == pytest.approx(math.log10(twin.q_rad), abs=0.06)
        assert float(row["shell / %"]) == pytest.approx(100.0 * twin.shares("energy")[1], abs=6e-3)
        eq1 = float(row["λ / nm"]) ** 2 / (1.76 * math.pi * 1e3 * float(row["D / µm"]))
        assert float(row["Eq. 1, silica D"]) == pytest.approx(eq1, abs=6e-4)
        # No other line of this polarization is nearer to 660 nm.
        assert abs(twin.wavelength_nm - 660.0) < 0.51 * twin.fsr_nm


def test_what_limits_q(sections: list[Section], values: dict[str, dict[str, float]]) -> None:
    te, tm = mode("TE", 165), mode("TM", 163)
    assert values["Quality factor"]["log10_q_rad"] == pytest.approx(math.log10(te.q_rad), abs=1e-5)
    water = mode("TE", 165, n=(1.45, 1.768, 1.33))
    assert values["The same sphere in water"]["q_rad"] == pytest.approx(water.q_rad, rel=1e-4)
    share = te.shares("energy")[1]
    assert values["Absorption that gives Q = 4200"]["k"] == pytest.approx(1.768 / (8400.0 * share), rel=1e-8)
    gain = values["Gain that balances Q = 4200"]
    assert gain["at_660_per_cm"] == pytest.approx(tm.gain_per_cm(4200.0) * tm.wavelength_nm / 660.0, rel=1e-8)
    assert gain["at_663_per_cm"] == pytest.approx(42.1, abs=0.05)
    lowest = values["Lowest Q that the measured gain can carry"]["q"]
    assert te.gain_per_cm(lowest) == pytest.approx(202.0, rel=1e-8)
    for row in table(sections, "What limits Q"):
        q = lowest if row["Q"] == f"{lowest:.0f}" else float(row["Q"])
        assert float(row["exact"]) == pytest.approx(te.gain_per_cm(q), rel=2e-5, abs=6e-3)
    width = values["Line width and photon lifetime at Q = 4200"]
    assert width["width_nm"] == pytest.approx(663.28 / 4200.0)
    # Q / omega, with c = 0.299792458 um/fs.
    assert width["lifetime_ps"] == pytest.approx(4200.0 * 0.66328 / (2.0 * math.pi * 299.792458))
    # The film of Aftenieva et al. (2023) at 658.4 nm, between its rows 656 (k = 0.0187) and 662 nm (0.0165).
    k = 0.0187 - 0.4 * 0.0022
    film = mode("TE", 156, n=(fused_silica(0.6584), float(np.polyval(FILM, 0.0024)), 1.0))
    bleached = film.n[1] / (2.0 * k * film.shares("energy")[1])
    assert values["Absorption of a film that is not pumped"]["q_abs"] == pytest.approx(bleached, rel=0.01)


def band(wavelength_nm: float) -> float:
    return math.exp(-4.0 * math.log(2.0) * ((wavelength_nm - 655.0) / 18.0) ** 2)


def test_thresholds_and_the_order_of_lasing(
    sections: list[Section], values: dict[str, dict[str, float]]
) -> None:
    for plane in (False, True):
        lines = [
            (pol, l) for pol in ("TE", "TM") for l, x in comb(pol, 20.0, WINDOW_NM).items() if band(x) > 0.05
        ]
        needed = {
            f"{pol} {l}": mode(pol, l).gain_per_cm(4200.0, in_plane=plane) / band(mode(pol, l).wavelength_nm)
            for pol, l in lines
        }
        ranked = sorted(needed, key=lambda name: needed[name])
        kind = "face-down" if plane else "isotropic"
        rows = [row for row in table(sections, "Thresholds") if row["emitters"] == kind]
        assert [row["mode"] for row in rows] == ranked[: len(rows)]
        for row in rows:
            assert float(row["gain at the band's top"]) == pytest.approx(needed[row["mode"]], abs=6e-3)
    flat = values["The same, face-down emitters"]
    assert flat["te_per_cm"] == pytest.approx(mode("TE", 166).gain_per_cm(4200.0), rel=1e-6)
    assert flat["tm_per_cm"] == pytest.approx(mode("TM", 164).gain_per_cm(4200.0, in_plane=True), rel=1e-4)


@pytest.mark.parametrize(
    ("name", "plane", "kind"),
    [
        ("isotropic, all m", False, "all m"),
        ("face-down, all m", True, "all m"),
        ("isotropic, m = l, travelling", False, "travelling"),
        ("isotropic, m = l, standing", False, "standing"),
    ],
)
def test_lasing_lines_maximise_a_concave_function(
    values: dict[str, dict[str, float]], name: str, plane: bool, kind: str
) -> None:
    """With no spontaneous emission, a_j <n u_j> <= 1 with equality where S_j > 0: the conditions of a concave maximum.

    F(S) = P <log(1 + sum_j c_j u_j S_j)> - sum_j c_j S_j / a_j over S >= 0, c_j = a_j. All m of a line together have the
    intensity of m = l averaged over the sphere, which depends on the radius alone.
    """
    modes = [mode(pol, l) for pol in ("TE", "TM") for l in comb(pol, 20.0, WINDOW_NM)]
    a = np.array([band(m.wavelength_nm) / m.gain_per_cm(4200.0, in_plane=plane) for m in modes])
    a /= a.max()
    keep = a > 0.3
    modes, a = [m for m, kept in zip(modes, keep, strict=True) if kept], a[keep]
    x, wx = np.polynomial.legendre.leggauss(6)
    r = 10.245 + 0.245 * x
    # The belt that femwgm takes for "the shell": seven decay lengths of exp(-l z^2 / 2) from the equator.
    edge = 7.0 / math.sqrt(min(m.l for m in modes) + 0.5)
    y, wy = np.polynomial.legendre.leggauss(14)
    # cos^2(m phi) with m = m0 + d: the fast phase m0 phi and the slow angle phi are averaged as if independent.
    middle = int(np.median([m.l for m in modes]))
    fast, slow = (2.0 * np.pi * np.arange(count) / count for count in (32, 48))
    fast, slow = (grid.ravel() for grid in np.meshgrid(0.5 * fast, slow))
    weight = np.outer(np.outer(wx * r**2, wy).ravel(), np.ones(fast.size)).ravel()
    weight /= weight.sum()
    u = np.stack(
        [
            np.outer(
                m.intensity(r, 0.5 * edge * (y + 1.0), in_plane=plane).ravel(),
                2.0 * np.cos(fast + (m.l - middle) * slow) ** 2 if kind == "standing" else np.ones(fast.size),
            ).ravel()
            for m in modes
        ]
    )
    if kind == "all m":
        u = u.reshape(a.size, r.size, y.size, -1)[..., 0] @ wy
        weight = wx * r**2 / (wx @ r**2)
    u /= (u @ weight)[:, None]

    def lasing(pump: float) -> int:
        def loss(s: np.ndarray) -> tuple[float, np.ndarray]:
            clamp = 1.0 + (a * s) @ u
            value = pump * weight @ np.log(clamp) - s.sum()
            return -value, 1.0 - a * (u @ (weight * pump / clamp))

        best = minimize(
            loss, np.full(a.size, 0.1), jac=True, bounds=[(0.0, None)] * a.size, method="L-BFGS-B",
            options={"ftol": 1e-15, "gtol": 1e-8, "maxiter": 2000},
        )  # fmt: skip
        return int((best.x > 1e-3 * pump).sum())

    assert lasing(10.0) == values["Lasing lines at 2 and at 10 thresholds"][name]


def test_the_pump(sections: list[Section], values: dict[str, dict[str, float]]) -> None:
    k = 2.0 * math.pi / 0.532
    n = [complex(np.sqrt(complex(PRESETS[p].law.eps(k)))) for p in ("fused_silica", "cdse_zncds_film")]
    joule = 6.62607015e-34 * 299792458.0 / 532e-9
    for row in table(sections, "The pump"):
        radii = 0.5 * float(row["D / µm"]), 0.5 * float(row["D / µm"]) + 0.49
        efficiency = absorption_efficiency(radii, n, 0.532)
        assert float(row["absorption efficiency, exact"]) == pytest.approx(efficiency, abs=6e-5)
        volume_cm3 = 4.0 / 3.0 * math.pi * (radii[1] ** 3 - radii[0] ** 3) * 1e-12
        absorbed_j = 3.26e-6 * math.pi * (radii[1] * 1e-4) ** 2 * efficiency
        assert float(row["absorbed / mJ cm⁻³"]) == pytest.approx(1e3 * absorbed_j / volume_cm3, abs=6e-3)
        assert float(row["photons / µm³"]) == pytest.approx(1e-12 * absorbed_j / joule / volume_cm3, abs=60.0)
    # The straight line through (4, 0) and (8, 202).
    fluence = values["Threshold fluence near 20 µm"]
    gain = mode("TE", 166).gain_per_cm(4200.0)
    assert fluence["isotropic"] == pytest.approx(4.0 + 4.0 * gain / 202.0, rel=1e-6)
    assert fluence["face_down"] == pytest.approx(4.0 + 4.0 * gain / 1.5 / 202.0, rel=1e-6)


def polarization(l: int, pol: str, aperture: float) -> float:
    """R of a mode l = m behind a lens that looks at the equator: each ray turned onto the axis by Rodrigues' formula."""
    half = math.asin(aperture)
    x, w = np.polynomial.legendre.leggauss(120)
    gamma, beta = 0.5 * half * (x + 1.0), 2.0 * np.pi * (np.arange(240) + 0.25) / 240
    g, b = (a.ravel() for a in np.meshgrid(gamma, beta, indexing="ij"))
    ray = np.stack([np.cos(g), np.sin(g) * np.cos(b), np.sin(g) * np.sin(b)])
    theta, phi = np.arccos(ray[2]), np.arctan2(ray[1], ray[0])
    # Y ~ sin^l: m Y / sin and dY/dtheta, up to a common factor l sin^(l-1).
    size = np.sin(theta) ** (l - 1)
    waves = (1j * size, -np.cos(theta) * size) if pol == "TE" else (np.cos(theta) * size, 1j * size)
    e_theta = np.stack([np.cos(theta) * np.cos(phi), np.cos(theta) * np.sin(phi), -np.sin(theta)])
    e_phi = np.stack([-np.sin(phi), np.cos(phi), np.zeros_like(phi)])
    field = waves[0] * e_theta + waves[1] * e_phi
    turn = np.stack([np.zeros_like(b), np.sin(b), -np.cos(b)])  # ray x axis, of length sin(gamma), over it
    turned = (
        field * np.cos(g)
        + np.cross(turn, field, axis=0) * np.sin(g)
        + turn * (turn * field).sum(axis=0) * (1.0 - np.cos(g))
    )
    assert np.abs(turned[0]).max() < 1e-12 * np.abs(turned).max()
    weight = np.repeat(w * np.sin(gamma), beta.size)
    z, y = (weight @ np.abs(turned[i]) ** 2 for i in (2, 1))
    both = weight @ (turned[2] * turned[1].conj()).real
    return float(np.hypot(z - y, 2.0 * both) / (z + y))


def test_the_polarization_factor(sections: list[Section], values: dict[str, dict[str, float]]) -> None:
    for row in table(sections, "Polarization"):
        for pol, l in (("TE", 166), ("TM", 164)):
            assert float(row[f"R of {pol} {l}"]) == pytest.approx(
                polarization(l, pol, float(row["aperture"])), abs=6e-5
            )
    te, tm = polarization(166, "TE", 0.4), polarization(164, "TM", 0.4)
    share = values["The mixture that gives it"]["tm_share"]
    # Both modes send nearly the same part of their power through the lens.
    assert share == pytest.approx((te - 0.79) / (te + tm), abs=2e-3)
    assert values["Below threshold"]["factor"] < 1e-12


def test_the_pair(values: dict[str, dict[str, float]]) -> None:
    first, second = (comb("TE", d, (644.0, 690.0)) for d in (48.0, 44.0))
    width = 663.28 / 4200.0
    gaps = {
        (l, min(second, key=lambda j: abs(second[j] - x))): min(abs(y - x) for y in second.values())
        for l, x in first.items()
    }
    assert (387, 355) in gaps
    single = values["Single mode at 663.28 nm"]
    assert single["nm"] == pytest.approx(0.5 * (first[387] + second[355]), abs=1e-6)
    assert single["widths"] == pytest.approx(gaps[387, 355] / width, rel=1e-5)
    alone = values["Does the Vernier effect alone leave one line?"]
    assert alone["overlapping"] == sum(gap < width for gap in gaps.values())
    spacing = [(max(c.values()) - min(c.values())) / (len(c) - 1) for c in (first, second)]
    assert alone["drift_nm"] == pytest.approx(spacing[1] - spacing[0], rel=1e-6)
    places = values["Distance of coincidences in the combs themselves"]
    for place, pair in zip(places.values(), ((399, 366), (387, 355), (375, 344)), strict=True):
        assert pair in gaps
        assert place == pytest.approx(0.5 * (first[pair[0]] + second[pair[1]]), abs=1e-6)
    across = [comb("TM", d, (644.0, 690.0)) for d in (48.0, 44.0)]
    tm = [(max(c.values()) - min(c.values())) / (len(c) - 1) for c in across]
    assert values["Distance of coincidences of the TM combs"]["nm"] == pytest.approx(
        tm[0] * tm[1] / (tm[1] - tm[0]), rel=1e-6
    )
    computed = values["The same from computed spacings at 663 nm"]
    local = [mode("TE", 389, 48.0).fsr_nm, mode("TE", 357, 44.0).fsr_nm]
    assert [computed["first_nm"], computed["second_nm"]] == pytest.approx(local, rel=1e-7)
    assert computed["nm"] == pytest.approx(local[0] * local[1] / (local[1] - local[0]), rel=1e-5)
    fsr = [663.28**2 / (1.76 * math.pi * d) for d in (48e3, 44e3)]
    assert values["Eq. 3 for 48 and 44 µm at 663.28 nm"]["nm"] == pytest.approx(
        fsr[0] * fsr[1] / (fsr[1] - fsr[0])
    )
