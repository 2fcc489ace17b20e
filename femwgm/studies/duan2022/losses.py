"""Q of 4200: never radiation; what absorption, and what gain, it stands for."""

from __future__ import annotations

import math

from femwgm.analytic.spectrum import absorption_for_q, extinction_for_q, line_width
from femwgm.experiment.lasing.thresholds import per_cm, threshold
from femwgm.ground.units import C_UM_THZ
from femwgm.studies.duan2022 import published
from femwgm.studies.duan2022.content import Row, Section
from femwgm.studies.duan2022.study import Study

MAIN = "sphere-20um"


def quality_section(study: Study) -> Section:
    """Radiation Q, the absorption that would explain the line width, and the thresholds of the comparison table."""
    te = study.mode(MAIN, "TE", 165)
    exact = study.twin(MAIN, te)
    water = study.mode("sphere-20um-water", "TE", 165)
    lossy = study.mode("sphere-20um-absorbing", "TE", 165)
    film = study.nearest("sphere-20um-dispersive", "TE", 660.0)
    width = line_width(published.SINGLE_MODE_NM, published.QUALITY)
    k = extinction_for_q(1.768, published.QUALITY, te.energy["shell"])
    share = study.mode(MAIN, "TM", 163).energy["shell"]
    at_660, at_single = (
        absorption_for_q(1.768, published.QUALITY, share, 1e-3 * w) for w in (660.0, published.SINGLE_MODE_NM)
    )
    lifetime = published.QUALITY * published.SINGLE_MODE_NM * 1e-3 / (2.0 * math.pi * C_UM_THZ)
    media = study.media(MAIN)
    table = [["Q", "threshold n''", "material gain / cm⁻¹, by confinement", "exact"]]
    lowest = (
        2.0 * math.pi * 1.768 / (1e-7 * te.wavelength_nm * published.MODAL_GAIN_PER_CM * te.energy["shell"])
    )
    for q in sorted({*published.TABLE_QUALITIES, lowest}):
        found = threshold(exact, media, 1, q_other=q)
        table.append(
            [
                f"{q:.0f}",
                f"{found.n2_exact:.3e}",
                f"{found.gain_weighted_per_cm:.2f}",
                f"{found.gain_per_cm:.2f}",
            ]
        )
    rows = [
        Row(
            "Quality factor",
            f"{published.QUALITY:g} from the width of the laser line",
            f"radiation: 10^{te.log10_q_rad:.1f}",
            "power in outgoing spherical waves over stored energy",
            "a perfect sphere, alone, in air: radiation does not set the width, and what does is not published",
            "not reproducible",
            [MAIN],
            (("log10_q_rad", float(te.log10_q_rad or math.nan)), ("exact_log10", exact.log10_q_rad)),
            f"exact: 10^{exact.log10_q_rad:.5f}; stated error {float(te.q_error or math.nan):.0e} of Q",
        ),
        Row(
            "The same sphere in water",
            "",
            f"radiation: {water.q_rad:.3g}",
            "the same",
            "ambient index 1.33: still no limit",
            "ours only",
            ["sphere-20um-water"],
            (("q_rad", float(water.q_rad or math.nan)),),
            f"exact: {study.twin('sphere-20um-water', water).q_rad:.6g}",
        ),
        Row(
            "Absorption that gives Q = 4200",
            "",
            f"k = {k:.2e}, {per_cm(k, te.wavelength_nm):.1f} cm⁻¹ in the film",
            "n / (2 Q Γ), energy share of the shell",
            "all loss in the film, TE 165",
            "ours only",
            [MAIN],
            (("k", k), ("per_cm", per_cm(k, te.wavelength_nm))),
            "checked by a run, below",
        ),
        Row(
            "Gain that balances Q = 4200",
            f"{published.MODAL_GAIN_PER_CM:g} cm⁻¹ available",
            f"{at_660:.1f} cm⁻¹ at 660 nm, {at_single:.1f} cm⁻¹ at {published.SINGLE_MODE_NM} nm",
            "2 π n / (λ Q Γ)",
            "n = 1.768, energy share of TM 163 in the shell",
            "ours only",
            [MAIN],
            (("at_660_per_cm", at_660), ("at_663_per_cm", at_single)),
            "arithmetic with a computed share",
        ),
        Row(
            "Check: a run with that absorption in the film",
            "",
            f"Q = {lossy.q_abs:.0f}",
            "from the complex eigenvalue and from the shares",
            "TE 165; k = 2.154e-4 was put in for this",
            "ours only",
            ["sphere-20um-absorbing"],
            (("q_abs", float(lossy.q_abs or math.nan)),),
            f"exact: {study.twin('sphere-20um-absorbing', lossy).q_abs:.3f}",
        ),
        Row(
            "Absorption of a film that is not pumped",
            "",
            f"Q = {film.q_abs:.0f} at {film.wavelength_nm:.0f} nm",
            "the same",
            "k of a CdSe/ZnCdS dot film (Aftenieva et al.) as a stand-in: such a film cannot lase before it is bleached",
            "ours only",
            ["sphere-20um-dispersive"],
            (("q_abs", float(film.q_abs or math.nan)),),
            f"exact: {study.twin('sphere-20um-dispersive', film).q_abs:.3f}",
        ),
        Row(
            "Line width and photon lifetime at Q = 4200",
            "",
            f"{width:.3f} nm, {lifetime:.2f} ps",
            "λ/Q and Q/ω",
            "at 663.28 nm",
            "ours only",
            (),
            (("width_nm", width), ("lifetime_ps", lifetime)),
            "arithmetic",
        ),
        Row(
            "Lowest Q that the measured gain can carry",
            f"{published.MODAL_GAIN_PER_CM:g} cm⁻¹",
            f"Q = {lowest:.0f}",
            "2 π n / (λ g Γ)",
            "the modal gain of the film guide taken for the material gain of the shell, isotropic emitters",
            "ours only",
            [MAIN],
            (("q", lowest),),
            "the gain's own error is not published",
        ),
    ]
    orders = float(te.log10_q_rad or math.nan) - math.log10(published.QUALITY)
    text = [
        (
            f"The published Q lies {orders:.0f} orders of magnitude below that of radiation at 20 µm. Scattering, absorption,"
            " touching neighbours and the width of the laser line itself are what a Q of 4200 is made of;"
            " size enters through them only."
        ),
    ]
    return Section("What limits Q", text, rows, (), table)
