"""The other way round: peaks where the published numbers put them, read back without their labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from femwgm.experiment.spectrum.assign import assign
from femwgm.experiment.spectrum.assignment import Parameter
from femwgm.experiment.spectrum.peaks import Peaks
from femwgm.experiment.spectrum.prior import prior_from
from femwgm.studies.duan2022 import published
from femwgm.studies.duan2022.content import Picture, Row, Section
from femwgm.studies.duan2022.study import Study

MAIN = "sphere-20um"


def reading_section(study: Study) -> Section:
    """Assignment of a spectrum made of the run's own lines, from a start that is wrong."""
    modes = list(study.run(MAIN).modes)
    width = published.SINGLE_MODE_NM / published.QUALITY
    rng = np.random.default_rng(1)
    noise = 0.1 * width
    band = (published.EMISSION_NM, published.EMISSION_WIDTH_NM)
    peaks = Peaks.of(
        [m.wavelength_nm + noise * rng.standard_normal() for m in modes],
        width_nm=width,
        height=[
            float(np.exp(-4.0 * np.log(2.0) * ((m.wavelength_nm - band[0]) / band[1]) ** 2)) for m in modes
        ],
    )
    from femwgm.experiment.spectrum.model import CoatedSphere

    stated = study.body(MAIN)
    wrong = CoatedSphere((10.08, 10.08 + 0.475), stated.media, reference_um=0.658)
    result = assign(
        wrong, peaks, prior_from(wrong, ["slope=0", "diameter=1 %", "thickness=5 %", "index=0.02"])
    )
    truth = {m.wavelength_nm: (m.pol, m.l, m.q) for m in modes}
    ordered = [truth[w] for w in sorted(truth)]
    right = sum(a == b for a, b in zip(result.labels, ordered, strict=True))
    held = assign(wrong, peaks, prior_from(wrong, ["slope=0", "diameter=1 %", "thickness=5 %", "index=0"]))
    numbers = result.parameters
    rows = [
        Row(
            "Labels read back from eight lines",
            "not given",
            f"{right} of {len(modes)} right, probability {result.probability:.3f}",
            "exact sphere fitted to the lines, all l in competition",
            "peaks of the run with errors of a tenth of the line width; no dispersion, as in the run; start 20.16 µm, 475 nm",
            "ours only",
            [MAIN],
            (("right", float(right)), ("probability", result.probability)),
            "the truth is known: a test of the method, not of the study",
        ),
        Row(
            "Shell thickness from the spectrum",
            "not given",
            f"{1e3 * numbers['thickness'].value:.1f} ± {1e3 * numbers['thickness'].error:.1f} nm",
            "mean and standard deviation",
            f"diameter, thickness and index all free; {published.SHELL_NM:g} nm was put in",
            "ours only",
            [MAIN],
            (("nm", 1e3 * numbers["thickness"].value), ("error_nm", 1e3 * numbers["thickness"].error)),
            f"{_off(numbers['thickness'], 1e-3 * published.SHELL_NM):.1f} standard deviations from what was put in",
        ),
        Row(
            "Diameter from the spectrum",
            "not given",
            f"{numbers['diameter'].value:.2f} ± {numbers['diameter'].error:.2f} µm with the index free,"
            f" {held.parameters['diameter'].value:.4f} ± {held.parameters['diameter'].error:.4f} µm with the index known",
            "the same",
            "20 µm was put in; diameter and index move the comb alike: one of them must come from elsewhere",
            "ours only",
            [MAIN],
            (("free_um", numbers["diameter"].value), ("held_um", held.parameters["diameter"].value)),
            f"{_off(numbers['diameter'], 20.0):.1f} and {_off(held.parameters['diameter'], 20.0):.1f} standard deviations"
            " from what was put in",
        ),
    ]
    rivals = result.rivals()
    text = [
        (
            "The study prints no list of peaks. Here the eight lines of the run stand in for one: moved by noise, stripped of"
            " their labels and read back by femwgm assign from a sphere that is 0.8 % too large with a film 3 % too thin."
        )
    ]
    text += ["Notes of the fit: " + "; ".join(result.notes()) + "."] if result.notes() else []
    if rivals:
        text.append(
            "Nearest rival: " + rivals[0]["difference"] + f" (probability {rivals[0]['probability']:.1e})."
        )

    def draw() -> Any:
        from femwgm.views.figures.assignment import assignment_figure

        return assignment_figure(result)

    picture = Picture(
        draw, "Lines at a tenth of their width of noise, named by the fit (a), and what is left (b)."
    )
    return Section("Reading the spectrum", text, rows, [picture])


def _off(found: Parameter, truth: float) -> float:
    """Distance from the truth in standard deviations."""
    return abs(found.value - truth) / found.error
