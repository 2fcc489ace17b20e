"""Conformity on meshes whose cells are numbered at random: neighbours agree on every shared edge, at any degree."""

from __future__ import annotations

import numpy as np
import pytest
from support.meshes import blocks_mesh, wavy

from femwgm.fem.mapping import CurvedMapping
from femwgm.fem.spaces import Space
from femwgm.ground.typing import Array
from femwgm.mesh.curved import CurvedMesh

CORNERS = {3: np.array([[0, 0], [1, 0], [0, 1]]), 4: np.array([[0, 0], [1, 0], [1, 1], [0, 1]])}


def shuffled(corners: int, seed: int) -> CurvedMesh:
    return blocks_mesh([wavy((1.0, 2.0), (-0.4, 0.5), 0.12)], corners, 3, 3, shuffle=seed)


def traces(space: Space, x: Array, facet: int, t: Array) -> list[tuple[Array, ...]]:
    """From each cell at a facet: positions, tangent, E_t and v at the parameters t, from its lower vertex to its higher."""
    topology, mapping = space.mesh.topology, CurvedMapping(space.mesh)
    local = x[space.dofs] * space.signs
    found = []
    for cell in topology.f2t[:, facet][topology.f2t[:, facet] >= 0]:
        ends = [list(topology.t[:, cell]).index(v) for v in np.sort(topology.facets[:, facet])]
        a, b = CORNERS[space.mesh.corners][ends]
        X = a[:, None] + (b - a)[:, None] * t
        J, inverse = (f(X, np.array([cell]))[:, :, 0] for f in (mapping.DF, mapping.invDF))
        reference = np.einsum("n,ndp->dp", local[cell, space.from_curl], space.curl.tabulate(X)[0])
        field = np.einsum("djp,jp->dp", inverse.swapaxes(0, 1), reference)
        scalar = local[cell, space.from_scalar] @ space.scalar.tabulate(X)[0]
        found.append((mapping.F(X, np.array([cell]))[:, 0], np.einsum("djp,j->dp", J, b - a), field, scalar))
    return found


@pytest.mark.parametrize("corners", [3, 4])
@pytest.mark.parametrize("degree", range(1, 9))
def test_tangential_field_and_scalar_are_continuous(corners: int, degree: int) -> None:
    t = np.linspace(0.03, 0.97, 12)
    rng = np.random.default_rng(degree)
    space = Space(shuffled(corners, degree), degree)
    x = rng.standard_normal(space.size)
    jumps = []
    for facet in np.flatnonzero(space.mesh.topology.f2t[1] >= 0):
        (p, tangent, E, v), (p2, tangent2, E2, v2) = traces(space, x, facet, t)
        assert np.allclose(p, p2, atol=1e-13)
        assert np.allclose(tangent, tangent2, atol=1e-12)
        along, along2 = np.einsum("dp,dp->p", E, tangent), np.einsum("dp,dp->p", E2, tangent)
        assert np.abs(along).max() > 1e-3
        assert np.allclose(along, along2, atol=1e-12)
        assert np.allclose(v, v2, atol=1e-12)
        jumps.append(np.abs(tangent[0] * (E - E2)[1] - tangent[1] * (E - E2)[0]).max())
    assert (
        min(jumps) > 1e-3
    )  # the normal component is free to jump, so the agreement above is not that of a smooth field


@pytest.mark.parametrize("corners", [3, 4])
def test_shuffled_meshes_meet_every_orientation(corners: int) -> None:
    """The meshes above show both directions of every local edge: else the test above could not see a wrong sign."""
    space = Space(shuffled(corners, 1), 1)
    t = space.mesh.topology.t
    for a, b in space.curl.edge_vertices:
        assert 0 < (t[a] > t[b]).sum() < space.mesh.cells


@pytest.mark.parametrize("corners", [3, 4])
def test_dimension_follows_euler(corners: int) -> None:
    """dim V_k from vertices, edges and cells; on a simply connected domain dim of gradients = dim H1 - 1."""
    mesh = shuffled(corners, 0)
    V, E, C = mesh.topology.nvertices, mesh.topology.nfacets, mesh.cells
    assert V - E + C == 1
    for k in range(1, 7):
        space = Space(mesh, k)
        inside = ((k - 1) ** 2, 2 * k * (k - 1)) if corners == 4 else ((k - 1) * (k - 2) // 2, k * (k - 1))
        assert space.curl_dofs.N == k * E + inside[1] * C
        assert space.size - space.curl_dofs.N == V + (k - 1) * E + inside[0] * C
        assert np.array_equal(np.unique(space.dofs), np.arange(space.size))


@pytest.mark.parametrize("corners", [3, 4])
@pytest.mark.parametrize("m", [0, 1, 2])
def test_essential_conditions_on_axis_and_conductor(corners: int, m: int) -> None:
    """On the axis v = 0 always and the tangential E_t = 0 unless m = 0; on a conductor both vanish."""
    degree, t = 4, np.linspace(0.05, 0.95, 9)
    mesh = blocks_mesh([wavy((0.0, 1.0), (0.0, 1.0), 0.1)], corners, 3, 2, shuffle=4)
    space = Space(mesh, degree)
    fixed = space.fixed(m, ["outer"])
    x = np.where(fixed, 0.0, np.random.default_rng(0).standard_normal(space.size))
    for name in ("axis", "outer"):
        for facet in mesh.boundaries[name]:
            ((_, tangent, E, v),) = traces(space, x, facet, t)
            along = np.einsum("dp,dp->p", E, tangent)
            assert np.abs(v).max() < 1e-13
            assert (np.abs(along).max() < 1e-13) == (name == "outer" or m > 0)
    on_boundary = space.curl_dofs.facet_dofs[
        :, np.concatenate([mesh.boundaries["outer"], mesh.boundaries["axis"]])
    ]
    assert fixed[: space.curl_dofs.N].sum() == on_boundary.size - (m == 0) * degree * len(
        mesh.boundaries["axis"]
    )
