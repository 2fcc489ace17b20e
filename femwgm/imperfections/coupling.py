r"""Angular integrals between the harmonics of a mode and those that a relief couples it to.

For a mode of degree l, order m, and a wave of degree l', order m', with h the relief, X = grad Y x r_hat,

    S = int Y'* h Y,    D = int grad Y'* . h grad Y,    C = int X'* . h grad Y.

Partial integration leaves integrals of scalars only, which are exact by Gauss-Legendre:

    D = 1/2 int Y'* [l (l + 1) + l' (l' + 1) + laplace] h Y,    C = -int Y'* (h_phi Y_theta - h_theta Y_phi) / sin(theta).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import fft, sparse

from femwgm.ground.typing import Array
from femwgm.imperfections.harmonics import (
    Hemisphere,
    Terrain,
    on_grid,
    polar_functions,
    polar_slopes,
    polar_tables,
    profiles,
)
from femwgm.imperfections.relief import Relief

S, D, C = 0, 1, 2
"""Rows of the forms."""


def degree(l: ArrayLike) -> Array:
    """l (l + 1)."""
    l = np.asarray(l, dtype=np.float64)
    return np.asarray(l * (l + 1.0))


def all_orders(functions: Array) -> Array:
    """Rows for m = -l to l from rows for m = 0 to l."""
    return np.concatenate([functions[:0:-1], functions])


def symbol_matrix(symbol: Relief, l: int) -> Array:
    """int Y_lm'* F Y_lm over the orders of one degree, a Hermitian matrix (2 l + 1, 2 l + 1); only even degrees of F count."""
    top = min(symbol.degree, 2 * l)
    symbol = symbol.truncated(top)
    nodes = Hemisphere(2 * l + top)
    *_, (_, functions) = polar_functions(l, nodes.x)
    parts = profiles(symbol.coefficients, nodes)
    p = all_orders(functions)
    weighted = p * (4.0 * np.pi * nodes.weight)
    matrix = np.zeros((2 * l + 1, 2 * l + 1), dtype=np.complex128)
    for M in symbol.orders:
        if M > 2 * l:
            break
        # Y_m+M* Y_m has the parity of M, and so must F
        column = parts[M % 2, M]
        product = p[M:] * weighted[: 2 * l + 1 - M]
        values = product @ np.stack([column.real, column.imag], axis=-1)
        rows = np.arange(M, 2 * l + 1)
        matrix[rows, rows - M] = values[:, 0] + 1j * values[:, 1]
        if M:
            matrix[rows - M, rows] = matrix[rows, rows - M].conj()
    return matrix


@dataclass(frozen=True)
class Forms:
    """S, D and C between a mode and all orders of one degree l'.

    Attributes
    ----------
    l
        The degree l'.
    values
        One matrix for each form: (2 l' + 1, columns), dense or sparse.
    """

    l: int
    values: tuple[Array, Array, Array]


def by_orders(relief: Relief, l: int, only: int | None = None) -> Iterator[Forms]:
    """Forms from every order of a degree (columns m = -l to l) to each degree within reach, or to one; sparse matrices."""
    top = l + relief.degree
    nodes = Hemisphere(2 * top)
    terrain = Terrain.of(relief.coefficients, nodes)
    *_, (_, functions) = polar_functions(l, nodes.x)
    own = all_orders(functions), all_orders(polar_slopes(functions))
    weight = 4.0 * np.pi * nodes.weight
    m = np.arange(-l, l + 1)
    signed = [M * sign for M in relief.orders for sign in ((1, -1) if M else (1,))]
    for reach, functions in polar_functions(top if only is None else min(top, only), nodes.x):
        if reach < max(1, l - relief.degree) or (only is not None and reach != only):
            continue
        other = all_orders(functions)
        entries: list[list[Array]] = [[], [], []]
        rows, columns = [], []
        for M in signed:
            kept = np.abs(m + M) <= reach
            target = other[(m + M)[kept] + reach] * weight
            straight, turned = target * own[0][kept], target * own[1][kept]
            odd = (l + reach + M) % 2
            here, laplacian, crosswise, slope = (
                column.conj() if M < 0 else column
                for column in (
                    terrain.height[odd, abs(M)], terrain.laplacian[odd, abs(M)],
                    terrain.height[1 - odd, abs(M)], terrain.slope[odd, abs(M)],
                )
            )  # fmt: skip
            s, bend = _real_times(straight, here), _real_times(straight, laplacian)
            bracket = 1j * M * _real_times(turned, crosswise / nodes.sine)
            bracket -= 1j * m[kept] * _real_times(straight, slope)
            entries[S].append(s)
            entries[D].append(0.5 * ((degree(l) + degree(reach)) * s + bend))
            entries[C].append(-bracket)
            rows.append((m + M)[kept] + reach)
            columns.append(m[kept] + l)
        shape = (2 * reach + 1, 2 * l + 1)
        where = np.concatenate(rows), np.concatenate(columns)
        yield Forms(reach, tuple(sparse.csr_array((np.concatenate(e), where), shape=shape) for e in entries))


def by_vectors(relief: Relief, l: int, vectors: Array) -> Iterator[Forms]:
    """Forms from given combinations of orders (vectors (2 l + 1, columns)) to each degree within reach; dense."""
    top = l + relief.degree
    nodes = Hemisphere(2 * top)
    points = fft.next_fast_len(2 * top + 2)
    terrain = Terrain.of(relief.coefficients, nodes)
    # over sin(theta): the slopes along theta and phi
    along = 1j * np.arange(relief.coefficients.shape[0])[:, None] * terrain.height / nodes.sine
    fields = (terrain.height, terrain.laplacian, terrain.slope, along)
    maps = [[half.T.copy() for half in on_grid(parts[0], parts[1], points)] for parts in fields]
    *_, (_, functions) = polar_functions(l, nodes.x)
    m = np.arange(-l, l + 1)
    signs = (-1.0) ** ((l + m) % 2)
    p, dp = all_orders(functions), all_orders(polar_slopes(functions))
    weight = 4.0 * np.pi * nodes.weight
    count = vectors.shape[1]
    # (parity, |m'|, sign of m', vector, form, real or imaginary, nodes): orders of both signs share their polar functions
    spectra = np.zeros((2, top + 1, 2, count, 3, 2, nodes.x.size))
    up = np.arange(top + 1)
    for number, vector in enumerate(vectors.T):
        halves = []
        for north, g, bend, g_theta, g_phi in zip((True, False), *maps, strict=True):
            parity = np.ones(m.size) if north else signs
            field, polar, azimuthal = (
                _around((vector * factor)[:, None] * shape, m, points)
                for factor, shape in ((parity, p), (parity if north else -parity, dp), (parity * 1j * m, p))
            )
            bracket = g_phi * polar - g_theta * azimuthal
            halves.append([fft.fft(f, axis=0, norm="forward") for f in (g * field, bend * field, bracket)])
        for form in range(3):
            for odd, part in enumerate(nodes.fold(halves[0][form], halves[1][form])):
                for sign, orders in enumerate((-up, up)):
                    chosen = part[orders] * weight
                    spectra[odd, :, sign, number, form, 0] = chosen.real
                    spectra[odd, :, sign, number, form, 1] = chosen.imag
    columns = spectra.reshape(2, top + 1, -1, nodes.x.size).swapaxes(2, 3)
    for first, table in polar_tables(top, nodes.x, max(1, l - relief.degree)):
        reached = table.shape[0]
        sums = np.empty((*table.shape[:2], 2, count, 3, 2))
        for odd, even in np.ndindex(2, 2):
            # Y_l'm' has the parity of l' + m'
            part = columns[(first + odd + even) % 2, even:reached:2]
            product = np.matmul(table[even::2, odd::2], part)
            sums[even::2, odd::2] = product.reshape(*product.shape[:2], *sums.shape[2:])
        values = sums.view(np.complex128)[..., 0]
        for reach in range(first, first + table.shape[1]):
            here = values[: reach + 1, reach - first]
            s, bend, bracket = np.moveaxis(np.concatenate([here[:0:-1, 0], here[:, 1]]), 2, 0)
            yield Forms(reach, (s, 0.5 * ((degree(l) + degree(reach)) * s + bend), -bracket))


def _real_times(real: Array, column: Array) -> Array:
    """real @ column without turning a large real matrix into a complex one."""
    pair = real @ np.stack([column.real, column.imag], axis=-1)
    return np.asarray(pair[:, 0] + 1j * pair[:, 1])


def _around(shape: Array, m: Array, points: int) -> Array:
    """sum over m of shape_m exp(i m phi) on the grid (points, nodes)."""
    spectrum = np.zeros((points, shape.shape[1]), dtype=np.complex128)
    spectrum[m] = shape
    return np.asarray(fft.ifft(spectrum, axis=0, norm="forward"))
