"""The 20 um sphere: which modes, which index, where the field sits."""

from __future__ import annotations

from typing import Any

import numpy as np

from femwgm.analytic.spectrum import index_from_spacing
from femwgm.experiment.paper import published
from femwgm.experiment.paper.content import Picture, Row, Section
from femwgm.experiment.paper.study import Study

__all__ = ["index_section", "leak_section", "modes_section"]

MAIN = "sphere-20um"


def modes_section(study: Study) -> Section:
    """Modes l = 163 to 166 by finite elements and exactly, and what other readings of "20 um" would give."""
    run = study.run(MAIN)
    lo, hi = published.DEGREES
    table: list[list[str]] = [
        [
            "mode",
            "λ finite elements / nm",
            "λ exact / nm",
            "difference",
            "n_g",
            "n_eff (phase)",
            "FSR / nm",
            "log10 Q_rad",
        ]
    ]
    for mode in sorted(run.modes, key=lambda m: (m.pol, m.m)):
        exact = study.twin(MAIN, mode)
        table.append(
            [
                f"{mode.pol} {mode.l}",
                f"{mode.wavelength_nm:.6f}",
                f"{exact.wavelength_nm:.6f}",
                f"{mode.wavelength_nm / exact.wavelength_nm - 1.0:+.0e}",
                f"{mode.n_g:.4f}",
                f"{mode.n_eff:.4f}",
                f"{mode.fsr_nm:.3f}",
                f"{mode.log10_q_rad:.1f}",
            ]
        )
    span = [m.wavelength_nm for m in run.modes]
    outer = [m.wavelength_nm for m in study.run("sphere-20um-outer").modes]
    uniform = [m.wavelength_nm for m in study.run("sphere-20um-uniform").modes]
    rows = [
        Row(
            f"Modes q = 1, l = m = {lo} to {hi}, TE and TM, near 655 nm",
            "present, no wavelength list",
            f"{min(span):.1f} to {max(span):.1f} nm",
            "vacuum wavelength of the pole",
            "20 µm is the bare silica diameter, the 490 nm shell is added outside; film index 1.768,"
            " silica 1.45, no dispersion",
            "reproduced",
            [MAIN],
            (("lowest_nm", min(span)), ("highest_nm", max(span))),
        ),
        Row(
            "The same, if 20 µm were the outer diameter",
            "",
            f"{min(outer):.1f} to {max(outer):.1f} nm",
            "the same",
            "shell grown inwards",
            "ours only",
            ["sphere-20um-outer"],
            (("highest_nm", max(outer)),),
        ),
        Row(
            "The same, as a homogeneous sphere of the outer radius",
            "",
            f"{min(uniform):.1f} to {max(uniform):.1f} nm",
            "the same",
            "index 1.74 throughout",
            "ours only",
            ["sphere-20um-uniform"],
            (("lowest_nm", min(uniform)),),
        ),
        Row(
            "Agreement of the finite elements with the exact solution",
            "",
            f"{study.agreement(MAIN):.0e} at most",
            "relative difference of the wavelength",
            "two programs that share no code",
            "ours only",
            [MAIN],
            (("relative", study.agreement(MAIN)),),
        ),
    ]
    te = study.mode(MAIN, "TE", 165).wavelength_nm
    thin = te - study.mode("sphere-20um-outer", "TE", 165).wavelength_nm
    light = te - study.mode("sphere-20um-n174", "TE", 165).wavelength_nm
    near = te - study.mode(MAIN, "TM", 163).wavelength_nm
    text = [
        (
            f"The published labels fit if the shell is added to the 20 µm sphere. With 20 µm outside TE 165 lies {thin:.0f} nm"
            f" further to the blue, with a film index of 1.74 {light:.0f} nm."
        ),
        (
            f"TE l and TM l - 2 nearly coincide ({near:.2f} nm for TE 165 and TM 163): a comb of one polarization is easily taken"
            " for the other."
        ),
    ]

    def comb() -> Any:
        from femwgm.views.figures import comb_figure
        from femwgm.views.source import run_view

        return comb_figure(run_view(run))

    def planes() -> Any:
        from femwgm.views.figures import published_planes
        from femwgm.views.source import run_view

        view = run_view(run)
        return published_planes(next(m for m in view.modes if m.pol == "TE" and m.m == 165))

    pictures = [
        Picture(comb, "Wavelength against l, and the lines: finite elements, q = 1, p = 0."),
        Picture(
            planes,
            "TE l = m = 165: x-y plane whole (d) and magnified (e), y-z plane whole (f) and magnified (g), as in the"
            " published Fig. 4 d-g; finite elements.",
            "png",
        ),
    ]
    return Section("The modes of the 20 µm sphere", text, rows, pictures, table)


def index_section(study: Study) -> Section:
    """What an index from the free spectral range means, and what 1.74 gives."""
    te = study.mode(MAIN, "TE", 165)
    tm = study.mode(MAIN, "TM", 163)
    low = study.mode("sphere-20um-n174", "TE", 165)
    dispersive = study.nearest("sphere-20um-dispersive", "TE", 660.0)
    assert te.fsr_nm is not None
    silica = index_from_spacing(te.wavelength_nm, te.fsr_nm, 20e3)
    need, trade = _film_index(study)
    rows = [
        Row(
            '"n_eff = 1.76" from the free spectral range',
            f"{published.GROUP_INDEX}",
            f"TE {te.n_g:.4f}, TM {tm.n_g:.4f}",
            "group index at the outer diameter, 20.98 µm",
            "film index 1.768 without dispersion",
            "reproduced",
            [MAIN],
            (("te", float(te.n_g or 0.0)), ("tm", float(tm.n_g or 0.0))),
        ),
        Row(
            "The same if Eq. 1 takes the silica diameter",
            f"{published.GROUP_INDEX}",
            f"TE {silica:.3f}",
            "λ² / (FSR π 20 µm)",
            "the same spacing, read with the smaller diameter",
            "differs",
            [MAIN],
            (("te", silica),),
        ),
        Row(
            "Phase index of the same modes",
            "not given",
            f"TE {te.n_eff:.4f}, TM {tm.n_eff:.4f}",
            "m λ / (π D), outer diameter",
            "the same",
            "ours only",
            [MAIN],
            (("te", te.n_eff), ("tm", tm.n_eff)),
        ),
        Row(
            "Film index of the published simulation",
            f"{published.FILM_INDEX}",
            f"TE 165 at {low.wavelength_nm:.2f} nm, group index {low.n_g:.4f}",
            "wavelength and group index of the run",
            "everything else as before",
            "differs",
            ["sphere-20um-n174"],
            (("te165_nm", low.wavelength_nm),),
        ),
        Row(
            "Film index that puts TE 165 at 660 nm",
            "",
            f"{need:.4f}",
            "Newton on the exact sphere",
            f"shell 490 nm, silica 1.45; 10 nm of thickness trade against {trade:.4f}",
            "ours only",
            [MAIN],
            (("n", need),),
        ),
        Row(
            "Group index with the dispersion of a real film",
            "",
            f"TE {dispersive.n_g:.3f}",
            "group index with the media's own slope",
            "fused silica (Malitson); CdSe/ZnCdS dot film (Aftenieva et al.)"
            " as a stand-in: the film's own dispersion is not published as numbers here",
            "ours only",
            ["sphere-20um-dispersive"],
            (("te", float(dispersive.n_g or 0.0)),),
        ),
    ]
    text = [
        (
            "Eq. 1 holds with the group index. It contains the geometry's dispersion (the mode sinks"
            " into the sphere as l grows) and the"
            " film's, so 1.76 is neither the film's index nor the phase index, and being below the"
            " ellipsometry value is no contradiction."
        ),
    ]
    return Section("What 1.76 and 1.74 mean", text, rows)


def _film_index(study: Study, target_nm: float = 660.0) -> tuple[float, float]:
    """Index of the shell that puts TE 165 at a wavelength, and the change of it that 10 nm of thickness make up for."""
    from femwgm.experiment.lines import Labels, solve, track

    body = study.body(MAIN)
    x = body.nominal
    line = solve(body, x, Labels(np.array([False]), np.array([165.0]), np.array([1.0])))
    for _ in range(6):
        x = x + np.array([0.0, 0.0, (target_nm - line.wavelength_nm[0]) / line.slope[0, 2], 0.0])
        line = track(body, x, line)
    return float(x[2]), float(0.01 * line.slope[0, 1] / line.slope[0, 2])


def leak_section(study: Study) -> Section:
    """3.87 % and 1.42 %, by every measure."""
    names = {
        "energy": "share of the electric energy",
        "e2": "share of ∫|E|² dV",
        "radial_e2": "share of ∫|E|² dr on the equator",
    }
    table = [["mode", "measure", "silica / %", "shell / %", "air / %", "exact: silica / %", "air / %"]]
    modes = [("TM", 163), ("TE", 163), ("TM", 165), ("TE", 165)]
    for pol, l in modes:
        mode = study.mode(MAIN, pol, l)
        exact = study.twin(MAIN, mode)
        for attribute, label in names.items():
            shares, twin = getattr(mode, attribute), getattr(exact, attribute)
            table.append(
                [
                    f"{pol} {l}",
                    label,
                    *(f"{100.0 * shares[r]:.3f}" for r in ("core", "shell", "air")),
                    f"{100.0 * twin[0]:.3f}",
                    f"{100.0 * twin[2]:.3f}",
                ]
            )
    tm = study.mode(MAIN, "TM", 163)
    silica, air = 100.0 * tm.energy["core"], 100.0 * tm.energy["air"]
    line_silica, line_air = (
        100.0 * float(tm.radial_e2["core"] or 0.0),
        100.0 * float(tm.radial_e2["air"] or 0.0),
    )
    always = all(
        float(getattr(mode, name)["core"] or 0.0) > float(getattr(mode, name)["air"] or 0.0)
        for mode in study.run(MAIN).modes
        for name in names
    )
    which = (
        "in every measure and for every mode of this run silica has more than air"
        if always
        else "this mode and measure"
    )
    rows = [
        Row(
            "Leak into the two sides of the shell",
            f"{published.LEAK_AIR_PERCENT} % and {published.LEAK_SILICA_PERCENT} %",
            f"{silica:.3f} % and {air:.3f} %",
            "share of the electric energy",
            "TM l = m = 163, film index 1.768, silica 1.45",
            "reproduced",
            [MAIN],
            (("silica_percent", silica), ("air_percent", air)),
        ),
        Row(
            "Which side is which",
            "3.87 % air, 1.42 % silica",
            f"{silica:.2f} % silica, {air:.2f} % air",
            "the same",
            which,
            "differs",
            [MAIN],
        ),
        Row(
            "The measure named in the study",
            '"intensity in the radial direction"',
            f"{line_silica:.2f} % silica, {line_air:.2f} % air",
            "share of ∫|E|² dr along the equatorial radius",
            "TM l = 163",
            "differs",
            [MAIN],
            (("silica_percent", line_silica), ("air_percent", line_air)),
        ),
    ]

    def radial() -> Any:
        from femwgm.views.figures import published_radial
        from femwgm.views.source import run_view

        view = run_view(study.run(MAIN))
        chosen = [next(m for m in view.modes if m.pol == pol and m.m == 163) for pol in ("TM", "TE")]
        return published_radial(*chosen)

    text = [
        (
            "The two published numbers come out to three digits as shares of the electric energy, with"
            " the labels of the sides exchanged."
            " A share of |E|² along a radius is another number, because E of a TM mode jumps by the ratio of permittivities."
        ),
    ]
    picture = Picture(
        radial, "Radial intensity of TM and TE 163 with the share of each region; finite elements."
    )
    return Section("Where the field sits: 3.87 % and 1.42 %", text, rows, [picture], table)
