"""Two coupled spheres as a Vernier scale: where their combs coincide, how sharply, and how sure that is.

Eq. 3 of the published study gives the distance of coincidences as FSR_1 FSR_2 / |FSR_1 - FSR_2|. It says nothing of where they
lie nor of how well neighbours are told apart: from one mode to the next the combs drift apart by |FSR_1 - FSR_2| only, and where
that is less than a line width the neighbours of a coincidence coincide as well. Here the combs come from the exact solver, the
detuning is counted in line widths, and diameters are drawn from their errors.

Limits: the spheres are taken one by one; their coupling shifts and splits lines by more or less than a line width, depending on
a gap that is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from femwgm.analytic.spectrum import free_spectral_range, vernier_range
from femwgm.errors import GeometryError
from femwgm.experiment.lines import Lines, label_range, solve, track
from femwgm.experiment.model import CoatedSphere
from femwgm.typing import Array

__all__ = ["Coincidence", "Tolerance", "Vernier", "design", "tolerance"]


@dataclass(frozen=True)
class Coincidence:
    """A pair of lines, one of each sphere.

    Attributes
    ----------
    first, second
        (pol, l, q) in either sphere.
    wavelength_nm
        Middle of the two.
    detuning_nm
        Second minus first.
    widths
        |detuning| over the line width.
    """

    first: tuple[str, int, int]
    second: tuple[str, int, int]
    wavelength_nm: float
    detuning_nm: float
    widths: float


@dataclass(frozen=True)
class Vernier:
    """Two combs and what they share.

    Attributes
    ----------
    combs
        Exact lines of both spheres in the window.
    coincidences
        For each line of the first sphere its nearest line of the same polarization and radial order in the second, in order of
        wavelength.
    fsr_nm
        Mean spacing of neighbours in l (of the polarization asked for) in either comb.
    period_nm
        Distance of neighbouring coincidences: by Eq. 3 from these spacings.
    equation_nm
        The same from Eq. 1 and Eq. 3 with one index for both spheres, as published.
    line_width_nm
        Wavelength over Q.
    window_um, pol, orders
        What was asked for.
    """

    combs: tuple[Lines, Lines]
    coincidences: tuple[Coincidence, ...]
    fsr_nm: tuple[float, float]
    period_nm: float
    equation_nm: float
    line_width_nm: float
    window_um: tuple[float, float]
    pol: str
    orders: tuple[int, ...]

    @property
    def drift_nm(self) -> float:
        """How far the combs drift apart from one mode to the next."""
        return abs(self.fsr_nm[0] - self.fsr_nm[1])

    @property
    def drift_in_widths(self) -> float:
        """The same in line widths."""
        return self.drift_nm / self.line_width_nm

    @property
    def overlapping(self) -> int:
        """Pairs of lines that lie within a line width of each other."""
        return sum(pair.widths < 1.0 for pair in self.coincidences)

    @property
    def best(self) -> tuple[Coincidence, ...]:
        """The coincidences proper: pairs with less detuning than both neighbours, best first."""
        found = []
        for i, pair in enumerate(self.coincidences):
            around = [self.coincidences[j].widths for j in (i - 1, i + 1) if 0 <= j < len(self.coincidences)]
            if all(pair.widths < other for other in around):
                found.append(pair)
        return tuple(sorted(found, key=lambda pair: pair.widths))

    def warnings(self) -> list[str]:
        """What a designer must know."""
        said = []
        if self.drift_in_widths < 1.0:
            need = int(1.0 / self.drift_in_widths)
            neighbours = "one neighbour" if need == 1 else f"{need} neighbours"
            said.append(
                f"the combs drift apart by {self.drift_nm:.3f} nm per mode, {self.drift_in_widths:.2f} of the line width of"
                f" {self.line_width_nm:.3f} nm: up to {neighbours} on each side of a coincidence"
                f" overlap{'s' if need == 1 else ''} with it, and filtering alone does not leave one line"
            )
        return said


def design(
    first: CoatedSphere, second: CoatedSphere, window_um: tuple[float, float], q: float, *, pol: str = "TE",
    orders: Sequence[int] = (1,), index: float = 1.76, at_nm: float | None = None,
) -> Vernier:  # fmt: skip
    """Combs of two spheres and their coincidences.

    Parameters
    ----------
    first, second
        The spheres as stated.
    window_um
        Gain window (um).
    q
        Quality factor that sets the line width.
    pol
        Polarization whose spacings are quoted; coincidences are of this polarization.
    orders
        Radial orders.
    index, at_nm
        Group index and wavelength (nm) of the published estimate; the middle of the window by default.

    Raises
    ------
    GeometryError
        If a comb has fewer than two lines in the window.
    """
    combs = tuple(_comb(body, body.nominal, window_um, pol, orders) for body in (first, second))
    wavelength = 500.0 * sum(window_um) if at_nm is None else at_nm
    spacing = [_spacing(comb) for comb in combs]
    published = [
        free_spectral_range(wavelength, index, 1e3 * float(body.nominal[0])) for body in (first, second)
    ]
    width = wavelength / q
    return Vernier(
        combs=(combs[0], combs[1]),
        coincidences=_pairs(combs[0], combs[1], width),
        fsr_nm=(spacing[0], spacing[1]),
        period_nm=vernier_range(*spacing),
        equation_nm=vernier_range(*published),
        line_width_nm=width,
        window_um=window_um,
        pol=pol,
        orders=tuple(orders),
    )


def _comb(
    body: CoatedSphere, x: Array, window_um: tuple[float, float], pol: str, orders: Sequence[int]
) -> Lines:
    labels = label_range(body.sphere(x), window_um, tuple(orders))
    labels = labels.take(np.flatnonzero(labels.tm == (pol == "TM")))
    if len(labels) < 2:
        raise GeometryError("a comb needs two lines in the window to have a spacing; widen it")
    return solve(body, x, labels)


def _spacing(comb: Lines) -> float:
    lowest = comb.labels.q == comb.labels.q.min()
    return float(np.mean(np.abs(np.diff(np.sort(comb.wavelength_nm[lowest])))))


def _pairs(first: Lines, second: Lines, width: float) -> tuple[Coincidence, ...]:
    pairs = []
    for i in np.argsort(first.wavelength_nm):
        same = np.flatnonzero(second.labels.q == first.labels.q[i])
        if same.size == 0:
            continue
        j = same[np.abs(second.wavelength_nm[same] - first.wavelength_nm[i]).argmin()]
        a, b = float(first.wavelength_nm[i]), float(second.wavelength_nm[j])
        pairs.append(
            Coincidence(first.labels.name(i), second.labels.name(j), 0.5 * (a + b), b - a, abs(b - a) / width)
        )
    return tuple(pairs)


@dataclass(frozen=True)
class Tolerance:
    """What errors of the diameters do to a design.

    Attributes
    ----------
    wavelength_nm
        Position of the coincidence nearest the target in each draw.
    widths
        Its detuning in line widths.
    overlapping
        Pairs within a line width, in each draw.
    deviation_nm
        Standard deviation of the position.
    share_on_target
        Share of draws whose coincidence lies within half a spacing of the target.
    """

    wavelength_nm: Array
    widths: Array
    overlapping: Array
    deviation_nm: float
    share_on_target: float


def tolerance(
    first: CoatedSphere, second: CoatedSphere, made: Vernier, target_nm: float, deviation_um: float, draws: int = 1000,
    seed: int = 1,
) -> Tolerance:  # fmt: skip
    """Monte Carlo over both diameters.

    Parameters
    ----------
    first, second, made
        The spheres and their design.
    target_nm
        Wavelength where one coincidence is wanted.
    deviation_um
        Standard deviation of each diameter (um).
    draws, seed
        Number of draws and the seed.

    Notes
    -----
    Lines move with the diameter to first order from exact lines at three diameters each; what is left is far below a line width.
    """
    rng = np.random.default_rng(seed)
    lo, hi = (1e3 * w for w in made.window_um)
    tables, orders = [], []
    for body in (first, second):
        comb = _wide_comb(body, made, deviation_um)
        tables.append(_Motion(body, comb, deviation_um))
        orders.append(comb.labels.q)
    same = orders[1][None, :] == orders[0][:, None]
    where, widths, overlapping = [], [], []
    for _ in range(draws):
        lines = [
            table(float(step)) for table, step in zip(tables, rng.normal(0.0, deviation_um, 2), strict=True)
        ]
        gaps = np.where(same, lines[1][None, :] - lines[0][:, None], np.inf)
        partner = np.abs(gaps).argmin(axis=1)
        gap = gaps[np.arange(partner.size), partner]
        order = np.argsort(lines[0])
        middle, apart = (lines[0] + 0.5 * gap)[order], np.abs(gap)[order]
        local = np.flatnonzero(_minima(apart))
        chosen = local[np.abs(middle[local] - target_nm).argmin()]
        where.append(middle[chosen])
        widths.append(apart[chosen] / made.line_width_nm)
        inside = (lines[0] >= lo) & (lines[0] <= hi)
        overlapping.append(int((np.abs(gap)[inside] < made.line_width_nm).sum()))
    positions = np.array(where)
    on_target = np.abs(positions - target_nm) < 0.5 * max(made.fsr_nm)
    return Tolerance(
        positions, np.array(widths), np.array(overlapping), float(positions.std()), float(on_target.mean())
    )


def _wide_comb(body: CoatedSphere, made: Vernier, deviation_um: float) -> Lines:
    """The comb with all lines that four standard deviations of the diameter bring into the window."""
    lo, hi = made.window_um
    room = 4.0 * deviation_um / float(body.nominal[0]) + 0.003
    return _comb(body, body.nominal, (lo * (1.0 - room), hi * (1.0 + room)), made.pol, made.orders)


def _minima(values: Array) -> Array:
    padded = np.concatenate([[np.inf], values, [np.inf]])
    return np.asarray((values <= padded[:-2]) & (values <= padded[2:]))


class _Motion:
    """Lines of a comb against a change of the diameter: a parabola through exact lines."""

    def __init__(self, body: CoatedSphere, comb: Lines, deviation_um: float) -> None:
        self.reach = 4.0 * deviation_um
        side = []
        for sign in (-1.0, 1.0):
            x = comb.x.copy()
            x[0] += sign * self.reach
            side.append(track(body, x, comb).wavelength_nm)
        here = comb.wavelength_nm
        self.coefficients = here, 0.5 * (side[1] - side[0]), 0.5 * (side[1] + side[0]) - here

    def __call__(self, step_um: float) -> Array:
        t = step_um / self.reach
        a, b, c = self.coefficients
        return np.asarray(a + b * t + c * t * t)
