"""Axes: which points a sweep has, and how it refuses what makes no sense."""

from __future__ import annotations

import numpy as np
import pytest
from support.cheap_points import BASE

from femwgm.config import load_config
from femwgm.config.sweep import Sweep
from femwgm.errors import ConfigError
from femwgm.sweeps.axes import expand
from femwgm.sweeps.points import Setup

THICKNESS = "geometry.layers.shell.thickness"


def plan_of(**sweep):
    return expand(Sweep.model_validate(sweep))


def refused(sweep, **base):
    with pytest.raises(ConfigError) as error:
        load_config({**BASE, **base, "sweep": sweep})
    return str(error.value)


def test_a_linear_axis_is_exact_at_its_ends_and_steps() -> None:
    plan = plan_of(axes=[{"key": THICKNESS, "linear": {"start": "0.3 um", "stop": "800 nm", "count": 6}}])
    assert plan.columns[0].name == f"{THICKNESS}_um"
    assert plan.columns[0].values == (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
    assert plan.columns[0].entries[1] == "0.4 um"


def test_a_logarithmic_axis_has_equal_ratios() -> None:
    plan = plan_of(axes=[{"key": THICKNESS, "log": {"start": "10 nm", "stop": "10 um", "count": 7}}])
    values = np.array(plan.columns[0].values)
    assert values[0] == 10.0
    assert values[-1] == 10_000.0
    np.testing.assert_allclose(values[1:] / values[:-1], 10**0.5, rtol=1e-14)


def test_listed_values_share_the_unit_of_the_first() -> None:
    column = plan_of(axes=[{"key": THICKNESS, "values": ["490 nm", "0.5 um"]}]).columns[0]
    assert column.values == (490.0, 500.0)


def test_words_and_lists_stand_in_the_table_as_written() -> None:
    plan = plan_of(
        axes=[
            {"key": "geometry.ambient", "values": ["air", "water"]},
            {"key": "modes.window", "values": [["640 nm", "650 nm"], ["650 nm", "660 nm"]]},
        ],
        combine="zip",
    )
    assert plan.values(1) == {"geometry.ambient": "water", "modes.window": "[650 nm, 660 nm]"}
    assert plan.entries(1) == ["water", ["650 nm", "660 nm"]]
    assert plan.follow is None


def test_a_grid_varies_its_last_axis_fastest_and_is_followed_along_it() -> None:
    plan = plan_of(axes=[{"key": "a", "values": [1, 2]}, {"key": "b", "values": [30, 10, 20]}])
    assert [plan.entries(i) for i in range(plan.count)] == [
        [1, 30],
        [1, 10],
        [1, 20],
        [2, 30],
        [2, 10],
        [2, 20],
    ]
    assert list(plan.lines()) == [[1, 2, 0], [4, 5, 3]]
    other = plan_of(axes=[{"key": "a", "values": [1, 2]}, {"key": "b", "values": [30, 10, 20]}], follow="a")
    assert list(other.lines()) == [[0, 3], [1, 4], [2, 5]]


def test_every_point_lies_on_one_line() -> None:
    axes = [{"key": k, "values": list(range(n))} for k, n in (("a", 2), ("b", 3), ("c", 4))]
    for follow in "abc":
        plan = plan_of(axes=axes, follow=follow)
        assert sorted(point for line in plan.lines() for point in line) == list(range(24))


def test_zipped_axes_go_together() -> None:
    plan = plan_of(axes=[{"key": "a", "values": [1, 2, 3]}, {"key": "b", "values": [4, 5, 6]}], combine="zip")
    assert [plan.entries(i) for i in range(3)] == [[1, 4], [2, 5], [3, 6]]


def test_latin_hypercube_fills_every_slice_of_every_axis_once() -> None:
    axes = [{"key": k, "uniform": {"low": 2.0, "high": 4.0}} for k in ("a", "b", "c")]
    plan = plan_of(axes=axes, sample={"count": 64, "seed": 3})
    for column in plan.columns:
        slices = np.floor((np.array(column.values) - 2.0) / 2.0 * 64).astype(int)
        assert sorted(slices) == list(range(64))
    assert abs(np.corrcoef(plan.columns[0].values, plan.columns[1].values)[0, 1]) < 0.4


def test_normal_draws_have_their_mean_and_deviation() -> None:
    axis = {"key": "a", "normal": {"mean": "490 nm", "sd": "0.005 um"}}
    values = np.array(plan_of(axes=[axis], sample={"count": 4000, "seed": 1}).columns[0].values)
    # A Latin hypercube of N points has the mean to O(1/N), the variance likewise.
    assert values.mean() == pytest.approx(490.0, abs=0.01)
    assert values.std() == pytest.approx(5.0, rel=0.01)


def test_draws_depend_on_the_seed_alone_and_random_ones_can_be_continued() -> None:
    axes = [{"key": k, "uniform": {"low": 0, "high": 1}} for k in ("a", "b")]

    def draw(seed, count, method):
        sample = {"count": count, "seed": seed, "method": method}
        return [c.values for c in plan_of(axes=axes, sample=sample).columns]

    for method in ("random", "latin_hypercube"):
        assert draw(7, 20, method) == draw(7, 20, method)
        assert draw(7, 20, method) != draw(8, 20, method)
    assert draw(7, 10, "random") == [values[:10] for values in draw(7, 20, "random")]


def test_listed_axes_see_every_sample() -> None:
    plan = plan_of(
        axes=[{"key": "a", "values": [1, 2]}, {"key": "b", "uniform": {"low": 0, "high": 1}}],
        sample={"count": 3},
    )
    assert plan.count == 6
    assert [plan.entries(i)[1] for i in range(3)] == [plan.entries(i)[1] for i in range(3, 6)]
    assert list(plan.lines()) == [[0, 3], [1, 4], [2, 5]]


@pytest.mark.parametrize(
    ("sweep", "words"),
    [
        ({"axes": [{"key": "a", "linear": {"start": "1 nm", "stop": 2, "count": 3}}]}, ("sweep.axes.0", "unit")),
        ({"axes": [{"key": "a", "linear": {"start": "1 nm", "stop": "2 THz", "count": 3}}]}, ("frequency",)),
        ({"axes": [{"key": "a", "log": {"start": 0, "stop": 2, "count": 3}}]}, ("above zero",)),
        ({"axes": [{"key": "a", "linear": {"start": 1, "stop": 2, "count": 1}}]}, ("one point",)),
        ({"axes": [{"key": "a", "values": [1]}, {"key": "a", "values": [2]}]}, ("twice",)),
        ({"axes": [{"key": "a", "values": [1]}, {"key": "b", "values": [2, 3]}], "combine": "zip"}, ("equally many", "1, 2")),
        ({"axes": [{"key": "a", "uniform": {"low": 1, "high": 2}}]}, ("sample",)),
        ({"axes": [{"key": "a", "values": [1]}], "sample": {"count": 3}}, ("no axis to draw",)),
        ({"axes": [{"key": "a", "normal": {"mean": 1, "sd": -1}}], "sample": {"count": 3}}, ("positive",)),
        ({"axes": [{"key": "a", "name": "alpha", "values": [1]}], "follow": "alpah"}, ("did you mean 'alpha'",)),
        ({"axes": [{"key": "a", "name": "wavelength_nm", "values": [1]}]}, ("column of the table",)),
        ({"axes": [{"key": "name", "values": ["b"]}]}, ("a sweep can vary",)),
        ({"axes": [{"key": k, "linear": {"start": 0, "stop": 1, "count": 2000}} for k in "ab"]}, ("4000000 points",)),
    ],
)  # fmt: skip
def test_refusals_name_key_rule_and_remedy(sweep, words) -> None:
    message = refused(sweep)
    assert "\n" not in message
    assert all(word in message for word in words), message


def test_a_key_that_leads_nowhere_is_refused_with_the_nearest() -> None:
    config = load_config(BASE)
    with pytest.raises(ConfigError, match=r"sweep.axes.0.key.*shel.*did you mean 'shell'"):
        Setup.of(config, ["geometry.layers.shel.thickness"])


def test_a_point_is_the_base_with_its_entries_and_nothing_else() -> None:
    config = load_config(BASE)
    setup = Setup.of(config, [THICKNESS, "modes.window.1", "losses.roughness"])
    rough = [{"rms": "1 nm", "correlation_length": "50 nm"}]
    point = setup.config(["0.5 um", "680 nm", rough])
    assert point.geometry.layers[1].thickness_um == 0.5
    assert point.modes.window_um == (0.64, 0.68)
    assert point.losses.roughness[0].rms_um == 1e-3
    assert setup.config(["490 nm", "670 nm", []]) == config
    roughness = "losses.roughness=[{rms: 1 nm, correlation_length: 50 nm}]"
    by_set = load_config(config, [f"{THICKNESS}=0.5 um", "modes.window.1=680 nm", roughness])
    assert point == by_set


def test_keys_follow_the_physics_and_nothing_else() -> None:
    def key(entry, base=None, **options):
        setup = Setup.of(load_config(base or BASE), [THICKNESS], **options)
        return setup.key(setup.config([entry]))

    assert key("490 nm") == key("0.49 um") == key("490 nm", {**BASE, "name": "another"})
    assert key("490 nm") != key("491 nm")
    assert key("490 nm") != key("490 nm", {**BASE, "accuracy": {"wavelength": 1e-9}})
    assert key("490 nm") != key("490 nm", solver="another:one")


def test_check_counts_the_points_and_tries_both_ends() -> None:
    from femwgm.cli.check import remarks

    axis = {"key": THICKNESS, "linear": {"start": "300 nm", "stop": "800 nm", "count": 11}}
    config = load_config({**BASE, "sweep": {"axes": [axis]}})
    assert remarks(config)[-1] == f"a sweep of 11 points over {THICKNESS}_nm"
    axis["linear"]["stop"] = "-800 nm"
    with pytest.raises(ConfigError, match="must not be negative"):
        remarks(load_config({**BASE, "sweep": {"axes": [axis]}}))
