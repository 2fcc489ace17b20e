"""What a run found, in words and in numbers with the digits that they deserve."""

from __future__ import annotations

import math
from collections.abc import Sequence

from femwgm.ground.numbers import in_percent, length, line, quality
from femwgm.ground.units import in_spectral_unit
from femwgm.views.fields.source import ModeView, RunView
from femwgm.views.figures.losses import IRRELEVANT, channels
from femwgm.views.figures.spectrum import families

SUMMED_UP = 2
"""Modes that the opening paragraphs describe."""


def summary(run: RunView) -> list[str]:
    """What was found: how many modes, of which families, where they live and what limits them."""
    unit = run.config.modes.unit
    ends = sorted(in_spectral_unit(1e3 * w, unit) for w in run.config.modes.window_um)
    between = f"between {ends[0]:.7g} and {ends[1]:.7g} {unit or 'nm'}".replace("1/cm", "cm⁻¹")
    if not run.modes:
        return [f"No mode was found {between}."]
    lines = [f"{_count(len(run.modes), 'mode')} {between}: {_families(run)}."]
    lines += [in_words(mode) for mode in run.representatives(SUMMED_UP)]
    return lines


def _families(run: RunView) -> str:
    parts = []
    for (pol, q, p), members in families(run.modes).items():
        orders = [int(view.m if (degree := view.row.get("l")) is None else degree) for view in members]
        span = f"{min(orders)}" if len(set(orders)) == 1 else f"{min(orders)} to {max(orders)}"
        polar = (
            "equatorial (l = m)"
            if p == 0
            else f"p = l − m = {p}"
            if p is not None
            else "of unknown polar order"
        )
        parts.append(f"{len(members)} {pol} with radial order q = {q}, {polar}, l = {span}")
    return "; ".join(parts)


def in_words(mode: ModeView) -> str:
    """One mode in two sentences: its name, the layer it lives in, its leak, its spacing and what limits its Q."""
    row, shares = mode.row, mode.shares("energy")
    name = (
        f"{mode.pol}, l = {row.get('l') if row.get('l') is not None else '?'}, m = {mode.m}, q = {row['q']}"
    )
    text = f"{name} at {line(mode.wavelength_nm, mode.unit, row.get('wavelength_error'))}"
    if shares:
        leaks = ", ".join(
            f"{in_percent(share)} into the {region}"
            for region, share in shares.items()
            if region != mode.home
        )
        text += f" lives in the {mode.home}, which holds {in_percent(shares[mode.home])} of its electric energy; it leaks {leaks}"
    text += "."
    spacing, unit = ("fsr_nm", "nm") if mode.unit is None else ("fsr_ghz", "GHz")
    if row.get(spacing) is not None:
        text += f" Its neighbours are {float(row[spacing]):.3f} {unit} away (free spectral range"
        text += f", group index {float(row['n_g']):.4f})." if row.get("n_g") is not None else ")."
    return f"{text} {limits(mode)}".strip()


def limits(mode: ModeView) -> str:
    """What limits the Q of a mode, in words."""
    known = channels(mode)
    losses = [channel for channel in known if channel.kind != "gain"]
    if not losses:
        return "No loss is known that would limit its Q." if known else ""
    first = losses[0]
    more = "more than " if first.bound else ""
    if first.kind == "radiation" and first.log10_q > IRRELEVANT:
        return (
            f"Radiation alone would allow a Q of {more}{quality(None, first.log10_q)}, so it limits nothing;"
            " an experiment shows absorption, scattering or the width of the line, which this run was not told of."
        )
    return f"Its Q is limited by {first.name} to {more}{quality(None, first.log10_q)}."


def evidence(run: RunView) -> str:
    """How far the numbers can be trusted."""
    errors = [
        float(m.row["wavelength_error"]) for m in run.modes if m.row.get("wavelength_error") is not None
    ]
    if not errors:
        return "The modes carry no error estimates."
    asked = run.config.accuracy.wavelength
    residuals = [float(m.row["residual"]) for m in run.modes if m.row.get("residual") is not None]
    missed = [m.label for m in run.modes if m.row.get("met") is False]
    verdict = (
        f"All {len(run.modes)} modes reach the relative accuracy asked for, {asked:.0e}"
        if not missed
        else f"{len(missed)} of {len(run.modes)} modes miss the relative accuracy asked for, {asked:.0e}: "
        + ", ".join(missed)
    )
    text = f"{verdict}. The largest estimated relative error of a wavelength is {max(errors):.1e}" + (
        f" (from other solutions of each mode); the largest residual of an eigenpair is {max(residuals):.0e}."
        if residuals
        else " (of the perfect sphere, by its exact solution)."
    )
    return f"{text} {completeness(run)}".strip()


def completeness(run: RunView) -> str:
    """Why no mode is missing: the count of eigenvalues by the inertia of the pencil against what was found."""
    counts = (run.info.get("checks") or {}).get("counts") or []
    if not counts:
        return ""
    counted = sum(int(count["counted"]) for count in counts)
    found = sum(int(count["found"]) for count in counts)
    others = sum(len(count["others"]) for count in counts)
    intervals = _count(len(counts), "interval")
    if counted != found + others:
        return (
            f"The inertia of the shifted matrices counts {_count(counted, 'eigenvalue')} in {intervals}, of which"
            f" {found + others} are known: the list may not be complete."
        )
    besides = f" and {others} that were not asked for" if others else ""
    return (
        f"No mode is missing: the inertia of the shifted matrices counts {_count(counted, 'eigenvalue')} in {intervals} around"
        f" the modes, each for one m and symmetry; they are the {found} found here{besides}."
    )


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" + ("" if n == 1 else "s")


GLOSSARY: Sequence[tuple[str, str]] = (
    (
        "TE, TM",
        (
            "TE: the electric field has no part along the sphere’s radius (it points along z at the equator)."
            " TM: the magnetic field has none; E is mostly radial there."
        ),
    ),
    (
        "m, l, p",
        (
            "m: wavelengths around the axis (2 m lobes on the ring). l: polar degree of a sphere’s mode."
            " p = l − m: 0 hugs the equator, p + 1 lobes from pole to pole."
        ),
    ),
    ("q", "Radial order: number of maxima along the radius inside the solid."),
    (
        "n_eff, n_g",
        (
            "Phase index m λ / (2π R) and group index; the spacing of lines follows the group index:"
            " FSR = λ² / (n_g 2π R), R the outer radius."
        ),
    ),
    (
        "share",
        (
            "Part of the integral of Re(ε) |E|² that lies in a region (electric energy). The parts of |E|² over the"
            " volume or along a radius are other numbers; each is named where it is printed."
        ),
    ),
    (
        "Q",
        (
            "Energy stored over energy lost in one radian. Q_rad: radiation; Q_abs: absorption; the smallest one"
            " limits the mode."
        ),
    ),
    ("V", "Mode volume ∫ε|E|²dV / max(ε|E|²) of the travelling wave."),
)


def layers(run: RunView) -> list[dict[str, str]]:
    """Name, material, index and size of each region."""
    k0 = 2.0 * math.pi / (0.5 * sum(run.config.modes.window_um))
    rows, inside = [], 0.0
    for region in run.regions:
        material = run.media.get(region)
        row = {
            "region": region,
            "material": run.config.geometry.region_materials[region],
            "index": "",
            "size": "beyond the body",
        }
        if material is not None:
            n = complex(material.index(k0))
            row["index"] = f"{n.real:.6g}" + (
                f" {'+' if n.imag > 0 else '−'} {abs(n.imag):.3g} i" if n.imag else ""
            )
        own = [line for line in run.outlines if line.name == region]
        if own:
            outer = max(float(line.r.max()) for line in own)
            whole = len(own) == 1 and own[0].round
            if whole:
                row["size"] = f"outer radius {length(outer, 6)}"
                row["size"] += f", {length(outer - inside)} thick" if inside else ""
            elif all(line.background for line in own):
                row["size"] = _heights(run, region)
            else:
                low, high = min(line.z.min() for line in own), max(line.z.max() for line in own)
                row["size"] = f"to r = {length(outer, 6)}, {_between(low, high)}"
            inside = outer if whole else 0.0
        rows.append(row)
    return rows


def _heights(run: RunView, region: str) -> str:
    """Where the background layers of a name are; what goes on for ever below says so."""
    parts = [
        f"below z = {length(layer.top_um)}"
        if layer.bottom_um is None
        else _between(layer.bottom_um, layer.top_um)
        for layer in getattr(run.config.geometry, "background", ())
        if layer.name == region
    ]
    return f"background, {' and '.join(parts)}"


def _between(low: float, high: float) -> str:
    return f"from z = {length(low)} to {length(high)}"
