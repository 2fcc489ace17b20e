"""What every geometry kind promises to the rest of femwgm, whatever its shape."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from femwgm.config.base import Name, Strict, refuse


class Body(Strict):
    """A body of revolution made of named regions, in an ambient medium.

    A new kind subclasses this in its own file, sets ``kind: Literal["its_name"]``, and joins the union in
    `femwgm.config.geometries`. The ambient medium is a region as well; it bears the name of its material.
    """

    ambient: Name = Field(description="material outside the body", examples=["air"])

    @property
    @abstractmethod
    def region_materials(self) -> dict[str, str]:
        """Material name of each region, from the centre outwards; the ambient comes last."""

    @property
    @abstractmethod
    def radius_ref_um(self) -> float:
        """Outer equatorial radius of the solid (um): the R in n_eff, n_g and FSR."""

    @property
    def radii_um(self) -> tuple[float, ...]:
        """Equatorial radii (um) of nested surfaces, ascending; empty for a body that is not made of them."""
        return ()

    @property
    def regions(self) -> tuple[str, ...]:
        """Region names from the centre outwards; the ambient comes last."""
        return tuple(self.region_materials)

    @property
    def surroundings(self) -> tuple[str, ...]:
        """Names of the regions outside the body: what it stands on and lies in, the ambient last."""
        return (self.ambient,)

    @property
    def solid(self) -> tuple[str, ...]:
        """Names of the regions of the body, from the inside out."""
        return tuple(name for name in self.regions if name not in self.surroundings)

    @property
    def wall_resistance(self) -> float | None:
        """Surface resistance (ohm) of the conducting walls around the body; None without walls or where they lose nothing."""
        holder = getattr(self, "enclosure", None) or self
        resistance: float | None = getattr(holder, "wall_resistance_ohm", None)
        return resistance or None

    def canonical(self) -> dict[str, Any]:
        """What defines the shape, free of the way it was written: equal shapes give equal hashes."""
        return self.model_dump(by_alias=True, exclude_none=True)


class Layer(Strict):
    """One of nested layers; `sizes` are the keys of which it states exactly one."""

    sizes: ClassVar[tuple[str, ...]]
    hint: ClassVar[str]
    name: Name = Field(examples=["core"])
    material: Name = Field(examples=["silica"])

    @property
    def _given(self) -> list[str]:
        return [key for key in self.sizes if getattr(self, f"{key}_um") is not None]

    @property
    def size_key(self) -> str:
        """Which size was given."""
        return self._given[0]

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        given = self._given
        if len(given) != 1:
            raise refuse(
                f"a layer needs exactly one of {', '.join(self.sizes)}; it has {' and '.join(given) or 'none'}",
                remedy="keep one" if given else f"add e.g. {self.hint}", value=self.name,
            )  # fmt: skip
        return self


def check_names(names: list[str], ambient: str) -> None:
    """Refuse duplicate layer names and a layer that bears the ambient's name."""
    for i, name in enumerate(names):
        if name in names[:i]:
            raise refuse(
                "duplicate layer name",
                remedy="give every layer its own name",
                value=name,
                at=("layers", i, "name"),
            )
        if name == ambient:
            raise refuse(
                "is also the name of the ambient region",
                remedy="rename the layer",
                value=name,
                at=("layers", i, "name"),
            )


def demand_own_names(names: Sequence[str], ambient: str) -> None:
    """Refuse two regions of one name, and one that bears the ambient's."""
    for i, name in enumerate(names):
        if name in names[:i] or name == ambient:
            raise refuse("two regions share a name", remedy="give every region its own name", value=name)


def demand_gaps(gaps: Sequence[float], parts: Sequence[str], what: str) -> None:
    """Refuse gaps that are not one for each pair of neighbours, or negative."""
    wanted = len(parts) - 1
    if len(gaps) != wanted:
        raise refuse(
            f"{len(parts)} {what} have {wanted} gap{'s' * (wanted != 1)}, not {len(gaps)}",
            remedy="give one for each pair of neighbours, '0 um' where they touch", at=("gaps",),
        )  # fmt: skip
    for i, gap in enumerate(gaps):
        if gap < 0.0:
            raise refuse(
                f"the {what} '{parts[i]}' and '{parts[i + 1]}' overlap by {-gap:g} um",
                remedy="give a gap of '0 um' (touching) or more", at=("gaps", i),
            )  # fmt: skip
