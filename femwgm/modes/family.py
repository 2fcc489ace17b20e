"""Families: modes that follow each other from one azimuthal order to the next, under one label and one number.

Two modes of orders m < m' belong together if the wavenumber of the second is where the slopes of both put it, k' = k + (m' - m)
(s + s') / 2 with s = d k0 / d m = 1 / (R n_g), to a small part of that step, and if their fields have as much of TE. Labels come
from counting lobes and may slip where a mode is hybrid: the surest label along a family holds for all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from femwgm.config.settings import Modes
from femwgm.modes.labels import purity
from femwgm.modes.mode import Mode
from femwgm.modes.turns import UNSURE

_MISS = 0.02
"""Distance from where the slopes put it, over the step, up to which a mode follows another."""
_ASTRAY = 0.25
"""The same in steps for modes any number of orders apart: with more, chance would join modes of two families."""
_TURN = 0.25
"""Change of the TE content between neighbours up to which a mode follows another."""
_SURE = 0.9
"""Confidence from which a label is never overruled."""


def with_families(modes: Sequence[Mode], *, exact: bool) -> list[Mode]:
    """The modes in the same order, with the number of their family, and with one label along it.

    Parameters
    ----------
    modes
        Modes of a run.
    exact
        Whether the labels are those of an exact solution, which need no following.
    """
    chains = _by_label(modes) if exact else _chains(modes)
    labels = [_label([modes[i] for i in chain]) for chain in chains]
    if not exact:
        content = [float(np.mean([modes[i].te_fraction for i in chain])) for chain in chains]
        labels = _polarized(labels, content)
    out = list(modes)
    order = sorted(range(len(chains)), key=lambda j: (*labels[j], min(modes[i].m for i in chains[j])))
    for number, j in enumerate(order, start=1):
        pol, q, p = labels[j]
        for i in chains[j]:
            mode = modes[i]
            l = mode.l if p == mode.p or p is None else mode.m + p
            out[i] = replace(mode, family=number, pol=pol, q=q, p=p, l=l)
    return out


def _polarized(
    labels: Sequence[tuple[str, int, int | None]], content: Sequence[float]
) -> list[tuple[str, int, int | None]]:
    """Labels of families by their TE content: of two hybrid ones under one label, the one with more of the other gets the other.

    Each of the two is about half TE and half TM, and majority alone would leave one polarization without its family.
    """
    out = list(labels)
    for j, (pol, q, p) in enumerate(labels):
        other = ("TM" if pol == "TE" else "TE", q, p)
        rivals = [content[i] for i, label in enumerate(labels) if i != j and label == labels[j]]
        more = content[j] if pol == "TM" else 1.0 - content[j]
        if len(rivals) == 1 and other not in labels and purity(content[j]) < UNSURE:
            out[j] = other if more > (rivals[0] if pol == "TM" else 1.0 - rivals[0]) else labels[j]
    return out


def asked_for(modes: Sequence[Mode], wanted: Modes) -> list[Mode]:
    """Modes without those families that turned out to be others than asked for; an unsure label excludes nothing."""
    surest: dict[int | None, Mode] = {}
    for mode in modes:
        if mode.family not in surest or mode.confidence > surest[mode.family].confidence:
            surest[mode.family] = mode

    def belongs(mode: Mode) -> bool:
        best = surest[mode.family]
        pure = purity(best.te_fraction)
        orders = (mode.q, wanted.radial_orders), (mode.p, wanted.polar_orders)
        counted = all(these is None or own in these for own, these in orders)
        return (mode.pol in wanted.polarizations or pure < UNSURE) and (
            counted or best.confidence < UNSURE * pure
        )

    return [mode for mode in modes if belongs(mode)]


def _by_label(modes: Sequence[Mode]) -> list[list[int]]:
    groups: dict[tuple[str, int, int | None], list[int]] = {}
    for i, mode in enumerate(modes):
        groups.setdefault((mode.pol, mode.q, mode.p), []).append(i)
    return list(groups.values())


def _chains(modes: Sequence[Mode]) -> list[list[int]]:
    """Chains of modes that follow each other, the best fits first, each mode with one successor and one predecessor at most."""
    fits = []
    for i, mode in enumerate(modes):
        for j, other in enumerate(modes):
            miss = _miss(mode, other) if other.m > mode.m else None
            if miss is not None and miss < _MISS:
                fits.append((other.m - mode.m, miss, i, j))
    following: dict[int, int] = {}
    preceded: set[int] = set()
    for _, _, i, j in sorted(fits):
        if i not in following and j not in preceded:
            following[i] = j
            preceded.add(j)
    chains = []
    for i in range(len(modes)):
        if i not in preceded:
            chain = [i]
            while chain[-1] in following:
                chain.append(following[chain[-1]])
            chains.append(chain)
    return chains


def _miss(mode: Mode, other: Mode) -> float | None:
    """How far a mode is from where another's family should have it, over the step; None where nothing is known."""
    sure = min(mode.confidence, other.confidence) > _SURE
    if sure and (mode.pol, mode.q, mode.p) != (other.pol, other.q, other.p):
        return None
    if abs(mode.te_fraction - other.te_fraction) > _TURN or mode.n_g is None or other.n_g is None:
        return None
    steps = other.m - mode.m
    rise = 0.5 * steps * (1.0 / (mode.radius * mode.n_g) + 1.0 / (other.radius * other.n_g))
    astray = abs(other.k0.real - mode.k0.real - rise) / (rise / steps)
    return astray * max(1.0 / steps**3, _MISS / _ASTRAY)


def _label(chain: Sequence[Mode]) -> tuple[str, int, int | None]:
    """The label that the members of a chain are the surest of, taken together."""
    weights: dict[tuple[str, int, int | None], float] = {}
    for mode in chain:
        key = (mode.pol, mode.q, mode.p)
        weights[key] = weights.get(key, 0.0) + mode.confidence
    return max(weights, key=lambda key: weights[key])
