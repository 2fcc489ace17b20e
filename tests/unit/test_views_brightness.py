"""The largest value of a picture: that of the mode, not of the tip of an edge, which no wave could resolve."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.meshes import blocks_mesh, rectangle

from femwgm.fem.field import CellField
from femwgm.fem.spaces import Space
from femwgm.views.fields.brightness import beyond, level, peak
from femwgm.views.fields.patches import Medium, Patches, from_field

both_cells = pytest.mark.parametrize("corners", [3, 4])
INDEX, WAVELENGTH = 1.5, 2.0


def painted(corners: int, tip: float) -> Patches:
    """A lobe of |E|^2 = 1 at (2.7, 0.4), half a wavelength wide, and beside it an edge at (2, 0) where |E|^2 grows as s^-0.8."""
    blocks = [rectangle((1.0, 2.0), z) for z in ((-1.0, 0.0), (0.0, 1.0))]
    blocks += [rectangle((2.0, 3.0), z) for z in ((-1.0, 0.0), (0.0, 1.0))]
    space = Space(blocks_mesh(blocks, corners, 1, 2), 1)
    nothing = CellField(space, np.zeros(space.dofs.shape), 30, 2.0 * np.pi / WAVELENGTH + 0j)
    patches = from_field(nothing, {"all": Medium(INDEX**2 + 0j)}, points=16)
    r, z = patches.r, patches.z
    lobe = np.exp(-(((r - 2.7) / 0.3) ** 2) - ((z - 0.4) / 0.3) ** 2)
    e2 = lobe + tip * np.maximum(np.hypot(r - 2.0, z), 1e-9) ** -0.8
    return replace(patches, E=np.stack([np.sqrt(e2), 0.0 * e2, 0.0 * e2]).astype(complex))


def e2(patches: Patches) -> np.ndarray:
    return (np.abs(patches.E) ** 2).sum(axis=0)


@both_cells
def test_a_smooth_mode_is_measured_by_its_maximum(corners: int) -> None:
    patches = painted(corners, 0.0)
    assert not beyond(patches, e2(patches))
    assert level(patches, e2(patches)) == e2(patches).max()
    assert peak(patches) == pytest.approx((2.7, 0.4), abs=0.01)


@both_cells
def test_the_tip_of_an_edge_is_left_out(corners: int) -> None:
    patches = painted(corners, 0.02)
    assert e2(patches).max() > 1e3
    assert beyond(patches, e2(patches))
    assert not beyond(patches, np.minimum(e2(patches), 1.0))
    assert level(patches, e2(patches)) == pytest.approx(1.0, abs=0.1)
    assert peak(patches) == pytest.approx((2.7, 0.4), abs=0.05)
    signed = np.where(patches.z > 0.0, 1.0, -1.0) * np.sqrt(e2(patches))
    assert level(patches, signed) ** 2 == pytest.approx(level(patches, e2(patches)), rel=1e-12)


def test_areas_add_up() -> None:
    patches = painted(3, 0.0)
    assert patches.areas.sum() == pytest.approx(4.0, rel=1e-6)
    assert patches.weights.sum() == pytest.approx(np.pi * (9.0 - 1.0) * 2.0, rel=1e-6)
