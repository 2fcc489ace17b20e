"""The pair of 48 and 44 um: combs, coincidences, tolerances, and Eq. 3 beside them."""

from __future__ import annotations

from typing import Any

from femwgm.analytic.spectrum import vernier_range
from femwgm.experiment.pairs.tolerance import tolerance
from femwgm.experiment.pairs.vernier import design
from femwgm.studies.duan2022 import published
from femwgm.studies.duan2022.content import Picture, Row, Section
from femwgm.studies.duan2022.study import Study

NAMES = ("vernier-48um", "vernier-44um")
TOUCHING = "pair-touching"
WINDOW_UM = (0.644, 0.690)


def pair_section(study: Study) -> Section:
    """Where the combs of the two spheres meet."""
    bodies = [study.body(name) for name in NAMES]
    made = design(bodies[0], bodies[1], WINDOW_UM, published.QUALITY, at_nm=published.SINGLE_MODE_NM)
    tm = design(bodies[0], bodies[1], WINDOW_UM, published.QUALITY, pol="TM", at_nm=published.SINGLE_MODE_NM)
    checked = max(study.agreement(name) for name in NAMES)
    modes = [study.nearest(name, "TE", published.SINGLE_MODE_NM) for name in NAMES]
    local = [float(mode.fsr_nm or 0.0) for mode in modes]
    period = vernier_range(*local)
    exact = [float(study.twin(name, mode).fsr_nm or 0.0) for name, mode in zip(NAMES, modes, strict=True)]
    table = [
        [
            "σ of each diameter / nm",
            "σ of the coincidence / nm",
            "draws within half a spacing of 663.28 nm / %",
            "pairs that overlap, mean",
        ]
    ]
    drawn = {}
    for deviation in (2.0, 10.0, 50.0, 200.0):
        found = tolerance(bodies[0], bodies[1], made, published.SINGLE_MODE_NM, 1e-3 * deviation, 1500)
        drawn[deviation] = found
        table.append(
            [
                f"{deviation:g}",
                f"{found.deviation_nm:.2f}",
                f"{100.0 * found.share_on_target:.0f}",
                f"{found.overlapping.mean():.1f}",
            ]
        )
    close = [pair for pair in made.best if pair.widths < 1.0]
    nearest = min(close, key=lambda pair: abs(pair.wavelength_nm - published.SINGLE_MODE_NM))
    sharp = 10.0 * published.QUALITY
    fine = design(bodies[0], bodies[1], WINDOW_UM, sharp, at_nm=published.SINGLE_MODE_NM)
    rows = [
        Row(
            "Eq. 3 for 48 and 44 µm at 663.28 nm",
            f"{published.VERNIER_NM} nm",
            f"{made.equation_nm:.2f} nm",
            "FSR₁ FSR₂ / |FSR₁ − FSR₂| with Eq. 1, n = 1.76",
            "silica diameters, one index for both",
            "reproduced",
            (),
            (("nm", made.equation_nm),),
            "arithmetic",
        ),
        Row(
            "The same from computed spacings at 663 nm",
            f"{published.VERNIER_NM} nm",
            f"{period:.2f} nm",
            f"FSR {local[0]:.4f} and {local[1]:.4f} nm from the group indices of TE {modes[0].l} and TE {modes[1].l}",
            "finite elements, film index 1.768 without dispersion, outer diameters: "
            f"{100.0 * abs(period / published.VERNIER_NM - 1.0):.1f} % less",
            "differs",
            NAMES,
            (("nm", period), ("first_nm", local[0]), ("second_nm", local[1])),
            f"exact: {vernier_range(*exact):.4f} nm",
        ),
        Row(
            "Distance of coincidences in the combs themselves",
            "",
            _distances([p.wavelength_nm for p in close]),
            "TE pairs closer than both neighbours",
            "the spacing itself changes along the comb",
            "ours only",
            NAMES,
            tuple((f"at_{i}_nm", place) for i, place in enumerate(sorted(p.wavelength_nm for p in close), 1)),
            f"exact combs; finite elements agree to {checked:.0e}",
        ),
        Row(
            "Single mode at 663.28 nm",
            f"{published.SINGLE_MODE_NM} nm",
            f"nearest coincidence {nearest.wavelength_nm:.2f} nm (TE {nearest.first[1]} and {nearest.second[1]},"
            f" {nearest.widths:.2f} line widths apart)",
            "exact combs of spheres of exactly 48 and 44 µm",
            "no diameter is published to the 10 nm that decide: which mode it is follows from a fit,"
            " not from the nominal size",
            "not reproducible",
            NAMES,
            (("nm", nearest.wavelength_nm), ("widths", nearest.widths)),
            f"exact combs; σ of {drawn[10.0].deviation_nm:.1f} nm for σ = 10 nm in each diameter",
        ),
        Row(
            "Does the Vernier effect alone leave one line?",
            "yes, as single-mode lasing",
            f"not at Q = 4200: the combs drift apart by {made.drift_nm:.3f} nm per mode,"
            f" {made.drift_in_widths:.2f} line widths;"
            f" {made.overlapping} pairs overlap in {1e3 * WINDOW_UM[0]:.0f} to {1e3 * WINDOW_UM[1]:.0f} nm",
            "detuning of neighbours in units of λ/Q",
            f"lines as wide as λ/4200 (at Q = {sharp:g}, {fine.overlapping or 'no'} pairs overlap);"
            " gain competition must do the rest",
            "differs",
            NAMES,
            (
                ("drift_nm", made.drift_nm),
                ("drift_in_widths", made.drift_in_widths),
                ("overlapping", float(made.overlapping)),
            ),
            f"{drawn[10.0].overlapping.mean():.1f} ± {drawn[10.0].overlapping.std():.1f} pairs over draws with σ = 10 nm",
        ),
        Row(
            "Distance of coincidences of the TM combs",
            "",
            f"{tm.period_nm:.2f} nm",
            "Eq. 3 with the mean spacings of the combs",
            "the same spheres",
            "ours only",
            NAMES,
            (("nm", tm.period_nm),),
            "exact combs",
        ),
        *_coupled(study),
    ]

    def draw() -> Any:
        from femwgm.views.figures.experiment import vernier_figure

        return vernier_figure(
            made, ("48 µm", "44 µm"), {d: t.wavelength_nm for d, t in drawn.items()}, published.SINGLE_MODE_NM
        )

    text = [*made.warnings()]
    text = [f"{line[0].upper()}{line[1:]}." for line in text]
    picture = Picture(
        draw,
        "TE combs of both spheres (a; shaded: pairs within a line width at Q = 4200, dashed: 663.28"
        " nm), detuning of each pair in line"
        " widths (b), and where the coincidence nearest 663.28 nm falls when both diameters are drawn from their errors (c)."
        " Beyond 50 nm every place between two coincidences is as likely as any other.",
    )
    return Section("Two spheres: 19.9 nm", text, rows, [picture], table)


def _coupled(study: Study) -> list[Row]:
    """The modes of the touching pair near 663.28 nm, m = 0 about the axis through both."""
    rows = []
    for mode in study.run(TOUCHING).modes:
        alone = [study.nearest(name, mode.pol, mode.wavelength_nm) for name in NAMES]
        shares = [
            100.0 * sum(share for region, share in mode.energy.items() if region.startswith(sphere))
            for sphere in ("lower", "upper")
        ]
        first, second = alone
        rows.append(
            Row(
                f"The touching pair, solved together: {mode.pol}, m = 0",
                f"single mode at {published.SINGLE_MODE_NM} nm",
                f"{mode.wavelength_nm:.3f} nm, Q_rad = {mode.q_rad:.1e}; {shares[0]:.0f} % of the energy in the 48 µm sphere,"
                f" {shares[1]:.0f} % in the 44 µm one",
                "spherical waves about both centres",
                f"spheres of exactly 48 and 44 µm without a gap, whose own lines next to it are {first.pol} {first.l} at"
                f" {first.wavelength_nm:.3f} and {second.pol} {second.l} at {second.wavelength_nm:.3f} nm;"
                " neither gap nor diameters are published",
                "not reproducible",
                [TOUCHING, *NAMES],
                (("nm", mode.wavelength_nm), ("share_48", shares[0]), ("share_44", shares[1])),
                f"stated error {float(mode.wavelength_error or 0.0):.0e}",
            )
        )
    return rows


def _distances(places: list[float]) -> str:
    ordered = sorted(places)
    gaps = [f"{b - a:.2f}" for a, b in zip(ordered, ordered[1:], strict=False)]
    return " and ".join(gaps) + " nm" if gaps else "one only"
