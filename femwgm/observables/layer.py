"""How much of a field lives in the absorbing layer: what tells a mode of the body from a state of the layer."""

from __future__ import annotations

import numpy as np

from femwgm.fem.assemble import CellMatrices
from femwgm.fem.field import CellField
from femwgm.ground.typing import Array
from femwgm.mesh.domain import PML

STATE_OF_THE_LAYER = 0.6
"""Share above which a field belongs to the layer: modes have below 0.4 of it there, down to Q = 3, states of it above 0.9."""


def layer_share(field: CellField, matrices: CellMatrices) -> float:
    """Share of the absorbing layer in the moduli of int |E|^2 dV over the cells; 0 without a layer."""
    mesh = field.space.mesh
    if PML not in mesh.regions:
        return 0.0
    return share(field, matrices, mesh.region_cells(PML))


def share(field: CellField, matrices: CellMatrices, cells: Array) -> float:
    """Share of some cells in the moduli of int |E|^2 dV over the cells."""
    local = field.coefficients * field.space.signs
    size = np.abs(matrices.mass_form(local.conj(), local))
    return float(size[cells].sum() / size.sum())
