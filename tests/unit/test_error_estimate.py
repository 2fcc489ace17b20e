"""The error of the last of three solutions, from sequences whose limit is known."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from femwgm.solver import error_estimate
from femwgm.solver.error_estimate import remainder, wavenumber_error

ROUNDING = 1e-15


def told(errors: list[float], degrees: tuple[int, int, int] = (2, 3, 4), end: float = 0.0) -> float:
    changes = tuple(np.diff(errors))
    return remainder(degrees, changes, end, ROUNDING).error


@pytest.mark.parametrize("factor", [0.02, 0.1, 0.3])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_geometric_sequence(factor: float, sign: float) -> None:
    """A rate as fast as 0.02 is not believed to go on: at a sharp edge the next degree may bring no more than 0.2."""
    errors = [1e-4 * (sign * factor) ** n for n in range(3)]
    assert 1.0 <= told(errors) / abs(errors[-1]) <= 10.0


@pytest.mark.parametrize("degrees", [(3, 5, 6), (3, 4, 6)])
def test_steps_of_different_length(degrees: tuple[int, int, int]) -> None:
    errors = [0.05**d for d in degrees]
    assert 1.0 <= told(errors, degrees) / errors[-1] <= 10.0


def test_corners_slow_the_convergence_down() -> None:
    """The error of a nitride ring at degrees 3 to 5, of which the last falls by 6 where the one before fell by 15."""
    assert told([2.98e-6, 1.93e-7, 3.36e-8], (3, 4, 5)) > 3.36e-8


def test_a_wedge_whose_first_degrees_promise_too_much() -> None:
    """Changes of half a ball on a chip at degrees 2 to 4; degrees 4 to 8 on finer meshes put the last solution 1.15e-5 off."""
    assert told([7.637e-3, 5.67e-5, 0.0]) > 1.15e-5 / 3.0


def test_a_change_that_vanishes_by_chance_is_not_believed() -> None:
    assert told([1e-4, 1e-6, 1e-6]) > 1e-9


def test_the_end_of_the_domain_is_in_the_error() -> None:
    assert told([1e-4, 1e-6, 1e-8], end=-4e-7) > 2e-7


def test_without_convergence_the_change_is_the_error() -> None:
    assert told([2e-4, 1e-4, 0.0]) == pytest.approx(1e-4)


def test_what_the_end_changes_counts_half_where_the_resolution_cancels_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The change of 2e-7 is the resolution's 4.2e-6 less the end's 4e-6, half of which is in the error of either solution."""
    nothing: Any = None

    def solved(k0: float) -> Any:
        return SimpleNamespace(k0=complex(k0), pencil=SimpleNamespace(size=1))

    monkeypatch.setattr(error_estimate, "change_by_end", lambda *_: -4e-6 + 0.0j)
    error = wavenumber_error(nothing, solved(1.0), solved(1.0 + 2e-7), 1, None)
    assert error == pytest.approx(4.2e-6 + 2e-6, rel=1e-6)
