"""Sizes from 10 to 120 um: free spectral range, indices, radiation, confinement."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from femwgm.analytic import LayeredSphere
from femwgm.analytic.spectrum import free_spectral_range
from femwgm.ground.typing import Array
from femwgm.studies.duan2022 import published
from femwgm.studies.duan2022.content import Picture, Row, Section
from femwgm.studies.duan2022.study import Study

RUNS = {
    10.0: "sphere-10um",
    12.0: "sphere-12um",
    20.0: "sphere-20um",
    33.0: "sphere-33um",
    52.0: "sphere-52um",
    120.0: "sphere-120um",
}
NEAR_NM = 660.0
CLOSE = 3e-3
"""How near Eq. 1 with three digits of the index comes to a spacing that it describes."""


@dataclass(frozen=True)
class Trend:
    """Exact TE or TM modes at 660 nm against the silica diameter: between the two lines on either side of it.

    Attributes
    ----------
    pol
        Polarization.
    diameter_um
        Silica diameters.
    values
        Columns `fsr_nm`, `n_g`, `n_eff`, `log10_q_rad`, `shell`.
    """

    pol: str
    diameter_um: Array
    values: dict[str, Array]


def trend(study: Study, pol: str, diameters: Array) -> Trend:
    """Exact modes over a range of diameters, the shell held."""
    radii = study.config("sphere-20um").geometry.radii_um
    shell = radii[1] - radii[0]
    media = study.media("sphere-20um")
    columns: dict[str, list[float]] = {}
    for diameter in diameters:
        sphere = LayeredSphere([0.5 * diameter, 0.5 * diameter + shell], media)
        modes = sphere.modes(_window(float(diameter)), [pol], [1])
        pair = sorted(modes, key=lambda m: abs(m.wavelength_nm - NEAR_NM))[:2]
        part = (NEAR_NM - pair[0].wavelength_nm) / (pair[1].wavelength_nm - pair[0].wavelength_nm)
        ends = [
            {
                "fsr_nm": m.fsr_nm,
                "n_g": m.n_g,
                "n_eff": m.n_eff,
                "log10_q_rad": m.log10_q_rad,
                "shell": m.energy[1],
            }
            for m in pair
        ]
        for name, value in ends[0].items():
            columns.setdefault(name, []).append(value + part * (ends[1][name] - value))
    return Trend(pol, np.asarray(diameters), {name: np.array(v) for name, v in columns.items()})


def _window(diameter: float) -> tuple[float, float]:
    """Two free spectral ranges around 660 nm."""
    half = 1.1e-3 * free_spectral_range(NEAR_NM, 1.7, 1e3 * (diameter + 1.0))
    return 0.66 - half, 0.66 + half


def sizes_section(study: Study) -> Section:
    """Free spectral range against size, and what else changes with it."""
    rows = []
    table = [
        [
            "D / µm",
            "mode",
            "λ / nm",
            "FSR / nm",
            "Eq. 1, outer D",
            "Eq. 1, silica D",
            "n_g",
            "log10 Q_rad",
            "shell / %",
            "V / µm³",
        ]
    ]
    points: dict[str, list[tuple[float, ...]]] = {"TE": [], "TM": []}
    for diameter, name in RUNS.items():
        for pol in ("TE", "TM"):
            mode = study.nearest(name, pol, NEAR_NM)
            assert mode.fsr_nm is not None
            assert mode.n_g is not None
            outer = free_spectral_range(mode.wavelength_nm, published.GROUP_INDEX, 2e3 * mode.radius)
            silica = free_spectral_range(mode.wavelength_nm, published.GROUP_INDEX, 1e3 * diameter)
            spot = diameter, mode.fsr_nm, mode.n_g, float(mode.log10_q_rad or math.nan), mode.wavelength_nm
            points[pol].append((*spot, mode.energy["shell"]))
            table.append(
                [
                    f"{diameter:g}",
                    f"{pol} {mode.l}",
                    f"{mode.wavelength_nm:.3f}",
                    f"{mode.fsr_nm:.3f}",
                    f"{outer:.3f}",
                    f"{silica:.3f}",
                    f"{mode.n_g:.4f}",
                    f"{mode.log10_q_rad:.1f}",
                    f"{100.0 * mode.energy['shell']:.2f}",
                    f"{mode.mode_volume_um3:.1f}",
                ]
            )
        if diameter in published.SIZES_UM:
            rows.append(_row(study, diameter, name))
    small, large = points["TE"][0], points["TE"][-1]
    rows.append(
        Row(
            "Group index over 10 to 120 µm",
            f"one value, {published.GROUP_INDEX}",
            f"TE {small[2]:.3f} to {large[2]:.3f}",
            "group index at the outer diameter",
            "film index 1.768 at every size; a smaller sphere has more of its outer diameter outside the mode",
            "differs",
            [RUNS[10.0], RUNS[120.0]],
            (("smallest", small[2]), ("largest", large[2])),
            study.evidence(RUNS[120.0], "n_g"),
        )
    )

    def draw() -> Any:
        from femwgm.views.figures.experiment import sizes_figure

        trends = [trend(study, pol, np.geomspace(10.0, 120.0, 24)) for pol in ("TE", "TM")]
        return sizes_figure(trends, points, published.GROUP_INDEX, 2e-3 * published.SHELL_NM)

    picture = Picture(
        draw,
        "Size: free spectral range (a; grey: Eq. 1 with 1.76 and the outer diameter), group and"
        " phase index (b), radiation Q (c),"
        " share of the energy in the shell (d). Lines: exact, at 660 nm; marks: finite elements, the line next to it.",
    )
    text = [
        (
            f"No index holds for every size: from 10 to 120 µm the group index of TE grows from {small[2]:.3f} to"
            f" {large[2]:.3f}, because it refers to the outer diameter and the mode runs a quarter of a micrometre below it."
            f" Radiation limits none of the sizes: at 10 µm its Q is 10^{small[3]:.0f} already. The diameters are those of the"
            " bare silica spheres."
        )
    ]
    return Section("Sizes from 10 to 120 µm", text, rows, [picture], table)


def _row(study: Study, diameter: float, name: str) -> Row:
    te, tm = (study.nearest(name, pol, NEAR_NM) for pol in ("TE", "TM"))
    assert te.fsr_nm is not None
    assert tm.fsr_nm is not None
    stated = free_spectral_range(NEAR_NM, published.GROUP_INDEX, 1e3 * diameter)
    outer = free_spectral_range(te.wavelength_nm, published.GROUP_INDEX, 2e3 * te.radius)
    off = te.fsr_nm / outer - 1.0
    return Row(
        f"Free spectral range, D = {diameter:g} µm",
        f"{stated:.3f} nm follows from Eq. 1 with 1.76",
        f"TE {te.fsr_nm:.3f}, TM {tm.fsr_nm:.3f} nm",
        "λ² / (n_g π D_outer) at the mode nearest 660 nm",
        f"the film counts: Eq. 1 with 1.76 and the outer diameter gives {outer:.3f} nm at TE's wavelength, of which TE is"
        f" {100.0 * off:+.1f} % off",
        "with a condition" if abs(off) < CLOSE else "differs",
        [name],
        (("te_nm", te.fsr_nm), ("tm_nm", tm.fsr_nm), ("equation_outer_nm", outer)),
        study.evidence(name, "fsr_nm"),
    )
