"""The eigenproblem of one domain: mesh, media and conditions turned into pencils, with cell matrices kept for reuse."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from femwgm.fem.assemble import CellMatrices, assemble
from femwgm.fem.condense import Numbering
from femwgm.fem.element import CurlElement, ScalarElement
from femwgm.fem.field import CellField
from femwgm.fem.pencil import Pencil
from femwgm.fem.spaces import Space
from femwgm.ground.lossless import slope_without_loss, without_loss
from femwgm.ground.tabulated import axis_wavenumber
from femwgm.ground.typing import Array, IntArray
from femwgm.materials import Material
from femwgm.mesh.curved import CurvedMesh
from femwgm.mesh.domain import PML

_KEPT_BYTES = 2**26
"""Cell matrices larger than this are made anew rather than kept."""


@dataclass(frozen=True)
class Media:
    """Permittivities on the cells at one wavenumber.

    Attributes
    ----------
    eps
        Permittivity of each cell, real if no medium has loss or gain.
    eps_axial
        Permittivity along the optical axis, None if every medium is isotropic.
    slope, slope_axial
        d eps / d k0 (um).
    """

    eps: Array
    eps_axial: Array | None
    slope: Array
    slope_axial: Array | None

    @property
    def dispersive(self) -> bool:
        """Whether any permittivity has a slope."""
        return bool(np.any(self.slope) or (self.slope_axial is not None and np.any(self.slope_axial)))


class MeridianProblem:
    """Mesh and media of one domain.

    Parameters
    ----------
    mesh
        Curved mesh; complex nodes where an absorbing layer stretches them.
    media
        Material of each region of the mesh; the absorbing layer continues the `ambient`.
    ambient
        Name of the ambient region.
    body
        Names of the regions whose field bears the labels of a mode; by default all.
    """

    def __init__(
        self, mesh: CurvedMesh, media: Mapping[str, Material], ambient: str, body: Sequence[str] | None = None
    ) -> None:
        self.mesh, self.ambient, self.by_region, self.body = mesh, ambient, media, body
        self.materials = [media[ambient if name == PML else name] for name in mesh.regions]
        axes = {m.axis for m in self.materials if m.axis is not None}
        if len(axes) > 1:
            raise ValueError("one optical axis per body: all uniaxial media must share 'z' or 'radial'")
        self.axis = next(iter(axes), None)
        self._levels: dict[int, CellMatrices] = {}
        self._numberings: dict[tuple[int, bool, str | None, str], Numbering] = {}
        self._last: dict[tuple[str, int], tuple[Any, Array]] = {}
        self.families: Any = (
            None  # `femwgm.solver.families.Families` of the modes to be asked for, where there are many
        )
        self.without_loss = False
        self.reach = (
            0.0  # um about the origin that holds the body, of which the mesh may lack what lies near the axis
        )
        self.layers: Sequence[tuple[float, float, str]] = ()  # of background: bottom and top (um), region

    @cached_property
    def lossless(self) -> MeridianProblem:
        """The same body without absorption and gain (`femwgm.ground.lossless`); matrices are shared."""
        twin = copy(self)
        twin.without_loss = True
        return twin

    def lossy(self, k0: complex) -> bool:
        """Whether any medium has loss or gain at the real part of a wavenumber (rad/um)."""
        k = complex(complex(k0).real)
        values = [m.permittivity(k) for m in self.materials] + [
            m.permittivity_axial(k) for m in self.materials
        ]
        return not self.without_loss and any(v.imag != 0.0 for v in values)

    @property
    def open(self) -> bool:
        """Whether the domain has an absorbing layer."""
        return PML in self.mesh.regions

    @property
    def regions(self) -> tuple[str, ...]:
        """Names of the media's regions: the absorbing layer belongs to the ambient."""
        return tuple(name for name in self.mesh.regions if name != PML)

    @property
    def region(self) -> IntArray:
        """Index into `regions` of each cell."""
        if self.mesh.medium is not None:
            return self.mesh.medium
        names = [self.ambient if name == PML else name for name in self.mesh.regions]
        return np.array([self.regions.index(name) for name in names])[self.mesh.region]

    @property
    def body_cells(self) -> Array | None:
        """Which cells bear the labels of a mode; None for all."""
        if self.body is None:
            return None
        return np.isin(self.mesh.region, [i for i, n in enumerate(self.mesh.regions) if n in self.body])

    @property
    def extent(self) -> tuple[float, float, float]:
        """Smallest and largest distance from the centre (um) and largest latitude (rad) of the domain."""
        r, z = np.moveaxis(self.mesh.nodes.real, -1, 0)
        rho = np.hypot(r, z)
        return float(rho.min()), float(rho.max()), float(np.arctan2(z, np.maximum(r, 1e-300)).max())

    @property
    def dispersive(self) -> bool:
        """Whether any permittivity depends on the wavenumber."""
        return any(m.dispersive for m in self.materials)

    @property
    def tabulated(self) -> bool:
        """Whether any permittivity is known at real wavelengths only."""
        return any(m.tabulated for m in self.materials)

    def matrices(self, degree: int) -> CellMatrices:
        """Cell matrices of a degree, assembled once."""
        if degree not in self._levels:
            self._levels[degree] = assemble(Space(self.mesh, degree), axis=self.axis)
        return self._levels[degree]

    def forget(self) -> None:
        """Give the memory of everything back that is assembled anew when it is asked for."""
        for kept in (self._levels, self._numberings, self._last):
            kept.clear()

    def media(self, k0: complex) -> Media:
        """Permittivities at a wavenumber (rad/um)."""
        region = self.mesh.region if self.mesh.medium is None else self.mesh.medium

        def on_cells(values: Sequence[complex]) -> Array:
            array = np.array(values)[region]
            return np.asarray(array.real if not np.any(array.imag) else array)

        across = [self._at(m.permittivity, m.permittivity_slope, k0) for m in self.materials]
        eps, slope = (on_cells(values) for values in zip(*across, strict=True))
        if self.axis is None:
            return Media(eps, None, slope, None)
        along = [self._at(m.permittivity_axial, m.permittivity_axial_slope, k0) for m in self.materials]
        axial, axial_slope = (on_cells(values) for values in zip(*along, strict=True))
        return Media(eps, axial, slope, axial_slope)

    def _at(
        self, law: Callable[[complex], complex], slope: Callable[[complex], complex], k0: complex
    ) -> tuple[complex, complex]:
        """A permittivity and its slope; without loss, one that is complex at real wavelengths counts by its twin there."""
        if self.without_loss:
            k = complex(axis_wavenumber(k0))
            real = np.asarray(law(k))
            if real.imag != 0.0:
                return complex(without_loss(real)), complex(slope_without_loss(real, np.asarray(slope(k))))
        return law(k0), slope(k0)

    def permittivities(self, k0: complex) -> dict[str, tuple[complex, complex]]:
        """Permittivity across and along the optical axis of the medium of each region."""
        return {
            name: (
                self._at(m.permittivity, m.permittivity_slope, k0)[0],
                self._at(m.permittivity_axial, m.permittivity_axial_slope, k0)[0],
            )
            for name, m in zip(self.mesh.regions, self.materials, strict=True)
            if name != PML
        }

    def numbering(self, degree: int, m: int, mirror: str | None, outer: str = "conductor") -> Numbering:
        """Free unknowns for an azimuthal order, a mirror condition and a condition at the end of the domain."""
        key = (degree, m == 0, mirror, outer)
        if key not in self._numberings:
            conductors = [
                "wall",
                *(n for n, kind in (("mirror", mirror), ("outer", outer)) if kind == "conductor"),
            ]
            space = self.matrices(degree).space
            self._numberings[key] = Numbering(space, space.fixed(m, conductors))
        return self._numberings[key]

    def pencil(
        self, degree: int, m: int, mirror: str | None, k0: complex, outer: str = "conductor"
    ) -> Pencil:
        """Pencil K - k^2 M for azimuthal order m with the media at k0.

        Parameters
        ----------
        mirror
            "conductor" or "natural" at z = 0, None without a mirror plane.
        outer
            "conductor" or "natural" at the end of the domain; the difference of the two measures the effect of ending it.
        """
        matrices, media = self.matrices(degree), self.media(k0)
        eps, axial = media.eps, media.eps_axial
        return Pencil(
            self.numbering(degree, m, mirror, outer),
            lambda: self._shared(("K", degree), m, lambda: matrices.stiffness(m)),
            lambda: self._shared(
                ("M", degree),
                (eps.tobytes(), None if axial is None else axial.tobytes()),
                lambda: matrices.mass(eps, axial),
            ),
        )

    def _shared(self, kind: tuple[str, int], key: Any, make: Callable[[], Array]) -> Array:
        """Cell matrices as made last for the same order or media: modes of both polarizations and their count ask in turn."""
        kept = self._last.get(kind)
        if kept is None or kept[0] != key:
            made = make()
            made.flags.writeable = False
            if made.nbytes > _KEPT_BYTES:
                return made
            self._last[kind] = kept = (key, made)
        return kept[1]

    def field(self, pencil: Pencil, x: Array, m: int, k0: complex, mirror: str | None) -> CellField:
        """The field of an eigenvector."""
        return CellField(pencil.numbering.space, pencil.numbering.to_space(x), m, k0, mirror)


def transfer(source: Numbering, target: Numbering, x: Array) -> Array:
    """Vectors (size, columns) of a space written in one of another degree on the same mesh: the bases are hierarchical.

    Towards a lower degree the functions that it lacks are left out.
    """
    low, high = sorted((source.space, target.space), key=lambda space: space.degree)
    local, embedding = source.gather(x), _embedding(low, high)
    if target.space is low:
        out = local[:, embedding]
    else:
        out = np.zeros((low.mesh.cells, high.dofs.shape[1], *x.shape[1:]), dtype=x.dtype)
        out[:, embedding] = local
    result = np.zeros((target.size, *x.shape[1:]), dtype=x.dtype)
    ns, nb = target.skeleton_size, target.space.boundary_size
    padded = np.zeros((ns + 1, *x.shape[1:]), dtype=x.dtype)
    padded[target.boundary] = out[:, :nb]
    result[:ns] = padded[:ns]
    result[ns:] = out[:, nb:].reshape(-1, *x.shape[1:])
    return result


def _embedding(low: Space, high: Space) -> Array:
    """Position in the local order of `high` of each local function of `low`."""
    index = np.empty(low.dofs.shape[1], dtype=int)
    index[low.from_curl] = high.from_curl[_matching(low.curl, high.curl)]
    index[low.from_scalar] = high.from_scalar[_matching(low.scalar, high.scalar)]
    return index


def _matching(low: CurlElement | ScalarElement, high: CurlElement | ScalarElement) -> IntArray:
    where = {key: i for i, key in enumerate(high.keys())}
    names = low.keys()
    return np.array([where[key] for key in names])
