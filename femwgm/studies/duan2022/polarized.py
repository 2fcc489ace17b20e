"""R = 0.79: what single modes give through a lens, and which mixture gives the published value."""

from __future__ import annotations

from typing import Any

from femwgm.experiment.far_field.emission import Cone, Multipoles, exact_multipoles, field_multipoles
from femwgm.experiment.far_field.polarization import minority_share, mixture, through_lens
from femwgm.studies.duan2022 import published
from femwgm.studies.duan2022.content import Picture, Row, Section
from femwgm.studies.duan2022.study import Study

MAIN = "sphere-20um"
CONE = Cone(90.0, 0.4)


def polarization_section(study: Study) -> Section:
    """The polarizer, for the modes of the 20 um sphere seen from the side."""
    sphere = study.sphere(MAIN)
    te = through_lens(exact_multipoles(sphere.mode("TE", 166)), CONE)
    tm = through_lens(exact_multipoles(sphere.mode("TM", 164)), CONE)
    fine = through_lens(exact_multipoles(sphere.mode("TE", 166)), CONE, 320)
    solved = study.mode(MAIN, "TE", 166)
    found = through_lens(field_multipoles(solved, range(166, 172), solved.radius + 0.05), CONE)
    share = minority_share(te, tm, published.POLARIZATION)
    mixed = mixture([te, tm], [1.0 - share, share])
    # All m of a level, or emitters without any order: the sum over m is isotropic, shown here for a small l.
    level = [through_lens(Multipoles(m, {("TE", 8): 1.0}), CONE, 60) for m in range(-8, 9)]
    even = mixture(level, [1.0] * len(level)).factor
    table = [["aperture", "R of TE 166", "R of TM 164", "TM share of the power at R = 0.79 / %"]]
    for aperture in (0.1, 0.25, 0.4, 0.65, 0.9):
        cone = Cone(90.0, aperture)
        a, b = (
            through_lens(exact_multipoles(sphere.mode(p, l)), cone) for p, l in (("TE", 166), ("TM", 164))
        )
        table.append(
            [
                f"{aperture:g}",
                f"{a.factor:.4f}",
                f"{b.factor:.4f}",
                f"{100.0 * minority_share(a, b, published.POLARIZATION):.2f}",
            ]
        )
    rows = [
        Row(
            "Polarization factor above threshold",
            f"R = {published.POLARIZATION}",
            f"TE {te.factor:.4f}, TM {tm.factor:.4f}",
            "Eq. 2 behind a lens of aperture 0.4 that looks at the equator",
            "one equatorial mode (l = m), no scattering",
            "differs",
            [MAIN],
            (("te", te.factor), ("tm", tm.factor)),
            f"twice as many directions change it by {max(abs(fine.factor - te.factor), 1e-15):.0e}",
        ),
        Row(
            "The same from the finite-element field",
            f"R = {published.POLARIZATION}",
            f"TE {found.factor:.4f}",
            "its spherical waves l = 166 to 171, projected 50 nm outside the sphere",
            "the same lens",
            "differs",
            [MAIN],
            (("te", found.factor),),
            f"{abs(found.factor - te.factor):.0e} from the exact wave",
        ),
        Row(
            "The mixture that gives it",
            f"R = {published.POLARIZATION}",
            f"{100.0 * share:.1f} % of the power in TM",
            "incoherent sum",
            "chosen to give R; the same share of TE light scattered into the other polarization does it as well",
            "ours only",
            [MAIN],
            (("tm_share", share), ("factor", mixed.factor)),
            f"± {0.5 / (te.factor + tm.factor):.2f} % of the power for ± 0.005 of R",
        ),
        Row(
            "Below threshold",
            "none",
            "R = 0",
            "all m of a level with equal power, l = 8",
            "modes filled evenly: the sum over m is isotropic at any l",
            "reproduced",
            [MAIN],
            (("factor", even),),
            f"computed: {even:.0e}",
        ),
    ]
    text = [
        (
            "A single mode seen from the side is polarized to better than 0.99 at the apertures below, TE along"
            " the axis and TM across. 0.79 means"
            " about a tenth of the light in the other polarization. Face-down emitters would hold TM far"
            " below that: the tenth is then"
            " scattered light, imperfect order, or a mode whose axis is tilted against the polarizer."
        ),
        (
            "The mode's own radiation is computed here. At a radiation Q of 10^44 what a lens collects was scattered at the"
            " surface: the polarization of the field that drives the scatterers is what these values tell."
        ),
    ]

    def draw() -> Any:
        from femwgm.views.figures.experiment import polarizer_figure

        return polarizer_figure({"TE 166": te, "TM 164": tm, f"{100 * share:.1f} % TM": mixed})

    picture = Picture(
        draw,
        "Intensity behind the polarizer against its angle from the axis of the mode, each over its mean.",
    )
    return Section("Polarization: R = 0.79", text, rows, [picture], table)
