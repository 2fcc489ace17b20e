"""Where the energy density of a mode is largest.

Re(eps) |E|^2 jumps at an interface, so each medium is looked through up to its own side of it. At a sharp edge of a
dielectric or a metal the field grows without bound (Meixner, IEEE Trans. Antennas Propag. 20, 442 (1972)) and there is no
maximum: what is taken then, as in the literature, is the largest maximum in the interior, the edge and the slope that climbs
towards it left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from femwgm.fem.field import CellField
from femwgm.fem.mapping import CurvedMapping
from femwgm.fem.problem import Media
from femwgm.fem.spaces import Space
from femwgm.ground.typing import Array, IntArray
from femwgm.mesh.curved import CurvedMesh
from femwgm.mesh.domain import PML

_ZOOM, _ROUNDS = 9, 7
_CANDIDATES = 3
"""Cells that are zoomed into: samples tell their maxima to a per cent or so."""
_KINK = 0.02
"""Turn (rad) of an interface at a vertex from which the edge counts as sharp: curved cells follow smooth curves far better."""
_TINY = 1e-300
_FAINT = 0.01
"""Density, over the largest of all, below which a maximum off the edges is not one of the mode."""


@dataclass(frozen=True)
class Crest:
    """Where Re(eps) |E|^2 is largest: permittivity, field (r, phi, z) and position (um).

    `interior` says that a sharp edge outshines it, where the density has no maximum; `edge` that the density falls from the sharp
    edges everywhere, so that there is no maximum in the interior either, and the brightest sample stands here.
    `cell` is the cell that it was found in, on that cell's side of an interface. The permittivity is E* . eps . E / |E|^2, along
    the field where the medium is uniaxial.
    """

    eps: complex
    E: Array
    r: float
    z: float
    interior: bool = False
    edge: bool = False
    cell: int = -1

    @property
    def density(self) -> float:
        """Re(eps) |E|^2."""
        return float(self.eps.real * (np.abs(self.E) ** 2).sum())

    def with_media(self, media: Media, axis: str | None) -> Crest:
        """The same place and field with the permittivity at another wavenumber."""
        eps = complex(media.eps[self.cell])
        if media.eps_axial is not None:
            square = float((np.abs(self.E) ** 2).sum())
            share = float(_along_the_axis(axis, self.E, np.array([self.r, self.z]))) / square
            eps += complex(media.eps_axial[self.cell] - eps) * share
        return replace(self, eps=eps)


def _along_the_axis(axis: str | None, E: Array, x: Array) -> Array:
    """|E|^2 of the component along the optic axis, "z" or "radial", of fields (3, ...) at x (2, ...)."""
    along = E[2] if axis == "z" else (x[0] * E[0] + x[1] * E[2]) / np.maximum(np.hypot(x[0], x[1]), _TINY)
    return np.asarray(np.abs(along) ** 2)


def _weighed(media: Media, axis: str | None, E: Array, x: Array, cells: IntArray) -> Array:
    """Re(E* . eps . E) of fields (3, cells, ...) at x (2, cells, ...)."""
    square = (np.abs(E) ** 2).sum(axis=0)
    shape = (-1,) + (1,) * (square.ndim - 1)
    out = media.eps.real[cells].reshape(shape) * square
    if media.eps_axial is not None:
        more = (media.eps_axial - media.eps).real[cells].reshape(shape)
        out = out + more * _along_the_axis(axis, E, x)
    return np.asarray(out)


def crest(
    field: CellField, media: Media, axis: str | None = None, limit: tuple[Array, float] | None = None
) -> Crest:
    """The place of largest Re(eps) |E|^2 outside the absorbing layer: sampled on every cell, edges included, and zoomed in.

    Parameters
    ----------
    field
        The mode.
    media
        Permittivities of the cells, at a real wavenumber.
    axis
        Optic axis of uniaxial media, "z" or "radial".
    limit
        Cells (bool) that count up to a distance from the origin only, and that distance (um).
    """
    mesh = field.space.mesh
    cells = outside_layer(mesh)
    samples = field.space.degree + 7
    grid = _into_cell(
        np.array(np.meshgrid(*[lobatto(samples)] * 2, indexing="ij")).reshape(2, -1), mesh.corners
    )
    E, x = field.electric(grid, cells, keep=True)
    density = _weighed(media, axis, E, x.real, cells)
    distance = np.abs(x[0])
    density[distance < 1e-6 * distance.max()] = (
        0.0  # on the axis E_phi = i v / r is a quotient of two roundings
    )
    if limit is not None:
        density[limit[0][cells][:, None] & (np.hypot(*x.real) > limit[1] * (1.0 + 1e-9))] = 0.0
    brightness = density.max(axis=1)
    summits = _off_the_edges(field.space, media.eps, cells, brightness)
    edge = not len(summits)
    summits = np.argsort(-brightness) if edge else summits
    interior = int(np.argmax(brightness)) not in summits
    chosen = summits[:_CANDIDATES]
    owners = cells[chosen]
    ends = np.full(len(chosen), np.inf) if limit is None else np.where(limit[0][owners], limit[1], np.inf)
    values, x = _zoomed(
        field, media, axis, owners, E[:, chosen], grid[:, density[chosen].argmax(axis=1)], samples, ends
    )
    best = int(np.argmax(_weighed(media, axis, values, x, owners)))
    (r, z), cell = x[:, best].tolist(), int(owners[best])
    return Crest(0j, values[:, best], r, z, interior, edge, cell).with_media(media, axis)


def _zoomed(
    field: CellField, media: Media, axis: str | None, cells: IntArray, E: Array, centres: Array, samples: int, ends: Array
) -> tuple[Array, Array]:  # fmt: skip
    """The field (3, cells) at its maximum in each cell, and where (2, cells), by windows that shrink about the best point.

    Parameters
    ----------
    E
        Samples, shape (3, cells, samples**2).
    centres
        Reference coordinates of the best samples, shape (2, cells).
    ends
        Distance from the centre (um) up to which each cell counts.
    """
    mesh, width, each = field.space.mesh, 2.0 / (samples - 1), np.arange(len(cells))
    zoom = np.array(np.meshgrid(*[np.linspace(-1.0, 1.0, _ZOOM)] * 2, indexing="ij")).reshape(2, 1, -1)
    for _ in range(_ROUNDS):
        X = _into_cell(centres[..., None] + width * zoom, mesh.corners)
        if mesh.corners == 4:
            values = between(E.reshape(3, -1, samples, samples), X[0, :, ::_ZOOM], X[1, :, :_ZOOM])
        else:
            values = field.electric(X, cells)[0]
        limited = bool(np.isfinite(ends).any())
        x = CurvedMapping(mesh).F(X, cells).real if limited or axis == "radial" else X
        size = _weighed(media, axis, values, x, cells)
        if limited:
            size[np.hypot(*x) > ends[:, None] * (1.0 + 1e-9)] = -np.inf
        point = size.argmax(axis=1)
        centres, width = X[:, each, point], width * 2.0 / (_ZOOM - 1)
    positions = CurvedMapping(mesh).F(centres[..., None], cells)[..., 0].real
    return values[:, each, point], positions


def outside_layer(mesh: CurvedMesh) -> IntArray:
    """Cells that are not in the absorbing layer."""
    return np.flatnonzero(mesh.region != (mesh.regions.index(PML) if PML in mesh.regions else -1))


def _off_the_edges(space: Space, eps: Array, cells: IntArray, brightness: Array) -> IntArray:
    """Positions in `cells`, the brightest first, without those at sharp edges and on the slopes that climb towards them."""
    mesh, order = space.mesh, np.argsort(-brightness)
    sharp = sharp_vertices(space, eps)
    if not len(sharp):
        return order
    of_vertex: dict[int, list[int]] = {}
    for i, cell in enumerate(cells):
        for vertex in mesh.topology.t[:, cell]:
            of_vertex.setdefault(int(vertex), []).append(i)
    at_edge = np.asarray(np.isin(mesh.topology.t[:, cells], sharp).any(axis=0))
    summits = []
    for i in order[brightness[order] > _FAINT * brightness[order[0]]]:
        cell = cells[i]
        near = {j for v in mesh.topology.t[:, cell] for j in of_vertex[int(v)] if eps[cells[j]] == eps[cell]}
        if not at_edge[i] and brightness[i] >= max(brightness[j] for j in near) * (1.0 - 1e-9):
            summits.append(i)
            if len(summits) == _CANDIDATES:
                break
    return np.array(summits, dtype=np.int64)


def sharp_vertices(space: Space, eps: Array) -> IntArray:
    """Vertices off the axis and the mirror plane where an interface turns, or where more than two media meet; kept."""
    mesh = space.mesh
    left, right = mesh.topology.f2t
    outside = np.isin(np.arange(mesh.cells), outside_layer(mesh), invert=True)
    walls = mesh.boundaries.get("wall", np.zeros(0, dtype=np.int64))
    between_media = (right >= 0) & (eps[left] != eps[right]) & ~outside[left] & ~outside[right]
    facets = np.concatenate([np.flatnonzero(between_media), walls[~outside[left[walls]]]])
    key = ("sharp", facets.tobytes())
    if key not in space.probes:
        space.probes[key] = _kinks(mesh, facets)
    found: IntArray = space.probes[key]
    return found


def _kinks(mesh: CurvedMesh, facets: IntArray) -> IntArray:
    """Vertices where facets meet at an angle, or more than two of them."""
    if not len(facets):
        return np.zeros(0, dtype=np.int64)
    cells = mesh.topology.f2t[0][facets]
    corner = np.array(
        [[0, 0], [1, 0], [1, 1], [0, 1]] if mesh.corners == 4 else [[0, 0], [1, 0], [0, 1]], dtype=float
    )
    ends, local = mesh.topology.facets[:, facets], mesh.topology.t[:, cells]
    places = [np.argmax(local == end, axis=0) for end in ends]
    leaving: dict[int, list[Array]] = {}
    for here, there, vertices in ((*places, ends[0]), (*places[::-1], ends[1])):
        along = corner[there] - corner[here]
        J = CurvedMapping(mesh).DF(corner[here].T[:, :, None], cells)[..., 0].real
        tangent = np.einsum("ije,ej->ei", J, along)
        tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
        for vertex, t in zip(vertices, tangent, strict=True):
            leaving.setdefault(int(vertex), []).append(t)
    return np.array(
        [
            v
            for v, t in leaving.items()
            if len(t) > 2 or (len(t) == 2 and np.linalg.norm(t[0] + t[1]) > _KINK)
        ],
        dtype=np.int64,
    )


def between(values: Array, a: Array, b: Array) -> Array:
    """Fields (3, cells, n n) at the products of coordinates (cells, n) of their own in each cell, from samples (3, cells, s, s).

    The samples lie at Chebyshev-Lobatto points; the sampled field is a polynomial of the element's degree in each direction times
    a smooth map, so nothing is lost.
    """
    samples = values.shape[-1]
    x, y = (_interpolation(samples, t.ravel()).reshape(*t.shape, samples) for t in (a, b))
    return (x @ values @ np.swapaxes(y, 1, 2)).reshape(*values.shape[:2], -1)


def _interpolation(samples: int, t: Array) -> Array:
    """Matrix from values at `lobatto(samples)` to values at t (Berrut and Trefethen, SIAM Rev. 46, 501 (2004), eq. 5.4)."""
    weights = (-1.0) ** np.arange(samples)
    weights[[0, -1]] *= 0.5
    gap = t[:, None] - lobatto(samples)
    hit = np.abs(gap) < 1e-15
    ratio = weights / np.where(hit, 1.0, gap)
    matrix = ratio / ratio.sum(axis=1, keepdims=True)
    row = hit.any(axis=1)
    matrix[row] = hit[row]
    return np.asarray(matrix)


@lru_cache(maxsize=64)
def lobatto(samples: int) -> Array:
    """Chebyshev-Lobatto points of the unit interval, ascending, both ends included."""
    return np.asarray(0.5 * (1.0 - np.cos(np.pi * np.arange(samples) / (samples - 1))))


def _into_cell(X: Array, corners: int) -> Array:
    X = np.clip(X, 0.0, 1.0)
    return X if corners == 4 else np.stack([X[0], np.minimum(X[1], 1.0 - X[0])])
