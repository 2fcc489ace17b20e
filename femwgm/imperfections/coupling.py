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
from femwgm.imperfections.harmonics import Hemisphere, on_grid, polar_functions, polar_slopes, profiles
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
    even, odd, _ = profiles(symbol.coefficients, nodes)
    p = all_orders(functions)
    weighted = p * (4.0 * np.pi * nodes.weight)
    matrix = np.zeros((2 * l + 1, 2 * l + 1), dtype=np.complex128)
    for M in symbol.orders:
        if M > 2 * l:
            break
        # Y_m+M* Y_m has the parity of M, and so must F
        column = (odd if M % 2 else even)[M]
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


def by_orders(relief: Relief, l: int) -> Iterator[Forms]:
    """Forms from every order of a degree (columns m = -l to l) to each degree within reach; sparse matrices."""
    top = l + relief.degree
    nodes = Hemisphere(2 * top)
    laplace = _laplace(relief)
    parts, curved = profiles(relief.coefficients, nodes), profiles(laplace.coefficients, nodes)
    *_, (_, functions) = polar_functions(l, nodes.x)
    own = all_orders(functions), all_orders(polar_slopes(functions))
    weight = 4.0 * np.pi * nodes.weight
    m = np.arange(-l, l + 1)
    signed = [M * sign for M in relief.orders for sign in ((1, -1) if M else (1,))]
    for reach, functions in polar_functions(top, nodes.x):
        if reach < max(1, l - relief.degree):
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
                    parts[odd][abs(M)], curved[odd][abs(M)], parts[1 - odd][abs(M)], parts[2][1 - odd, abs(M)]
                )
            )  # fmt: skip
            s, bend = _real_times(straight, here), _real_times(straight, laplacian)
            bracket = 1j * M * _real_times(turned, crosswise / nodes.sine)
            bracket -= 1j * m[kept] * _real_times(straight, slope / nodes.sine)
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
    laplace = _laplace(relief)
    maps = [on_grid(*profiles(r.coefficients, nodes)[:2], points) for r in (relief, laplace)]
    slope = profiles(relief.coefficients, nodes)[2]
    # the slope of the even part is odd in theta -> pi - theta
    steep = on_grid(slope[1], slope[0], points)
    orders = np.arange(relief.coefficients.shape[0])[:, None]
    around = profiles(1j * orders * relief.coefficients, nodes)[:2]
    along = on_grid(*around, points)
    *_, (_, functions) = polar_functions(l, nodes.x)
    m = np.arange(-l, l + 1)
    signs = (-1.0) ** ((l + m) % 2)
    p, dp = all_orders(functions), all_orders(polar_slopes(functions))
    weight = 4.0 * np.pi * nodes.weight
    count = vectors.shape[1]
    spectra = np.zeros((2, 2 * top + 1, nodes.x.size, 3, count), dtype=np.complex128)
    keep = np.arange(-top, top + 1) % points
    for number, vector in enumerate(vectors.T):
        halves = []
        for north, g, bend, g_theta, g_phi in zip((True, False), maps[0], maps[1], steep, along, strict=True):
            parity = np.ones(m.size) if north else signs
            field, polar, azimuthal = (
                _around((vector * factor)[:, None] * shape, m, points)
                for factor, shape in ((parity, p), (parity if north else -parity, dp), (parity * 1j * m, p))
            )
            bracket = (g_phi * polar - g_theta * azimuthal) / nodes.sine[:, None]
            halves.append([_orders(f, keep) for f in (g * field, bend * field, bracket)])
        for form in range(3):
            for odd, part in enumerate(nodes.fold(halves[0][form], halves[1][form])):
                spectra[odd, :, :, form, number] = part * weight
    columns = spectra.reshape(2, 2 * top + 1, nodes.x.size, 3 * count).view(np.float64)
    for reach, functions in polar_functions(top, nodes.x):
        if reach < max(1, l - relief.degree):
            continue
        table = all_orders(functions)[:, None, :]
        values = np.empty((2 * reach + 1, 3 * count), dtype=np.complex128)
        for odd in (0, 1):
            # Y_l'm' has the parity of l' + m', and m' begins at -l'
            values[odd::2] = np.matmul(table[odd::2], columns[odd, top - reach + odd : top + reach + 1 : 2])[
                :, 0
            ].view(np.complex128)
        s, bend, bracket = np.moveaxis(values.reshape(-1, 3, count), 1, 0)
        yield Forms(reach, (s, 0.5 * ((degree(l) + degree(reach)) * s + bend), -bracket))


def _real_times(real: Array, column: Array) -> Array:
    """real @ column without turning a large real matrix into a complex one."""
    pair = real @ np.stack([column.real, column.imag], axis=-1)
    return np.asarray(pair[:, 0] + 1j * pair[:, 1])


def _laplace(relief: Relief) -> Relief:
    L = np.arange(relief.degree + 1)
    return relief.filtered(-degree(L))


def _around(shape: Array, m: Array, points: int) -> Array:
    """sum over m of shape_m exp(i m phi) on the grid (nodes, points)."""
    spectrum = np.zeros((shape.shape[1], points), dtype=np.complex128)
    spectrum[:, m % points] = shape.T
    return np.asarray(fft.ifft(spectrum, axis=1, norm="forward"))


def _orders(field: Array, keep: Array) -> Array:
    """Coefficients of exp(i m phi), rows m."""
    return np.asarray(fft.fft(field, axis=1, norm="forward")[:, keep].T)
