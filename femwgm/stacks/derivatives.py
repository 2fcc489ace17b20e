"""Derivatives of a mode of a stack of spheres with respect to every index, radius, thickness and gap."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from femwgm.analytic.media import MediaModel
from femwgm.analytic.multipoles import Sphere, StackMode
from femwgm.analytic.multipoles.response import Response
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
    """What it takes to differentiate a mode of a stack."""

    mode: StackMode
    geometry: AxialStack
    media: Mapping[str, Material]

    def __call__(self) -> Derivatives:
        """Derivatives with respect to every parameter; a radius moves its own interface alone, the gaps as they are."""
        k = self.mode.k0
        lossy = any(medium.permittivity(complex(k.real)).imag for medium in self.media.values())
        response = Response(self.mode, lossy)
        k0: dict[str, complex] = {}
        ln_q: dict[str, Array] = {}
        with one_thread():
            for name, changed, scale in self._parameters():
                k0[name], slopes = response(changed, scale)
                rates = response.rates
                both = np.nan_to_num(rates).sum()
                ln_q[name] = -np.append(
                    slopes / rates, np.nan_to_num(slopes).sum() / both if both else np.nan
                )
        for sphere in self.geometry.spheres:
            with_thicknesses(k0, ln_q, [f"{sphere.name}_{layer.name}" for layer in sphere.layers])
        for name in [name for name in k0 if name.startswith("n_")]:
            extinct = f"k_{name.removeprefix('n_')}"
            k0[extinct] = 1j * k0[name]
            ln_q[extinct] = by_extinction(k0[extinct], k, response.rates)
        return Derivatives.of(k0, ln_q, k)

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
