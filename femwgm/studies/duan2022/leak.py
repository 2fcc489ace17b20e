"""Where the field of the 20 um sphere sits: the published leak by every measure."""

from __future__ import annotations

from typing import Any

from femwgm.studies.duan2022 import published
from femwgm.studies.duan2022.content import Picture, Row, Section
from femwgm.studies.duan2022.study import Study

MAIN = "sphere-20um"


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
    exact = study.twin(MAIN, tm)
    line_silica, line_air = (
        100.0 * float(tm.radial_e2["core"] or 0.0),
        100.0 * float(tm.radial_e2["air"] or 0.0),
    )
    stated = [100.0 * share for share in study.sphere("sphere-20um-n174").mode("TM", 163).energy.values()]
    error = float(tm.share_error or 0.0)
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
            "TM l = m = 163, silica 1.45, film index 1.768 where 1.74 is stated, the two sides exchanged",
            "with a condition",
            [MAIN],
            (("silica_percent", silica), ("air_percent", air)),
            f"exact: {100.0 * exact.energy[0]:.6f}, {100.0 * exact.energy[2]:.6f}; stated error {100.0 * error:.0e}",
        ),
        Row(
            "The same with the stated film index",
            f"{published.LEAK_AIR_PERCENT} % and {published.LEAK_SILICA_PERCENT} %",
            f"{stated[0]:.2f} % silica, {stated[2]:.2f} % air",
            "share of the electric energy",
            f"film index {published.FILM_INDEX}, everything else as before",
            "differs",
            ["sphere-20um-n174"],
            (("silica_percent", stated[0]), ("air_percent", stated[2])),
            "exact sphere",
        ),
        Row(
            "Which side is which",
            "3.87 % air, 1.42 % silica",
            f"{silica:.2f} % silica, {air:.2f} % air",
            "the same",
            which,
            "differs",
            [MAIN],
            known="the same two numbers, the other way round",
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
            f"exact: {100.0 * exact.radial_e2[0]:.4f}, {100.0 * exact.radial_e2[2]:.4f}",
        ),
    ]

    def radial() -> Any:
        from femwgm.views.fields.source import run_view
        from femwgm.views.figures.pages import published_radial

        view = run_view(study.run(MAIN))
        chosen = [next(m for m in view.modes if m.pol == pol and m.m == 163) for pol in ("TM", "TE")]
        return published_radial(*chosen)

    text = [
        (
            "The two published numbers come out to three digits as shares of the electric energy if the film has the index 1.768"
            " and the labels of the sides are exchanged; the stated 1.74 gives others."
            " A share of |E|² along a radius is another number, because E of a TM mode jumps by the ratio of permittivities."
        ),
    ]
    picture = Picture(
        radial, "Radial intensity of TM and TE 163 with the share of each region; finite elements."
    )
    return Section("Where the field sits: 3.87 % and 1.42 %", text, rows, [picture], table)
