"""A coated sphere with the numbers that a measured spectrum can correct: diameter, thickness, index of the shell and its slope.

The shell is one layer of the configuration. `diameter` is that of everything inside it (the bare sphere before coating),
`index` the shell's real index at the reference wavelength, `slope` an extra d n / d lambda (1/um) on top of the dispersion that
the configuration states. A body of one layer has no thickness: there `diameter` is its own.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.polynomial import Chebyshev

from femwgm.analytic import LayeredSphere
from femwgm.analytic.media import Index
from femwgm.config.schema import RunConfig
from femwgm.errors import ConfigError
from femwgm.ground.typing import Array
from femwgm.ground.units import k0_from_wavelength
from femwgm.materials import Material, materials_from_config
from femwgm.materials.dispersion import Constant

PARAMETERS = ("diameter", "thickness", "index", "slope")
"""Names of what a fit may move, in the order of every parameter vector."""
UNITS = {"diameter": "um", "thickness": "um", "index": "", "slope": "1/um"}


@dataclass(frozen=True)
class TunedMedium:
    """A medium whose index is moved by a constant and a slope; both axes of a uniaxial one by the same factor.

    Parameters
    ----------
    base
        The medium as the configuration states it.
    index
        Real part of the index (across the axis) at the reference wavelength.
    slope
        Extra d n / d lambda (1/um).
    reference_um
        Reference wavelength (um).
    """

    base: Material
    index: float
    slope: float
    reference_um: float

    @property
    def dispersive(self) -> bool:
        """Whether the permittivity depends on k0."""
        return self.base.dispersive or self.slope != 0.0

    @property
    def axis(self) -> str | None:
        """Direction of the optical axis."""
        return self.base.axis

    def _factor(self, k0: complex) -> tuple[complex, complex]:
        """Tuned over stated index, and its derivative with respect to k0."""
        stated = self.base.index(k0)
        shift = complex(self.index - self.base.index(k0_from_wavelength(self.reference_um)).real)
        shift += self.slope * (2.0 * math.pi / k0 - self.reference_um)
        change = -self.slope * 2.0 * math.pi / k0**2
        own = self.base.permittivity_slope(k0) / (2.0 * stated)
        return 1.0 + shift / stated, (change - shift * own / stated) / stated

    def permittivity(self, k0: complex) -> complex:
        """Permittivity across the axis."""
        return complex(self.base.permittivity(k0) * self._factor(k0)[0] ** 2)

    def permittivity_axial(self, k0: complex) -> complex:
        """Permittivity along the axis."""
        return complex(self.base.permittivity_axial(k0) * self._factor(k0)[0] ** 2)

    def permittivity_slope(self, k0: complex) -> complex:
        """d eps / d k0 (um) across the axis."""
        return self._slope(k0, self.base.permittivity(k0), self.base.permittivity_slope(k0))

    def permittivity_axial_slope(self, k0: complex) -> complex:
        """d eps / d k0 (um) along the axis."""
        return self._slope(k0, self.base.permittivity_axial(k0), self.base.permittivity_axial_slope(k0))

    def _slope(self, k0: complex, eps: complex, slope: complex) -> complex:
        factor, change = self._factor(k0)
        return complex(slope * factor**2 + 2.0 * eps * factor * change)

    def at(self, k0: complex) -> complex:
        """Complex index across the axis."""
        return cmath.sqrt(self.permittivity(k0))


class CoatedSphere:
    """A layered sphere as a function of the vector (diameter, thickness, index, slope).

    Parameters
    ----------
    radii_um, media
        The sphere as stated: outer radii and media by region, the ambient last.
    shell
        Region whose thickness and index are moved; by default the outermost layer.
    reference_um
        Wavelength at which `index` is meant.

    Raises
    ------
    ConfigError
        If the shell is not a layer.

    Examples
    --------
    >>> from femwgm.materials.dispersion import Constant
    >>> glass, film, air = (Material(name, Constant(n**2 + 0j)) for name, n in (("g", 1.45), ("f", 1.77), ("a", 1.0)))
    >>> body = CoatedSphere((10.0, 10.49), {"core": glass, "shell": film, "air": air}, reference_um=0.66)
    >>> body.nominal.round(6)
    array([20.  ,  0.49,  1.77,  0.  ])
    >>> body.radii(np.array([20.2, 0.5, 1.77, 0.0]))
    (10.1, 10.6)
    """

    def __init__(
        self,
        radii_um: Sequence[float],
        media: Mapping[str, Material],
        *,
        shell: str | None = None,
        reference_um: float,
    ) -> None:
        self.regions = tuple(media)
        layers = self.regions[:-1]
        if shell is not None and shell not in layers:
            raise ConfigError(
                "is not a layer", key="shell", value=shell, remedy=f"one of {', '.join(layers)}"
            )
        self.shell = len(layers) - 1 if shell is None else layers.index(shell)
        self.media = dict(media)
        self.stated_radii = tuple(float(r) for r in radii_um)
        self.reference_um = float(reference_um)
        self._sphere = lru_cache(maxsize=64)(self._build)

    @classmethod
    def from_config(
        cls, config: RunConfig, shell: str | None = None, reference_um: float | None = None
    ) -> CoatedSphere:
        """The sphere of a run's configuration; the reference wavelength is the middle of its window unless given.

        Raises
        ------
        ConfigError
            If the body is not a layered sphere.
        """
        geometry = config.geometry
        if geometry.kind != "layered_sphere":
            raise ConfigError(
                "has no exact solution to compare a spectrum with", key="geometry.kind", value=geometry.kind,
                remedy="use 'kind: layered_sphere'",
            )  # fmt: skip
        known = materials_from_config(config)
        media = {region: known[name] for region, name in geometry.region_materials.items()}
        middle = 0.5 * sum(config.modes.window_um) if reference_um is None else reference_um
        return cls(geometry.radii_um, media, shell=shell, reference_um=middle)

    @property
    def _inner(self) -> float:
        """Radius inside the shell; that of the shell itself where there is nothing inside."""
        return self.stated_radii[max(self.shell - 1, 0)]

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters that this body has."""
        return tuple(name for name in PARAMETERS if name != "thickness" or self.shell > 0)

    @property
    def nominal(self) -> Array:
        """The vector as the configuration states it."""
        thickness = self.stated_radii[self.shell] - self._inner
        index = self.media[self.regions[self.shell]].index(k0_from_wavelength(self.reference_um)).real
        return np.array([2.0 * self._inner, thickness, index, 0.0])

    def radii(self, x: Array) -> tuple[float, ...]:
        """Outer radii (um) at a parameter vector: what lies inside the shell is scaled, what lies outside keeps its thickness."""
        scale = x[0] / (2.0 * self._inner)
        shift = 0.5 * x[0] + x[1] - self.stated_radii[self.shell]
        return tuple(
            float(r * scale if i < self.shell else r + shift) for i, r in enumerate(self.stated_radii)
        )

    def radii_slopes(self) -> Array:
        """d radii / d (diameter, thickness), shape (layers, 2)."""
        own = [
            [r / (2.0 * self._inner), 0.0] if i < self.shell else [0.5, 1.0]
            for i, r in enumerate(self.stated_radii)
        ]
        return np.array(own)

    @property
    def scales(self) -> bool:
        """Whether lines scale with the diameter at one ratio of thickness to it: nothing else disperses or keeps its size."""
        others = (medium for i, medium in enumerate(self.media.values()) if i != self.shell)
        return self.shell == len(self.regions) - 2 and not any(medium.dispersive for medium in others)

    def undispersed(self) -> CoatedSphere:
        """The same sphere with its shell's permittivity held at the reference wavelength."""
        name, k0 = self.regions[self.shell], k0_from_wavelength(self.reference_um)
        stated = self.media[name]
        axial = Constant(stated.permittivity_axial(k0)) if stated.axis else None
        held = Material(name, Constant(stated.permittivity(k0)), axial, stated.axis)
        return CoatedSphere(
            self.stated_radii, {**self.media, name: held}, shell=name, reference_um=self.reference_um
        )

    def shell_law(self, window_um: tuple[float, float]) -> Callable[[Array], tuple[Array, Array]]:
        """The shell's stated index above that at the reference wavelength, and its slope (1/nm), over wavelength (nm)."""
        stated = self.media[self.regions[self.shell]]
        if not stated.dispersive:
            return lambda wave: (np.zeros(wave.shape), np.zeros(wave.shape))
        reference = stated.index(k0_from_wavelength(self.reference_um)).real

        def above(wave_nm: Array) -> Array:
            return np.array([stated.index(k0_from_wavelength(1e-3 * w)).real - reference for w in wave_nm])

        lo, hi = 1e3 * window_um[0], 1e3 * window_um[1]
        law = Chebyshev.interpolate(above, 8, domain=[lo, hi])
        slope = law.deriv()
        return lambda wave: (law(wave), slope(wave))

    def sphere(self, x: Array) -> LayeredSphere:
        """The exact sphere at a parameter vector."""
        return self._sphere(tuple(float(v) for v in x))

    def _build(self, x: tuple[float, ...]) -> LayeredSphere:
        media: list[Index] = []
        for i, stated in enumerate(self.media.values()):
            medium = TunedMedium(stated, x[2], x[3], self.reference_um) if i == self.shell else stated
            # A constant is given as a number: a fit builds thousands of spheres.
            plain = not medium.dispersive and medium.axis is None
            media.append(cmath.sqrt(medium.permittivity(1.0)) if plain else medium)
        return LayeredSphere(self.radii(np.array(x)), media)

    def shell_index(self, x: Array, k0: complex) -> complex:
        """Complex index of the shell."""
        return TunedMedium(self.media[self.regions[self.shell]], x[2], x[3], self.reference_um).at(k0)
