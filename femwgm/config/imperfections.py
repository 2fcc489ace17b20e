"""What makes a sphere imperfect: reliefs of its surfaces and films, and particles on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from femwgm.config.base import Name, Number, Positive, Strict, Whole, refuse
from femwgm.config.files import FromFile, demand_ascending
from femwgm.config.quantity import Length, LengthOrZero, SignedLength
from femwgm.errors import ConfigError
from femwgm.ground.tables import read_table

MAX_DEGREE = 1900
MAX_ROWS = 300_000


def _integral(value: Any) -> Any:
    """The axes of a sweep are floats: 3.0 is a seed as well."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _check_harmonics(terms: Sequence[tuple[int, int, float]] | None) -> None:
    for i, (L, M, _) in enumerate(terms or ()):
        if not 0 <= L <= MAX_DEGREE or abs(M) > L:
            raise refuse(
                f"a harmonic has 0 <= L <= {MAX_DEGREE} and |M| <= L", value=[L, M], at=("harmonics", i)
            )


def _columns(path: Path, names: tuple[str, ...], what: str) -> dict[str, list[float]]:
    """Columns of a file."""
    table = read_table(path, what)
    where = table.columns(dict.fromkeys(names, ()))
    if missing := [name for name in names if name not in where]:
        raise ConfigError(f"lacks the column {missing[0]}", remedy=f"the header is '{','.join(names)}'")
    if not 2 <= len(table.rows) <= MAX_ROWS:
        raise ConfigError(f"has {len(table.rows)} rows; it needs between 2 and {MAX_ROWS}")
    return {name: table.numbers(column, name).tolist() for name, column in where.items()}


_Column = Annotated[tuple[Number, ...], Field(min_length=2, max_length=MAX_ROWS)]


class MeasuredSpectrum(FromFile):
    """Power spectral density of a flat scan, sigma^2 = int S(q) q dq / (2 pi): a CSV file or its columns."""

    q_rad_per_um: _Column
    psd_um4: _Column

    @classmethod
    def from_file(cls, path: Path) -> dict[str, Any]:
        return _columns(path, ("q_rad_per_um", "psd_um4"), "the spectrum")

    @model_validator(mode="after")
    def _physical(self) -> MeasuredSpectrum:
        q, density = self.q_rad_per_um, self.psd_um4
        if len(q) != len(density) or q[0] < 0.0:
            raise refuse("q begins at zero or above, with one density each")
        demand_ascending(q, "q", "rad/um")
        if min(density) < 0.0 or max(density) <= 0.0:
            raise refuse("a power spectral density is not negative, and not zero everywhere")
        return self


class _SphereMap(FromFile):
    """Values on a grid of polar and azimuthal angles: a CSV file theta_deg,phi_deg and the value, or the grid itself."""

    value: ClassVar[str]
    theta_deg: _Column
    phi_deg: _Column

    @property
    def rows(self) -> tuple[tuple[float, ...], ...]:
        """A row for each theta, in it a value for each phi."""
        return tuple(getattr(self, self.value))

    @classmethod
    def from_file(cls, path: Path) -> dict[str, Any]:
        columns = _columns(path, ("theta_deg", "phi_deg", cls.value), "the map")
        values = columns[cls.value]
        points = dict(zip(zip(columns["theta_deg"], columns["phi_deg"], strict=True), values, strict=True))
        theta, phi = (sorted(set(columns[name])) for name in ("theta_deg", "phi_deg"))
        if len(points) != len(values) or len(points) != len(theta) * len(phi):
            raise ConfigError(
                f"{len(points)} different points do not fill the grid of {len(theta)} theta and {len(phi)} phi",
                remedy=f"give {cls.value} once for every pair of angles",
            )
        return {"theta_deg": theta, "phi_deg": phi, cls.value: [[points[t, p] for p in phi] for t in theta]}

    @model_validator(mode="after")
    def _grid(self) -> Self:
        theta, phi = self.theta_deg, self.phi_deg
        demand_ascending(theta, "theta_deg", "deg")
        demand_ascending(phi, "phi_deg", "deg")
        if theta[0] < 0.0 or theta[-1] > 180.0 or phi[-1] - phi[0] > 360.0:
            raise refuse("theta_deg lies between 0 and 180, phi_deg within one turn")
        if len(theta) < 6 or len(phi) < 6:
            raise refuse("a map needs at least 6 values of each angle")
        if len(self.rows) != len(theta) or any(len(row) != len(phi) for row in self.rows):
            raise refuse(f"{self.value} has a row for each theta and a value for each phi in it")
        return self


_Rows = Annotated[tuple[_Column, ...], Field(min_length=2)]


class HeightMap(_SphereMap):
    """Heights on a grid of polar and azimuthal angles: a CSV file theta_deg,phi_deg,dr_nm, or the grid itself."""

    value: ClassVar[str] = "dr_nm"
    dr_nm: _Rows = Field(description="a row for each theta")


class IndexGrid(_SphereMap):
    """Changes of index on a grid of polar and azimuthal angles: a CSV file theta_deg,phi_deg,dn, or the grid itself."""

    value: ClassVar[str] = "dn"
    dn: _Rows = Field(description="a row for each theta")


class Notch(Strict):
    """A dent of Gaussian profile, exp(-4 ln 2 (d / width)^2) with the chord d from its middle; a negative depth is a bump."""

    depth_um: SignedLength = Field(alias="depth", examples=["20 nm"])
    width_um: Length = Field(alias="width", examples=["1 um"], description="full width at half the depth")


class Patch(Strict):
    """Something flat on the outermost surface, e.g. proteins, of Gaussian profile: its volume is 1.133 thickness width^2."""

    thickness_um: Length = Field(alias="thickness", examples=["4 nm"], description="in its middle")
    width_um: Length = Field(alias="width", examples=["1 um"], description="full width at half the thickness")
    n: Positive = Field(examples=[1.5])
    k: Number = 0.0


class IndexMap(Strict):
    """How the refractive index of a layer varies over the sphere: random, harmonics or a table."""

    rms: Annotated[Number, Field(ge=0.0)] | None = Field(
        default=None, description="root mean square of a random map", examples=[1e-3]
    )
    correlation_length_um: Length | None = Field(default=None, alias="correlation_length", examples=["2 um"])
    seed: Annotated[Whole, BeforeValidator(_integral), Field(ge=0)] | None = None
    harmonics: (
        Annotated[tuple[tuple[Whole, Whole, Number], ...], Field(min_length=1, max_length=10_000)] | None
    ) = Field(default=None, description="[L, M, dn]: dn is the rms value over the sphere, M < 0 for the sine")

    map: IndexGrid | None = None

    @model_validator(mode="after")
    def _one_way(self) -> IndexMap:
        if sum(way is not None for way in (self.rms, self.harmonics, self.map)) != 1:
            raise refuse(
                "an index map has one of rms, harmonics, map",
                remedy="e.g. {rms: 0.001, correlation_length: 2 um, seed: 7}",
            )
        if (self.rms is None) != (self.correlation_length_um is None) or (
            self.rms is None and self.seed is not None
        ):
            raise refuse(
                "rms, correlation_length and seed belong together", remedy="give rms and correlation_length"
            )
        _check_harmonics(self.harmonics)
        return self


class Grating(Strict):
    """A corrugation amplitude x cos(order x phi) along the equator, falling off towards the poles like sin(theta)^order."""

    order: Annotated[Whole, Field(ge=2, le=MAX_DEGREE)] = Field(
        examples=[330], description="periods around the equator; 2 m couples +m and -m"
    )
    amplitude_um: SignedLength = Field(alias="amplitude", examples=["2 nm"])


class Bead(Strict):
    """A small sphere that touches the outermost surface."""

    radius_um: Length = Field(alias="radius", examples=["50 nm"])
    n: Positive = Field(examples=[1.59])
    k: Number = 0.0


def _direction(value: Any) -> Any:
    ok = isinstance(value, list | tuple) and len(value) == 3
    if not ok or not all(isinstance(v, int | float) and not isinstance(v, bool) for v in value):
        raise refuse("must be three plain numbers, x, y, z", remedy="write e.g. [0, 0, 1]")
    if not all(abs(v) < 1e100 for v in value) or not math.hypot(*value) > 0.0:
        raise refuse("has no length", remedy="write e.g. [0, 0, 1]")
    return tuple(float(v) for v in value)


def _kind_of_spectrum(value: Any) -> str:
    return "word" if value in ("gaussian", "exponential") else "measured"


_Spectrum = Annotated[
    Annotated[Literal["gaussian", "exponential"], Tag("word")] | Annotated[MeasuredSpectrum, Tag("measured")],
    Discriminator(_kind_of_spectrum),
]


_WAYS = (
    "rms",
    "spectrum",
    "harmonics",
    "map",
    "offset",
    "ellipticity",
    "grating",
    "bead",
    "notch",
    "patch",
    "dn",
)
ON_BODIES = ("rms", "map", "grating", "notch", "patch")
"""Ways that other bodies than spheres know."""
_Harmonic = tuple[Whole, Whole, SignedLength]


class Imperfection(Strict):
    """One imperfection: what it changes, and how."""

    surface: Name | None = Field(default=None, description="layer whose outer surface alone is changed")
    thickness: Name | None = Field(
        default=None, description="layer whose thickness is changed: its outer surface and all beyond it"
    )
    layer: Name | None = Field(default=None, description="layer whose index `dn` changes")
    rms_um: LengthOrZero | None = Field(
        default=None, alias="rms", description="root mean square of a random map", examples=["3 nm"]
    )
    correlation_length_um: Length | None = Field(default=None, alias="correlation_length", examples=["2 um"])
    spectrum: _Spectrum | None = Field(
        default=None, description="correlation of a random map, or the measured spectrum of one"
    )
    seed: Annotated[Whole, BeforeValidator(_integral), Field(ge=0)] | None = Field(
        default=None, description="of a random map"
    )
    harmonics: Annotated[tuple[_Harmonic, ...], Field(min_length=1, max_length=10_000)] | None = Field(
        default=None,
        description="[L, M, amplitude]: amplitude x sqrt(4 pi) x real orthonormal harmonic, M < 0 for the sine",
    )
    map: HeightMap | None = None
    offset_um: SignedLength | None = Field(
        default=None, alias="offset", description="distance by which the surface is moved as a whole"
    )
    ellipticity_um: SignedLength | None = Field(
        default=None,
        alias="ellipticity",
        description="by how much the semi-axis along `direction` is shorter",
    )
    direction: Annotated[tuple[float, float, float], BeforeValidator(_direction)] | None = Field(
        default=None,
        description="[x, y, z] of an offset, of the axis of an ellipsoid, of a bead, notch or patch",
    )
    grating: Grating | None = None
    bead: Bead | None = None
    notch: Notch | None = None
    patch: Patch | None = None
    dn: IndexMap | None = None

    @property
    def way(self) -> str:
        """Which of the ways to state an imperfection was chosen."""
        given = [w for w in _WAYS if (getattr(self, w, None) or getattr(self, f"{w}_um", None)) is not None]
        if given == ["rms", "spectrum"]:
            return "rms"
        return given[0] if len(given) == 1 else ""

    @model_validator(mode="after")
    def _one_way(self) -> Imperfection:
        way = self.way
        if not way:
            raise refuse(
                f"an imperfection is stated in one way: one of {', '.join(_WAYS)}",
                remedy="e.g. {thickness: shell, rms: 3 nm, correlation_length: 2 um, seed: 7}",
            )
        places = [self.surface, self.thickness]
        if way == "dn":
            if self.layer is None or any(places):
                raise refuse(
                    "a change of index names its layer",
                    remedy="e.g. 'layer: shell', without 'surface' or 'thickness'",
                )
        elif way in ("bead", "patch"):
            if any(places):
                raise refuse(
                    f"a {way} sits on the outermost surface", remedy="drop 'surface' and 'thickness'"
                )
        elif sum(place is not None for place in places) != 1:
            raise refuse("must name one of 'surface' and 'thickness'", remedy="e.g. 'thickness: shell'")
        self._only_with("layer", self.layer, way == "dn", way)
        self._only_with(
            "direction", self.direction, way in ("offset", "ellipticity", "bead", "notch", "patch"), way
        )
        self._only_with("seed", self.seed, way in ("rms", "spectrum"), way)
        scanned = isinstance(self.spectrum, MeasuredSpectrum)
        self._only_with("correlation_length", self.correlation_length_um, way == "rms" and not scanned, way)
        if way in ("rms", "spectrum") and not scanned:
            for key, value in (("rms", self.rms_um), ("correlation_length", self.correlation_length_um)):
                if value is None:
                    raise refuse(f"a random map needs its {key}", remedy=f"add '{key}'")
        if way == "offset" and self.direction is None:
            raise refuse("an offset needs its direction", remedy="add e.g. 'direction: [0, 0, 1]'")
        _check_harmonics(self.harmonics)
        if self._slope > 1.0:
            raise refuse(
                f"rises by {self._slope:.2g} for each length it runs: too steep for the theory, which needs gentle slopes",
                remedy="make it lower or wider", at=(way,),
            )  # fmt: skip
        return self

    @property
    def _slope(self) -> float:
        """Slope of the relief: root mean square of a random one, the largest of a Gaussian; 0 where the keys do not tell."""
        if self.rms_um is not None and self.correlation_length_um and self.spectrum in (None, "gaussian"):
            return math.sqrt(2.0) * self.rms_um / self.correlation_length_um
        gaussian = math.sqrt(8.0 * math.log(2.0) / math.e)
        if self.notch is not None:
            return gaussian * abs(self.notch.depth_um) / self.notch.width_um
        return gaussian * self.patch.thickness_um / self.patch.width_um if self.patch is not None else 0.0

    @staticmethod
    def _only_with(key: str, value: object, allowed: bool, way: str) -> None:
        if value is not None and not allowed:
            raise refuse(f"has no effect with '{way}'", remedy="drop it", at=(key,))
