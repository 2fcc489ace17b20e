"""Following modes: the two-level system, whose avoided crossing is known in closed form, and what may go wrong on the way."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from femwgm.sweeps.follow import Follower, State

SYMMETRY = (140, "natural")


def two_levels(x, coupling, slope=1.0, k0=10.0):
    """Eigenvalues and eigenvectors of [[k0 + s x, c], [c, k0 - s x]], lower one first."""
    values, vectors = np.linalg.eigh(np.array([[k0 + slope * x, coupling], [coupling, k0 - slope * x]]))
    return values, vectors.T


def node_labels(_vectors):
    """Labels by node count, as on a sphere: the order of the eigenvalues, whatever the fields do."""
    return ["q=1", "q=2"]


def field_labels(vectors):
    """Labels by what the field looks like, as on a body without such a count: they swap across the crossing."""
    return ["A" if abs(v[0]) > abs(v[1]) else "B" for v in vectors]


def follow(xs, coupling, labels=node_labels, noise=0.0, order=(0, 1), slope=1.0):
    rng = np.random.default_rng(1)
    follower = Follower()
    numbers = []
    for i, x in enumerate(xs):
        values, vectors = two_levels(x, coupling, slope)
        padded = [np.concatenate([v, np.zeros(6)]) + noise * rng.normal(size=8) for v in vectors]
        names = labels(vectors)
        # The sign (phase) of an eigenvector and the order of a list mean nothing.
        states = [
            State(names[j], SYMMETRY, complex(values[j]), padded[j] * (-1) ** (i * (j + 1) // 2))
            for j in order
        ]
        found = follower.add(float(x), states)
        numbers.append([found[order.index(j)] for j in (0, 1)])
    return follower, np.array(numbers)


@pytest.mark.parametrize("labels", [node_labels, field_labels])
@pytest.mark.parametrize("noise", [0.0, 0.03])
def test_a_resolved_avoided_crossing_has_its_gap_place_width_and_rotation(labels, noise) -> None:
    xs = np.linspace(-0.5, 0.4, 37)
    coupling, slope = 0.04, 0.7
    follower, numbers = follow(xs, coupling, labels, noise, slope=slope)
    assert (numbers == numbers[0]).all(), "either branch keeps its side of the gap"
    (crossing,) = follower.crossings()
    assert crossing.kind == "avoided"
    assert crossing.at == pytest.approx(0.0, abs=1e-9)
    assert crossing.gap == pytest.approx(2 * coupling, rel=1e-6)
    assert crossing.width == pytest.approx(coupling / slope, rel=1e-6)
    # Over the stretch where the gap is below four times its least value the mixing angle turns by atan sqrt 15, at most pi/2.
    assert np.arctan(np.sqrt(15.0)) - 0.1 < abs(crossing.rotation) < np.pi / 2 + 0.1
    marked = [xs[s] for s in crossing.steps]
    assert marked == pytest.approx([x for x in xs if abs(x) <= coupling / slope + 1e-12])


def test_labels_that_swap_are_said_not_hidden() -> None:
    xs = np.linspace(-0.5, 0.4, 37)
    follower, _ = follow(xs, 0.04, field_labels)
    said = follower.marks()
    changed = [place for place, words in said.items() if "label changed" in words]
    assert sorted(branch for _, branch in changed) == [0, 1]
    assert all(abs(xs[step]) < 0.05 for step, _ in changed)
    assert all("avoided with" in said[place] for place in changed)
    assert sorted(follower.names) == ["A", "B"]


def test_a_crossing_within_one_step_follows_the_fields_and_is_marked() -> None:
    xs = np.linspace(-0.53, 0.44, 10)
    follower, numbers = follow(xs, 1e-4, node_labels)
    (crossing,) = follower.crossings()
    assert crossing.kind == "crossed"
    assert crossing.at == pytest.approx(0.0, abs=1e-3)
    left, right = numbers[0], numbers[-1]
    assert (left == right[::-1]).all(), "the fields go straight through"
    words = follower.marks()
    for branch in (0, 1):
        assert any("label changed" in w for (_, b), w in words.items() if b == branch)
        assert any("crossed with" in w for (_, b), w in words.items() if b == branch)


def test_modes_that_come_close_without_coupling_are_not_called_avoided() -> None:
    follower = Follower()
    e = np.eye(4)
    for x in np.linspace(-1.0, 1.0, 21):
        follower.add(x, [State("a", SYMMETRY, 10.0 + x**2, e[0]), State("b", SYMMETRY, 9.9 - x**2, e[1])])
    assert follower.crossings() == []
    assert follower.marks() == {}


@pytest.mark.parametrize("coupling", [0.0, 1e-6])
def test_straight_crossings_of_strangers_keep_their_labels(coupling) -> None:
    xs = np.linspace(-0.45, 0.5, 12)
    follower, _ = follow(xs, coupling, field_labels)
    assert sorted(follower.names) == ["A", "B"]
    assert not any("label changed" in words for words in follower.marks().values())


def test_the_order_of_lists_and_the_sign_of_fields_mean_nothing() -> None:
    xs = np.linspace(-0.5, 0.4, 37)
    one, first = follow(xs, 0.04, order=(0, 1))
    two, second = follow(xs, 0.04, order=(1, 0))
    pairs = {(a, b) for a, b in zip(first.ravel(), second.ravel(), strict=True)}
    assert len(pairs) == 2
    assert one.crossings()[0].gap == pytest.approx(two.crossings()[0].gap)


def test_the_axis_may_be_walked_from_either_end() -> None:
    xs = np.linspace(-0.5, 0.4, 37)
    forward, backward = follow(xs, 0.04)[0].crossings()[0], follow(-xs[::-1], 0.04)[0].crossings()[0]
    assert forward.gap == pytest.approx(backward.gap)
    assert forward.at == pytest.approx(-backward.at, abs=1e-12)


def test_three_modes_with_two_crossings_far_apart() -> None:
    follower = Follower()
    for x in np.linspace(-2.0, 2.0, 161):
        H = np.array([[x, 0.05, 0.0], [0.05, 1.0, 0.08], [0.0, 0.08, 2.0 - x - 2.0]]) + 10.0 * np.eye(3)
        values, vectors = np.linalg.eigh(H)
        follower.add(x, [State(f"q={i}", SYMMETRY, values[i], vectors[:, i]) for i in range(3)])
    found = [c for c in follower.crossings() if c.kind == "avoided"]
    assert [round(c.at, 1) for c in found] == [-1.0, 1.0]
    # Each gap is twice its coupling, up to the third mode's push of second order.
    assert [c.gap for c in found] == pytest.approx([0.16, 0.10], rel=0.02)


def test_a_missing_point_does_not_cut_a_branch_and_two_do() -> None:
    for missing, branches in ((1, 1), (2, 2)):
        follower = Follower()
        for i in range(8):
            states = [] if 3 <= i < 3 + missing else [State("a", SYMMETRY, 10.0 + 0.1 * i)]
            follower.add(float(i), states)
        assert len(follower.names) == branches


def test_modes_enter_and_leave_without_taking_another_name() -> None:
    follower = Follower()
    seen = []
    for i in range(6):
        states = [State("a", SYMMETRY, 10.0 + i, np.eye(4)[0])] if i < 4 else []
        if i > 1:
            states.append(State("b", SYMMETRY, 11.5 + i, np.eye(4)[1]))
        seen.append([follower.names[n] for n in follower.add(float(i), states)])
    assert list(itertools.chain.from_iterable(seen)) == ["a", "a", "a", "b", "a", "b", "b", "b"]


def test_without_fields_labels_and_extrapolation_decide() -> None:
    follower = Follower()
    for i, x in enumerate(np.linspace(0.0, 1.0, 9)):
        numbers = follower.add(
            x, [State("a", SYMMETRY, 10.0 + x), State("b", SYMMETRY, 10.6 - x)][:: (-1) ** i]
        )
        assert [follower.names[n] for n in numbers] == ["a", "b"][:: (-1) ** i]
    assert [c.kind for c in follower.crossings()] == ["crossed"]
    assert follower.crossings()[0].at == pytest.approx(0.3)


def test_modes_of_another_symmetry_never_meet() -> None:
    follower = Follower()
    for x in np.linspace(-1.0, 1.0, 11):
        follower.add(x, [State("a", (1, "natural"), 10.0 + x), State("a", (2, "natural"), 10.0 - x)])
    assert follower.crossings() == []
    assert follower.names == ["a", "a (2)"]


def test_ten_thousand_branches_of_many_symmetries() -> None:
    follower = Follower()
    for i in range(5000):
        follower.add(
            float(i), [State(f"a m={i}", (i, "natural"), 10.0), State(f"b m={i}", (i, "natural"), 10.1)]
        )
    assert follower.crossings() == []
    assert len(follower.names) == 10_000
