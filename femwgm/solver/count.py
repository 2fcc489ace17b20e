"""Whether every mode next to those found is accounted for: the eigenvalues between two shifts, counted by inertia."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from femwgm.eigen.inertia import eigenvalues_between
from femwgm.eigen.iterations import nearest
from femwgm.fem.problem import MeridianProblem
from femwgm.modes.labels import identify
from femwgm.modes.mode import Mode


@dataclass(frozen=True)
class Neighbour:
    """An eigenpair next to the modes that were found, by its label and its wavenumber (rad/um)."""

    pol: str
    q: int
    p: int
    m: int
    k0: float

    @property
    def text(self) -> str:
        """The label in the words of the table.

        >>> Neighbour("TE", 1, 0, 165, 9.8).text
        'TE q=1 l=165 m=165'
        """
        return f"{self.pol} q={self.q} l={self.m + self.p} m={self.m}"


@dataclass(frozen=True)
class Count:
    """What counting says about one symmetry class of modes in an interval.

    Attributes
    ----------
    m, mirror
        Azimuthal order and condition at z = 0: modes of different classes never mix.
    k_lo, k_hi
        Interval of vacuum wavenumbers (rad/um).
    counted
        Eigenvalues in it.
    found
        Modes that were found in it.
    others
        Labels of eigenpairs in it that are not among those found.
    """

    m: int
    mirror: str | None
    k_lo: float
    k_hi: float
    counted: int
    found: int
    others: tuple[Neighbour, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every eigenvalue in the interval is accounted for, once."""
        return self.counted == self.found + len(self.others)


def count_between(
    problem: MeridianProblem,
    degree: int,
    m: int,
    mirror: str | None,
    k_lo: float,
    k_hi: float,
    *,
    outer: str = "conductor",
) -> int:
    """Number of eigenvalues k0^2 with k_lo < k0 < k_hi (rad/um), each as often as its multiplicity; media as at the middle."""
    pencil = problem.pencil(degree, m, mirror, complex(0.5 * (k_lo + k_hi)), outer)
    return eigenvalues_between(pencil, k_lo**2, k_hi**2)


def account(
    problem: MeridianProblem,
    degree: int,
    m: int,
    mirror: str | None,
    found: Sequence[float],
    width: float,
    radius: float,
) -> Count:
    """Count the eigenvalues around found modes of one class, and label those that are not among them.

    Parameters
    ----------
    found
        Wavenumbers (rad/um) of the modes found at this degree.
    width
        How far the interval reaches beyond the first and the last of them, relative to the wavenumber.
    radius
        Equatorial radius of the solid (um).
    """
    k_lo, k_hi = min(found) * (1.0 - width), max(found) * (1.0 + width)
    middle = 0.5 * (k_lo + k_hi)
    counted = count_between(problem, degree, m, mirror, k_lo, k_hi)
    others: list[Neighbour] = []
    if counted > len(found):
        pencil = problem.pencil(degree, m, mirror, complex(middle))
        pairs = nearest(pencil, complex(middle**2 * (1.0 + 1e-9)), counted + 2)
        remaining = list(found)
        for value, x in zip(pairs.values.real, pairs.vectors.T, strict=True):
            k0 = float(np.sqrt(value))
            if not k_lo < k0 < k_hi:
                continue
            match = [k for k in remaining if abs(k - k0) < 1e-9 * k0]
            if match:
                remaining.remove(match[0])
            else:
                field = problem.field(pencil, x, m, complex(k0), mirror)
                label = identify(
                    field, problem.media(complex(k0)).eps, problem.extent[:2], radius, problem.extent[2]
                )
                others.append(Neighbour(label.pol, label.q, label.p, m, k0))
    return Count(m, mirror, k_lo, k_hi, counted, len(found), tuple(others))


_WIDTH = 1e-3
"""Relative reach of the interval about the modes of a class: far more than near-degenerate modes are apart."""


def verify(problem: MeridianProblem, modes: Sequence[Mode], radius: float) -> list[Count]:
    """Account for every eigenvalue next to the modes that were found on a domain; nothing where counting does not apply.

    Half the degree suffices to count; the full one decides where the numbers differ.

    Parameters
    ----------
    modes
        Modes found on the domain.
    radius
        Equatorial radius of the solid (um).
    """
    if problem.open or not modes or any(problem.lossy(mode.k0) for mode in modes):
        return []
    degree = max(mode.field_data.space.degree for mode in modes if mode.field_data is not None)
    classes: dict[tuple[int, str | None], list[float]] = {}
    for mode in modes:
        mirror = mode.field_data.mirror if mode.field_data is not None else None
        classes.setdefault((mode.m, mirror), []).append(mode.k0.real)
    counts = []
    for (m, mirror), wavenumbers in classes.items():
        for cluster in _clusters(sorted(wavenumbers)):
            k_lo, k_hi = cluster[0] * (1.0 - _WIDTH), cluster[-1] * (1.0 + _WIDTH)
            quick = count_between(problem, degree // 2 + 1, m, mirror, k_lo, k_hi)
            if quick == len(cluster):
                counts.append(Count(m, mirror, k_lo, k_hi, quick, len(cluster)))
            else:
                counts.append(account(problem, degree, m, mirror, cluster, _WIDTH, radius))
    return counts


def _clusters(wavenumbers: Sequence[float]) -> list[list[float]]:
    """Ascending wavenumbers, cut where their intervals do not overlap."""
    found: list[list[float]] = []
    for k in wavenumbers:
        if found and k < found[-1][-1] * (1.0 + 2.0 * _WIDTH):
            found[-1].append(k)
        else:
            found.append([k])
    return found
