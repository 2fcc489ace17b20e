"""Points between the knots of a sweep: a basis gives what solving each point gives, and what the exact sphere says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from femwgm.analytic import LayeredSphere
from femwgm.config import load_config
from femwgm.runs.loop import run
from femwgm.sweeps import run_sweep
from femwgm.sweeps.agenda import LEVELS, stretches
from femwgm.sweeps.axes import expand
from femwgm.sweeps.between import Curves
from femwgm.sweeps.points import Setup, Solved

POINTS = 20


def sweep_config(axis: dict[str, Any], **changes: Any) -> dict[str, Any]:
    config: dict[str, Any] = {
        "schema": 1,
        "name": "between",
        "geometry": {
            "kind": "layered_sphere",
            "ambient": "air",
            "layers": [
                {"name": "core", "material": "silica", "diameter": "6 um"},
                {"name": "shell", "material": "npl", "thickness": "400 nm"},
            ],
        },
        "materials": {"silica": {"n": 1.457}, "npl": {"n": 1.8}, "air": {"n": 1.0}},
        "modes": {
            "window": ["500 nm", "800 nm"], "polarizations": ["TM"], "radial_orders": [1], "polar_orders": [0],
            "azimuthal_orders": [52],
        },
        "accuracy": {"wavelength": 1e-5},
        "sweep": {"axes": [axis]},
    }  # fmt: skip
    return config | changes


THICKNESS = {
    "key": "geometry.layers.shell.thickness", "name": "thickness",
    "linear": {"start": "360 nm", "stop": "440 nm", "count": POINTS},
}  # fmt: skip


@pytest.fixture(scope="module")
def swept() -> Any:
    return run_sweep(sweep_config(THICKNESS), workers=0)


def test_a_basis_gives_most_points_and_each_within_its_error_of_the_exact_sphere(swept: Any) -> None:
    table = swept.table
    assert len(table) == POINTS
    assert table["reduced"].sum() == POINTS - LEVELS[0]
    assert (table["wavelength_error"] <= 1e-5).all()
    for row in table.to_dict("records"):
        exact = LayeredSphere((3.0, 3.0 + 1e-3 * row["thickness_nm"]), (1.457, 1.8, 1.0)).mode(row["pol"], 52)
        assert abs(row["k0_re_per_um"] / exact.k0.real - 1.0) < row["wavelength_error"]
        assert abs(row["n_g"] / exact.n_g - 1.0) < row["n_g_error"] + 1e-9
        for region, share in zip(("core", "shell", "air"), exact.energy.values(), strict=True):
            assert abs(row[f"energy_{region}"] - share) < row["share_error"] + 1e-9
        assert row["residual"] < 1e-8


def test_what_the_basis_gives_is_what_solving_the_point_gives_in_every_column(swept: Any) -> None:
    table = swept.table[swept.table["reduced"].astype(bool)]
    chosen = float(table["thickness_nm"].iloc[len(table) // 2])
    plain = sweep_config(THICKNESS)
    plain["geometry"]["layers"][1]["thickness"] = f"{chosen!r} nm"
    del plain["sweep"]
    full = {row["pol"]: row for row in run(plain).rows}
    there = [row for row in table.to_dict("records") if row["thickness_nm"] == chosen]
    assert {row["pol"] for row in there} == full.keys() == {"TM"}
    for row in there:
        solved = full[row["pol"]]
        assert set(solved) <= set(row)
        for name, value in solved.items():
            if name in ("residual", "dofs", "seconds") or name.endswith(("_error", "_floor")):
                assert (row[name] is None or row[name] != row[name]) == (value is None), name
            elif isinstance(value, float):
                of_loss = name.startswith(("q_", "log10", "k0_im", "line", "life", "purcell"))
                of_volume = "volume" in name
                tolerance = row["q_error"] if of_loss else row["mode_volume_error"] if of_volume else 2e-6
                assert row[name] == pytest.approx(value, rel=max(tolerance, 2e-6), abs=2e-7), name
            elif value is not None:
                assert row[name] == value, name


def test_neither_order_nor_resuming_changes_a_digit(swept: Any, tmp_path: Any) -> None:
    backwards = sweep_config(THICKNESS | {"linear": {"start": "440 nm", "stop": "360 nm", "count": POINTS}})
    other = run_sweep(backwards, tmp_path, workers=0)
    columns = [
        "thickness_nm",
        "pol",
        "k0_re_per_um",
        "q_rad",
        "mode_volume_um3",
        "energy_shell",
        "wavelength_error",
    ]
    one, two = (r.table[columns].sort_values(columns[:2]).reset_index(drop=True) for r in (swept, other))
    assert one.equals(two)
    for file in sorted(tmp_path.glob("points/*/*.json"))[::3]:
        file.unlink()
    again = run_sweep(backwards, tmp_path, workers=0)
    assert again.solved_now == -(-POINTS // 3)
    assert again.table[columns].equals(other.table[columns])


SPHEROID = {
    "kind": "spheroid", "ambient": "air",
    "layers": [{"name": "ball", "material": "npl", "equatorial_radius": "4 um", "polar_radius": "3.9 um"}],
}  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"geometry": SPHEROID},
        {"outputs": {"derivatives": True}},
        {"tolerances": {"geometry.layers.shell.thickness": "1 nm"}},
    ],
)  # fmt: skip
def test_what_no_basis_describes_is_left_alone(changes: dict[str, Any]) -> None:
    axis = {"key": "materials.npl.n", "linear": {"start": 1.7, "stop": 1.9, "count": POINTS}}
    assert not parts_of(sweep_config(axis, **changes))
    assert parts_of(sweep_config(axis))


def parts_of(raw: dict[str, Any]) -> Any:
    config = load_config(raw)
    assert config.sweep is not None
    plan = expand(config.sweep)
    setup = Setup.of(config, [c.key for c in plan.columns])
    return stretches(plan, lambda point: setup.config(plan.entries(point)))


def test_a_grid_is_cut_along_its_longest_axis_and_axes_of_words_are_not() -> None:
    axes = [
        {"key": "materials.npl.n", "values": [1.7, 1.8]},
        THICKNESS,
        {"key": "modes.azimuthal_orders", "values": [[52], [53]]},
    ]
    parts = parts_of(sweep_config(THICKNESS) | {"sweep": {"axes": axes}})
    assert len(parts) == 4
    assert all(len(part.points) == POINTS and part.x[0] == 0.0 and part.x[-1] == 1.0 for part in parts)
    assert sorted(p for part in parts for p in part.points) == list(range(4 * POINTS))
    assert set(parts[0].knots(0)) <= set(parts[0].knots(1))
    assert not parts_of(
        sweep_config({"key": "accuracy.wavelength", "log": {"start": 1e-5, "stop": 1e-8, "count": POINTS}})
    )


# ---------------------------------------------------------------- polynomials

X = np.linspace(0.0, 1.0, 9)


def solved_rows(values: Sequence[float], **more: Any) -> list[Solved | None]:
    """Rows of one mode whose wavelength takes the given values."""
    rows = [
        {"pol": "TE", "q": 1, "l": 9, "m": 9, "wavelength_nm": float(v), "wavelength_error": 1e-7, "confidence": 1.0}
        for v in values
    ]  # fmt: skip
    return [
        Solved([row | {name: column[i] for name, column in more.items()}], ("air",))
        for i, row in enumerate(rows)
    ]


def test_polynomials_say_how_far_they_are_off() -> None:
    curves = Curves(X, solved_rows(600.0 + 30.0 * np.exp(X)), 1e-6)
    assert all(curves.steps())
    (row,) = (curves.rows(0.43) or {}).values()
    off = abs(row["wavelength_nm"] / (600.0 + 30.0 * np.exp(0.43)) - 1.0)
    assert off < row["wavelength_error"] - 1e-7 < 1e-8


def test_a_column_that_changes_in_kind_or_jumps_is_not_interpolated() -> None:
    smooth = 600.0 + X
    assert not any(Curves(X, solved_rows(smooth + 0.01 * (X > 0.5)), 1e-6).steps())
    assert not any(Curves(X, solved_rows(smooth, source=["a"] * 4 + ["b"] * 5), 1e-6).steps())
    assert not any(Curves(X, solved_rows(smooth, q_abs=[1e5] * 4 + [None] * 5), 1e-6).steps())
    assert all(Curves(X, solved_rows(smooth, q_abs=[None] * 9, q_rad=list(np.exp(50.0 * X))), 1e-6).steps())


def test_where_a_mode_leaves_or_a_point_fails_only_the_steps_beside_are_solved() -> None:
    whole = solved_rows(600.0 + X)
    stranger = solved_rows(600.0 + X)[7]
    assert stranger is not None
    curves = Curves(X, [*whole[:7], Solved([{**stranger.rows[0], "l": 10}], ("air",)), None], 1e-6)
    assert curves.steps() == [True] * 6 + [False] * 2
    assert curves.rows(0.95) is None
