"""Proved digits: poles of a layered sphere enclosed in ball arithmetic (Arb), with existence, uniqueness and a complete count.

With f = sqrt(z) J_nu(z), g = sqrt(z) Y_nu(z) and nu = l + 1/2 (in a radially uniaxial layer nu^2 = 1/4 + l (l + 1) eps_t / eps_r
for TM), the wave that is regular at the centre is carried from interface to interface, u and w = p u' continuous (p = 1 for TE,
1 / eps_t for TM), and the poles are the zeros of

    D(k) = w xi - u p n k xi',    xi = f + i g in the ambient at R,

which is analytic for Re k > 0. D and dD/dk are evaluated together, as numbers with a derivative.

- A zero is proved by the interval Newton operator N(B) = c - D(c) / D'(B): N(B) inside B means exactly one zero in B, in N(B)
  (Moore, Kearfott and Cloud, Introduction to Interval Analysis, SIAM 2009, chapter 8).
- The zeros in a rectangle are counted by the argument principle: the change of arg D along its boundary, on pieces on which the
  Taylor series of D about the middle shows that D stays within a right angle of its value there. The coefficients beyond the
  series are bounded by Cauchy's estimate from |J_nu(z)| <= |z/2|^nu exp(|Im z|) / Gamma(nu + 1) (DLMF 10.14.4) and the finite
  sum of the spherical Hankel function (DLMF 10.49.6).
- Degrees with l (l + 1) Re(1 / eps) > |k|^2 R^2 in all media, Re eps > 0, have no pole: with M = w / u of the ambient,
  int p |u'|^2 + (l (l + 1) / rho^2 - k^2 n^2) p |u|^2 = M |u(R)|^2 would equate a positive real part with a negative one.

Radii and indices are taken as the decimal numbers that they are written as. Only constant indices: a dispersion law is known to
fewer digits than this proves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from femwgm.analytic.balls import Bounded, Dual, bounds, log10_below, polynomial, precision
from femwgm.errors import SolveError

_TERMS = 16, 400
"""Terms of the Taylor series on a piece of a contour, at least and at most."""
_SPARES = 3, 12, 40
"""Digits of a ball beyond those asked for: thin layers and high degrees make D' of a larger one hold zero."""
_SPARE = 6.0
"""Digits by which the rest of the series must lie below its first term."""
_FACTORS = 1.5, 1.3, 1.1, 0.9, 0.75, 0.6, 0.45, 0.3, 0.2, 0.1, 0.05
"""By which the next piece may be longer or shorter than the last."""
_SHRINK = 30.0
"""Radius of the disc of Cauchy's estimate over half the length of the piece."""
_FINEST = 2.0**-30
"""Shortest piece of a contour, relative to its side: a zero lies on the contour if that is not short enough."""


@dataclass(frozen=True)
class Pole:
    """An enclosed pole.

    Attributes
    ----------
    pol, l, q
        Labels; q as it was told.
    k0
        Ball around the complex wavenumber (rad/um), a `flint.acb`.
    proved
        Whether exactly one pole lies in the ball.
    bits
        Working precision.
    """

    pol: str
    l: int
    q: int
    k0: Any
    proved: bool
    bits: int

    def wavelength_nm(self) -> tuple[Fraction, Fraction]:
        """Lower and upper bound of the vacuum wavelength (nm)."""
        import flint

        with precision(self.bits, _TERMS[1]):
            return bounds(2000 * flint.arb.pi() / self.k0.real)

    def quality(self) -> tuple[Fraction, Fraction] | None:
        """Lower and upper bound of Q = -Re k0 / (2 Im k0); None where the sign of Im k0 is not known."""
        if self.k0.imag.contains(0):
            return None
        with precision(self.bits, _TERMS[1]):
            return bounds(-self.k0.real / (2 * self.k0.imag))


class Prover:
    """A layered sphere in ball arithmetic.

    Parameters
    ----------
    radii
        Interface radii (um) as decimal text, increasing.
    indices
        Refractive index of each layer and of the ambient: real and imaginary part as decimal text.
    radial_indices
        The same along the radius, None where it is no other.
    """

    def __init__(
        self,
        radii: Sequence[str],
        indices: Sequence[tuple[str, str]],
        radial_indices: Sequence[tuple[str, str] | None] | None = None,
    ) -> None:
        self.radii, self.indices = list(radii), list(indices)
        self.radial = list(radial_indices or [None] * len(indices))

    def determinant(self, tm: bool, l: int) -> Callable[[Any], tuple[Any, Any]]:
        """k -> (D(k), dD/dk), at the working precision of the moment of this call."""
        import flint

        acb = flint.acb
        radii = [flint.arb(r) for r in self.radii]
        n = [acb(flint.arb(a), flint.arb(b)) for a, b in self.indices]
        along = [m if r is None else acb(*map(flint.arb, r)) for m, r in zip(n, self.radial, strict=True)]
        half = flint.arb(2 * l + 1) / 2
        orders = [
            acb(half) if r is None or not tm else (flint.arb(1) / 4 + l * (l + 1) * m**2 / e**2).sqrt()
            for m, e, r in zip(n, along, self.radial, strict=True)
        ]

        def waves(layer: int, z: Dual) -> tuple[Dual, Dual, Dual, Dual]:
            nu = orders[layer]
            root, curved = z.value.sqrt(), (nu * nu - flint.arb(1) / 4) / z.value**2 - 1
            out = []
            for bessel in (z.value.bessel_j, z.value.bessel_y):
                here, before = bessel(nu), bessel(nu - 1)
                f = root * here
                df = root * (before + (flint.arb(1) / 2 - nu) / z.value * here)
                out += [Dual(f, df * z.slope), Dual(df, curved * f * z.slope)]
            return out[0], out[1], out[2], out[3]

        def evaluate(k: Any) -> tuple[Any, Any]:
            kappa = Dual(k, acb(1))
            u = w = Dual(acb(0), acb(0))
            for i, r in enumerate(radii):
                p = 1 / n[i] ** 2 if tm else acb(1)
                scale = kappa.times(n[i])
                f, df, g, dg = waves(i, scale.times(r))
                if i == 0:
                    u, du = f, df
                else:
                    f0, df0, g0, dg0 = waves(i, scale.times(radii[i - 1]))
                    slope = w.times(1 / p) / scale
                    a, b = u * dg0 - slope * g0, slope * f0 - u * df0
                    u, du = a * f + b * g, a * df + b * dg
                w = (scale * du).times(p)
            p = 1 / n[-1] ** 2 if tm else acb(1)
            scale = kappa.times(n[-1])
            f, df, g, dg = waves(len(radii), scale.times(radii[-1]))
            turn = acb(0, 1)
            xi, dxi = f + g.times(turn), df + dg.times(turn)
            d = w * xi - (u * scale * dxi).times(p)
            return d.value, d.slope

        return evaluate

    def pole(self, pol: str, l: int, start: complex, digits: int, q: int = 1, log10_q: float = 0.0) -> Pole:
        """The pole next to a start value, enclosed to `digits` significant digits of its real and of its imaginary part."""
        import flint

        digits_of_imag = digits + max(log10_q, 0.0)
        c = flint.acb(start.real, start.imag)
        for spare in _SPARES:
            bits = int(3.33 * (2.0 * (digits_of_imag + spare) + 24))
            with precision(bits, _TERMS[1]):
                D = self.determinant(pol == "TM", l)
                for _ in range(60):
                    value, slope = D(c)
                    step = (value / slope).mid()
                    c = (c - step).mid()
                    if abs(step).mid() < abs(c).mid() * flint.arb(2) ** (10 - bits):
                        break
                radius = abs(c).mid() * flint.arb(10) ** (-int(digits_of_imag + spare))
                ball = flint.acb(c.real + flint.arb(0, radius), c.imag + flint.arb(0, radius))
                value, slope = D(c)[0], D(ball)[1]
                image = c - value / slope
                if not slope.contains(0) and ball.contains_interior(image):
                    return Pole(pol, l, q, image, True, bits)
        return Pole(pol, l, q, ball, False, bits)

    def count(self, pol: str, l: int, k_low: float, k_high: float, depth: float, height: float) -> int:
        """Number of poles with k_low < Re k < k_high and -depth < Im k < height (rad/um), each as often as its multiplicity.

        Raises
        ------
        SolveError
            If a pole lies on the boundary to working precision.
        """
        import flint

        corners = [k_low - 1j * depth, k_high - 1j * depth, k_high + 1j * height, k_low + 1j * height]
        size = max(abs(complex(float(a), float(b))) for a, b in self.indices) * k_high * float(self.radii[-1])
        bits = int(2.0 * max(l, size)) + 100
        for _ in range(3):
            with precision(bits, _TERMS[1]):
                total = flint.arb(0)
                for a, b in zip(corners, [*corners[1:], corners[0]], strict=True):
                    total += self._turn(pol == "TM", l, a, b, size / k_high)
                found = (total / (2 * flint.arb.pi())).unique_fmpz()
            if found is not None:
                return int(found)
            bits *= 2
        raise SolveError(f"the count of {pol} l={l} is not sharp")

    def _turn(self, tm: bool, l: int, start: complex, stop: complex, phase: float) -> Any:
        """Change of arg D along a straight line, rigorous: in steps that adapt to what the series allows.

        `phase` is the largest index times the radius, the rate at which D turns at most.
        """
        import flint

        along = stop - start
        whole = abs(along)
        longest = min(abs(start), abs(stop)) / (_SHRINK * whole)
        done, step = 0.0, min(1.0, 1.0 / (phase * whole), longest)
        total, terms = flint.arb(0), _TERMS[0]
        here = start
        while done < 1.0:
            last = done + step >= 1.0 - 1e-9
            there = stop if last else start + along * (done + step)
            # Neighbouring pieces share their end exactly, or the sum would miss what lies between.
            a, b = (flint.acb(x.real, x.imag) for x in (here, there))
            middle, half = (a + b) / 2, (b - a) / 2
            series, rest = self._series(tm, l, middle, half, terms)
            sizes = [abs(term) for term in series]
            length = abs(half)
            moved, lost = _sum_beyond_first(sizes, length), log10_below(sizes[0] / rest)
            if moved < 0.9 and lost > _SPARE:
                unknown = flint.acb(flint.arb(0, rest), flint.arb(0, rest))
                ends = [polynomial(series, sign * half) + unknown for sign in (1, -1)]
                total += (ends[0] / series[0]).arg() - (ends[1] / series[0]).arg()
                done, here = done + step, there
                if last:
                    break
            if step < _FINEST:
                raise SolveError(
                    "a pole lies on the edge of the window: no count can be proved; move the window a little"
                )
            # The length that the series allows, and as many terms as that takes: both are known now.
            step *= next((f for f in _FACTORS if _sum_beyond_first(sizes, length * f) < 0.8), _FACTORS[-1])
            step = min(step * (0.5 if lost <= _SPARE and terms == _TERMS[1] else 1.0), longest)
            needed = terms + int((_SPARE + 6.0 - lost) / math.log10(_SHRINK)) + 1
            terms = min(max(needed, _TERMS[0]), _TERMS[1])
        return total

    def _series(self, tm: bool, l: int, c: Any, half: Any, terms: int) -> tuple[list[Any], Any]:
        """Taylor coefficients of D about a point, and a bound of what the rest of the series adds within |half| of it."""
        import flint

        acb, arb = flint.acb, flint.arb
        n = [acb(arb(a), arb(b)) for a, b in self.indices]
        nu = arb(2 * l + 1) / 2
        if any(r is not None for r in self.radial) and tm:
            raise SolveError("poles of radially uniaxial layers are enclosed, not counted")
        rho = _SHRINK * abs(half)
        radii = [arb(r) for r in self.radii]

        def waves(layer: int, i: int) -> tuple[Bounded, Bounded, Bounded, Bounded]:
            factor = n[layer] * radii[i]
            f, g = _taylor(nu, factor * c, factor, terms)
            z_high, z_low = abs(factor) * (abs(c) + rho), abs(factor) * (abs(c) - rho)
            high = _bessel_bounds(l, z_high, z_low, abs((factor * c).imag) + abs(factor) * rho)
            size = abs(factor)
            df, dg = f.derivative(), g.derivative()
            return (
                Bounded(f, high[0]), Bounded(df, high[1] * size), Bounded(g, high[2]), Bounded(dg, high[3] * size),
            )  # fmt: skip

        # Slopes are those in k: du/drho = (k / rho) du/dk, and the factor k, common to all, is left out.
        p = [1 / m**2 if tm else acb(1) for m in n]
        u, du, _, _ = waves(0, 0)
        slope = du.times(p[0] / radii[0])
        for i in range(1, len(radii)):
            f0, df0, g0, dg0 = waves(i, i - 1)
            f, df, g, dg = waves(i, i)
            inner = slope.times(radii[i - 1] / p[i])
            a, b = u * dg0 - inner * g0, inner * f0 - u * df0
            u, du = a * f + b * g, a * df + b * dg
            slope = du.times(p[i] / radii[i])
        f, df, g, dg = waves(len(radii), len(radii) - 1)
        turn = acb(0, 1)
        xi, dxi = f + g.times(turn), df + dg.times(turn)
        D = slope * xi - (u * dxi).times(p[-1] / radii[-1])
        coefficients = D.series.coeffs()[: terms - 1]
        tail = D.bound * arb(1 / _SHRINK) ** len(coefficients) / (1 - arb(1 / _SHRINK))
        return coefficients, tail


def _taylor(nu: Any, z: Any, factor: Any, terms: int) -> tuple[Any, Any]:
    """Power series in t of f(z + factor t) and g(z + factor t), from z^2 f'' = (nu^2 - 1/4 - z^2) f."""
    import flint

    acb = flint.acb
    a = nu * nu - flint.arb(1) / 4
    root, found = z.sqrt(), []
    for bessel in (z.bessel_j, z.bessel_y):
        here = bessel(nu)
        c = [root * here, root * (bessel(nu - 1) + (flint.arb(1) / 2 - nu) / z * here)]
        square = z * z
        for k in range(terms - 1):
            # coefficient of s^k of (z + s)^2 f'' = (a - (z + s)^2) f
            right = (a - square) * c[k]
            if k >= 1:
                right -= 2 * z * c[k - 1] + 2 * z * (k + 1) * k * c[k + 1]
            if k >= 2:
                right -= c[k - 2] + k * (k - 1) * c[k]
            c.append(right / (square * ((k + 2) * (k + 1))))
        power, scaled = acb(1), []
        for term in c:
            scaled.append(term * power)
            power = power * factor
        found.append(flint.acb_series(scaled, prec=terms + 1))
    return found[0], found[1]


def _bessel_bounds(l: int, z_high: Any, z_low: Any, imaginary: Any) -> tuple[Any, Any, Any, Any]:
    """Bounds of |f|, |f'|, |g|, |g'| on a disc where z_low <= |z| <= z_high and |Im z| <= imaginary."""
    import flint

    arb = flint.arb
    root, grows = z_high.sqrt(), imaginary.exp()

    def regular(degree: int) -> Any:
        nu = arb(2 * degree + 1) / 2
        return (z_high / 2) ** nu * grows / (nu + 1).gamma() if degree >= 0 else None

    def irregular(degree: int) -> Any:
        total, term = arb(1), arb(1)
        for k in range(1, degree + 1):
            term = term * (degree + k) * (degree - k + 1) / (k * 2 * z_low)
            total = total + term
        return (2 / (arb.pi() * z_low)).sqrt() * grows * total

    f, before = root * regular(l), root * regular(l - 1)
    g, g_before = root * irregular(l), root * irregular(l - 1)
    turn = (arb(l) + 1) / z_low
    return f, before + turn * f, g, g_before + turn * g


def _sum_beyond_first(sizes: Sequence[Any], length: Any) -> Any:
    """How far a series of coefficients of these sizes may move from its first term within a length, over that term."""
    total = sizes[-1]
    for size in sizes[-2:0:-1]:
        total = total * length + size
    return total * length / sizes[0]


def distinct(poles: Sequence[Pole]) -> int:
    """How many poles balls hold for certain: balls that touch may hold the same one."""
    apart: list[Pole] = []
    for pole in poles:
        if not any(pole.k0.overlaps(other.k0) for other in apart):
            apart.append(pole)
    return len(apart)


def outermost(radius: float, permittivities: Iterable[complex], k: float) -> int | None:
    """Highest degree that can have a pole up to a wavenumber; None with a metal, which bounds no degree."""
    permittivities = list(permittivities)
    if min(eps.real for eps in permittivities) <= 0.0:
        return None
    size = max(abs(eps) / math.sqrt(eps.real) for eps in permittivities) * k * radius
    return math.floor(0.5 * (math.sqrt(1.0 + 4.0 * size * size) - 1.0)) + 1
