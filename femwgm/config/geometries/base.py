"""What every geometry kind promises to the rest of femwgm, whatever its shape."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from pydantic import Field

from femwgm.config.base import Name, Strict, refuse

__all__ = ["Body"]


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
