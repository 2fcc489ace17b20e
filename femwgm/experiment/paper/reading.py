"""The other way round: peaks where the published numbers put them, read back without their labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from femwgm.experiment.assign import assign
from femwgm.experiment.paper import published
from femwgm.experiment.paper.content import Picture, Row, Section
from femwgm.experiment.paper.study import Study
from femwgm.experiment.peaks import Peaks
from femwgm.experiment.prior import prior_from

__all__ = ["reading_section"]

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
    from femwgm.experiment.model import CoatedSphere

    stated = study.body(MAIN)
    wrong = CoatedSphere((10.08, 10.08 + 0.475), stated.media, reference_um=0.658)
    result = assign(wrong, peaks, prior_from(wrong, ["diameter=1 %", "thickness=5 %", "index=0.02"]))
    truth = {m.wavelength_nm: (m.pol, m.l, m.q) for m in modes}
    ordered = [truth[w] for w in sorted(truth)]
    right = sum(a == b for a, b in zip(result.labels, ordered, strict=True))
    held = assign(wrong, peaks, prior_from(wrong, ["diameter=1 %", "thickness=5 %", "index=0"]))
    numbers = result.parameters
    rows = [
        Row(
            "Labels read back from eight lines",
            "l = 163 to 166, TE and TM",
            f"{right} of {len(modes)} right, probability {result.probability:.3f}",
            "exact sphere fitted to the lines, all l in competition",
            "errors of a tenth of the line width; start 20.16 µm, 475 nm",
            "reproduced",
            [MAIN],
            (("right", float(right)),),
        ),
        Row(
            "Shell thickness from the spectrum",
            f"about {published.SHELL_NM:g} nm",
            f"{1e3 * numbers['thickness'].value:.1f} ± {1e3 * numbers['thickness'].error:.1f} nm",
            "mean and standard deviation",
            "diameter, thickness and index all free",
            "reproduced",
            [MAIN],
            (("nm", 1e3 * numbers["thickness"].value),),
        ),
        Row(
            "Diameter from the spectrum",
            "20 µm",
            f"{numbers['diameter'].value:.2f} ± {numbers['diameter'].error:.2f} µm with the index free,"
            f" {held.parameters['diameter'].value:.4f} ± {held.parameters['diameter'].error:.4f} µm with the index known",
            "the same",
            "diameter and index move the comb alike: one of them must come from elsewhere",
            "with a condition",
            [MAIN],
            (("free_um", numbers["diameter"].value), ("held_um", held.parameters["diameter"].value)),
        ),
    ]
    rivals = result.rivals()
    text = ["Notes of the fit: " + "; ".join(result.notes()) + "."] if result.notes() else []
    if rivals:
        text.append(
            "Nearest rival: " + rivals[0]["difference"] + f" (probability {rivals[0]['probability']:.1e})."
        )

    def draw() -> Any:
        from femwgm.views.assignment import assignment_figure

        return assignment_figure(result)

    picture = Picture(
        draw, "Lines at a tenth of their width of noise, named by the fit (a), and what is left (b)."
    )
    return Section("Reading the spectrum", text, rows, [picture])
