"""Domain, degree and cell sizes of any cross-section from the tolerance: the counterpart of `femwgm.mesh.domain`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from femwgm.errors import MeshError
from femwgm.geometry.section import Section
from femwgm.ground.typing import Array
from femwgm.mesh.corners import towards_corners
from femwgm.mesh.curved import CurvedMesh
from femwgm.mesh.domain import Choices
from femwgm.mesh.landscape import Known, Landscape, Wave
from femwgm.mesh.planar import Box, Extent, Frame, build_planar
from femwgm.mesh.sizes import GRADE, Sizes, graded

_SAFETY = 3.0
_STRENGTH = 1.5
_DEGREES = range(4, 9)
_OBLIQUE = 0.5
"""Share of the absorption at normal incidence that cells in the absorbing layer may count on."""
_TURN = 0.7
"""Angle (rad) of a curved outline that one edge may span."""
_BULGE = 0.45
"""Length of an edge along a film over that of the chord whose arc bulges by the film's thickness."""
_TOUCHING = 1e-4
"""Distance of two outlines, over the radius of curvature, below which they touch."""
_SINGULARITY = 0.7
"""Exponent to which a field at a right-angled dielectric wedge is taken to be smooth, at worst."""
_FINEST = 1e-3
"""Smallest cell at a wedge in units of 1 / k: below, rounding in the matrices costs more digits than the wedge does."""


_GLANCE = 4_000
"""Grid points of the first look at where a field may matter."""


@dataclass(frozen=True)
class GeneralDomain:
    """Box, absorbing frame, degree and sizes.

    Attributes
    ----------
    box
        Domain without its absorbing layer (um).
    frame
        Depths of the absorbing layer.
    degree, order
        Degree of the elements and of the cells.
    tail
        Action to which the fields are followed.
    mirror
        Whether the domain ends at the mirror plane z = 0.
    strength
        Strength of the absorbing layer.
    sizes
        Wanted edge lengths.
    wedges
        (r, z, finest) of sharp edges: how small the cells get there (um).
    extent
        What of the box belongs to the domain.
    """

    section: Section
    box: Box
    frame: Frame
    degree: int
    order: int
    tail: float
    mirror: bool
    strength: float
    sizes: Sizes
    wedges: tuple[tuple[float, float, float], ...] = ()
    extent: Extent | None = None

    @property
    def open(self) -> bool:
        """Whether the domain has an absorbing layer."""
        return self.frame != Frame()

    def real_mesh(self) -> CurvedMesh:
        """Mesh of the domain before the absorbing layer is stretched."""
        mesh = build_planar(
            self.section,
            self.box,
            self.sizes,
            self.order,
            frame=self.frame,
            mirror=self.mirror,
            extent=self.extent,
        )
        return towards_corners(mesh, self.wedges)

    @property
    def start(self) -> tuple[float, float, float]:
        """Where the absorbing layer begins: in r, below and above in z (um)."""
        box, frame = self.box, self.frame
        return (
            box.r1 if frame.outside else np.inf, box.z0 if frame.below else -np.inf, box.z1 if frame.above else np.inf
        )  # fmt: skip


def design_general(
    section: Section, indices: Mapping[str, float], waves: Sequence[Wave], tolerance: float, choices: Choices | None = None,
    known: Known | None = None,
) -> GeneralDomain:  # fmt: skip
    """Domain that holds fields of a section to a relative tolerance of the wavelength.

    Parameters
    ----------
    section
        The cross-section.
    indices
        Real index of each region.
    waves
        The fields expected.
    tolerance
        Relative error of the wavelength.
    choices
        What the user fixes.
    known
        Action of the fields where it is known: a function of points (n, 2).

    Raises
    ------
    MeshError
        If no field is expected.
    """
    if not waves:
        raise MeshError("a domain needs at least one expected mode")
    choices = choices or Choices()
    tail = 0.5 * np.log(1.0 / tolerance) + 2.0
    mirror = choices.mirror and section.symmetric
    landscape = _survey(section, indices, waves, tail, mirror, choices.pml_distance or 0.0, known)
    strength = choices.pml_strength or _STRENGTH
    box, frame = _limits(section, indices, waves, landscape, tail, mirror, strength, choices)
    box = _walled(section, box)
    limit = _SAFETY * np.sqrt(tolerance)
    degrees = [choices.degree] if choices.degree else list(_DEGREES)
    stretched = _stretch(landscape, box, frame, strength)
    absorption = max(indices[section.ambient] * wave.k0 for wave in waves) * strength
    landscape.S = landscape.S + _OBLIQUE * absorption * _depth_in_layer(landscape, box, frame)
    _, degree = min((_cost(landscape, box, frame, k, limit, stretched), k) for k in degrees)
    grid = landscape.sizes(degree, limit, stretched=stretched) * 0.5**choices.refine
    sizes = _sizes(section, landscape, grid, box)
    wedges = _wedges(section, landscape, box, tolerance, waves)
    order = min(max(degree, 4), 9)
    return GeneralDomain(section, box, frame, degree, order, float(tail), mirror, strength, sizes, wedges)


def _survey(
    section: Section, indices: Mapping[str, float], waves: Sequence[Wave], tail: float, mirror: bool,
    distance: float, known: Known | None,
) -> Landscape:  # fmt: skip
    """Landscape over the body and as far around it as any field may matter, beyond a layer that begins at a `distance`."""
    r0, r1, z0, z1 = section.bounds
    ambient = indices[section.ambient]
    reach = 0.0
    for wave in waves:
        decay = np.sqrt(max((wave.m / r1) ** 2 - (ambient * wave.k0) ** 2, (0.3 * ambient * wave.k0) ** 2))
        reach = max(reach, 1.5 * tail / decay)
    longest = max(2.0 * np.pi / (ambient * wave.k0) for wave in waves)
    reach = max(min(reach, 2.5 * longest + r1), distance + 0.5 * longest)
    walls = section.walls
    box = Box(
        max(0.0, r0 - reach), min(r1 + reach, walls.radius or np.inf),
        0.0 if mirror else max(z0 - reach, -np.inf if walls.bottom is None else walls.bottom),
        min(z1 + reach, np.inf if walls.top is None else walls.top),
    )  # fmt: skip
    # A glance at everything, then a look at the part that matters.
    glance = Landscape(section, indices, waves, box, tail, known, _GLANCE)
    return Landscape(section, indices, waves, _clip(glance.extent(1.3 * tail), box), tail, known)


def _clip(box: Box, within: Box) -> Box:
    return Box(max(box.r0, within.r0), min(box.r1, within.r1), max(box.z0, within.z0), min(box.z1, within.z1))


def _limits(
    section: Section, indices: Mapping[str, float], waves: Sequence[Wave], landscape: Landscape, tail: float, mirror: bool,
    strength: float, choices: Choices,
) -> tuple[Box, Frame]:  # fmt: skip
    """The box where S < tail, cut off by an absorbing layer on each side where it reaches farther than need be."""
    _, r1, z0, z1 = section.bounds
    whole = landscape.extent(tail)
    ambient = indices[section.ambient]
    k = min(wave.k0 for wave in waves)
    wavelength = 2.0 * np.pi / (ambient * k)
    caustic = max(wave.m / (ambient * wave.k0) for wave in waves)
    gap = (
        choices.pml_distance
        if choices.pml_distance is not None
        else float(np.clip(caustic - r1, 0.3 * wavelength, wavelength))
    )
    if choices.absorbing is False or not (choices.absorbing or _leaks(landscape, waves, tail)):
        return whole, Frame()
    limits = (r1 + gap, z0 - gap, z1 + gap)
    walls = section.walls
    leaks = (
        whole.r1 > limits[0] and walls.radius is None,
        whole.z0 < limits[1] and walls.bottom is None and not mirror,
        whole.z1 > limits[2] and walls.top is None,
    )
    box = Box(
        whole.r0,
        limits[0] if leaks[0] else whole.r1,
        limits[1] if leaks[1] else whole.z0,
        limits[2] if leaks[2] else whole.z1,
    )
    if choices.pml_depth is not None:
        return box, Frame(*(choices.pml_depth if leak else 0.0 for leak in leaks))
    deep = [
        layer_depth(
            wave, ambient, box.r1, strength, tail - float(landscape.S[landscape.r > box.r1].min(initial=tail))
        )
        for wave in waves
    ]
    return box, Frame(*(max(deep) if leak else 0.0 for leak in leaks))


def layer_depth(wave: Wave, index: float, start: float, strength: float, action: float) -> float:
    """Depth (um) of an absorbing layer from a radius in which an outgoing wave of an order decays by exp(-action).

    Along the complex radius the wave's action is the integral of sqrt((m / r)^2 - (n k)^2), and the layer is at least a quarter
    of a wavelength deep.
    """
    wavelength = 2.0 * np.pi / (index * wave.k0)
    t = np.linspace(0.0, max(action, 1.0) * max(wavelength, 0.2 * start) * 3.0, 4000)
    path = start + (1.0 + 1j * strength) * t
    kappa = np.sqrt((wave.m / path) ** 2 - (index * wave.k0) ** 2) * (1.0 + 1j * strength)
    kappa = np.where(kappa.real < 0.0, -kappa, kappa).real
    S = np.r_[0.0, np.cumsum(0.5 * (kappa[1:] + kappa[:-1]) * np.diff(t))]
    return max(float(np.interp(action, S, t)), 0.25 * wavelength)


def _leaks(landscape: Landscape, waves: Sequence[Wave], tail: float) -> bool:
    """Whether the evanescent tail outside the body reaches, above the accuracy, a place where the field propagates."""
    solid = landscape.solid
    for wave in waves:
        free = landscape.eps * wave.k0**2 > (wave.m / landscape.r[:, None]) ** 2
        if (free & ~solid & (tail > landscape.S)).any():
            return True
    return False


def _walled(section: Section, box: Box) -> Box:
    """The box that ends at the walls wherever it comes near them."""
    w = section.walls
    if not section.pieces or w.closed:
        r0, r1, z0, z1 = (
            section.bounds
            if not section.pieces
            else (box.r0, w.radius or box.r1, w.bottom or 0.0, w.top or 0.0)
        )
        return Box(r0, r1, max(z0, box.z0) if box.z0 == 0.0 else z0, z1)
    low = box.z0 if w.bottom is None else max(w.bottom, box.z0)
    high = box.z1 if w.top is None else min(w.top, box.z1)
    return Box(box.r0, box.r1 if w.radius is None else min(w.radius, box.r1), low, high)


def _stretch(landscape: Landscape, box: Box, frame: Frame, strength: float) -> Array:
    r, z = landscape.r[:, None], landscape.z[None, :]
    layer = (r > box.r1) if frame.outside else np.zeros((len(landscape.r), 1), dtype=bool)
    layer = layer | (((z > box.z1) & (frame.above > 0.0)) | ((z < box.z0) & (frame.below > 0.0)))
    return np.where(layer, np.hypot(1.0, strength), 1.0)


def _depth_in_layer(landscape: Landscape, box: Box, frame: Frame) -> Array:
    """How deep (um) in the absorbing layer each grid point lies."""
    r, z = landscape.r[:, None], landscape.z[None, :]
    out = np.maximum(r - box.r1, 0.0) * (frame.outside > 0.0)
    return np.maximum(out, np.maximum((z - box.z1) * (frame.above > 0.0), (box.z0 - z) * (frame.below > 0.0)))


def _cost(landscape: Landscape, box: Box, frame: Frame, degree: int, limit: float, stretched: Array) -> float:
    """Operations of condensation, assembly and factorisation, up to a common factor."""
    sizes = landscape.sizes(degree, limit, stretched=stretched)
    outer = frame.around(box)
    r, z = landscape.r[:, None], landscape.z[None, :]
    inside = (r > outer.r0) & (r < outer.r1) & (z > outer.z0) & (z < outer.z1)
    area = landscape.step[0] * landscape.step[1]
    cells = float((inside * area / (0.433 * sizes**2)).sum()) + 20.0
    interior = degree * (degree - 1) + (degree - 1) * (degree - 2) // 2
    local = degree * (degree + 2) + (degree + 1) * (degree + 2) // 2
    skeleton = cells * 3.0 * degree
    return cells * (3.0 * interior**3 + 15.0 * degree * local**2) + 60.0 * skeleton**1.6


def _sizes(section: Section, landscape: Landscape, grid: Array, box: Box) -> Sizes:
    """Edge lengths from the grid, the curvature of the outlines, and films along curves, in which long cells would fold."""
    for points, radius in section.tightest:
        low, high = points.min(axis=0) - 0.2 * radius, points.max(axis=0) + 0.2 * radius
        i = np.flatnonzero((landscape.r > low[0]) & (landscape.r < high[0]))
        j = np.flatnonzero((landscape.z > low[1]) & (landscape.z < high[1]))
        if len(i) and len(j):
            block = np.ix_(i, j)
            grid[block] = np.minimum(grid[block], _TURN * radius)
    for points, radius, gap in section.films:
        largest = _BULGE * float(np.sqrt(8.0 * radius * gap))
        if _TOUCHING * radius < gap and largest < _TURN * radius:
            apart = [np.hypot(landscape.r[:, None] - r, landscape.z - z) for r, z in points]
            near = np.min(apart, axis=0) < largest
            grid = graded(np.where(near, np.minimum(grid, largest), grid), landscape.step, GRADE)
    return Sizes(0.5 * max(box.r1 - box.r0, box.z1 - box.z0), landscape.r, landscape.z, grid)


def _wedges(
    section: Section, landscape: Landscape, box: Box, tolerance: float, waves: Sequence[Wave]
) -> tuple[tuple[float, float, float], ...]:
    """(r, z, finest) of the sharp edges in a box: cells there as small as the field at them asks for."""
    k = max(wave.k0 for wave in waves) * float(np.abs(landscape.n).max())
    inside = [(r, z) for (r, z), _ in section.corners if box.r0 <= r <= box.r1 and box.z0 <= z <= box.z1]
    action = landscape.interpolated(np.minimum(landscape.S, 50.0), np.array(inside).reshape(-1, 2))
    finest = np.clip((tolerance * np.exp(2.0 * action)) ** (0.5 / _SINGULARITY), _FINEST, 1.0) / k
    return tuple((r, z, float(h)) for (r, z), h in zip(inside, finest, strict=True))
