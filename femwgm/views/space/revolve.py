"""Revolved shapes: the surfaces of the cut body and the faces of the cut, as points and quadrilaterals; no graphics here."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from femwgm.ground.typing import Array
from femwgm.views.fields.line import Profile
from femwgm.views.fields.outlines import Outline
from femwgm.views.fields.patches import Patches
from femwgm.views.fields.quantities import Quantity, Wave, amplitude
from femwgm.views.figures.equator import PIXELS_PER_LOBE

POINTS_PER_LOBE = 6
ROUND_MOST = 3600
"""Points around the axis: what a picture can show; more lobes than that are drawn as their envelope."""


@dataclass(frozen=True)
class Cut:
    """The part that is taken away: azimuths 0 to `angle` (rad) above z = `floor` (um); -inf makes a wedge."""

    angle: float = np.radians(100.0)
    floor: float = 0.0

    @property
    def wedge(self) -> bool:
        """Whether the cut goes through the whole body."""
        return bool(np.isneginf(self.floor))


@dataclass(frozen=True)
class Sheet:
    """A grid of points (a, b, 3) in um that is one surface of the picture, and how the field colours it.

    Attributes
    ----------
    points
        Positions, shape (a, b, 3).
    layer
        Region whose tint lies below the field.
    patches
        The field on the sheet, shaped to broadcast with `phi` to (a, b); None where nothing is painted.
    phi
        Azimuth (rad).
    envelope
        Whether lobes are too fine for the grid.
    flat
        Whether it lies on a face of the cut.
    """

    points: Array
    layer: str
    patches: Patches | None = None
    phi: Array | float = 0.0
    envelope: bool = False
    flat: bool = False

    def values(self, what: Quantity, wave: Wave, largest: float) -> Array | None:
        """The quantity over its largest modulus, shape (a, b)."""
        if self.patches is None:
            return None
        shape = self.points.shape[:2]
        if not self.envelope:
            return np.broadcast_to(np.squeeze(what(self.patches, self.phi, wave), axis=0), shape) / largest
        if what.signed:
            envelope = amplitude(what, self.patches, wave)
        else:
            quarter = np.pi / (2.0 * max(self.patches.m, 1))
            envelope = 0.5 * (what(self.patches, 0.0, wave) + what(self.patches, quarter, wave))
        return np.broadcast_to(np.squeeze(envelope, axis=0), shape) / largest


def spun(r: Array, z: Array, phi: Array) -> Array:
    """Points (len(r), len(phi), 3) of a curve turned about the axis."""
    return np.stack(
        [r[:, None] * np.cos(phi), r[:, None] * np.sin(phi), np.broadcast_to(z[:, None], (len(r), len(phi)))],
        axis=-1,
    )


def quadrilaterals(rows: int, columns: int) -> Array:
    """Corners (.., 4) of the quadrilaterals between points that are counted row by row.

    >>> quadrilaterals(2, 2).tolist()
    [[0, 1, 3, 2]]
    """
    corner = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
    return np.stack([corner, corner + 1, corner + columns + 1, corner + columns], axis=-1)


def azimuths(lo: float, hi: float, m: int) -> tuple[Array, bool]:
    """Azimuths that resolve the lobes of order m, and whether the lobes are too many and only the envelope is meant."""
    turns = (hi - lo) / (2.0 * np.pi)
    wanted = int(np.ceil(2 * m * POINTS_PER_LOBE * turns))
    envelope = wanted > ROUND_MOST * turns * 1.001 and m > ROUND_MOST / (2 * PIXELS_PER_LOBE)
    count = int(np.clip(wanted, 181 * turns, ROUND_MOST * turns)) if not envelope else int(361 * turns)
    return np.linspace(lo, hi, max(count, 3)), envelope


def surfaces(line: Outline, field: Patches | None, m: int, cut: Cut, ahead: float = 0.0) -> list[Sheet]:
    """The outer surface of a layer without the part cut away; painted where there is a field.

    It is drawn `ahead` (um) of where it is, a hair, so that a cap does not coincide with that of the region around it.
    """
    sheets = []
    below, above = parted(line.r, line.z, cut.floor)
    for (r, z), start in ((above, cut.angle), (below, 0.0)):
        smooth = _smooth_pieces(r, z)
        bands = [
            band
            for rr, zz in smooth
            for band in ([(*_sparse(rr, zz), False)] if field is None else _bands(rr, zz, field))
        ]
        for rr, zz, lit in bands:
            if lit and field is not None:
                phi, envelope = azimuths(start, 2.0 * np.pi, m)
                painted = on_curve(field, rr, zz, line.name)
                sheets.append(Sheet(spun(*_moved(rr, zz, ahead), phi), line.name, painted, phi, envelope))
            else:
                phi = np.linspace(start, 2.0 * np.pi, 181)
                sheets.append(Sheet(spun(*_moved(rr, zz, ahead), phi), line.name))
    return sheets


def _moved(r: Array, z: Array, by: float) -> tuple[Array, Array]:
    """A curve that runs counterclockwise, moved outwards (um)."""
    dr, dz = np.gradient(r), np.gradient(z)
    length = np.maximum(np.hypot(dr, dz), 1e-300)
    return np.maximum(r + by * dz / length, 0.0), z - by * dr / length


def parted(r: Array, z: Array, floor: float) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """A curve that rises through a height at most once, parted there: below and above, each with a point at that height."""
    near = 1e-9 * float(np.ptp(r) + np.ptp(z))
    below, above = z < floor - near, z > floor + near
    if not (below.any() and above.any()):
        whole, nothing = (r, z), (r[:0], z[:0])
        return (whole, nothing) if below.any() else (nothing, whole)
    last, first = int(np.flatnonzero(below)[-1]), int(np.flatnonzero(above)[0])
    t = (floor - z[last]) / (z[first] - z[last])
    level = r[last + 1] if first > last + 1 else (1.0 - t) * r[last] + t * r[first]
    return (
        (np.append(r[: last + 1], level), np.append(z[: last + 1], floor)),
        (np.append(level, r[first:]), np.append(floor, z[first:])),
    )


_SHARP = 0.5
"""A curve that turns by more (rad) from one of its points to the next has an edge there, which light does not smooth."""


def _smooth_pieces(r: Array, z: Array) -> list[tuple[Array, Array]]:
    """A curve cut at its corners; neighbours share a point."""
    if len(r) < 2:
        return []
    turn = np.angle(np.exp(1j * np.diff(np.unwrap(np.arctan2(np.diff(z), np.diff(r))))))
    cuts = [0, *(np.flatnonzero(np.abs(turn) > _SHARP) + 1), len(r) - 1]
    return [(r[a : b + 1], z[a : b + 1]) for a, b in zip(cuts, cuts[1:], strict=False) if b > a]


def _bands(r: Array, z: Array, field: Patches) -> list[tuple[Array, Array, bool]]:
    """The curve in stretches within and beyond the reach of the field; neighbours share a point."""
    lo_r, hi_r, lo_z, hi_z = field.extent
    lit = (z >= lo_z) & (z <= hi_z) & (r >= lo_r) & (r <= hi_r)
    cuts = [0, *(np.flatnonzero(lit[1:] != lit[:-1]) + 1), len(r)]
    found = []
    for a, b in zip(cuts, cuts[1:], strict=False):
        bright = bool(lit[a])
        # The point between a lit and a dark stretch belongs to both, seen as dark from the dark side.
        first, last = (a, b) if bright else (max(a - 1, 0), min(b + 1, len(r)))
        if last - first > 1:
            found.append((*_sparse(r[first:last], z[first:last], 33 if bright else 73), bright))
    return found


def _sparse(r: Array, z: Array, most: int = 73) -> tuple[Array, Array]:
    """Enough points of a curve."""
    if len(r) <= most:
        return r, z
    kept = np.round(np.linspace(0, len(r) - 1, most)).astype(int)
    return r[kept], z[kept]


def on_curve(field: Patches, r: Array, z: Array, region: str) -> Patches:
    """The field on the inner side of a curve as one patch (1, points, 1)."""
    r_in, z_in = inside_of(r, z)
    E, H = field(r_in, z_in, region)
    shape = (1, len(r), 1)
    number = np.array([field.regions.index(region)])
    return replace(
        field, r=r.reshape(shape), z=z.reshape(shape), E=E.reshape(3, *shape), H=H.reshape(3, *shape), region=number,
        t=np.array([0.0]),
    )  # fmt: skip


def inside_of(r: Array, z: Array) -> tuple[Array, Array]:
    """Points a hair inside a curve that runs counterclockwise, as outlines do, and as far from its ends, which may be corners."""
    dr, dz = np.gradient(r), np.gradient(z)
    length = np.maximum(np.hypot(dr, dz), 1e-300)
    hair = 1e-5 * float(np.hypot(np.ptp(r), np.ptp(z)) + r.max())
    along = np.zeros(len(r))
    along[0], along[-1] = hair, -hair
    return np.maximum(r + (along * dr - hair * dz) / length, 0.0), z + (along * dz + hair * dr) / length


def meridian_face(
    field: Patches,
    phi: float,
    floor: float,
    lift: float,
    layers: tuple[str, ...],
    plates: tuple[Outline, ...] = (),
    pixel: float = 0.0,
) -> list[Sheet]:
    """The field of the solid on the half plane at an azimuth above the floor, lifted off it by a hair along the normal.

    In a background layer it ends where what is drawn of that layer ends, at one of the `plates`. Patches get a point for every
    few pixels (um) of theirs.
    """
    ends = {plate.name: (plate.r.max(), plate.z.min(), plate.z.max()) for plate in plates}
    sheets = []
    side = lift * np.array([-np.sin(phi), np.cos(phi), 0.0])
    above = field.select(layers)
    above = above.pick(np.flatnonzero(above.z.max(axis=(1, 2)) > floor))
    sizes = np.maximum(np.ptp(above.r, axis=(1, 2)), np.ptp(above.z, axis=(1, 2)))
    steps = np.array(_FACE_POINTS)
    counts = (
        steps[np.searchsorted(steps[:-1], sizes / (_PIXELS_APART * pixel))]
        if pixel
        else np.full(len(above), steps[-1])
    )
    for n in np.unique(counts):
        fine = above.pick(np.flatnonzero(counts == n)).at(np.linspace(0.0, 1.0, n))
        for i in range(len(fine)):
            name = field.regions[fine.region[i]]
            widest, lowest, highest = ends.get(name, (np.inf, -np.inf, np.inf))
            r, z = np.minimum(fine.r[i], widest), np.clip(fine.z[i], max(floor, lowest), highest)
            sheets.append(Sheet(upright(r, z, phi) + side, name, fine.one(i), phi, flat=True))
    return sheets


_FACE_POINTS = (5, 9, 17, 31, 61)
"""Points along the sides of a patch on a face, of which the next is taken."""
_PIXELS_APART = 2.5


def flat_face(
    line: Profile, cut: Cut, m: int, lift: float, layers: tuple[str, ...], close_up: bool
) -> list[Sheet]:
    """The field of the solid on the plane z = floor within the cut's angle; for a close-up the first lobes finely."""
    sheets = []
    parts = [(0.0, cut.angle)]
    if close_up and m > 400:
        first = min(cut.angle, 260.0 * np.pi / m)
        parts = [(0.0, first), (first, cut.angle)]
    for i in np.unique(line.region):
        name = line.patches.regions[i]
        if name not in layers:
            continue
        inside = _thinned(line, np.flatnonzero(line.region == i))
        if len(inside) < 2:
            continue
        p = line.patches
        own = replace(
            p, r=p.r[:, 0, inside][:, :, None], z=p.z[:, 0, inside][:, :, None], E=p.E[:, :, 0, inside][..., None],
            H=p.H[:, :, 0, inside][..., None], region=np.array([i]),
        )  # fmt: skip
        for lo, hi in parts:
            phi, envelope = azimuths(lo, hi, m)
            if close_up and lo == 0.0:
                phi, envelope = (
                    np.linspace(lo, hi, int(np.clip(2 * m * 9 * hi / (2 * np.pi), 60, 3000))),
                    False,
                )
            sheets.append(
                Sheet(
                    spun(own.r[0, :, 0], np.full(len(inside), cut.floor + lift), phi),
                    name,
                    own,
                    phi,
                    envelope,
                    flat=True,
                )
            )
    return sheets


def _thinned(line: Profile, inside: Array, most: int = 81) -> Array:
    """Points of a region where there is something to see, no more than a picture needs and as far apart everywhere."""
    e2 = (np.abs(line.patches.E) ** 2).sum(axis=0).ravel()
    seen = inside[e2[inside] > 1e-5 * e2.max()]
    if len(seen) <= most:
        return seen
    r = line.r[seen]
    return seen[np.unique(np.searchsorted(r, np.linspace(r[0], r[-1], most)))]


def half_disc(line: Outline, phi: float, floor: float, lift: float) -> Array:
    """Rim (points, 3) of a layer's cut face at an azimuth."""
    r, z = parted(line.r, line.z, floor)[1]
    closed = line.r[0] > 1e-9 * line.r.max() or line.r[-1] > 1e-9 * line.r.max()
    if not closed and not np.isneginf(floor):
        z = np.concatenate([[max(floor, z.min())], z])
        r = np.concatenate([[0.0], r])
    side = lift * np.array([-np.sin(phi), np.cos(phi), 0.0])
    return upright(r, z, phi) + side


def upright(r: Array, z: Array, phi: float) -> Array:
    """Points (..., 3) of the half plane at an azimuth."""
    return np.stack([r * np.cos(phi), r * np.sin(phi), z], axis=-1)


def sector(radius: float, cut: Cut, lift: float, points: int = 181) -> Array:
    """Rim (points + 1, 3) of a layer's flat cut face."""
    phi = np.linspace(0.0, cut.angle, points)
    rim = np.stack([radius * np.cos(phi), radius * np.sin(phi), np.full(points, cut.floor + lift)], axis=-1)
    return np.concatenate([[[0.0, 0.0, cut.floor + lift]], rim])
