r"""The matrix of nearby modes of a layered sphere whose interfaces are not quite spherical, to second order in their heights.

Let interface i lie at R_i + h_i(theta, phi). By Stokes' theorem the tangential fields of both sides, continued to R_i, jump by

    [E_t] = -grad P(E_r) - P(curl E)_t x r_hat,    P(f) = h f + h^2 / 2 df/dr + ...,

(and H_t likewise), which is exact order by order in h. These jumps excite all waves of the perfect sphere
(:mod:`femwgm.imperfections.radial`, angular integrals in :mod:`femwgm.imperfections.coupling`), and the amplitudes a of the
modes' own waves obey N (k - k0) a = J(k) a. With [x] the step of x outwards, lambda = l (l + 1) and N = 2 S / k0
(:mod:`femwgm.analytic.sensitivity`; the norm is bilinear, so leaky modes are covered):

first order (Lai et al., Phys. Rev. A 41, 5187 (1990); Johnson et al., Phys. Rev. E 65, 066611 (2002)), summed over interfaces:

    TE:  N K1 = k^2 [eps] u^2 D(h) / lambda
    TM:  N K1 = [eps] w^2 D(h) / lambda - lambda [1 / eps_r] u^2 S(h) / R^2

between modes that lie near each other (resonant-state expansion; Doost et al., Phys. Rev. A 90, 013834 (2014)) the jumps of
:mod:`femwgm.imperfections.ports`. Second order: the same jumps caused by the waves that the first order excites, TE and TM, of
every degree, bound or radiating, but for the modes themselves; the term in h^2 / 2; and dK1/dk, because the jumps depend on k.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from scipy import linalg, sparse

from femwgm.analytic import ExactMode
from femwgm.ground.typing import Array
from femwgm.imperfections import radial
from femwgm.imperfections.coupling import D, Forms, S, by_orders, by_vectors, degree, symbol_matrix
from femwgm.imperfections.ports import Port, between
from femwgm.imperfections.relief import Relief

_NEARLY = 1e-4
"""Share up to which the part of a matrix that is not Hermitian counts in first order."""
_STEP = 1e-4
"""Relative step of derivatives with respect to k."""


@dataclass(frozen=True)
class Coat:
    """A film of its own index on an interface: its relief is its thickness."""

    interface: int
    index: complex


Place = int | Coat
"""What a relief belongs to: an interface, or a film on one."""


Key = TypeVar("Key", bound=Hashable)


class Series:
    """Modes of one sphere that are diagonalized together, and the reliefs of its interfaces.

    Attributes
    ----------
    modes
        The modes; everything is stated against the first one's wavenumber `k`.
    reliefs
        Relief of each interface that has one, thickness of each film on one.
    blocks
        Rows of each mode in the matrices.
    """

    def __init__(self, modes: Sequence[ExactMode], reliefs: Mapping[Place, Relief]) -> None:
        self.modes, self.reliefs = modes, {i: r for i, r in reliefs.items() if r.orders.size}
        self.k = modes[0].radial.k
        ends = np.cumsum([0] + [2 * mode.l + 1 for mode in modes])
        self.blocks = [slice(a, b) for a, b in zip(ends, ends[1:], strict=False)]
        self.size = int(ends[-1])
        self._crossings: dict[tuple[Place, int, int, bool], tuple[Array, Array, Array]] = {}

    def ports(self, k: complex) -> list[Port]:
        """Each rough interface as each mode meets it, with the permittivities at k."""
        media = self.modes[0].sphere.media.at(np.array([k]))
        t, r = media.t[:, 0], media.r[:, 0]
        found = []
        for member, mode in enumerate(self.modes):
            match, root = mode.radial.match, np.sqrt(complex(2.0 * mode.sensitivity.stored / mode.radial.k))
            for place in self.reliefs:
                i = place.interface if isinstance(place, Coat) else place
                within = (place.index**2,) * 2 if isinstance(place, Coat) else (t[i], r[i])
                u, w = (complex(x[i, 0] * np.exp(match.log[i, 0])) / root for x in (match.u, match.w))
                found.append(
                    Port(
                        member, i, place, mode.pol == "TM", float(degree(mode.l)), mode.sphere.radii_um[i], u, w,
                        (within[0], t[i + 1]), (within[1], r[i + 1]),
                    )
                )  # fmt: skip
        return found

    def apart(self) -> Array:
        """Distance of each row's mode from the first one (rad/um)."""
        return np.repeat(
            [mode.radial.k - self.k for mode in self.modes], [2 * mode.l + 1 for mode in self.modes]
        )

    def first(self, k: complex) -> Array:
        """K1 with the explicit wavenumber k in the jumps."""
        return self._linear(k, self.reliefs, squared=False)

    def factors(self) -> list[tuple[complex, complex]]:
        """What multiplies D and S of the relief of each interface in K1 of the first mode."""
        found = [between(port, port, self.k, squared=False) for port in self.ports(self.k) if not port.member]
        return [(c[D], c[S]) for c in found]

    def scales(self, *, even: bool = False) -> dict[Place, float]:
        """Shift that each relief by its rms height gives the first mode (rad/um), or its even harmonics alone."""
        weight = float(degree(self.modes[0].l))
        return {
            place: float(np.sqrt(relief.variance[::2].sum()) if even else relief.rms) * abs(d * weight + s)
            for (place, relief), (d, s) in zip(self.reliefs.items(), self.factors(), strict=True)
        }

    def scale(self) -> float:
        """The sum of `scales`."""
        return sum(self.scales().values())

    def even_share(self) -> float:
        """Share of even harmonics in the shift; all where modes of either parity are diagonalized together."""
        parities = {(mode.l + (mode.pol == "TM")) % 2 for mode in self.modes}
        return 1.0 if len(parities) > 1 else sum(self.scales(even=True).values()) / self.scale()

    def _linear(self, k: complex, reliefs: Mapping[Place, Relief], *, squared: bool) -> Array:
        """Sum over interfaces of what jumps by single forms give, h or h^2 / 2, in the basis of all orders of all modes."""
        ports = self.ports(k)
        blocks: list[list[Any]] = [[0.0] * len(self.modes) for _ in self.modes]
        for n, bra in enumerate(self.modes):
            own = {port.place: between(port, port, k, squared) for port in ports if port.member == n}
            blocks[n][n] = operator(bra.l, {i: (c[D], c[S]) for i, c in own.items()}, reliefs)
        for port in ports:
            for other in ports:
                n, m = port.member, other.member
                if n == m or port.place != other.place:
                    continue
                c = between(port, other, k, squared)
                crossing = self._crossing(port.place, n, m, reliefs[port.place], squared)
                blocks[n][m] = blocks[n][m] + sum(c[f] * crossing[f] for f in range(3) if c[f])
        filled = [
            [np.zeros((_lines(a), _lines(b))) if np.isscalar(x) else x if isinstance(x, np.ndarray) else x.toarray()
             for b, x in zip(self.modes, row, strict=True)]
            for a, row in zip(self.modes, blocks, strict=True)
        ]  # fmt: skip
        return np.block(filled) if len(filled) > 1 else np.asarray(filled[0][0])

    def _crossing(
        self, place: Place, n: int, m: int, relief: Relief, squared: bool
    ) -> tuple[Array, Array, Array]:
        """Forms of one relief from the orders of mode m to those of mode n."""
        key = place, n, m, squared
        if key not in self._crossings:
            bra, ket = self.modes[n].l, self.modes[m].l
            empty = sparse.csr_array((2 * bra + 1, 2 * ket + 1), dtype=np.complex128)
            found = next(by_orders(relief, ket, bra), None)
            self._crossings[key] = found.values if found else (empty, empty, empty)
        return self._crossings[key]

    def second(
        self, first: Array, vectors: Array | None
    ) -> tuple[Array, Array, dict[tuple[bool, int], float]]:
        """K2, the square of the amplitude that waves of other modes have in first order, and its mean by channel.

        K2 and squares as matrices, or as their means in given lines (vectors). A channel is a polarization (TM or not) and a
        degree.
        """
        ports = self.ports(self.k)
        streams = [
            by_orders(self.reliefs[port.place], self.modes[port.member].l) if vectors is None
            else by_vectors(
                self.reliefs[port.place], self.modes[port.member].l, vectors[self.blocks[port.member]]
            )
            for port in ports
        ]  # fmt: skip
        common = max((relief.degree for relief in self.reliefs.values()), default=0)
        low, high = (pick(mode.l for mode in self.modes) for pick in (min, max))
        degrees = np.arange(max(1, low - common), high + common + 1)
        responses = [self._response(ports, degrees, tm) for tm in (False, True)]
        totals: list[dict[tuple[int, int], Any]] = [{}, {}]
        channels: dict[tuple[bool, int], complex] = {}
        for reach, forms in _together(streams):
            for tm, weights in zip((False, True), responses, strict=True):
                here = weights[:, reach - degrees[0]]
                for a, f, b, g in np.argwhere(here[0] != 0.0):
                    bra, ket = forms[a], forms[b]
                    if bra is None or ket is None:
                        continue
                    left, right = bra.values[f], ket.values[g]
                    if vectors is None:
                        both = left.conj().T @ right
                        where, mean = (ports[a].member, ports[b].member), both.trace() / right.shape[1]
                    else:
                        both = np.einsum("mj,mj->j", left.conj(), right)
                        where, mean = (0, 0), both.mean()
                    for total, weight in zip(totals, here[:, a, f, b, g], strict=True):
                        total[where] = total.get(where, 0.0) + weight * both
                    if where == (0, 0):
                        channels[tm, reach] = channels.get((tm, reach), 0.0) - here[1, a, f, b, g] * mean
        found = np.zeros(
            (2, self.size, self.size if vectors is None else vectors.shape[1]), dtype=np.complex128
        )
        for order, total in enumerate(totals):
            for (n, m), block in total.items():
                if vectors is None:
                    found[order, self.blocks[n], self.blocks[m]] = block.toarray()
                else:
                    found[order] += block
        shift, mixing = found if vectors is None else found[:, 0]
        return (
            self._local(first, vectors) + shift,
            -mixing,
            {channel: abs(square) for channel, square in channels.items()},
        )

    def _local(self, first: Array, vectors: Array | None) -> Array:
        """The part of K2 without other waves: the slope of K1 in k, and h^2 / 2; see `second`."""
        step = _STEP * self.k
        slope = (self.first(self.k + step) - self.first(self.k - step)) / (2.0 * step)
        bare = first + np.diag(self.apart())
        if vectors is None:
            local = 0.5 * (slope @ bare + bare @ slope)
        else:
            local = np.einsum("mj,mj->j", (slope.conj().T @ vectors).conj(), bare @ vectors)
        if len(self.modes) > 1 or self.modes[0].pol == "TM":
            # between the lines of one TE mode the term vanishes
            squares = {i: r.squared() for i, r in self.reliefs.items()}
            square = self._linear(self.k, squares, squared=True)
            local = local + (square if vectors is None else means(square, vectors))
        return np.asarray(local)

    def _response(self, ports: Sequence[Port], degrees: Array, tm: bool) -> Array:
        """What couples form f at port a with form g at port b through waves of one polarization, and its slope in k.

        The poles of the modes themselves are left out. Shape (2, degrees, a, f, b, g).
        """
        k, sphere = self.k, self.modes[0].sphere
        answer = np.stack(radial.answers(sphere, k, degrees, tm))
        for mode in self.modes:
            if tm == (mode.pol == "TM"):
                value, slope = radial.regular_answers(sphere, mode.radial.k, mode.l, tm)
                answer[:, degrees == mode.l] = np.stack([value + slope * (k - mode.radial.k), slope])[:, None]
        across = degree(degrees)
        weights = np.zeros((2, degrees.size, len(ports), 3, len(ports), 3), dtype=np.complex128)
        for a, bra in enumerate(ports):
            back = bra.back(k, tm, across)
            for b, ket in enumerate(ports):
                weights[:, :, a, :, b, :] = np.einsum(
                    "lfsx,olsxj,lgj->olfg",
                    back, answer[:, :, bra.interface, ket.interface], ket.source(k, tm, across),
                )  # fmt: skip
        return weights


def _lines(mode: ExactMode) -> int:
    return 2 * mode.l + 1


def operator(l: int, factors: Mapping[Key, tuple[complex, complex]], reliefs: Mapping[Key, Relief]) -> Array:
    """Sum over interfaces of d D(h) + s S(h) in the basis of m: all of it one scalar map between harmonics."""
    parts: list[Relief] = []
    for take in (np.real, np.imag):
        total = Relief(np.zeros((1, 1), dtype=np.complex128))
        for i, (d, s) in factors.items():
            L = np.arange(min(reliefs[i].degree, 2 * l) + 1)
            total = total + reliefs[i].filtered(take(d) * (degree(l) - 0.5 * degree(L)) + take(s))
        parts.append(total)
    matrix = symbol_matrix(parts[0], l)
    size = [np.abs(part.coefficients).max() for part in parts]
    return matrix + 1j * symbol_matrix(parts[1], l) if size[1] > 1e-15 * size[0] else matrix


def eigenpairs(matrix: Array) -> tuple[Array, Array]:
    """Eigenvalues, and right eigenvectors of unit norm.

    A matrix that is Hermitian but for a common phase and a small rest (radiation, absorption) is diagonalized in the orthonormal
    basis of its Hermitian part, the rest counting in first order: what that leaves out is of the order of its square.
    """
    trace = np.vdot(matrix.conj().T, matrix)
    phase = np.exp(-0.5j * np.angle(trace)) if trace else 1.0
    turned = phase * matrix
    rest = 0.5 * (turned - turned.conj().T)
    if np.abs(rest).max() > _NEARLY * np.abs(turned).max():
        if np.abs(rest @ turned - turned @ rest).max() < _NEARLY * np.abs(turned).max() ** 2:
            triangle, states = linalg.schur(matrix, output="complex")
            return np.diagonal(triangle).copy(), states
        values, states = np.linalg.eig(matrix)
        return values, states
    real, states = np.linalg.eigh(turned - rest)
    return (real + means(rest, states)) / phase, states


def means(matrix: Array, vectors: Array) -> Array:
    """v^H matrix v of each column v."""
    return np.asarray(np.einsum("mj,mj->j", vectors.conj(), matrix @ vectors))


def _together(streams: Sequence[Iterable[Forms]]) -> Iterable[tuple[int, list[Forms | None]]]:
    """Forms of several reliefs, degree by degree; None where a relief does not reach."""
    heads = [iter(stream) for stream in streams]
    waiting = [next(head, None) for head in heads]
    while any(forms is not None for forms in waiting):
        reach = min(forms.l for forms in waiting if forms is not None)
        yield reach, [forms if forms is not None and forms.l == reach else None for forms in waiting]
        for i, forms in enumerate(waiting):
            if forms is not None and forms.l == reach:
                waiting[i] = next(heads[i], None)
