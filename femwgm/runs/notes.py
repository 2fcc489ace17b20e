"""What the user should know about the modes of a run, in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from femwgm.config.schema import RunConfig
from femwgm.solver.count import Count, Neighbour
from femwgm.ground.expected import Expected
from femwgm.modes.mode import Mode


_PURE = 0.1
"""Share of the other polarization in the radial fields from which a mode is called hybrid."""
_NAMED = 4
"""Hybrid modes named in the line on them."""


def doubts(modes: Sequence[Mode], expected: Sequence[Expected], config: RunConfig) -> list[str]:
    """Notes on modes that missed their accuracy, whose labels are uncertain, or that nobody expected."""
    notes = []
    hybrids = [mode for mode in modes if _PURE < mode.te_fraction < 1.0 - _PURE]
    if hybrids:
        named = ", ".join(f"{mode.label} ({mode.te_fraction:.0%} TE)" for mode in hybrids[:_NAMED])
        more = f" and {len(hybrids) - _NAMED} more" if len(hybrids) > _NAMED else ""
        notes.append(f"hybrid modes, named after the polarization that dominates: {named}{more}")
    for mode in modes:
        if not mode.met:
            missed = [
                ("wavelength", mode.wavelength_error, config.accuracy.wavelength),
                ("q", mode.q_error, config.accuracy.q),
            ]
            what = [
                f"the estimated error {'is not known' if error is None else f'{error:.1e}'} misses accuracy.{name} = {goal:.0e}"
                for name, error, goal in missed
                if goal is not None and (error is None or error > goal)
            ]
            notes.append(f"{mode.label}: {' and '.join(what)}; the best value is kept and marked")
        if mode.expected_k0 is not None:
            off = abs(mode.k0.real / mode.expected_k0.real - 1.0)
            if off == mode.wavelength_error:  # femwgm.solver.distinct: its own estimate was far below
                notes.append(f"{mode.label}: its error is its distance from the exact wavelength")
        if mode.confidence < 0.5 and mode not in hybrids:
            notes.append(f"{mode.label}: its labels are uncertain (confidence {mode.confidence:.2f})")
    drawn = max((float(mode.extra.get("outline_error") or 0.0) for mode in modes), default=0.0)
    if drawn > config.accuracy.wavelength:
        notes.append(
            f"the points of the outline leave the wavelengths uncertain by {drawn:.0e} (part of the errors stated): give more points,"
            " or a smooth curve through them"
        )
    contour = getattr(config.geometry, "contour", None)
    if contour is not None:
        notes.append(str(contour))
    endless = [mode.label for mode in modes if mode.extra.get("mode_volume_at") == "edge"]
    if endless:
        notes.append(
            f"the field of {len(endless)} of {len(modes)} modes grows without bound at a sharp edge and has no maximum elsewhere:"
            " their mode volumes depend on the mesh"
        )
    edged = [mode.label for mode in modes if mode.extra.get("mode_volume_at") == "interior"]
    if edged:
        notes.append(
            f"the field is singular at sharp edges: the mode volume of {len(edged)} of {len(modes)} modes refers to the largest "
            "maximum in the interior"
        )
    wanted = {(e.pol, e.q, e.l, e.m) for e in expected}
    if not modes:
        notes.append("no mode lies in the window: those expected near it turned out to lie outside")
    strays = [mode.label for mode in modes if (mode.pol, mode.q, mode.l, mode.m) not in wanted]
    return notes + [f"{label}: its field says so, but another mode was expected there" for label in strays]


def uncounted(counts: Sequence[Count], modes: Sequence[Mode], config: RunConfig) -> list[str]:
    """Notes on eigenvalues next to the modes found that are modes asked for and missing, or modes found twice."""
    notes = []
    for count in counts:
        where = f"between {2e3 * np.pi / count.k_hi:.4f} and {2e3 * np.pi / count.k_lo:.4f} nm (m={count.m})"
        others = [n for n in count.others if not any(_same(n, mode) for mode in modes)]
        missing = [n.text for n in others if _wanted(n, config)]
        if missing:
            notes.append(f"{', '.join(missing)}: in the spectrum {where} but not among the modes found")
        if count.counted < count.found:
            notes.append(
                f"{count.found} modes were found {where} where there are {count.counted}: one of them twice"
            )
    return notes


def _same(label: Neighbour, mode: Mode) -> bool:
    """Whether an eigenpair is a mode found on another domain: by its radial order, or, that in doubt, by its wavenumber."""
    if (label.pol, label.p, label.m) != (mode.pol, mode.p, mode.m):
        return False
    return label.q == mode.q or abs(label.k0 - mode.k0.real) < 1e-5 * label.k0


def _wanted(label: Neighbour, config: RunConfig) -> bool:
    """Whether a mode was asked for, by its labels and its wavelength."""
    modes = config.modes
    lo, hi = modes.window_um
    return (
        lo <= 2.0 * np.pi / label.k0 <= hi
        and label.pol in modes.polarizations
        and all(
            orders is None or order in orders
            for orders, order in ((modes.radial_orders, label.q), (modes.polar_orders, label.p))
        )
    )
