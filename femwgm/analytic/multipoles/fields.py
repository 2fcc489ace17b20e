"""E and H of a mode of a stack of spheres at any point, from its spherical waves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from femwgm.analytic.layered import Stack
from femwgm.analytic.miller import regular_table
from femwgm.analytic.multipoles.mode import StackMode
from femwgm.analytic.multipoles.system import System
from femwgm.analytic.multipoles.translation import legendre_table
from femwgm.ground.typing import Array, ComplexArray

_FAINT = 1e-7
"""Amplitude, relative to the largest, below which a wave is left out."""
_PANEL = 2.5
"""Length of a radial panel in radians, interpolated through this many points:"""
_ORDER = 9
_CHUNK = 8000
_DECAYS = 1e-8
"""Im k / Re k below which k is taken as real."""
_CENTRE = 0.02
"""Distance from a centre (in 1 / kappa) inside which the field is as it is there: u / rho^2 is a quotient of roundings."""
_OFF_AXIS = 1e-6
"""Least polar angle: on the axis itself some components are limits of quotients."""


@dataclass(frozen=True)
class Expansion:
    """What a field is made of: the inside amplitudes of a system of spherical waves at a wavenumber (rad/um)."""

    m: int
    k0: complex
    amplitudes: ComplexArray
    system: System


class StackField:
    """Field of a mode, normalised to int Re(eps) |E|^2 dV = 1 um^3.

    Parameters
    ----------
    mode
        The mode, or its waves alone.
    """

    def __init__(self, mode: StackMode | Expansion) -> None:
        self.mode, self.system = mode, mode.system
        self.k = mode.k0 if abs(mode.k0.imag) > _DECAYS * mode.k0.real else mode.k0.real
        self.kappa = self.system.couplings.kappa(complex(self.k))
        self.m = mode.m
        self._near = _CENTRE / abs(self.kappa)
        self._sent = self.system.sent(mode.k0, mode.amplitudes)
        self._tables: dict[tuple[int, int], _RadialTable] = {}

    def __call__(self, r: Array, z: Array) -> tuple[ComplexArray, ComplexArray]:
        """(E_r, E_phi, E_z) and H (times the impedance of vacuum) at cylindrical positions (um), shape (3, ...) each."""
        r, z = np.broadcast_arrays(np.asarray(r, dtype=float), np.asarray(z, dtype=float))
        E, H = (np.zeros((3, r.size), dtype=np.complex128) for _ in range(2))
        for part in np.array_split(np.arange(r.size), max(r.size // _CHUNK, 1)):
            E[:, part], H[:, part] = self._at(np.abs(r.ravel()[part]), z.ravel()[part])
        return E.reshape(3, *r.shape), H.reshape(3, *r.shape)

    def on_grid(self, j: int, rho: Array, theta: Array) -> Array:
        """|E|^2 inside sphere j at all products of distances (um) from its centre and polar angles, shape (rho, theta)."""
        wave, sphere = self.system.waves[j], self.system.spheres[j]
        _, sine, cosine = _polar(np.sin(theta), np.cos(theta))
        P, dP = legendre_table(int(wave.degrees[0]), int(wave.degrees[-1]), self.m, cosine, sine)
        over = 1j * self.m * P / sine[:, None]
        rho = np.maximum(rho, self._near)
        eps = sphere.media.at(np.array([complex(self.k)])).t[:-1, 0]
        n2 = eps[np.minimum(np.searchsorted(sphere.radii, rho), len(sphere.radii) - 1)]
        E = np.zeros((3, len(rho), len(theta)), dtype=np.complex128)
        for p, tm in enumerate(self.system.polarizations):
            table = self._table(p, j)
            if not table.kept.size:
                continue
            l, x = wave.degrees[table.kept], self.mode.amplitudes[self.system.parts[p][j]][table.kept]
            u, w = (v / rho[:, None] for v in table.at(rho))
            weight = x / (self.kappa * np.sqrt(l * (l + 1.0)))
            if tm:
                weight = weight * (self.kappa / self.k) / self.k
                E[0] += (u * (weight * l * (l + 1.0)) / (rho * n2)[:, None]) @ P[:, table.kept].T
                E[1] += (w * weight) @ dP[:, table.kept].T
                E[2] += (w * weight) @ over[:, table.kept].T
            else:
                E[1] += (u * weight) @ over[:, table.kept].T
                E[2] -= (u * weight) @ dP[:, table.kept].T
        return np.asarray((np.abs(E) ** 2).sum(axis=0))

    @property
    def degrees(self) -> Array:
        """Polar degrees of the waves about the centres."""
        return np.concatenate([wave.degrees for wave in self.system.waves])

    @property
    def highest(self) -> int:
        """The highest of them."""
        return int(self.degrees.max())

    def far(self, theta: Array) -> ComplexArray:
        """(E_theta, E_phi) far away (2, ...), without exp(i k rho) / rho; the integral of the square over the sphere is 1."""
        theta = np.asarray(theta, dtype=float)
        _, sine, cosine = _polar(np.sin(theta.ravel()), np.cos(theta.ravel()))
        nodes, weights = np.polynomial.legendre.leggauss(self._directions)
        pattern = self._pattern(np.sqrt(1.0 - nodes**2), nodes)
        power = 2.0 * np.pi * float((np.abs(pattern) ** 2).sum(axis=0) @ weights)
        return np.asarray((self._pattern(sine, cosine) / np.sqrt(power)).reshape(2, *theta.shape))

    @property
    def _directions(self) -> int:
        """Directions whose weighted sum is the integral over the sphere: enough for the degrees about the middle of the stack."""
        span = np.ptp([wave.centre for wave in self.system.waves])
        return int(self.degrees.max() + 1.2 * abs(self.kappa) * span) + 40

    def _pattern(self, sine: Array, cosine: Array) -> ComplexArray:
        """The far field in any unit: xi_l becomes (-i)^(l + 1) exp(i kappa rho), the wave of each centre with its own delay."""
        out = np.zeros((2, len(cosine)), dtype=np.complex128)
        tops = [float(wave.scale.max()) for wave in self.system.waves]
        for j, wave in enumerate(self.system.waves):
            l = wave.degrees
            P, dP = legendre_table(int(l[0]), int(l[-1]), self.m, cosine, sine)
            over = 1j * self.m * P / sine[:, None]
            unit = (-1j) ** ((l.astype(int) + 1) % 4) * np.exp(wave.scale - max(tops))
            for p, tm in enumerate(self.system.polarizations):
                x = self._sent[self.system.parts[p][j]] * unit / np.sqrt(l * (l + 1.0))
                flat, curled = over @ x, dP @ x
                E = 1j * np.stack([curled, flat]) if tm else np.stack([flat, -curled])
                out += E * np.exp(-1j * self.kappa * wave.centre * cosine)
        return out

    def _at(self, r: Array, z: Array) -> tuple[ComplexArray, ComplexArray]:
        E, H = (np.zeros((3, len(r)), dtype=np.complex128) for _ in range(2))
        outside = np.ones(len(r), dtype=bool)
        for j, wave in enumerate(self.system.waves):
            inside = np.hypot(r, z - wave.centre) <= wave.radius
            outside &= ~inside
            for e, h in self._inside(j, r[inside], z[inside]):
                E[:, inside] += e
                H[:, inside] += h
        for j in range(len(self.system.waves)):
            for e, h in self._outside(j, r[outside], z[outside]):
                E[:, outside] += e
                H[:, outside] += h
        return E, H

    def _inside(self, j: int, r: Array, z: Array) -> Iterator[tuple[ComplexArray, ComplexArray]]:
        if not len(r):
            return
        wave, sphere = self.system.waves[j], self.system.spheres[j]
        rho, sine, cosine = _polar(r, z - wave.centre)
        rho = np.maximum(rho, self._near)
        P, dP = legendre_table(int(wave.degrees[0]), int(wave.degrees[-1]), self.m, cosine, sine)
        eps = sphere.media.at(np.array([complex(self.k)])).t[:-1, 0]
        layer = np.minimum(np.searchsorted(sphere.radii, rho), len(sphere.radii) - 1)
        for p, tm in enumerate(self.system.polarizations):
            table = self._table(p, j)
            if not table.kept.size:
                continue
            x = self.mode.amplitudes[self.system.parts[p][j]][table.kept]
            u, w = table.at(rho)
            yield self._fields(
                tm, wave.degrees[table.kept], x, u, w, P[:, table.kept], dP[:, table.kept], rho, sine, cosine, eps[layer]
            )  # fmt: skip

    def _outside(self, j: int, r: Array, z: Array) -> Iterator[tuple[ComplexArray, ComplexArray]]:
        if not len(r):
            return
        wave = self.system.waves[j]
        rho, sine, cosine = _polar(r, z - wave.centre)
        rho = np.maximum(rho, wave.radius)
        P, dP = legendre_table(int(wave.degrees[0]), int(wave.degrees[-1]), self.m, cosine, sine)
        xi, slope = wave.outgoing(self.kappa, rho)
        n2 = np.full(len(rho), (self.kappa / self.k) ** 2)
        for p, tm in enumerate(self.system.polarizations):
            w = self.kappa * slope / (n2[0] if tm else 1.0)
            yield self._fields(
                tm, wave.degrees, self._sent[self.system.parts[p][j]], xi, w, P, dP, rho, sine, cosine, n2
            )

    def _fields(
        self, tm: bool, l: Array, x: ComplexArray, u: ComplexArray, w: ComplexArray, P: Array, dP: Array, rho: Array, sine: Array,
        cosine: Array, eps: Array,
    ) -> tuple[ComplexArray, ComplexArray]:  # fmt: skip
        """Sum over degrees: the tangential field (0, i m P / sin, -P') u / rho and the one that curls around it."""
        weight = x / (self.kappa * np.sqrt(l * (l + 1.0)))
        if tm:  # H carries u
            weight = weight * (-1j * self.kappa / self.k)
        over = 1j * self.m * P / sine[:, None]
        a, b = (u * over) @ weight / rho, -(u * dP) @ weight / rho
        along = (u * P) @ (weight * l * (l + 1.0)) / rho**2
        c, d = (w * dP) @ weight / rho, (w * over) @ weight / rho
        if tm:
            along = along / eps
        flat = np.stack([cosine * a, b, -sine * a])
        curled = np.stack([sine * along + cosine * c, d, cosine * along - sine * c])
        return (curled / (-1j * self.k), flat) if tm else (flat, curled / (1j * self.k))

    def _table(self, p: int, j: int) -> _RadialTable:
        if (p, j) not in self._tables:
            self._tables[p, j] = _RadialTable(self, p, j)
        return self._tables[p, j]


def _polar(r: Array, z: Array) -> tuple[Array, Array, Array]:
    """Distance, sine and cosine of the polar angle, kept off the axis."""
    rho = np.hypot(r, z)
    angle = np.clip(np.arctan2(r, z), _OFF_AXIS, np.pi - _OFF_AXIS)
    return rho, np.sin(angle), np.cos(angle)


class _RadialTable:
    """Inside waves (u, w) of one sphere and polarization between panels of points along the radius."""

    def __init__(self, field: StackField, p: int, j: int) -> None:
        system, sphere = field.system, field.system.spheres[j]
        degrees, tm = system.waves[j].degrees, system.polarizations[p]
        size = np.abs(field.mode.amplitudes[system.parts[p][j]])
        self.kept = np.flatnonzero(size > _FAINT * np.abs(field.mode.amplitudes).max())
        if not self.kept.size:
            return
        eps = sphere.media.at(np.array([complex(field.k)])).t[:-1, 0]
        edges, counts, start = [0.0], [], 0.0
        for layer, radius in enumerate(sphere.radii):
            counts.append(int(np.ceil(np.sqrt(abs(eps[layer])) * abs(field.k) * (radius - start) / _PANEL)))
            edges += (start + (radius - start) * np.arange(1, counts[-1] + 1) / counts[-1]).tolist()
            start = radius
        self.edges = np.array(edges)
        self._unit = 0.5 * (1.0 - np.cos(np.pi * np.arange(_ORDER) / (_ORDER - 1)))
        # A panel owns its upper end; its lower end is the neighbour's, or the centre, where every wave vanishes.
        nodes = self.edges[:-1, None] + np.diff(self.edges)[:, None] * self._unit[1:]
        l = degrees[self.kept]
        media = sphere.media.at(np.full(len(l), complex(field.k)))
        media = media if isinstance(field.k, complex) else media.real()
        units = system.units[p][j][self.kept].real
        kappa, weight = np.sqrt(media.t[0, 0]) * field.k, 1.0 / media.t[0, 0] if tm else 1.0
        table = regular_table(int(degrees[0]), int(degrees[-1]), kappa * nodes[: counts[0]].ravel())
        psi, dpsi, log = (values[:, self.kept] for values in table)
        scale, centre = np.exp(log - units), np.zeros((1, len(l)))
        rows = [centre, psi * scale], [centre, weight * kappa * dpsi * scale]
        if len(counts) > 1:
            beyond = np.repeat(np.arange(1, len(counts)), np.array(counts[1:]) * (_ORDER - 1)).tolist()
            radii = (sphere.radii[0], *nodes[counts[0] :].ravel().tolist())
            wave = Stack(
                np.full(len(l), field.k), l, np.full(len(l), tm), media.select([0, *beyond, len(eps)]), radii
            ).outward()
            factors = np.exp(np.array(wave.log[1:]).real - units)
            rows[0].append(np.array(wave.u[1:]) * factors)
            rows[1].append(np.array(wave.w[1:]) * factors)
        self.u, self.w = (np.concatenate(part) for part in rows)
        self._weights = (-1.0) ** np.arange(_ORDER)
        self._weights[[0, -1]] *= 0.5

    def at(self, rho: Array) -> tuple[Array, Array]:
        """(u, w) at distances, shape (len(rho), kept)."""
        panel = np.clip(np.searchsorted(self.edges, rho) - 1, 0, len(self.edges) - 2)
        t = (rho - self.edges[panel]) / (self.edges[panel + 1] - self.edges[panel])
        gap = t[:, None] - self._unit
        exact = np.abs(gap) < 1e-14
        ratio = self._weights / np.where(exact, 1.0, gap)
        ratio = np.where(exact.any(axis=1)[:, None], exact * 1.0, ratio / ratio.sum(axis=1, keepdims=True))
        columns = panel[:, None] * (_ORDER - 1) + np.arange(_ORDER)
        matrix = sparse.csr_matrix(
            (ratio.ravel(), columns.ravel(), np.arange(0, ratio.size + 1, _ORDER)),
            shape=(len(rho), len(self.u)),
        )
        return matrix @ self.u, matrix @ self.w
