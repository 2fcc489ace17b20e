"""The field along a radius, each side of every interface kept apart."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from femwgm.ground.typing import Array
from femwgm.views.fields.chebyshev import interpolation
from femwgm.views.fields.patches import Patches


@dataclass(frozen=True)
class Profile:
    """The field along a radius at a height z: pieces that end at the interfaces.

    Attributes
    ----------
    r
        Radii (um), ascending; an interface appears twice.
    patches
        The field there as one patch (1, 1, points), so that every quantity applies.
    region
        Region of each point.
    """

    r: Array
    patches: Patches
    region: Array


@dataclass(frozen=True)
class _Span:
    """Radii (um) between which a patch holds the line; `below` where the line is the patch's upper side."""

    start: float
    stop: float
    patch: int
    below: bool = False


_NEAR = 1e-7
"""Share of a patch's size within which a side lies on the line: the samples of a patch begin some 1e-9 inside it."""
_SAMPLES = np.linspace(0.0, 1.0, 33)


def profile(patches: Patches, z: float = 0.0, points: int = 400) -> Profile:
    """Field along the radius at height z (um), through every patch that it crosses.

    Each patch that the line crosses contributes its own Chebyshev-accurate piece; nothing is smoothed across an interface. Where
    the line runs between two patches the upper one is taken.
    """
    spans = _chosen([span for i in range(len(patches)) for span in _spans(patches, i, z)])
    if not spans:
        return Profile(np.empty(0), patches.select(()), np.empty(0, int))
    each = max(points // len(spans), 2 * len(patches.t) + 1)
    radii, values, regions = [], [], []
    for span in spans:
        r = np.linspace(span.start, span.stop, each)
        only = patches.one(span.patch)
        inside = only.find(r, np.full_like(r, z))[0] >= 0
        radii.append(r[inside])
        values.append(np.concatenate(only(r[inside], np.full_like(r[inside], z))))
        regions.append(np.full(inside.sum(), patches.region[span.patch]))
    r, field = np.concatenate(radii), np.concatenate(values, axis=1)
    line = replace(
        patches, r=r[None, None], z=np.full((1, 1, len(r)), z), E=field[:3, None, None], H=field[3:, None, None],
        region=np.array([regions[0][0]]), t=np.array([0.0]),
    )  # fmt: skip
    return Profile(r, line, np.concatenate(regions))


def _chosen(spans: list[_Span]) -> list[_Span]:
    """Spans that follow one another, each stretch of the line in one patch, ascending in r."""
    if not spans:
        return []
    ends = np.sort([end for span in spans for end in (span.start, span.stop)])
    ends = ends[np.concatenate([[True], np.diff(ends) > _NEAR * ends[-1]])]
    found: list[_Span] = []
    for start, stop in zip(ends, ends[1:], strict=False):
        middle = 0.5 * (start + stop)
        holding = [span for span in spans if span.start < middle < span.stop]
        if not holding:
            continue
        best = min(holding, key=lambda span: (span.below, span.patch))
        if found and found[-1].patch == best.patch and found[-1].stop == start:
            found[-1] = replace(found[-1], stop=float(stop))
        else:
            found.append(replace(best, start=float(start), stop=float(stop)))
    return found


def _spans(patches: Patches, i: int, z: float) -> list[_Span]:
    """Where the line passes through a patch, or along one of its sides."""
    R, Z = patches.r[i], patches.z[i]
    near = _NEAR * float(np.ptp(R) + np.ptp(Z))
    if Z.min() > z + near or Z.max() < z - near:
        return []
    cross: list[float] = []
    for r, height in ((R[0], Z[0]), (R[-1], Z[-1]), (R[:, 0], Z[:, 0]), (R[:, -1], Z[:, -1])):
        if np.abs(height - z).max() <= near and np.ptp(r) > near:
            return [_Span(float(r.min()), float(r.max()), i, below=float(Z.mean()) < z)]
        cross += _crossings(patches.t, r, height - z, near)
    ends = np.sort(cross)
    only = patches.one(i)
    return [
        _Span(float(a), float(b), i)
        for a, b in zip(ends, ends[1:], strict=False)
        if b - a > near and only.find(np.array([0.5 * (a + b)]), np.array([z]))[0][0] >= 0
    ]


def _crossings(t: Array, r: Array, height: Array, near: float) -> list[float]:
    """Radii at which a patch's side, given at the nodes t by r and its height over the line, meets the line."""
    B = interpolation(t, _SAMPLES)
    d = B @ height
    on = np.abs(d) <= near
    found = [float(B[k] @ r) for k in np.flatnonzero(on)]
    for k in np.flatnonzero((d[1:] * d[:-1] < 0.0) & ~on[1:] & ~on[:-1]):
        s = _root(t, height, (_SAMPLES[k], _SAMPLES[k + 1]), (d[k], d[k + 1]))
        found.append(float((interpolation(t, np.array([s])) @ r)[0]))
    return found


def _root(t: Array, values: Array, ends: tuple[float, float], there: tuple[float, float]) -> float:
    """Zero between `ends` of the polynomial through values at the nodes t, by the Illinois rule (SciPy's take longer to load)."""
    (a, b), (fa, fb) = ends, there
    for _ in range(60):
        c = (a * fb - b * fa) / (fb - fa)
        fc = float((interpolation(t, np.array([c])) @ values)[0])
        if abs(fc) <= 1e-15 * np.abs(values).max() or abs(c - b) <= 1e-15:
            return c
        a, fa = (b, fb) if fc * fb < 0.0 else (a, 0.5 * fa)
        b, fb = c, fc
    return b
