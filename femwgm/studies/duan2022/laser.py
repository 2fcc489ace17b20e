"""Thresholds, the first lines to lase, light against pump, and what the pump leaves in the shell."""

from __future__ import annotations

from typing import Any

import numpy as np

from femwgm.analytic import LayeredSphere
from femwgm.experiment.lasing.gain import GainSpectrum
from femwgm.experiment.lasing.overlap import degree_intensities, shell_intensities
from femwgm.experiment.lasing.pump import PumpAbsorption, pump_absorption, read_gain_table
from femwgm.experiment.lasing.rates import LightCurve, light_curve, spontaneous_share
from femwgm.experiment.lasing.thresholds import (
    IN_PLANE_STRENGTH,
    first_to_lase,
    relative_strengths,
    threshold,
)
from femwgm.studies.duan2022 import published
from femwgm.studies.duan2022.content import Picture, Row, Section
from femwgm.studies.duan2022.study import Study

MAIN = "sphere-20um"
WINDOW_UM = (0.635, 0.675)


def laser_section(study: Study) -> Section:
    """Which modes lase first, at what gain, and how many there are."""
    media = study.media(MAIN)
    modes = study.sphere(MAIN).modes(WINDOW_UM, radial_orders=[1])
    band = GainSpectrum(published.EMISSION_NM, published.EMISSION_WIDTH_NM)
    every = {
        plane: [threshold(m, media, 1, q_other=published.QUALITY, in_plane=plane) for m in modes]
        for plane in (False, True)
    }
    ranked = {plane: first_to_lase(every[plane], band) for plane in every}
    blue = first_to_lase(
        every[False], GainSpectrum(published.EMISSION_NM - 1.0, published.EMISSION_WIDTH_NM)
    )[0][0]
    first, flat = ranked[False][0], ranked[True][0]
    tm_flat = next(pair for pair in ranked[True] if pair[0].pol == "TM")
    belt = shell_intensities(modes, 1)
    beta = spontaneous_share(
        1e-3 * first[0].wavelength_nm, 1.768, study.sphere(MAIN).mode(first[0].pol, first[0].l).energy[1], belt.volume_um3, band
    )  # fmt: skip
    pump = np.geomspace(0.4, 10.0, 71)
    strengths = {plane: relative_strengths(every[plane], band) for plane in every}
    curves: dict[str, LightCurve] = {}
    for name, plane in (("isotropic, all m", False), ("face-down, all m", True)):
        whole, copies = degree_intensities(modes, 1, in_plane=plane), [2 * mode.l + 1 for mode in modes]
        each = beta * belt.volume_um3 / whole.volume_um3
        curves[name] = light_curve(whole, strengths[plane], pump, beta=each, copies=copies)
    curves["isotropic, m = l, travelling"] = light_curve(belt, strengths[False], pump, beta=beta)
    standing = shell_intensities(modes, 1, standing=True)
    curves["isotropic, m = l, standing"] = light_curve(standing, strengths[False], pump, beta=beta)
    at_two = int(np.abs(pump - 2.0).argmin())
    counts = {name: (int(c.count[at_two]), int(c.count[-1])) for name, c in curves.items()}
    table = [
        ["emitters", "mode", "λ / nm", "n'' exact", "gain / cm⁻¹", "by confinement", "gain at the band's top"]
    ]
    for plane, label in ((False, "isotropic"), (True, "face-down")):
        for one, needed in ranked[plane][:4]:
            table.append(
                [
                    label,
                    f"{one.pol} {one.l}",
                    f"{one.wavelength_nm:.2f}",
                    f"{one.n2_exact:.4e}",
                    f"{one.gain_per_cm:.2f}",
                    f"{one.gain_weighted_per_cm:.2f}",
                    f"{needed:.2f}",
                ]
            )
    lowest = first[1]
    rows = [
        Row(
            "Threshold gain at Q = 4200",
            f"{published.MODAL_GAIN_PER_CM:g} cm⁻¹ is available at twice the threshold",
            f"{first[0].gain_per_cm:.1f} cm⁻¹ ({first[0].pol} {first[0].l} at {first[0].wavelength_nm:.1f} nm)",
            "material gain of the shell at which the exact pole stops decaying",
            "isotropic emitters, no loss but 1/Q",
            "with a condition",
            [MAIN],
            (("gain_per_cm", first[0].gain_per_cm), ("at_the_top_per_cm", lowest)),
            f"by the confinement: {first[0].gain_weighted_per_cm:.4f}, exact: {first[0].gain_per_cm:.4f} cm⁻¹",
        ),
        Row(
            "The same, face-down emitters",
            "",
            f"TE {flat[0].gain_per_cm:.1f}, TM {tm_flat[0].gain_per_cm:.0f} cm⁻¹",
            "gain for the field across the radius",
            f"the same emitters give {IN_PLANE_STRENGTH:g} times the gain to TE that isotropic ones do",
            "ours only",
            [MAIN],
            (("te_per_cm", flat[0].gain_per_cm), ("tm_per_cm", tm_flat[0].gain_per_cm)),
            f"by the confinement: {flat[0].gain_weighted_per_cm:.4f}, {tm_flat[0].gain_weighted_per_cm:.2f};"
            f" exact: {flat[0].gain_per_cm:.4f}, {tm_flat[0].gain_per_cm:.2f} cm⁻¹",
        ),
        Row(
            "First lines to lase",
            "single lines and combs near 655 nm",
            ", ".join(f"{one.pol} {one.l} ({one.wavelength_nm:.1f})" for one, _ in ranked[False][:3]),
            "lowest gain needed at the top of the band",
            "band of 18 nm around 655 nm, homogeneous",
            "with a condition",
            [MAIN],
            known=f"the first three need {', '.join(f'{needed:.1f}' for _, needed in ranked[False][:3])} cm⁻¹:"
            " with the band 1 nm further to the blue"
            f" {blue.pol} {blue.l} comes first",
        ),
        Row(
            "Lasing lines at 2 and at 10 thresholds",
            "several",
            "; ".join(f"{name}: {two} and {ten}" for name, (two, ten) in counts.items()),
            "modes that lase in the limit of no spontaneous emission",
            "several only where the waves of one family stand; uniform pump, steady state, equal Q, spontaneous share"
            f" β = {beta:.2e} of the belt's emission for m = l; holes burnt by |E|²",
            "with a condition",
            [MAIN],
            tuple((name, float(ten)) for name, (_, ten) in counts.items()),
            "steps of the number: figure d",
        ),
    ]
    text = [
        (
            "TM is mostly radial in the shell: dipoles that lie in the surface give it an order of"
            " magnitude less gain than TE. Face-down"
            " platelets therefore lase in TE alone, as long as their order is good."
        ),
        (
            "All 2 l + 1 modes of a line lie in the pumped film and share its emitters; where the pump is"
            " uniform their competition is solved exactly: the line is one competitor, its photons shared alike. A single"
            " family m = l is what a pumped belt would leave: waves that run around the equator use the same places and the"
            " first keeps the others down, waves that stand leave each other the gain at their nodes."
        ),
    ]
    rows_of_thresholds = [
        {"pol": t.pol, "wavelength_nm": t.wavelength_nm, "gain_per_cm": t.gain_per_cm, "in_plane": plane}
        for plane, found in every.items()
        for t in found
    ]

    def draw() -> Any:
        from femwgm.views.figures.laser import laser_figure

        return laser_figure(
            rows_of_thresholds, published.MODAL_GAIN_PER_CM, band, curves, [(m.pol, m.l) for m in modes]
        )

    picture = Picture(
        draw,
        "Threshold gain of every mode at Q = 4200 (a; grey: the band of the emitters); photons"
        " against pump where all m of every line compete, isotropic (b) and face-down emitters (c); number of"
        " lasing lines (d), beside those of a single family m = l.",
    )
    return Section("Thresholds and lasing lines", text, rows, [picture], table)


def pump_section(study: Study) -> Section:
    """Absorbed pump, and the fluence that a gain table gives for the thresholds."""
    name = "pump-532nm"
    sphere = study.sphere(name)
    taken = pump_absorption(sphere, 1, published.THRESHOLD_UJ_CM2, published.PUMP_NM)
    table = read_gain_table(study.folder / "gain.csv")
    mode = study.sphere(MAIN).mode("TE", 166)
    found = threshold(mode, study.media(MAIN), 1, q_other=published.QUALITY)
    fluence = table.fluence(found.gain_per_cm)
    flat = table.fluence(found.gain_per_cm / IN_PLANE_STRENGTH)
    sizes = [(d, _absorbed(study, name, d)) for d in published.SIZES_UM]
    spread = [p.energy_per_volume_mj_cm3 for _, p in sizes]
    best = sizes[int(np.argmax(spread))][0]
    listed = [
        ["D / µm", "absorption efficiency, exact", "straight rays", "absorbed / mJ cm⁻³", "photons / µm³"]
    ]
    listed += [
        [
            f"{d:g}",
            f"{p.efficiency:.4f}",
            f"{p.ray_estimate:.4f}",
            f"{p.energy_per_volume_mj_cm3:.2f}",
            f"{round(p.photons_per_um3, -2):.0f}",
        ]
        for d, p in sizes
    ]
    rows = [
        Row(
            "Pump taken by the shell at 532 nm",
            "not given",
            f"{100.0 * taken.efficiency:.1f} % of π R²",
            "absorption efficiency of the coated sphere in a plane wave",
            "film of CdSe/ZnCdS dots (Aftenieva et al.) as a stand-in",
            "ours only",
            [name],
            (("efficiency", taken.efficiency), ("ray_estimate", taken.ray_estimate)),
            f"straight rays: {100.0 * taken.ray_estimate:.0f} %, which do not reflect",
        ),
        Row(
            "Excitation at the threshold fluence",
            f"{published.THRESHOLD_UJ_CM2} µJ/cm²",
            f"{taken.energy_per_volume_mj_cm3:.0f} mJ/cm³, {1e-3 * taken.photons_per_um3:.0f} thousand photons/µm³",
            "absorbed energy over shell volume",
            "the same stand-in, no bleaching",
            "ours only",
            [name],
            (("mj_cm3", taken.energy_per_volume_mj_cm3), ("photons_per_um3", taken.photons_per_um3)),
            "as good as the stand-in's absorption",
        ),
        Row(
            "Threshold fluence near 20 µm",
            f"{published.THRESHOLD_UJ_CM2} µJ/cm²",
            f"{fluence:.2f} (isotropic), {flat:.2f} µJ/cm² (face-down)",
            "gain table read at the threshold gain",
            "a straight line from 0 at 4 µJ/cm² (amplified emission begins) to 202 cm⁻¹ at 8: two"
            " published points of a femtosecond pump, which say little about one of a nanosecond",
            "not reproducible",
            [MAIN],
            (("isotropic", fluence), ("face_down", flat)),
            f"{table.fluence_uj_cm2[0]:g} µJ/cm² is the least that this table can give",
        ),
        Row(
            "Lowest threshold at about 20 µm",
            f"{published.THRESHOLD_UJ_CM2} µJ/cm²",
            f"absorbed density varies by {100.0 * (max(spread) / min(spread) - 1.0):.0f} % from 12 to 52 µm and is highest at"
            f" {best:g} µm",
            "absorbed energy over shell volume",
            "equal Q at every size: what decides on real spheres is not published",
            "not reproducible",
            [name],
            tuple((f"at_{d:g}_um", p.energy_per_volume_mj_cm3) for d, p in sizes),
            "exact series at each size, the stand-in's absorption at all",
        ),
    ]
    text = [
        (
            "How much of the pump the film takes follows from its absorption at 532 nm, which is not published: a measured"
            " film of related dots stands in for it. The gain that follows is a property of the emitters; gain.csv holds the"
            " two published facts about it and waits for a measured table."
        )
    ]
    return Section("The pump", text, rows, (), listed)


def _absorbed(study: Study, name: str, diameter: float) -> PumpAbsorption:
    radii = study.config(name).geometry.radii_um
    sphere = LayeredSphere([0.5 * diameter, 0.5 * diameter + radii[1] - radii[0]], study.media(name))
    return pump_absorption(sphere, 1, published.THRESHOLD_UJ_CM2, published.PUMP_NM)
