r"""Bodies of revolution that are not quite round: first order in the modes that a run found, all +m and -m together.

A displacement h(s, phi) of an interface along its normal couples the fields a and b of a body of revolution by (Johnson et al.,
Phys. Rev. E 65, 066611 (2002))

    K_ab = -(k0 / 2) int dA h_M [ (eps_in - eps_out) E_t,a* . E_t,b - (1 / eps_in - 1 / eps_out) D_n,a* D_n,b ] / (S_a S_b)^1/2,

M = m_a - m_b, h = sum over M of h_M exp(i M phi), S the energy int eps |E|^2 dV. The lines are the eigenvalues of diag(k0) + K.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.interpolate import BarycentricInterpolator
from scipy.optimize import linear_sum_assignment
from scipy.spatial import cKDTree

from femwgm.config.schema import RunConfig
from femwgm.errors import SolveError
from femwgm.ground.typing import Array
from femwgm.ground.units import frequency_thz
from femwgm.imperfections.heights import Curve, Heights, heights
from femwgm.imperfections.multiplet import Multiplet
from femwgm.materials import Material
from femwgm.modes.mode import Mode
from femwgm.observables.scattering import outside_of
from femwgm.observables.surface import interface

_SAFETY, _TRUST = 2.0, 0.6


def split_body(
    config: RunConfig, modes: Sequence[Mode], media: Mapping[str, Material]
) -> tuple[list[Mode], list[Multiplet]]:
    """The modes with what their splitting adds to the table, and their lines.

    Raises
    ------
    SolveError
        Where the shift is not small against the distance to the next order m.
    """
    k = np.array([mode.k0.real for mode in modes])
    signed = [(i, sign) for i, mode in enumerate(modes) for sign in ((1, -1) if mode.m else (1,))]
    which, signs = (np.array(column) for column in zip(*signed, strict=True))
    orders = signs * np.array([mode.m for mode in modes])[which]
    matrix = np.diag(k[which]).astype(np.complex128)
    lossy = np.diag(np.array([mode.k0.imag for mode in modes])[which]).astype(np.complex128)
    linear, quadratic = np.zeros((2, len(modes)))
    skins: dict[tuple[str, ...], _Skin] = {}
    for entry in config.imperfections:
        outside = outside_of(config, entry.surface or entry.thickness)
        if outside not in skins:
            skins[outside] = _Skin.of(modes, media, outside)
        skin = skins[outside]
        shape = heights(entry, skin.curve)
        inside = None if entry.patch is None else complex(entry.patch.n, entry.patch.k) ** 2
        shift, decay = _coupling(skin, shape, which, signs, orders, np.sqrt(k), inside)
        matrix += shift
        lossy += decay
        for i in range(len(modes)):
            density = 0.5 * k[i] * skin.area * np.abs(_density(skin, i, i, 1, 1, inside))
            linear[i] += math.sqrt(shape.shift_squared(density))
            quadratic[i] += float(density @ shape.mean_square) * max(k[i] * skin.index, shape.steep)
    values, states = np.linalg.eigh(matrix)
    spacing = np.array([_spacing(mode) for mode in modes])
    for mode, ratio in zip(modes, linear / spacing, strict=True):
        if ratio > _TRUST:
            raise SolveError(
                f"{mode.label}: the imperfections shift it by {ratio:.2g} of the distance to the next order m, too much for the"
                " first order; make them smaller"
            )
    error = _SAFETY * (linear**2 / spacing + quadratic)
    lines = []
    for i, mode in enumerate(modes):
        own = _own(states, which, i)
        loss = np.einsum("ai,ab,bi->i", states[:, own].conj(), lossy, states[:, own]).real
        lines.append(
            Multiplet(
                mode, values[own] - k[i] + 1j * (loss - mode.k0.imag), np.full(own.size, error[i]), states[:, own], 1,
                orders=orders,
            ).descending()
        )  # fmt: skip
    return [replace(m, extra={**m.extra, **_summary(x)}) for m, x in zip(modes, lines, strict=True)], lines


def _own(states: Array, which: Array, i: int) -> Array:
    """The lines of mode i: each line goes to one mode, in all to the largest shares."""
    places = np.concatenate([np.flatnonzero(which == j) for j in range(which.max() + 1)])
    share = np.stack([(np.abs(states[which == which[p]]) ** 2).sum(axis=0) for p in places])
    rows, columns = linear_sum_assignment(-share)
    return np.sort(columns[which[places[rows]] == i])


def _spacing(mode: Mode) -> float:
    """Distance of the same family's next order m (rad/um)."""
    return 1.0 / (mode.radius * mode.n_g) if mode.n_g else mode.k0.real / max(mode.m, 1)


def _summary(lines: Multiplet) -> dict[str, float]:
    k = lines.k0.real
    return {
        "multiplet_std_pm": lines.std_pm,
        "multiplet_mean_pm": float(lines.shift_pm.mean()),
        "multiplet_error_pm": float(lines.shift_error_pm.max()),
        "multiplet_order": lines.order,
        "pair_splitting_ghz": 1e3 * frequency_thz(float(np.ptp(k))),
    }


@dataclass(frozen=True)
class _Skin:
    """Fields of all modes on one interface: tangential (2, modes, points) and D_n (modes, points) over the root of the energy.

    `area` is 2 pi r ds, `eps` the permittivities inside and outside, `index` the larger refractive index.
    """

    curve: Curve
    area: Array
    tangential: Array
    normal: Array
    eps: tuple[Array, Array]
    index: float

    @classmethod
    def of(cls, modes: Sequence[Mode], media: Mapping[str, Material], outside: Sequence[str]) -> _Skin:
        found = []
        for mode in modes:
            assert mode.field_data is not None
            mesh, k0 = mode.field_data.space.mesh, mode.k0.real
            samples, *cells = interface(mode.field_data, outside)
            eps_out, eps_in = (_permittivity(mesh, media, k0, side) for side in cells)
            n_r, n_z = samples.normal
            E_r, E_phi, E_z = samples.E / math.sqrt(mode.integrals.stored)
            parts = np.stack([E_phi, n_r * E_z - n_z * E_r, eps_out * (n_r * E_r + n_z * E_z)])
            found.append((samples, parts, eps_in, eps_out, mode.field_data.space.degree + 6))
        samples, _, eps_in, eps_out, _ = max(found, key=lambda item: float(item[0].weights.sum()))
        at = np.stack([samples.r, samples.z])
        fields = np.stack(
            [_resampled(other, parts, count, at) for other, parts, _, _, count in found], axis=1
        )
        return cls(
            Curve(samples.r, samples.z), 2.0 * np.pi * samples.r * samples.weights, fields[:2], fields[2],
            (eps_in, eps_out), float(np.sqrt(max(eps_in.max(), eps_out.max()))),
        )  # fmt: skip


def _permittivity(mesh: object, media: Mapping[str, Material], k0: float, cells: Array) -> Array:
    """Real permittivity of each cell."""
    values = np.array([media[name].permittivity(k0).real if name in media else 1.0 for name in mesh.regions])  # type: ignore[attr-defined]
    return np.asarray(values[mesh.region[cells]])  # type: ignore[attr-defined]


def _resampled(samples: object, parts: Array, count: int, at: Array) -> Array:
    """Fields sampled at Gauss points, `count` a facet, at other points of the same interface; zero beyond its end."""
    here = np.stack([samples.r, samples.z])  # type: ignore[attr-defined]
    if here.shape == at.shape and np.allclose(here, at, atol=1e-12):
        return parts
    distance, nearest = cKDTree(here.T).query(at.T)
    result = np.zeros((3, at.shape[1]), dtype=np.complex128)
    for facet in np.unique(nearest // count):
        own = slice(facet * count, (facet + 1) * count)
        chosen = np.flatnonzero(nearest // count == facet)
        along = here[:, own][:, -1] - here[:, own][:, 0]
        length = float(np.hypot(*along))
        chosen = chosen[distance[chosen] < 0.2 * length]
        place = along @ here[:, own] / length
        interpolated = BarycentricInterpolator(place, parts[:, own].T)(along @ at[:, chosen] / length)
        result[:, chosen] = interpolated.T
    return result


def _density(skin: _Skin, i: int, j: int, sign_i: int, sign_j: int, inside: complex | None) -> Array:
    """The bracket of K_ab at the points: E_phi of -m is minus that of m."""
    eps_in = skin.eps[0] if inside is None else np.full(skin.eps[0].shape, inside)
    step, inverse = eps_in - skin.eps[1], 1.0 / eps_in - 1.0 / skin.eps[1]
    around = sign_i * sign_j * skin.tangential[0, i].conj() * skin.tangential[0, j]
    along = skin.tangential[1, i].conj() * skin.tangential[1, j]
    return np.asarray(step * (around + along) - inverse * skin.normal[i].conj() * skin.normal[j])


def _coupling(
    skin: _Skin,
    shape: Heights,
    which: Array,
    signs: Array,
    orders: Array,
    root: Array,
    inside: complex | None,
) -> tuple[Array, Array]:
    """Hermitian and anti-Hermitian part of K = A + i B of one imperfection, in the basis of all modes of both signs of m.

    B is what an absorbing patch adds to the decay.
    """
    matrix = np.zeros((which.size, which.size), dtype=np.complex128)
    for a in range(which.size):
        for b in range(which.size):
            h = shape.component(int(orders[a] - orders[b]))
            i, j = which[a], which[b]
            density = _density(skin, i, j, int(signs[a]), int(signs[b]), inside)
            matrix[a, b] = -0.5 * root[i] * root[j] * ((skin.area * h) @ density)
    return 0.5 * (matrix + matrix.conj().T), -0.5j * (matrix - matrix.conj().T)
