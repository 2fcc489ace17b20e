"""The mesh of a body's domain, and where its regions lie on the equator."""

from __future__ import annotations

import numpy as np

from femwgm.fem.field import locate
from femwgm.fem.pml import stretch_box
from femwgm.geometry.section import Section
from femwgm.mesh.body_domain import GeneralDomain
from femwgm.mesh.curved import CurvedMesh
from femwgm.mesh.domain import PML
from femwgm.mesh.planar import Box


def body_mesh(domain: GeneralDomain) -> CurvedMesh:
    """Mesh of a domain with its absorbing layer stretched."""
    mesh = domain.real_mesh()
    return stretch_box(mesh, domain.start, domain.strength, PML) if domain.open else mesh


def sampled_intervals(
    section: Section, box: Box, mesh: CurvedMesh, samples: int = 4000
) -> dict[str, tuple[float, float]]:
    """Inner and outer radius (um) of each region in the plane z = 0 within a box; empty if a region appears there twice."""
    if not box.z0 <= 0.0 <= box.z1:
        return {}
    r = box.r0 + (box.r1 - box.r0) * (np.arange(samples) + 0.5) / samples
    names, above = section.regions, 1e-9 * box.diagonal
    region = section.region_at(np.stack([r, np.full_like(r, above)], axis=-1))
    cuts = np.flatnonzero(np.diff(region)) + 1
    order = [names[region[i]] for i in (0, *cuts)]
    if len(set(order)) != len(order):
        return {}
    low, high = r[cuts - 1], r[cuts]
    inner = np.array([[mesh.regions.index(name)] for name in order[:-1]])
    shares = np.linspace(0.0, 1.0, _PARTS + 1)
    for _ in range(
        _ROUNDS if len(cuts) else 0
    ):  # where the cells meet, which follow an outline better than its polygon
        marks = low[:, None] + (high - low)[:, None] * shares
        tried = marks[:, 1:-1]
        owner = locate(mesh, tried.ravel(), np.full(tried.size, above))[0]
        still = (mesh.region[owner].reshape(tried.shape) == inner).cumprod(axis=1).sum(axis=1)
        low, high = (np.take_along_axis(marks, still[:, None] + i, axis=1)[:, 0] for i in (0, 1))
    ends = [box.r0, *low.tolist(), box.r1]
    return {name: (float(a), float(b)) for name, a, b in zip(order, ends, ends[1:], strict=False)}


_PARTS, _ROUNDS = 64, 7
"""Parts into which an interval about an interface is cut, and how often: down to rounding."""
