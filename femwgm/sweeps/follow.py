"""Following modes from point to point along an axis: by field, by label and by extrapolation of the wavenumber.

A branch is one mode followed. Modes of different azimuthal order or mirror parity never mix, so branches are sought within
each such symmetry class. Where two branches of a class come close they may repel (an avoided crossing: the fields turn into each
other while the wavenumbers keep apart) or pass through each other within one step. Both are found, both branches are kept, and
the points concerned are marked; a branch whose label changes is always marked.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from femwgm.ground.typing import Array
from femwgm.sweeps.meetings import Approach, Crossing, meetings

_OVERLAP, _LABEL, _EXTRAPOLATION = 1.0, 0.3, 0.3
"""Weights of the three kinds of evidence: the field decides, the others settle what it leaves open."""
_SAME_FIELD = 0.3
"""Squared overlap from which two fields count as one mode without further evidence."""
_PATIENCE = 2
"""A branch is looked for over one missing point."""


@dataclass(frozen=True)
class State:
    """What is known of one mode at one point.

    Attributes
    ----------
    label
        Its label there.
    symmetry
        What it shares with every mode it could ever mix with: azimuthal order and mirror parity.
    k0
        Vacuum wavenumber (rad/um).
    mark
        Fingerprint of its field, a vector of any positive norm; None if there is none.
    """

    label: str
    symmetry: tuple[object, ...]
    k0: complex
    mark: Array | None = None


@dataclass
class _Branch:
    name: str
    label: str
    mark: Array | None
    steps: list[int] = field(default_factory=list)
    x: list[float] = field(default_factory=list)
    k: list[float] = field(default_factory=list)
    relabelled: dict[int, str] = field(default_factory=dict)
    torn: dict[int, float] = field(default_factory=dict)

    def predict(self, x: float) -> float:
        """Re k0 at x by the polynomial through the last three points."""
        xs, ks = self.x[-3:], self.k[-3:]
        total = 0.0
        for i, (xi, ki) in enumerate(zip(xs, ks, strict=True)):
            total += ki * float(np.prod([(x - xj) / (xi - xj) for j, xj in enumerate(xs) if j != i]))
        return total


class Follower:
    """Links the modes of successive points into branches; holds one point's fields at a time.

    Examples
    --------
    >>> follower = Follower()
    >>> for x in (0.0, 1.0, 2.0):
    ...     numbers = follower.add(x, [State("a", (1,), 10.0 + x), State("b", (1,), 13.0 - 2 * x)])
    >>> numbers, follower.names
    ([0, 1], ['a', 'b'])
    >>> [(c.kind, c.at) for c in follower.crossings()]
    [('crossed', 1.0)]
    """

    def __init__(self) -> None:
        self._branches: list[_Branch] = []
        self._active: dict[tuple[object, ...], list[int]] = {}
        self._turns: dict[tuple[int, int], dict[int, float]] = {}
        self._members: dict[tuple[object, ...], list[int]] = {}
        self._namesakes: dict[str, int] = {}
        self._step = -1

    @property
    def names(self) -> list[str]:
        """Name of each branch: the label it began with, numbered where a label begins twice."""
        return [branch.name for branch in self._branches]

    def add(self, x: float, states: Sequence[State]) -> list[int]:
        """Take the modes of the next point along the axis; the branch of each of them.

        Parameters
        ----------
        x
            Place of the point; ascending from call to call.
        states
            The modes found there, none if the point failed.
        """
        self._step += 1
        numbers = [-1] * len(states)
        classes: dict[tuple[object, ...], list[int]] = {}
        for i, state in enumerate(states):
            classes.setdefault(state.symmetry, []).append(i)
        for symmetry, members in classes.items():
            found = self._link(x, symmetry, [states[i] for i in members])
            for i, number in zip(members, found, strict=True):
                numbers[i] = number
        return numbers

    def _link(self, x: float, symmetry: tuple[object, ...], states: Sequence[State]) -> list[int]:
        from scipy.optimize import linear_sum_assignment

        active = [
            n for n in self._active.get(symmetry, []) if self._step - self._branches[n].steps[-1] <= _PATIENCE
        ]
        branches = [self._branches[n] for n in active]
        marks = _orthonormal([s.mark for s in states])
        products = np.array([[_product(b.mark, mark) for mark in marks] for b in branches]).reshape(
            len(branches), len(states)
        )
        overlaps = np.abs(products) ** 2
        owner: dict[int, int] = {}
        if branches:
            rows, columns = linear_sum_assignment(-self._score(x, branches, states, overlaps))
            for r, c in zip(rows, columns, strict=True):
                if overlaps[r, c] >= _SAME_FIELD or branches[r].label == states[c].label:
                    owner[int(c)] = int(r)
        numbers = []
        for c, state in enumerate(states):
            if c in owner:
                numbers.append(active[owner[c]])
            else:
                numbers.append(self._begin(state, symmetry))
        self._turn({c: (owner[c], active[owner[c]]) for c in owner}, products)
        for c, (number, state) in enumerate(zip(numbers, states, strict=True)):
            overlap = float(overlaps[owner[c], c]) if c in owner else None
            phase = _phase(products[owner[c], c]) if c in owner else 1.0
            self._extend(number, x, state, marks[c], overlap, phase)
        self._active[symmetry] = [*dict.fromkeys([*active, *numbers])]
        return numbers

    def _score(
        self, x: float, branches: Sequence[_Branch], states: Sequence[State], overlaps: Array
    ) -> Array:
        k = np.array([s.k0.real for s in states])
        apart = np.diff(np.sort(k))
        scale = max(float(apart.min()) if len(apart) else 0.0, 1e-6 * float(np.abs(k).max()))
        score = _OVERLAP * np.nan_to_num(overlaps)
        for r, branch in enumerate(branches):
            score[r] += _LABEL * np.array([branch.label == s.label for s in states])
            score[r] += _EXTRAPOLATION / (1.0 + ((branch.predict(x) - k) / scale) ** 2)
        return score

    def _begin(self, state: State, symmetry: tuple[object, ...]) -> int:
        number = len(self._branches)
        count = self._namesakes[state.label] = self._namesakes.get(state.label, 0) + 1
        self._branches.append(
            _Branch(f"{state.label} ({count})" if count > 1 else state.label, state.label, None)
        )
        self._members.setdefault(symmetry, []).append(number)
        return number

    def _extend(
        self, number: int, x: float, state: State, mark: Array | None, overlap: float | None, phase: complex
    ) -> None:
        branch = self._branches[number]
        if state.label != branch.label:
            branch.relabelled[self._step] = branch.label
        if overlap is not None and overlap < _SAME_FIELD:
            branch.torn[self._step] = overlap
        branch.label = state.label
        branch.mark = None if mark is None else mark * np.conj(phase)
        branch.steps.append(self._step)
        branch.x.append(x)
        branch.k.append(state.k0.real)

    def _turn(self, linked: dict[int, tuple[int, int]], products: Array) -> None:
        """Angle by which each pair of branches has turned into each other in this step."""
        for (c, (r, a)), (d, (s, b)) in itertools.combinations(linked.items(), 2):
            block = products[np.ix_([r, s], [c, d])]
            if np.isnan(block).any():
                continue
            block = block * np.conj([_phase(block[0, 0]), _phase(block[1, 1])])
            angle = np.arctan2((block[0, 1] - block[1, 0]).real, (block[0, 0] + block[1, 1]).real)
            pair, angle = ((a, b), angle) if a < b else ((b, a), -angle)
            if abs(angle) > 1e-3:
                self._turns.setdefault(pair, {})[self._step] = float(angle)

    def crossings(self) -> list[Crossing]:
        """Every meeting of two branches so far, in order of the axis."""
        found = []
        for members in self._members.values():
            for a, b in itertools.combinations(members, 2):
                first, second = self._branches[a].steps, self._branches[b].steps
                if first[-1] <= second[0] or second[-1] <= first[0]:
                    continue
                steps = sorted(set(first) & set(second))
                if len(steps) >= 2:
                    found += meetings(self._approach(a, b, steps))
        return sorted(found, key=lambda c: (c.at, c.first, c.second))

    def _approach(self, a: int, b: int, steps: list[int]) -> Approach:
        first, second = self._branches[a], self._branches[b]
        x, ka = (dict(zip(first.steps, values, strict=True)) for values in (first.x, first.k))
        kb = dict(zip(second.steps, second.k, strict=True))
        at, k_first, k_second = (np.array([values[s] for s in steps]) for values in (x, ka, kb))
        return Approach(a, b, steps, at, k_first, k_second, self._turns.get((a, b), {}))

    def marks(self, crossings: Sequence[Crossing] | None = None) -> dict[tuple[int, int], str]:
        """What to say of a mode, by (step, branch): crossings with their partner, else a changed label or a torn field."""
        said: dict[tuple[int, int], list[str]] = {}
        for crossing in self.crossings() if crossings is None else crossings:
            for one, other in ((crossing.first, crossing.second), (crossing.second, crossing.first)):
                for step in crossing.steps:
                    said.setdefault((step, one), []).append(
                        f"{crossing.kind} with {self._branches[other].name}"
                    )
        for number, branch in enumerate(self._branches):
            for step, label in branch.relabelled.items():
                said.setdefault((step, number), []).append(f"label changed from {label}")
            for step, overlap in branch.torn.items():
                said.setdefault((step, number), []).append(f"field changed (overlap {overlap:.2f})")
        return {place: "; ".join(dict.fromkeys(words)) for place, words in said.items()}


def label_of(pol: str, q: int, l: int | None, m: int) -> str:
    """Short name of a mode.

    >>> label_of("TE", 1, 165, 165)
    'TE q=1 l=165 m=165'
    """
    return f"{pol} q={q} l={'?' if l is None else l} m={m}"


def _orthonormal(marks: Sequence[Array | None]) -> list[Array | None]:
    """The nearest orthonormal set: modes of one point are orthogonal, their coarse samples only nearly so."""
    if not marks or any(
        mark is None or mark.shape != marks[0].shape for mark in marks if marks[0] is not None
    ):
        return [None] * len(marks)
    if any(mark is None for mark in marks):
        return [None] * len(marks)
    rows = np.array([mark / np.linalg.norm(mark) for mark in marks if mark is not None])
    u, _, vh = np.linalg.svd(rows, full_matrices=False)
    return list(u @ vh)


def _product(a: Array | None, b: Array | None) -> complex:
    """<a|b>, NaN where either is unknown or sampled elsewhere."""
    if a is None or b is None or a.shape != b.shape:
        return complex("nan")
    return complex(np.vdot(a, b))


def _phase(z: complex) -> complex:
    size = abs(z)
    return complex(z) / size if size > 0.0 else 1.0 + 0.0j
