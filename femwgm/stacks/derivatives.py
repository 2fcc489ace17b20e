"""Derivatives of a mode of a stack of spheres with respect to every index, radius, thickness and gap."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from femwgm.analytic.media import MediaModel
from femwgm.analytic.multipoles import Sphere, StackMode
from femwgm.analytic.multipoles.response import PHASE, Response
from femwgm.config.geometries import AxialStack
from femwgm.geometry.lengths import Path, named_lengths, with_length
from femwgm.ground.numerics import one_thread
from femwgm.ground.typing import Array
from femwgm.materials import Material
from femwgm.solver.derivatives import Derivatives, by_extinction, with_thicknesses


def spheres_of(geometry: AxialStack, media: Mapping[str, Material]) -> list[Sphere]:
    """The spheres of a stack for spherical waves."""
    return [
        Sphere(
            centre, sphere.radii_um,
            MediaModel([media[f"{sphere.name}_{layer.name}"] for layer in sphere.layers] + [media[geometry.ambient]]),
        )
        for sphere, centre in zip(geometry.spheres, geometry.centres_um, strict=True)
    ]  # fmt: skip


@dataclass(frozen=True)
class StackDifferentiator:
    """What it takes to differentiate a mode of a stack.

    Parameters
    ----------
    mode, geometry, media
        The mode and its spheres.
    lacking
        Relative errors of the wavenumber and of the total Q.
    """

    mode: StackMode
    geometry: AxialStack
    media: Mapping[str, Material]
    lacking: tuple[float, float]

    def __call__(self) -> Derivatives:
        """Derivatives with respect to every parameter; a radius moves its own interface alone, the gaps as they are."""
        k = self.mode.k0
        lossy = any(medium.permittivity(complex(k.real)).imag for medium in self.media.values())
        response = Response(self.mode, lossy)
        k0: dict[str, complex] = {}
        ln_q: dict[str, Array] = {}
        rates = response.rates
        both = np.nan_to_num(rates).sum()
        size = 2.0 * k.real * self.geometry.radius_ref_um
        error, ln_q_error = size * self.lacking[0], self.lacking[1]

        def logarithms(slopes: Array) -> Array:
            return -np.append(slopes / rates, np.nan_to_num(slopes).sum() / both if both else np.nan)

        with one_thread():
            for name, changed, scale in self._parameters():
                k0[name], slopes = response(changed, scale)
                coarse, coarse_slopes = response(changed, scale, 3.0 * PHASE)
                ln_q[name], coarser = logarithms(slopes), logarithms(coarse_slopes)
                unit = self._unit(name)
                error = max(error, unit * abs((k0[name] - coarse).real) / k.real)
                change = abs(ln_q[name][2] - coarser[2]) + self.lacking[1] * abs(ln_q[name][2])
                ln_q_error = max(ln_q_error, unit * change)
        for sphere in self.geometry.spheres:
            with_thicknesses(k0, ln_q, [f"{sphere.name}_{layer.name}" for layer in sphere.layers])
        for name in [name for name in k0 if name.startswith("n_")]:
            extinct = f"k_{name.removeprefix('n_')}"
            k0[extinct] = 1j * k0[name]
            ln_q[extinct] = by_extinction(k0[extinct], k, rates)
        return Derivatives.of(k0, ln_q, k, error, ln_q_error)

    def _unit(self, name: str) -> float:
        """What makes a derivative a number without unit: the index, or for every length the body's radius."""
        if name.startswith("n_"):
            return abs(self.media[name.removeprefix("n_")].index(self.mode.k0))
        return self.geometry.radius_ref_um

    def _parameters(self) -> Iterator[tuple[str, Callable[[float], Sequence[Sphere]], float]]:
        """Name, the spheres changed by an amount, and the phase that one unit of it makes."""
        k, radius = self.mode.k0.real, self.geometry.radius_ref_um
        index = max(medium.index(complex(k)).real for medium in self.media.values())
        for region in self.media:
            yield f"n_{region}", partial(self._raised, region), k * radius
        for name, path in named_lengths(self.geometry).items():
            yield name, partial(self._resized, path), 2.0 * index * k

    def _resized(self, path: Path, amount: float) -> list[Sphere]:
        return spheres_of(with_length(self.geometry, path, amount), self.media)

    def _raised(self, region: str, amount: float) -> list[Sphere]:
        return spheres_of(self.geometry, {**self.media, region: self.media[region].raised(amount)})
