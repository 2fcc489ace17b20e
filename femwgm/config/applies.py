"""Which keys apply to which kind of body: what a kind cannot heed is refused, never dropped.

A key at its default says nothing and is never refused, so that the resolved configuration of every run can be read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from femwgm.config.coupler import Bus
from femwgm.config.settings import Modes, Pml

if TYPE_CHECKING:
    from femwgm.config.schema import RunConfig

NESTED = ("layered_sphere", "spheroid")


@dataclass(frozen=True)
class Misfit:
    """A key that a configuration gives and its body cannot heed.

    Attributes
    ----------
    path
        Where it stands.
    value
        What was given.
    remedy
        What to do instead.
    """

    path: tuple[str, ...]
    value: Any
    remedy: str

    @property
    def key(self) -> str:
        """The path as users write it."""
        return ".".join(self.path)


@dataclass(frozen=True)
class _Rule:
    path: tuple[str, ...]
    given: Callable[[RunConfig], Any]
    """The value, None where the default stands."""
    misfits: Callable[[RunConfig], bool]
    remedy: str


def misfits(config: RunConfig) -> Iterator[Misfit]:
    """Every key that the body of a configuration cannot heed."""
    for rule in _RULES:
        value = rule.given(config)
        if value is not None and rule.misfits(config):
            yield Misfit(rule.path, value, rule.remedy)


def polar(config: RunConfig) -> bool:
    """Whether the cells follow nested surfaces in polar coordinates: quadrilaterals with a radial absorbing layer."""
    return config.geometry.kind in NESTED and config.discretization.cells != "triangles"


def closed(config: RunConfig) -> bool:
    """Whether conducting walls stand on every side, so that nothing radiates."""
    walls = getattr(config.geometry, "enclosure", None)
    sides = () if walls is None else (walls.radius_um, walls.bottom_um, walls.top_um)
    return config.geometry.kind == "cavity" or (walls is not None and None not in sides)


def _kind(*kinds: str) -> Callable[[RunConfig], bool]:
    return lambda config: config.geometry.kind in kinds


def _pml(name: str, default: Any = None) -> Callable[[RunConfig], Any]:
    def given(config: RunConfig) -> Any:
        value = getattr(config.discretization.pml, name)
        return None if value == default else value

    return given


def _no_layer(config: RunConfig) -> bool:
    """Whether no absorbing layer can be there to be shaped."""
    return closed(config) or config.geometry.kind == "axial_stack" or config.discretization.pml.kind == "none"


def _wrong_layer(config: RunConfig) -> bool:
    kind = config.discretization.pml.kind
    if closed(config) or config.geometry.kind == "axial_stack":
        return True
    return kind == ("box" if polar(config) else "radial")


_RULES = (
    _Rule(
        ("modes", "polar_orders"),
        lambda c: c.modes.polar_orders if c.modes.polar_orders not in (None, (0,)) else None,
        _kind("axial_stack"), "leave it out: a stack has every polar order, told apart by 'azimuthal_orders'",
    ),
    _Rule(
        ("modes", "polar_orders"),
        lambda c: "all" if c.modes.polar_orders is None else None,
        lambda c: c.geometry.kind == "spheroid" and polar(c), "give a list, e.g. [0, 1, 2], or use 'cells: triangles'",
    ),
    _Rule(("accuracy", "q"), lambda c: c.accuracy.q, closed, "leave it out: closed walls let nothing out"),
    _Rule(
        ("discretization", "cells"),
        lambda c: None if c.discretization.cells == "auto" else c.discretization.cells,
        lambda c: c.geometry.kind not in NESTED and c.discretization.cells == "quads", "leave it out: its cells are triangles",
    ),
    _Rule(
        ("discretization", "mirror"), lambda c: None if c.discretization.mirror else False, _kind("axial_stack", "hemisphere"),
        "leave it out: no mirror plane is used",
    ),
    _Rule(
        ("discretization", "pml", "kind"), _pml("kind", Pml().kind), _wrong_layer,
        "leave it out; layered spheres and spheroids have a 'radial' layer, other open bodies a 'box'",
    ),
    *(
        _Rule(("discretization", "pml", name), _pml(f"{name}{unit}"), _no_layer, "leave it out: there is no absorbing layer")
        for name, unit in (("strength", ""), ("depth", "_um"), ("distance", "_um"))
    ),
    _Rule(
        ("imperfections",), lambda c: c.imperfections or None, _kind("cavity", "axial_stack", "stack", "mesh"),
        "drop them, or describe the body as one outline",
    ),
    _Rule(
        ("losses", "roughness"), lambda c: c.losses.roughness or None, _kind("cavity", "axial_stack"),
        "leave it out: roughness is that of the surface of one body",
    ),
    _Rule(
        ("coupler",), lambda c: c.coupler, _kind("cavity", "mesh", "axial_stack", "stack"),
        "take a single body that is described by its shape",
    ),
    _Rule(
        ("coupler", "kind"), lambda c: "bus" if isinstance(c.coupler, Bus) and not c.coupler.n_eff else None,
        lambda c: c.geometry.kind not in ("ring", "disk") or c.geometry.pillar is not None,
        "a bus is solved for beside a ring or disk without a pillar: give its n_eff, or take a fibre or a prism",
    ),
    _Rule(
        ("geometry", "enclosure"), lambda c: getattr(c.geometry, "enclosure", None), lambda c: c.coupler is not None,
        "drop the walls, or the coupler",
    ),
    _Rule(
        ("geometry", "enclosure", "wall_resistance_ohm"), lambda c: c.geometry.wall_resistance,
        lambda c: c.geometry.kind != "cavity" and not _walled(c), "give 'radius', 'bottom' or 'top' of a wall",
    ),
)  # fmt: skip


def _walled(config: RunConfig) -> bool:
    walls = getattr(config.geometry, "enclosure", None)
    return walls is not None and any(
        side is not None for side in (walls.radius_um, walls.bottom_um, walls.top_um)
    )


def orders_of_a_cavity(modes: Modes) -> Modes:
    """Orders that a closed cavity is asked for: all of them, unless the configuration names some.

    A cavity has few modes, and their labels mean little.
    """
    said = modes.model_fields_set
    silent = {name: None for name in ("radial_orders", "polar_orders") if name not in said}
    return modes.model_copy(update=silent)
