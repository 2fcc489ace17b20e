r"""One mode of a stack of spheres: where its energy is, what leaves it, and how far its numbers can be trusted.

With u the inside wave of a degree at real k, in the unit of the waves outside, the electric energy of a layer is

    TE: eps int u^2 dr / kappa^2,    TM: n^2 ( int u^2 dr + [u w] / k^2 ) / kappa^2,    n the ambient's index,

the second because H carries u and the boundary term is what electric and magnetic energy of a layer differ by. The total is the
bilinear norm of the equations, so the ambient has the rest. What leaves is the power of the waves of all spheres far away, a sum
of squares: Q of any size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from femwgm.analytic.layered import Stack
from femwgm.analytic.multipoles.system import System
from femwgm.analytic.multipoles.translation import gauss, legendre_table
from femwgm.ground.typing import Array, ComplexArray

_STEP = 1e-2
"""Step of numerical derivatives, in radians of the fastest phase."""
_SAFETY = 3.0
_EPS = 2e-15
"""Relative error of what M is made of."""
_FLOOR = 1e-14
"""Least relative error of k: Bessel functions of orders in the hundreds, and their interpolation off the real axis."""
_FAINT = 1e-14
"""Error of the smallest amplitudes, those that radiate, relative to the largest."""
_DERIVATIVE = 1e-8
_FIRST_ORDER = 8.0
"""Error of the radiated power over the root of that of k: waves left out change amplitudes in first order, k in second."""
_CUTS = (0.93, 0.965)
"""Parts of the degrees with which a mode is compared: from one to the next the error falls as from the next to the whole."""


@dataclass(frozen=True)
class StackMode:
    """A mode of spheres on a common axis.

    Attributes
    ----------
    m
        Azimuthal order.
    k0
        Vacuum wavenumber (rad/um).
    amplitudes
        Inside amplitudes x, in the order of `system.parts`, scaled to an electric energy of 1 (int Re eps |E|^2 dV, um^3).
    system
        The equations that it solves.
    energy
        Share of the electric energy in each layer of each sphere (the ambient has the rest).
    channels
        For each polarization and sphere, the share of the energy in the layers by degree.
    residual
        |M x| / (|M| |x|).
    log10_q
        Decimal logarithm of the radiation quality factor; None where it is not known.
    source
        "eigenvalue" or "multipoles", or why Q is not known.
    error, q_error, share_error
        Estimated errors: of the wavenumber (relative), Q (relative), shares (absolute).
    left_out
        Part of the last that the waves left out have.
    """

    m: int
    k0: complex
    amplitudes: ComplexArray
    system: System
    energy: list[list[float]]
    channels: list[list[Array]]
    residual: float
    log10_q: float | None
    source: str
    error: float
    q_error: float | None
    share_error: float
    left_out: float

    @property
    def te_fraction(self) -> float:
        """Part of the energy inside the spheres that TE waves have."""
        totals = dict.fromkeys((False, True), 0.0)
        for tm, parts in zip(self.system.polarizations, self.channels, strict=True):
            totals[tm] += float(sum(part.sum() for part in parts))
        return totals[False] / sum(totals.values())


def describe(system: System, k: complex, x: ComplexArray) -> StackMode:
    """The mode that (k, x) is.

    Parameters
    ----------
    system
        The equations.
    k, x
        A converged eigenpair.

    Notes
    -----
    Errors are extrapolated from what the last few per cent of the degrees change.
    """
    x, layers, mixing = normalised(system, k, x)
    left, energy = system.left(k, x), by_sphere(layers)

    # The eigenpair cut off at lower degrees: a Rayleigh quotient, wrong in second order only, as is the cut itself.
    shifts, inner = [], np.zeros(system.size, dtype=bool)
    for share in _CUTS:
        inner[:] = False
        inner[system.inner([int(share * wave.degrees[-1]) for wave in system.waves])] = True
        part, cut = np.where(inner, x, 0.0), np.where(inner, left, 0.0)
        shifts.append(complex((cut @ system.apply(k, part)) / (cut @ slope(system, k, part))))
    ratio = min(abs(shifts[1]) / max(abs(shifts[0]), 1e-300), 1.0)
    shift = _SAFETY * ratio * shifts[1]
    size = float(np.abs(left) @ np.abs(system.matrix(k)) @ np.abs(x))
    rounding = _EPS * size / abs(left @ slope(system, k, x)) + _FLOOR * abs(k)
    lost = by_sphere(_layers(system, k, np.where(inner, 0.0, x)))

    outside = 1.0 - sum(map(sum, energy))  # whose phase is taken as that of the inside
    absorbed = absorption(system, k, energy)
    rate = -2.0 * k.imag / k.real - absorbed
    log_q, source = None, "not resolved: lost in rounding"
    q_error: float | None = None
    power = radiated(system, k, x)
    if power > 0.0:
        log_q, source = float(-np.log10(power)), "multipoles"
        q_error = float(_SAFETY * abs(radiated(system, k, part) / power - 1.0) + power + (mixing - 1.0))
        q_error += float(_FAINT / np.sqrt(power) + _DERIVATIVE + _FIRST_ORDER * np.sqrt(abs(shift) / abs(k)))
    if rate > 0.0:
        uncertain = 2.0 * (abs(shift) + rounding) / (k.real * rate) + absorbed**2 / rate + abs(absorbed)
        if q_error is None or uncertain < q_error:
            log_q, source, q_error = float(-np.log10(rate)), "eigenvalue", float(uncertain)
    if system.couplings.kappa(complex(k.real)).imag:  # neither a power nor a share can be told far away
        log_q, source, q_error = None, "not resolved: the ambient absorbs", None
    left_out = _SAFETY * max(map(max, lost)) + 1e-12
    # The norm ends nowhere: a wave that leaves has 1/Q of the energy in each radian of its path.
    ends = abs(rate) * (1.0 + system.couplings.kappa(complex(k.real)).real * middle_and_reach(system)[1])
    share_error = left_out + ends + (mixing - 1.0) * max(outside, 0.0)
    return StackMode(
        m=system.couplings.m, k0=k, amplitudes=x, system=system, energy=energy,
        channels=[[part.sum(axis=0) for part in parts] for parts in layers],
        residual=residual(system, k, x), log10_q=log_q, source=source, q_error=q_error,
        error=float((abs(shift) + rounding) / abs(k)), share_error=share_error, left_out=left_out,
    )  # fmt: skip


def normalised(system: System, k: complex, x: ComplexArray) -> tuple[ComplexArray, list[list[Array]], float]:
    """Amplitudes of unit electric energy, the energy by polarization, sphere, layer and degree, and `spread`."""
    norm = system.left(k, x) @ slope(system, k, x, frozen=k) / (2.0 * k * system.couplings.kappa(k))
    mixing = spread(system, k, x)
    square = 1.0 / (2.0 * np.pi * abs(norm) * mixing)
    return np.sqrt(square) * x, [[square * part for part in parts] for parts in _layers(system, k, x)], mixing


def channels_of(system: System, k: complex, x: ComplexArray) -> list[list[Array]]:
    """Share of the energy inside all spheres by polarization, sphere and degree, of an approximate eigenpair."""
    layers = _layers(system, k, x)
    total = sum(float(part.sum()) for parts in layers for part in parts)
    return [[part.sum(axis=0) / total for part in parts] for parts in layers]


def spread(system: System, k: complex, x: ComplexArray) -> float:
    """int |E|^2 over |int E . E| inside the spheres: above one where a mode mixes with one that decays."""
    hermitian, bilinear = 0.0, 0.0 + 0.0j
    for tm, row, places in zip(system.polarizations, _layers(system, k, x), system.parts, strict=True):
        for part, place in zip(row, places, strict=True):
            values = part.sum(axis=0)
            hermitian += float(values.sum())
            phase = x[place] ** 2 / np.maximum(np.abs(x[place]) ** 2, 1e-300)
            bilinear += complex((values * phase).sum() * (-1.0 if tm else 1.0))
    return hermitian / abs(bilinear)


def slope(system: System, k: complex, x: ComplexArray, frozen: complex | None = None) -> ComplexArray:
    """M'(k) x, by differences of fourth order; at fixed permittivities where `frozen` is given."""
    centres = [wave.centre for wave in system.waves]
    length = max(centres) - min(centres) + 2.0 * max(wave.radius for wave in system.waves)
    largest = max(float(np.sqrt(np.abs(s.media.at(np.array([k])).t)).max()) for s in system.spheres)
    h = _STEP / (largest * length)
    values = [system.apply(k + step * h, x, frozen) for step in (-2.0, -1.0, 1.0, 2.0)]
    return np.asarray((values[0] - 8.0 * values[1] + 8.0 * values[2] - values[3]) / (12.0 * h))


def residual(system: System, k: complex, x: ComplexArray) -> float:
    """|M x| over the norm of what it is the difference of."""
    f, a = system.own(k)
    arrived = system.arrived(k, a * x)
    return float(
        np.linalg.norm(f * x - arrived)
        / max(np.linalg.norm(f * x), np.linalg.norm(arrived), np.linalg.norm(a * x))
    )


def middle_and_reach(system: System) -> tuple[float, float]:
    """Height of the middle of a stack and radius of the smallest sphere about it that holds all spheres (um)."""
    edges = [w.centre + sign * w.radius for w in system.waves for sign in (-1.0, 1.0)]
    return 0.5 * (max(edges) + min(edges)), 0.5 * (max(edges) - min(edges))


def radiated(system: System, k: complex, x: ComplexArray) -> float:
    """1/Q of the power far away, for amplitudes of unit electric energy: k as real."""
    kappa = system.couplings.kappa(complex(k.real)).real
    middle, reach = middle_and_reach(system)
    cosine, weight = gauss(int(2.0 * kappa * reach) + 80)
    sine = np.sqrt((1.0 - cosine) * (1.0 + cosine))
    sent, m = system.sent(k, x), system.couplings.m
    polar, azimuthal = (np.zeros(len(cosine), dtype=np.complex128) for _ in range(2))
    for j, wave in enumerate(system.waves):
        P, dP = legendre_table(int(wave.degrees[0]), int(wave.degrees[-1]), m, cosine, sine)
        over = m * P / sine[:, None]
        phase = np.exp(-1j * kappa * (wave.centre - middle) * cosine)
        far = (
            np.exp(wave.scale)
            * (-1j) ** (wave.degrees % 4 + 1)
            / np.sqrt(wave.degrees * (wave.degrees + 1.0))
        )
        for tm, parts in zip(system.polarizations, system.parts, strict=True):
            amplitude = sent[parts[j]] * far
            if tm:
                polar += phase * (dP @ (1j * amplitude))
                azimuthal += phase * (over @ (-amplitude))
            else:
                polar += phase * (over @ (1j * amplitude))
                azimuthal -= phase * (dP @ amplitude)
    flux = 2.0 * np.pi * float(weight @ (np.abs(polar) ** 2 + np.abs(azimuthal) ** 2)) / kappa**2
    return flux * kappa / k.real**2


def absorption(system: System, k: complex, energy: Sequence[Sequence[float]]) -> float:
    """1/Q of the absorption, from the shares of the energy."""
    at = np.array([complex(k.real)])
    total, outside = 0.0, 1.0 - sum(sum(shares) for shares in energy)
    for sphere, shares in zip(system.spheres, energy, strict=True):
        eps = sphere.media.at(at).t[:, 0]
        total += float(sum(s * e.imag / e.real for s, e in zip(shares, eps[:-1], strict=True)))
    eps = system.spheres[0].media.at(at).t[-1, 0]
    return total + float(outside * eps.imag / eps.real)


def _layers(system: System, k: complex, x: ComplexArray) -> list[list[Array]]:
    """Electric energy by polarization and sphere, shape (layers, degrees) each."""
    kappa, n = (system.couplings.kappa(complex(k.real)).real, 0.0)
    n = kappa / k.real
    out = []
    for p, tm in enumerate(system.polarizations):
        row = []
        for j, (sphere, wave) in enumerate(zip(system.spheres, system.waves, strict=True)):
            real = np.full(len(wave.degrees), k.real)
            media = sphere.media.at(real.astype(np.complex128)).real()
            stack = Stack(real, wave.degrees, np.full(len(real), tm), media, sphere.radii)
            w = stack.outward()
            parts = []
            before = np.zeros(len(real))
            for layer, log in enumerate(w.log):
                scale = np.exp(2.0 * (log - system.units[p][j].real))
                square = w.integral[layer] * scale
                if tm:
                    edge = w.u[layer] * w.w[layer] * scale
                    parts.append(n**2 * (square + (edge - before) / k.real**2))
                    before = edge
                else:
                    parts.append(media.t[layer] * square)
            row.append(2.0 * np.pi * np.array(parts) * np.abs(x[system.parts[p][j]]) ** 2 / kappa**2)
        out.append(row)
    return out


def by_sphere(layers: list[list[Array]]) -> list[list[float]]:
    """Energy of each layer of each sphere."""
    return [
        [float(value) for value in sum(parts[j].sum(axis=1) for parts in layers)]
        for j in range(len(layers[0]))
    ]
