"""Two coupled spheres as a Vernier scale: where their combs coincide, how sharply, and how sure that is.

Eq. 3 of the published study gives the distance of coincidences as FSR_1 FSR_2 / |FSR_1 - FSR_2|. It says nothing of where they
lie nor of how well neighbours are told apart: from one mode to the next the combs drift apart by |FSR_1 - FSR_2| only, and where
that is less than a line width the neighbours of a coincidence coincide as well. Here the combs come from the exact solver, the
detuning is counted in line widths; what errors of the diameters do is in :mod:`femwgm.experiment.pairs.tolerance`.

Limits: the spheres are taken one by one; their coupling shifts and splits lines by more or less than a line width, depending on
a gap that is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from femwgm.analytic.spectrum import free_spectral_range, vernier_range
from femwgm.errors import GeometryError
from femwgm.experiment.spectrum.lines import Lines, label_range, solve
from femwgm.experiment.spectrum.model import CoatedSphere
from femwgm.ground.typing import Array


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
        if self.drift_in_widths * len(self.coincidences) < 1.0:
            said.append(
                "the two combs are the same within a line width: every line coincides, none is singled out"
            )
        elif self.drift_in_widths < 1.0:
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
    combs = tuple(comb_of(body, body.nominal, window_um, pol, orders) for body in (first, second))
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


def comb_of(
    body: CoatedSphere, x: Array, window_um: tuple[float, float], pol: str, orders: Sequence[int]
) -> Lines:
    """Exact lines of one polarization in a window.

    Raises
    ------
    GeometryError
        If there are fewer than two.
    """
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
