"""Labels of a mode from its field alone: polarization, radial order q, polar order p, and how sure they are.

On a sphere rho H_rho (TE) and rho E_rho (TM) separate into a radial function and P_l^m(cos theta): the first has q - 1 zeros in
the solid, the second l - m zeros between the poles. On other bodies of revolution the same counts define the labels; where
neither polarization dominates, the pair of both is counted as one vector, which turns round at a zero.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from femwgm.config.settings import Modes
from femwgm.fem.field import CellField
from femwgm.geometry.profile import Profile
from femwgm.ground.typing import Array
from femwgm.modes.lobes import Lobes, grid_over
from femwgm.modes.turns import UNSURE, Turns, turns

_RADIAL_THRESHOLD, _METAL_THRESHOLD, _POLAR_THRESHOLD = 5e-3, 2e-2, 5e-2
"""Lobes weaker than this share of the strongest do not count: they are tails or noise, of which there is more in latitude, or
what tunnels through a metal film."""


def _holds(asked: Collection[int] | None, order: int, counted: Turns | None, first: int) -> bool:
    """Whether an order is among those asked for, or may be one of them where its count is unsure."""
    if asked is None or order in asked:
        return True
    if counted is None or counted.sure >= UNSURE:
        return False
    return any(counted.least <= wanted - first <= counted.most for wanted in asked)


_MIXED = 0.8
"""Purity of the polarization below which lobes of the stronger one count only where it is the stronger one."""


@dataclass(frozen=True)
class Label:
    """Polarization, radial and polar order of a mode.

    Attributes
    ----------
    pol
        "TE" or "TM".
    q, p
        Radial order from 1, polar order from 0.
    te_fraction
        1 for a pure TE mode, 0 for a pure TM mode: share of H_rho in the radial fields' energy.
    confidence
        From 0 to 1: purity of the polarization times the distinctness of the lobes that were counted.
    radial, polar
        What each of the orders was counted from.
    """

    pol: str
    q: int
    p: int
    te_fraction: float
    confidence: float
    radial: Turns | None = None
    polar: Turns | None = None

    def admits(self, modes: Modes) -> bool:
        """Whether the mode may be among those asked for: what the label is unsure of excludes nothing."""
        return (
            (self.pol in modes.polarizations or purity(self.te_fraction) < UNSURE)
            and _holds(modes.radial_orders, self.q, self.radial, 1)
            and _holds(modes.polar_orders, self.p, self.polar, 0)
        )


def purity(te_fraction: float) -> float:
    """How clearly one polarization dominates: 1 for pure TE or TM, 0 for equal shares."""
    return abs(2.0 * te_fraction - 1.0)


def identify(
    field: CellField, eps: Array, radii: tuple[float, float], surface: float, latitude: float, body: Array | None = None,
    profile: Profile | None = None,
) -> Label:  # fmt: skip
    """Label of a mode.

    Parameters
    ----------
    field
        The mode.
    eps
        Permittivity of each cell.
    radii
        Smallest and largest radius of the domain to look at (um).
    surface
        Equatorial radius of the solid (um).
    latitude
        Largest latitude of the domain (rad).
    body
        Cells (bool) whose lobes count; by default all: what leaks into a substrate has lobes of its own.
    profile
        Surface that polar lobes are counted along and radial ones across; by default a sphere about the origin.
    """
    if profile is not None and profile.others:
        profile = profile.near(_brightest_height(field, eps, body))
    plane = field.mirror or image_plane(field)
    te, tm, position = _radial_energies(field, eps, surface, body, profile)
    te_fraction = te / (te + tm)
    pol = "TE" if te_fraction > 0.5 else "TM"
    rho, beta = position
    # A cell of degree k holds at most k lobes in either direction.
    samples = int(np.clip(4 * field.space.degree * np.sqrt(field.space.mesh.cells), 81, 241))
    if profile is None:
        along = np.linspace(radii[0] + 1e-6 * surface, surface * (1 - 1e-9), samples)
        across = np.linspace(0.0 if plane else -latitude, latitude * (1 - 1e-9), samples)
        rhos, betas = np.r_[along, np.full_like(across, rho)], np.r_[np.full_like(along, beta), across]
        points = np.stack([rhos * np.cos(betas), rhos * np.sin(betas)])
    else:
        points = _paths(profile, rho, beta, surface - radii[0], latitude, plane is not None, samples)
    hybrid = purity(te_fraction) < UNSURE
    parts = ("TE", "TM") if purity(te_fraction) < _MIXED else (pol,)

    def waves(points: Array) -> Array:
        """Both functions or one at points, in units in which both have the energies of their shares."""
        found = np.stack([_radial_function(field, eps, part, points, body, profile) for part in parts])
        if len(parts) > 1:
            found[1] *= np.sqrt(tm / te) * np.linalg.norm(found[0]) / np.linalg.norm(found[1])
        return found

    metal = bool((eps.real < 0.0).any())
    counted = slice(None) if hybrid or len(parts) == 1 else slice(parts.index(pol), parts.index(pol) + 1)

    def rival(found: Array) -> Array | None:
        """What outshines weak lobes of a mode that is mostly of one polarization."""
        return None if hybrid or len(parts) == 1 else np.abs(found[1 - parts.index(pol)])

    line, arc = np.split(waves(points), [samples], axis=1)
    weaker = rival(line)
    if metal:  # where waves only decay, half the strongest lobe is the least that is one
        owner = field.probe(*points).owner[:samples]
        half = 0.5 * np.linalg.norm(line[counted], axis=0).max()
        within = np.where((owner >= 0) & (eps.real[owner] < 0.0), half, 0.0)
        weaker = within if weaker is None else np.maximum(weaker, within)
    radial = turns(line[counted], _METAL_THRESHOLD if metal else _RADIAL_THRESHOLD, weaker)
    polar = turns(arc[counted], _POLAR_THRESHOLD, rival(arc))
    if body is not None and not metal:
        grid = grid_over(field.space.mesh.nodes.real[body])
        peak, centre = (
            (rho * np.cos(beta), rho * np.sin(beta)),
            profile.centre if profile is not None else 0.0,
        )
        sections = waves(grid)
        lobes = min(
            (Lobes.of(u, grid, peak, centre, rival(sections)) for u in sections[counted]),
            key=lambda found: len(found.signs),
        )
        if hybrid:
            radial, polar = lobes.at_least(radial, polar)
        else:
            tops = points[:, list(radial.lobes)], points[:, [samples + i for i in polar.lobes]]
            radial, polar = lobes.reconciled(radial, polar, *tops)
    if plane:
        # rho H_rho is odd about a natural plane and even about a conducting one; rho E_rho the other way round.
        polar = polar.mirrored((pol == "TE") == (plane == "natural"))
    confidence = purity(te_fraction) * min(radial.sure, polar.sure)
    return Label(pol, radial.count + 1, polar.count, te_fraction, confidence, radial, polar)


def _brightest_height(field: CellField, eps: Array, body: Array | None) -> float:
    """Height (um) of the cell of a body with the most electric energy."""
    X = np.full((2, 1), 1.0 / (3.0 if field.space.mesh.corners == 3 else 2.0))
    cells = np.arange(field.space.mesh.cells)
    E, _, x = field.at_reference(X, cells)
    area = np.abs(field.determinant(X, cells))[:, 0]
    energy = eps.real * (np.abs(E[..., 0]) ** 2).sum(axis=0) * area * x[0, :, 0].real
    return float(x[1, int(np.argmax(energy if body is None else np.where(body, energy, 0.0))), 0].real)


def image_plane(field: CellField) -> str | None:
    """What a conducting plane z = 0 is to half a body that stands on it: with its image it is the whole, and has its degrees."""
    mesh = field.space.mesh
    walls = mesh.boundaries.get("wall", np.zeros(0, dtype=np.int64))
    heights = mesh.topology.p[1]
    tiny = 1e-9 * float(np.abs(mesh.topology.p).max())
    stands = (
        len(walls)
        and abs(heights.min()) < tiny
        and np.abs(heights[mesh.topology.facets[:, walls]]).max() < tiny
    )
    return "conductor" if stands else None


def _paths(
    profile: Profile, rho: float, beta: float, depth: float, latitude: float, upper: bool, samples: int
) -> Array:
    """Points (2, 3 samples) from a depth (um) to the surface along its normal, and along it, both through (rho, beta)."""
    peak = rho * np.array([[np.cos(beta)], [np.sin(beta)]])
    normal, scale = profile.normal(*peak), float(profile.scale(*peak)[0])
    end = float(((peak - [[0.0], [profile.centre]]) * normal).sum()) * (1.0 / scale - 1.0)
    line = peak + normal * np.linspace(end - depth * (1.0 - 1e-6), end * (1.0 - 1e-9), samples)
    line[0] = np.maximum(line[0], 0.0)
    return np.concatenate([line, profile.along(scale, latitude, upper, 2 * samples)], axis=1)


def _normals(r: Array, z: Array, profile: Profile | None) -> Array:
    """Unit vectors (2, *points) across the surface, radial without a profile."""
    if profile is None:
        return np.stack([r, z]) / np.hypot(r, z)
    return profile.normal(r.ravel(), z.ravel()).reshape(2, *r.shape)


def _radial_energies(
    field: CellField,
    eps: Array,
    surface: float,
    body: Array | None,
    profile: Profile | None,
    samples: int = 8,
) -> tuple[float, float, tuple[float, float]]:
    """Energies in H_rho and in E_rho within the solid, and (rho, latitude) where the stronger one peaks."""
    mesh = field.space.mesh
    t = (np.arange(samples) + 0.5) / samples
    X = np.array(np.meshgrid(t, t)).reshape(2, -1)
    if mesh.corners == 3:
        X = np.stack([X[0], X[1] * (1.0 - X[0])])
    nodes = mesh.nodes.real
    near = np.hypot(nodes[..., 0], nodes[..., 1]).mean(axis=1) < surface
    cells = np.flatnonzero(near if body is None or not (near & body).any() else near & body)
    E, H, x = field.at_reference(X, cells)
    J = field.determinant(X, cells)
    r, z = x.real
    rho = np.hypot(r, z)
    volume = r * np.abs(J)
    n = _normals(r, z, profile)
    h = np.abs(H[0] * n[0] + H[2] * n[1]) ** 2
    e = eps.real[cells][:, None] * np.abs(E[0] * n[0] + E[2] * n[1]) ** 2
    te, tm = float((volume * h).sum()), float((volume * e).sum())
    peak = np.unravel_index(int(np.argmax((r * rho) ** 2 * (h if te > tm else e))), r.shape)
    return te, tm, (float(rho[peak]), float(np.arctan2(z[peak], r[peak])))


def _radial_function(
    field: CellField, eps: Array, pol: str, points: Array, body: Array | None, profile: Profile | None
) -> Array:
    """rho H_rho (TE) or rho eps E_rho (TM) at points, times r: errors of the quotient H_rho near the axis must not count."""
    r, z = points
    rho, n = np.hypot(r, z), _normals(r, z, profile)
    probe = field.probe(r, z)
    E, H = probe(field)
    if pol == "TE":
        u = rho * (H[0] * n[0] + H[2] * n[1])
    else:
        inside = np.where(probe.owner >= 0, eps[probe.owner], 0.0)
        u = rho * inside * (E[0] * n[0] + E[2] * n[1])
    if body is not None:
        u = np.where((probe.owner >= 0) & body[probe.owner], u, 0.0)
    return np.asarray(r * u)
