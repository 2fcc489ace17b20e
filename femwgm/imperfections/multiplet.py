r"""The 2 l + 1 lines of one (pol, q, l) of a layered sphere whose interfaces are not quite spherical.

Let interface i lie at R_i + h_i(theta, phi). By Stokes' theorem the tangential fields of both sides, continued to R_i, jump by

    [E_t] = -grad P(E_r) - P(curl E)_t x r_hat,    P(f) = h f + h^2 / 2 df/dr + ...,

(and H_t likewise), which is exact order by order in h. These jumps excite all waves of the perfect sphere
(:mod:`femwgm.imperfections.radial`, angular integrals in :mod:`femwgm.imperfections.coupling`), and the amplitudes a_m of the
multiplet's own waves obey N (k - k0) a = J(k) a. With [x] the step of x outwards, lambda = l (l + 1) and N = 2 S / k0
(:mod:`femwgm.analytic.sensitivity`; the norm is bilinear, so leaky modes are covered):

first order (Lai et al., Phys. Rev. A 41, 5187 (1990); Johnson et al., Phys. Rev. E 65, 066611 (2002)), summed over interfaces:

    TE:  N K1 = k^2 [eps] u^2 D(h) / lambda
    TM:  N K1 = [eps] w^2 D(h) / lambda - lambda [1 / eps_r] u^2 S(h) / R^2

second order: the same jumps caused by the waves that the first order excites, TE and TM, of every degree, bound or radiating; the
term in h^2 / 2 (TM: 2 lambda [1 / eps_r] u^2 S / R^3); and (dK1/dk) K1 because the jumps depend on k.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from scipy import linalg, sparse

from femwgm.analytic import ExactMode
from femwgm.errors import SolveError
from femwgm.ground.typing import Array
from femwgm.imperfections import radial
from femwgm.imperfections.bead import Placed, bead_matrix
from femwgm.imperfections.coupling import C, D, Forms, S, by_orders, by_vectors, degree, symbol_matrix
from femwgm.imperfections.harmonics import MAX_DEGREE
from femwgm.imperfections.relief import Relief

_TRUST = 0.6
"""Ratio of one order of the series to the one before it from which no line is given."""
_FULL = 3e9
"""Multiplications up to which the second order is taken of every line, not only of a sample."""
_SAMPLE = 6
"""Lines whose second order is taken otherwise; half as many where they reach up to degree"""
_LARGE = 400
_SAFETY = 2.0
"""Factor on the errors."""
_NEARLY = 1e-4
"""Share up to which the part of a matrix that is not Hermitian counts in first order."""


@dataclass(frozen=True)
class Multiplet:
    """The split lines of one (pol, q, l).

    Attributes
    ----------
    mode
        The mode of the perfect sphere.
    shift
        Complex shift of k0 of each line (rad/um), ascending in wavelength, shape (2 l + 1,).
    error
        Bound on the shift of k0 that the first neglected order brings (rad/um), same shape.
    states
        Composition: column j holds the amplitudes of m = -l to l in line j.
    order
        1 or 2: the order up to which the shifts are known.
    reliefs
        The reliefs that split it, by interface.
    """

    mode: ExactMode
    shift: Array
    error: Array
    states: Array
    order: int
    reliefs: Mapping[int, Relief] = field(default_factory=dict, repr=False)

    @cached_property
    def k0(self) -> Array:
        """Complex wavenumber of each line (rad/um)."""
        return self.mode.k0 + self.shift

    @property
    def wavelength_nm(self) -> Array:
        """Vacuum wavelength of each line (nm)."""
        return 2e3 * np.pi / self.k0.real

    @property
    def shift_pm(self) -> Array:
        """Shift of the wavelength against the perfect sphere (pm), without cancellation."""
        k = self.mode.k0.real
        return -2e6 * np.pi * self.shift.real / (k * (k + self.shift.real))

    @property
    def shift_error_pm(self) -> Array:
        """Error of `shift_pm` (pm)."""
        return 2e6 * np.pi * self.error / self.k0.real**2

    @property
    def q_total(self) -> Array:
        """Quality factor of each line."""
        loss = 0.0 if self.mode.q_total == math.inf else 1.0 / self.mode.q_total
        extra = -2.0 * self.shift.imag / self.k0.real
        # what an imperfection adds to a loss below rounding is not known below rounding
        extra = np.where(np.abs(extra) < 1e-15, 0.0, extra)
        total = loss + extra
        return np.where(total == 0.0, math.inf, 1.0 / np.where(total == 0.0, 1.0, total))

    @property
    def m_mean(self) -> Array:
        """Mean of m over the composition of each line."""
        return self._weights @ self._m

    @property
    def m_std(self) -> Array:
        """Spread of m over the composition of each line."""
        return np.sqrt(np.maximum(self._weights @ self._m**2 - self.m_mean**2, 0.0))

    @property
    def std_pm(self) -> float:
        """Standard deviation of the lines (pm)."""
        return float(np.std(self.shift_pm))

    @cached_property
    def fwhm_pm(self) -> float:
        """Full width at half maximum of the unresolved multiplet (pm), all lines equally bright and arbitrarily narrow.

        The lines are smoothed by a Gaussian of Silverman's width, whose own width is taken out again in quadrature. Zero where
        more than half of the lines coincide.
        """
        lines = np.sort(self.shift_pm)
        quartiles = float(np.subtract(*np.quantile(lines, [0.75, 0.25])))
        width = 0.9 * min(float(np.std(lines)), quartiles / 1.349) * lines.size**-0.2
        if width <= 1e-13 * self.mode.wavelength_nm * 1e3:
            return 0.0
        reach = np.linspace(lines[0] - 4.0 * width, lines[-1] + 4.0 * width, 2001)
        x = np.sort(
            np.concatenate([reach, lines, *(np.median(lines) + width * np.linspace(-9.0, 9.0, 361)[None])])
        )
        density = np.exp(-0.5 * ((x[:, None] - lines) / width) ** 2).sum(axis=1)
        above = x[density >= 0.5 * density.max()]
        full = float(above[-1] - above[0])
        return math.sqrt(max(full**2 - 8.0 * math.log(2.0) * width**2, 0.0))

    @property
    def _weights(self) -> Array:
        weights = np.abs(self.states.T) ** 2
        return np.asarray(weights / weights.sum(axis=1, keepdims=True))

    @property
    def _m(self) -> Array:
        return np.arange(-self.mode.l, self.mode.l + 1, dtype=np.float64)


@dataclass(frozen=True)
class _Interface:
    """The fields and steps of the perfect mode at one interface."""

    radius: float
    u: complex
    w: complex
    t: tuple[complex, complex]
    r: tuple[complex, complex]

    @property
    def step(self) -> complex:
        """[eps_t]."""
        return self.t[1] - self.t[0]

    @property
    def step_inverse(self) -> complex:
        """[1 / eps_r]."""
        return 1.0 / self.r[1] - 1.0 / self.r[0]


def multiplet(
    mode: ExactMode, reliefs: Mapping[int, Relief], beads: Sequence[Placed] = (), *, full: bool | None = None
) -> Multiplet:
    """Split a mode of the perfect sphere by the reliefs of its interfaces.

    Parameters
    ----------
    mode
        The mode; its m does not matter.
    reliefs
        Relief of each interface that has one, by number from the centre outwards.
    beads
        Beads on the outermost surface.
    full
        Whether the second order is taken of every line; by default where that costs little.

    Raises
    ------
    SolveError
        Where the series is not trustworthy, or degrees are beyond what the harmonics hold.
    """
    if mode.l > MAX_DEGREE - 100:
        raise SolveError(f"degree l = {mode.l} is beyond {MAX_DEGREE - 100}, where the harmonics underflow")
    short = {i: relief.truncated(min(MAX_DEGREE - mode.l, 2 * mode.l + 40)) for i, relief in reliefs.items()}
    problem = _Problem(mode, short)
    added, added_error = bead_matrix(mode, beads)
    first = problem.first(mode.k0) + added
    if _cost_of_all(mode.l, short) <= _FULL if full is None else full:
        beyond, mixing = problem.second(first, None)
        values, states = _eigenpairs(first + beyond)
        error, order = problem.third(_means(beyond, states), _means(mixing, states)), 2
    else:
        values, states = _eigenpairs(first)
        reach = max((relief.degree for relief in short.values()), default=0)
        count = _SAMPLE if mode.l + reach < _LARGE else _SAMPLE // 2
        ranks = np.linspace(0, values.size - 1, count).round().astype(int)
        beyond, mixing = problem.second(first, states[:, np.argsort(values.real)[ranks]])
        problem.third(beyond, mixing)
        error, order = float(np.abs(beyond.real).max()) * _SAFETY, 1
        values = values + 1j * float(np.mean(beyond.imag))
    if reliefs and beads:
        added_error += float(np.abs(values).max()) * np.abs(added).max() / abs(mode.sensitivity.by_degree())
    error += added_error
    ranking = np.argsort(-values.real, kind="stable")
    return Multiplet(mode, values[ranking], np.full(values.size, error), states[:, ranking], order, short)


def cost(l: int, reliefs: Mapping[int, Relief], kinds_of_beads: int = 0) -> float:
    """Multiplications that a multiplet takes, roughly."""
    lines, reach = 2 * l + 1, max((relief.degree for relief in reliefs.values()), default=0)
    every = _cost_of_all(l, reliefs)
    others = every if every <= _FULL else len(reliefs) * 60.0 * reach * (l + reach) ** 2
    return 10.0 * lines**3 + others + 2.2e8 * l * kinds_of_beads


def _cost_of_all(l: int, reliefs: Mapping[int, Relief]) -> float:
    """Multiplications that the second order of every line takes."""
    lines, reach = 2.0 * l + 1.0, max((relief.degree for relief in reliefs.values()), default=0)
    orders = max((2 * relief.orders.size for relief in reliefs.values()), default=0)
    forms = lines * orders * (2 * reach + 1) * (l + reach) * 3.0
    products = lines * (2 * reach + 1) * orders**2 * 50.0
    return (forms + products) * len(reliefs)


def first_order_factors(mode: ExactMode, interfaces: Iterable[int]) -> list[tuple[complex, complex]]:
    """What multiplies D and S of the relief of each interface in the first order (rad/um per um)."""
    nothing = Relief(np.ones((1, 1), dtype=np.complex128))
    return _Problem(mode, dict.fromkeys(interfaces, nothing)).factors


def _eigenpairs(matrix: Array) -> tuple[Array, Array]:
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
    return (real + _means(rest, states)) / phase, states


def _means(matrix: Array, vectors: Array) -> Array:
    """v^H matrix v of each column v."""
    return np.asarray(np.einsum("mj,mj->j", vectors.conj(), matrix @ vectors))


class _Problem:
    """One mode and its reliefs."""

    def __init__(self, mode: ExactMode, reliefs: Mapping[int, Relief]) -> None:
        self.mode, self.reliefs = mode, {i: r for i, r in reliefs.items() if r.orders.size}
        self.tm = mode.pol == "TM"
        self.weight = float(degree(mode.l))
        self.k = mode.radial.k
        match = mode.radial.match
        self.fields = [
            (
                complex(match.u[i, 0] * np.exp(match.log[i, 0])),
                complex(match.w[i, 0] * np.exp(match.log[i, 0])),
            )
            for i in range(len(mode.sphere.radii_um))
        ]
        self.norm = 2.0 * mode.sensitivity.stored / self.k

    def interfaces(self, k: complex) -> dict[int, _Interface]:
        """The rough interfaces with the permittivities at k and the fields of the mode."""
        media = self.mode.sphere.media.at(np.array([k]))
        t, r = media.t[:, 0], media.r[:, 0]
        return {
            i: _Interface(self.mode.sphere.radii_um[i], *self.fields[i], (t[i], t[i + 1]), (r[i], r[i + 1]))
            for i in self.reliefs
        }

    @property
    def factors(self) -> list[tuple[complex, complex]]:
        """What multiplies D and S of each interface in K1."""
        return [self._first(face, self.k) for face in self.interfaces(self.k).values()]

    def first(self, k: complex) -> Array:
        """K1 with the explicit wavenumber k in the jumps."""
        return self._operator(
            {i: self._first(face, k) for i, face in self.interfaces(k).items()}, self.reliefs
        )

    def _first(self, face: _Interface, k: complex) -> tuple[complex, complex]:
        """What multiplies D and S of the relief in K1."""
        if not self.tm:
            return k**2 * face.step * face.u**2 / self.weight / self.norm, 0.0
        return (
            face.step * face.w**2 / self.weight / self.norm,
            -self.weight * face.step_inverse * face.u**2 / face.radius**2 / self.norm,
        )

    def _operator(
        self, factors: Mapping[int, tuple[complex, complex]], reliefs: Mapping[int, Relief]
    ) -> Array:
        """Sum over interfaces of d D(h) + s S(h) in the basis of m: all of it one scalar map between harmonics."""
        parts: list[Relief] = []
        for take in (np.real, np.imag):
            total = Relief(np.zeros((1, 1), dtype=np.complex128))
            for i, (d, s) in factors.items():
                L = np.arange(min(reliefs[i].degree, 2 * self.mode.l) + 1)
                total = total + reliefs[i].filtered(take(d) * (self.weight - 0.5 * degree(L)) + take(s))
            parts.append(total)
        matrix = symbol_matrix(parts[0], self.mode.l)
        size = [np.abs(part.coefficients).max() for part in parts]
        return matrix + 1j * symbol_matrix(parts[1], self.mode.l) if size[1] > 1e-15 * size[0] else matrix

    # -- second order -------------------------------------------------------------------------------------------------------

    def second(self, first: Array, vectors: Array | None) -> tuple[Array, Array]:
        """K2 and the square of the amplitude that other waves have in first order.

        Both as matrices, or as their means in given lines (vectors).
        """
        mode = self.mode
        streams = [
            by_orders(relief, mode.l) if vectors is None else by_vectors(relief, mode.l, vectors)
            for relief in self.reliefs.values()
        ]
        common = max((relief.degree for relief in self.reliefs.values()), default=0)
        degrees = np.arange(max(1, mode.l - common), mode.l + common + 1)
        responses = [self._response(degrees, tm) for tm in (False, True)]
        zero: Any = 0.0 if vectors is not None else sparse.csr_array(first.shape, dtype=np.complex128)
        totals = [zero, zero]
        for reach, forms in _together(streams):
            for weights in responses:
                here = weights[:, reach - degrees[0]]
                for a, f, b, g in np.argwhere(here[0] != 0.0):
                    bra, ket = forms[a], forms[b]
                    if bra is None or ket is None:
                        continue
                    left, right = bra.values[f], ket.values[g]
                    both = (
                        left.conj().T @ right
                        if vectors is None
                        else np.einsum("mj,mj->j", left.conj(), right)
                    )
                    totals = [
                        total + weight * both
                        for total, weight in zip(totals, here[:, a, f, b, g], strict=True)
                    ]
        shift, mixing = (np.asarray(total.toarray() if vectors is None else total) for total in totals)
        return self._local(first, vectors) + shift, -mixing

    def _local(self, first: Array, vectors: Array | None) -> Array:
        """The part of K2 without other waves: the slope of K1 in k, and h^2 / 2; see `second`."""
        step = 1e-4 * self.k
        ahead, behind = (
            {i: self._first(face, k) for i, face in self.interfaces(k).items()}
            for k in (self.k + step, self.k - step)
        )
        slopes = {
            i: tuple((a - b) / (2.0 * step) for a, b in zip(ahead[i], behind[i], strict=True)) for i in ahead
        }
        parts: list[Array] = []
        if any(
            abs(value) > 1e-12 * abs(ahead[i][0] / self.k) for i, pair in slopes.items() for value in pair
        ):
            slope = self._operator(slopes, self.reliefs)
            if vectors is None:
                parts.append(0.5 * (slope @ first + first @ slope))
            else:
                parts.append(_means(slope, vectors) * _means(first, vectors))
        if self.tm:
            squares = {i: self._square(face) for i, face in self.interfaces(self.k).items()}
            square = self._operator(squares, {i: r.squared() for i, r in self.reliefs.items()})
            parts.append(square if vectors is None else _means(square, vectors))
        zero = np.zeros_like(first) if vectors is None else np.zeros(vectors.shape[1], dtype=np.complex128)
        return sum(parts, zero)

    def _square(self, face: _Interface) -> tuple[complex, complex]:
        """What multiplies D and S of h^2 / 2 in K2 (TM; zero for TE)."""
        bend = (face.t[1] / face.r[1] - face.t[0] / face.r[0]) * face.u * face.w / face.radius**2
        sharp = 2.0 * self.weight * face.step_inverse * face.u**2 / face.radius**3
        return bend / self.norm, (sharp - self.weight * bend) / self.norm

    def _response(self, degrees: Array, tm: bool) -> Array:
        """What couples form f at interface a with form g at b through waves of one polarization, and its slope in k.

        Shape (2, degrees, a, f, b, g).
        """
        k, sphere = self.k, self.mode.sphere
        answer = np.stack(radial.answers(sphere, k, degrees, tm))
        if tm == self.tm:
            answer[:, degrees == self.mode.l] = np.stack(radial.regular_answers(sphere, k, self.mode.l, tm))[
                :, None
            ]
        faces = self.interfaces(k)
        across = degree(degrees)
        weights = np.zeros((2, degrees.size, len(faces), 3, len(faces), 3), dtype=np.complex128)
        for a, i in enumerate(faces):
            back = self._back(faces[i], tm, across)
            for b, j in enumerate(faces):
                source = self._source(faces[j], tm, across)
                weights[:, :, a, :, b, :] = np.einsum(
                    "lfsx,olsxj,lgj->olfg", back, answer[:, :, i, j], source
                )
        return weights / self.norm

    def _source(self, face: _Interface, tm: bool, across: Array) -> Array:
        """Jumps (s_u, s_w) of a wave of degree l' by which the mode excites it, for each form: (degrees, form, 2)."""
        k, jumps = self.k, np.zeros((across.size, 3, 2), dtype=np.complex128)
        if self.tm and tm:
            jumps[:, D, 0] = -face.step * face.w / across
            jumps[:, S, 1] = -self.weight * face.step_inverse * face.u / face.radius**2
        elif self.tm:
            jumps[:, C, 1] = 1j * k * face.step * face.w / across
        elif tm:
            jumps[:, C, 0] = -1j * k * face.step * face.u / across
        else:
            jumps[:, D, 1] = k**2 * face.step * face.u / across
        return jumps

    def _back(self, face: _Interface, tm: bool, across: Array) -> Array:
        """What the mode picks up from (u, w) of a wave inside and outside the interface, for each (conjugated) form.

        Shape (degrees, form, side, field). C of the way back is minus the conjugate of C.
        """
        k, weight = self.k, self.weight
        back = np.zeros((across.size, 3, 2, 2), dtype=np.complex128)
        for side, sign in ((0, -1.0), (1, 1.0)):
            t, r = face.t[side], face.r[side]
            # the mode's u times the jump of w, minus its w times the jump of u
            if self.tm and tm:
                back[:, D, side, 1] = sign * face.w * t / weight
                back[:, D, side, 0] = sign * face.u * k**2 / weight
                back[:, S, side, 0] = -sign * face.u * across / (r * face.radius**2)
            elif self.tm:
                back[:, C, side, 1] = -sign * face.u * -1j * k / weight
                back[:, C, side, 0] = sign * face.w * -1j * k * t / weight
            elif tm:
                back[:, C, side, 1] = -sign * face.u * 1j * k * t / weight
                back[:, C, side, 0] = sign * face.w * 1j * k / weight
            else:
                back[:, D, side, 1] = sign * face.w / weight
                back[:, D, side, 0] = sign * face.u * k**2 * t / weight
                back[:, S, side, 0] = -sign * face.u * across / face.radius**2
        return back

    def third(self, second: Array, mixing: Array) -> float:
        """Error of second-order shifts: their size times the ratio of the orders; refuses a series that does not fall.

        Parameters
        ----------
        second
            Second-order part of the shifts.
        mixing
            Square of the amplitude of other waves in each line.
        """
        scale = 0.0
        for i, face in self.interfaces(self.k).items():
            d, s = self._first(face, self.k)
            scale += self.reliefs[i].rms * abs(d * self.weight + s)
        size = float(np.abs(second).max(initial=0.0))
        amplitude = math.sqrt(float(np.abs(mixing).max(initial=0.0)))
        ratio = max(size / scale if scale else 0.0, amplitude)
        if ratio > _TRUST:
            mode = self.mode
            raise SolveError(
                f"{mode.pol} q={mode.q} l={mode.l}: the perturbation series is not trustworthy: from one order to the next it"
                f" falls by {ratio:.2g} only (other modes of the sphere have an amplitude of {amplitude:.2g} in its lines);"
                " make the imperfection smaller"
            )
        return max(_SAFETY * size * ratio, 1e-15 * abs(self.k))


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
