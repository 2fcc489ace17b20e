"""The 20 um sphere: which modes, and which index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from scipy.optimize import brentq

from femwgm.analytic import ExactMode
from femwgm.analytic.asymptotics import lam_leung_young, schiller
from femwgm.analytic.spectrum import index_from_spacing
from femwgm.experiment.spectrum.model import CoatedSphere
from femwgm.studies.duan2022 import published
from femwgm.studies.duan2022.content import Picture, Row, Section
from femwgm.studies.duan2022.study import Study

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
    radii = study.config("sphere-20um-uniform").geometry.radii_um
    scale = radii[0] / radii[1]
    formulas = {
        "Lam, Leung and Young (1992), five terms": lam_leung_young,
        "Schiller (1993), to the order ν^(−8/3)": schiller,
    }
    rows = [
        Row(
            f"Modes q = 1, l = m = {lo} to {hi}, TE and TM, near 655 nm",
            "present, no wavelength list",
            f"{min(span):.1f} to {max(span):.1f} nm",
            "vacuum wavelength of the pole",
            "20 µm is the bare silica diameter, the 490 nm shell is added outside; film index 1.768,"
            " silica 1.45, no dispersion",
            "with a condition",
            [MAIN],
            (("lowest_nm", min(span)), ("highest_nm", max(span))),
            study.evidence(MAIN),
        ),
        Row(
            "The same, if 20 µm were the outer diameter",
            "",
            f"{min(outer):.1f} to {max(outer):.1f} nm",
            "the same",
            "shell grown inwards",
            "ours only",
            ["sphere-20um-outer"],
            (("lowest_nm", min(outer)), ("highest_nm", max(outer))),
            study.evidence("sphere-20um-outer"),
        ),
        Row(
            "The same, as a homogeneous sphere of the outer radius",
            "",
            f"{min(uniform):.1f} to {max(uniform):.1f} nm",
            "the same",
            f"index 1.74 throughout; lengths scale, so with a radius of 10 µm {scale * min(uniform):.1f} to"
            f" {scale * max(uniform):.1f} nm",
            "ours only",
            ["sphere-20um-uniform"],
            (("lowest_nm", min(uniform)), ("highest_nm", max(uniform))),
            study.evidence("sphere-20um-uniform"),
        ),
        *(_by_formula(name, formula, radii[-1], uniform) for name, formula in formulas.items()),
        Row(
            "Agreement of the finite elements with the exact solution",
            "",
            f"{study.agreement(MAIN):.0e} at most",
            "relative difference of the wavelength",
            "two programs that share no code",
            "ours only",
            [MAIN],
            (("relative", study.agreement(MAIN)),),
            "the exact solution is Newton's to 1e-14",
        ),
    ]
    te = study.mode(MAIN, "TE", 165).wavelength_nm
    thin = te - study.mode("sphere-20um-outer", "TE", 165).wavelength_nm
    light = te - study.mode("sphere-20um-n174", "TE", 165).wavelength_nm
    near = te - study.mode(MAIN, "TM", 163).wavelength_nm
    text = [
        (
            "The published labels fit lines around 655 nm if the shell is added to the 20 µm sphere and the film has an index"
            f" of 1.768. If 20 µm were the outer diameter, TE 165 would lie {thin:.0f} nm further to the blue; with the"
            f" published film index of 1.74 it lies {light:.0f} nm further."
        ),
        (
            f"TE l and TM l − 2 nearly coincide ({near:.2f} nm for TE 165 and TM 163): a comb of one polarization is easily taken"
            " for the other."
        ),
    ]

    def comb() -> Any:
        from femwgm.views.fields.source import run_view
        from femwgm.views.figures.pages import comb_figure

        return comb_figure(run_view(run))

    def planes(show: str | None) -> Any:
        from femwgm.views.fields.source import run_view
        from femwgm.views.figures.pages import published_planes

        view = run_view(run)
        return published_planes(next(m for m in view.modes if m.pol == "TE" and m.m == 165), show)

    pictures = [
        Picture(comb, "Wavelength against l, and the lines: finite elements, q = 1, p = 0."),
        Picture(
            partial(planes, None),
            "TE l = m = 165: x-y plane whole (d) and magnified (e), y-z plane whole (f) and magnified (g), as in the"
            " published Fig. 4 d-g; finite elements. In the equator's plane the momentary field.",
            "png",
        ),
        Picture(
            partial(planes, "E2"),
            "The same mode by its intensity |E|² in all four panels: the travelling wave has no lobes around the equator.",
            "png",
        ),
    ]
    return Section("The modes of the 20 µm sphere", text, rows, pictures, table)


def _by_formula(name: str, formula: Callable[..., Any], radius_um: float, exact_nm: Sequence[float]) -> Row:
    """The lines of the homogeneous sphere by an asymptotic series, beside the exact ones."""
    lo, hi = published.DEGREES
    lines = sorted(
        float(2e3 * np.pi * radius_um / formula(pol, published.FILM_INDEX, l))
        for pol in ("TE", "TM")
        for l in range(lo, hi + 1)
    )
    off = max(abs(a / b - 1.0) for a, b in zip(lines, sorted(exact_nm), strict=True))
    return Row(
        "The same by the asymptotic formula for a homogeneous sphere",
        "",
        f"{lines[0]:.1f} to {lines[-1]:.1f} nm",
        name,
        f"index {published.FILM_INDEX} throughout, radius {radius_um:g} µm; no formula knows a film",
        "ours only",
        ["sphere-20um-uniform"],
        (("lowest_nm", lines[0]), ("highest_nm", lines[-1])),
        f"{off:.0e} from the exact lines above",
    )


def index_section(study: Study) -> Section:
    """What an index from the free spectral range means, and what 1.74 gives."""
    te = study.mode(MAIN, "TE", 165)
    tm = study.mode(MAIN, "TM", 163)
    low = study.mode("sphere-20um-n174", "TE", 165)
    spaced = [study.mode("sphere-20um-dispersive", "TE", l).wavelength_nm for l in (155, 156)]
    middle, spacing = 0.5 * sum(spaced), spaced[0] - spaced[1]
    dispersive = index_from_spacing(middle, spacing, 2e3 * te.radius)
    assert te.fsr_nm is not None
    exact, exact_tm = study.twin(MAIN, te), study.twin(MAIN, tm)
    silica = index_from_spacing(te.wavelength_nm, te.fsr_nm, 20e3)
    below = [mode.wavelength_nm for mode in study.run("sphere-20um-n174").modes]
    need, trade, per_nm = _film_index(study)
    rows = [
        Row(
            '"n_eff = 1.76" from the free spectral range',
            f"{published.GROUP_INDEX}",
            f"TE {te.n_g:.4f}, TM {tm.n_g:.4f}",
            "group index at the outer diameter, 20.98 µm",
            "TE modes, film index 1.768 without dispersion, outer diameter in Eq. 1",
            "with a condition",
            [MAIN],
            (("te", float(te.n_g or 0.0)), ("tm", float(tm.n_g or 0.0))),
            f"exact: {exact.n_g:.6f}, {exact_tm.n_g:.6f}",
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
            f"exact: {index_from_spacing(exact.wavelength_nm, exact.fsr_nm, 20e3):.6f}",
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
            f"exact: {exact.n_eff:.6f}, {exact_tm.n_eff:.6f}",
        ),
        Row(
            "Film index of the published simulation",
            f"{published.FILM_INDEX}",
            f"TE 165 at {low.wavelength_nm:.2f} nm, group index {low.n_g:.4f}",
            "wavelength and group index of the run",
            "everything else as before: the group index falls short of 1.76, and the lines of l = 163 to 166 lie"
            f" from {min(below):.1f} to {max(below):.1f} nm",
            "differs",
            ["sphere-20um-n174"],
            (("te165_nm", low.wavelength_nm), ("n_g", float(low.n_g or 0.0))),
            study.evidence("sphere-20um-n174"),
        ),
        *(_weak_dispersion(study, slope) for slope in (-0.05, -0.1)),
        Row(
            "Film index that puts TE 165 at 660 nm",
            "",
            f"{need:.4f}",
            "Newton on the exact sphere",
            f"shell 490 nm, silica 1.45; 10 nm of thickness trade against {trade:.4f}",
            "ours only",
            [MAIN],
            (("n", need),),
            f"± {per_nm:.4f} for each nm by which the line is off",
        ),
        Row(
            "Group index with the dispersion of a real film",
            "",
            f"TE {dispersive:.3f}",
            f"λ² / (FSR π D), outer diameter: TE 155 and 156 of the run lie {spacing:.3f} nm apart",
            "fused silica (Malitson); CdSe/ZnCdS dot film (Aftenieva et al.)"
            " as a stand-in: the film's own dispersion is not published as numbers here",
            "ours only",
            ["sphere-20um-dispersive"],
            (("te", dispersive),),
            study.evidence("sphere-20um-dispersive"),
        ),
    ]
    text = [
        (
            "Eq. 1 holds with the group index. It contains the geometry's dispersion (the place of the mode"
            " in the shell changes with l) and the"
            " film's, so 1.76 is neither the film's index nor the phase index, and being below the"
            " ellipsometry value is no contradiction."
        ),
    ]
    return Section("What 1.76 and 1.74 mean", text, rows)


def _weak_dispersion(study: Study, slope: float) -> Row:
    """Film index at which a film of a given slope gives the published group index, and the degrees that its lines then have."""
    body = study.body(MAIN)
    body = CoatedSphere(body.stated_radii, body.media, shell=body.regions[body.shell], reference_um=0.655)

    def modes(index: float) -> list[ExactMode]:
        sphere = body.sphere(body.nominal + np.array([0.0, 0.0, index - body.nominal[2], slope]))
        return sphere.modes((0.648, 0.668), ("TE",), (1,))

    def group_index(index: float) -> float:
        return min(modes(index), key=lambda mode: abs(mode.wavelength_nm - 660.0)).n_g

    index = float(brentq(lambda n: group_index(n) - published.GROUP_INDEX, 1.66, 1.80, xtol=1e-5))
    degrees = sorted(mode.l for mode in modes(index))
    return Row(
        f"Film index that gives 1.76 with a slope of {slope:g} per µm",
        f"{published.FILM_INDEX}, l = {published.DEGREES[0]} to {published.DEGREES[1]}",
        f"{index:.3f}, TE l = {degrees[0]} to {degrees[-1]} between 648 and 668 nm",
        "group index 1.76 of the TE line next to 660 nm, outer diameter",
        "silica 1.45, shell 490 nm; the film's index at 655 nm",
        "ours only",
        [MAIN],
        (("n", index), ("lowest", float(degrees[0])), ("highest", float(degrees[-1]))),
        f"the stand-in film has {_stand_in_slope(study):.2f} per µm: labels and index cannot both be told from the spacing",
    )


def _stand_in_slope(study: Study) -> float:
    """dn/dlambda (1/um) at 655 nm of the measured film that stands in for the published one."""
    film = study.media("sphere-20um-dispersive")[1]
    lower, upper = (film.index(2.0 * np.pi / um).real for um in (0.650, 0.660))
    return float((upper - lower) / 0.010)


def _film_index(study: Study) -> tuple[float, float, float]:
    """Index of the shell that puts TE 165 at 660 nm, and its changes for 10 nm of thickness and for 1 nm of wavelength."""
    from femwgm.experiment.spectrum.lines import Labels, solve, track

    body = study.body(MAIN)
    x = body.nominal
    line = solve(body, x, Labels(np.array([False]), np.array([165.0]), np.array([1.0])))
    for _ in range(6):
        x = x + np.array([0.0, 0.0, (660.0 - line.wavelength_nm[0]) / line.slope[0, 2], 0.0])
        line = track(body, x, line)
    thickness, index = (float(line.slope[0, i]) for i in (1, 2))
    return float(x[2]), 0.01 * thickness / index, 1.0 / index
