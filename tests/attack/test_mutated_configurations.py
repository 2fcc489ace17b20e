"""`femwgm check` on configurations with something wrong: a result or one line, no traceback, in bounded time and memory."""

from __future__ import annotations

import contextlib
import json
import resource
import shutil
import signal
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.mutations import mutated, shipped

from femwgm.cli.check import remarks
from femwgm.config import dump_resolved, load_config
from femwgm.errors import ConfigError, FemwgmError, MaterialError

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
SECONDS = 10.0
"""Processor time that a check may take without a word."""
GROWTH_MB = 2048


class TooLongError(BaseException):
    """No answer in time."""


@contextlib.contextmanager
def deadline() -> Iterator[None]:
    def stop(*_: Any) -> None:
        raise TooLongError

    former = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)
        signal.signal(signal.SIGVTALRM, former)


def checked(path: Path) -> tuple[int, str]:
    """Exit status of `femwgm check` and its error line; an error that nobody foresaw, or a warning of numpy, is raised."""
    with warnings.catch_warnings(), deadline():
        warnings.simplefilter("error")
        try:
            settings = load_config(path)
            remarks(settings)
            assert load_config(settings) == settings
            dump_resolved(settings)
        except FemwgmError as error:
            return error.exit_code, str(error)
    return 0, ""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for file in CONFIGS.iterdir():
        if file.suffix in (".csv", ".dxf", ".msh"):
            shutil.copy(file, tmp_path)
    return tmp_path


def attack(place: Path, seeds: range) -> None:
    bases = shipped(CONFIGS)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seen: dict[Any, int] = {}
    for seed in seeds:
        path = place / "mutated.yaml"
        path.write_text(json.dumps(mutated(bases, seed)))
        try:
            status, line = checked(path)
        except TooLongError:
            pytest.fail(f"seed {seed}: no answer in {SECONDS:g} s of processor time")
        except Exception as error:
            raise AssertionError(f"seed {seed}") from error
        assert status in (0, 2), f"seed {seed}: status {status}, {line}"
        assert "\n" not in line, f"seed {seed}: {line}"
        assert len(line) < 2000, f"seed {seed}: {line}"
        seen[status] = seen.get(status, 0) + 1
    assert seen[2] > seen.get(0, 0) > 0, "some survive, most do not"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < GROWTH_MB * 1024


def test_mutated_configurations(place: Path) -> None:
    attack(place, range(300))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_three_thousand_mutated_configurations(place: Path, part: int) -> None:
    attack(place, range(1000 + 300 * part, 1300 + 300 * part))


REFERENCE = CONFIGS / "duan2022.yaml"


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["geometry.layers.core.diameter=10 m"], "size parameter n k R of 8.7e\\+07: more than 1e\\+06"),
        (["geometry.layers.shell.thickness=1 parsec"], "size parameter"),
        (["geometry.layers.shell.thickness=1e30 um"], "size parameter"),
        (["materials.npl.n=1e300"], "the permittivity in the window is not a number between"),
        (["materials.npl.n=1e-200"], "the permittivity in the window is not a number between"),
        (["modes.radial_orders=[100]"], "fewer than 59 radial orders"),
        (
            ["modes.radial_orders=all", "modes.polar_orders=all"],
            "about 1.4e\\+05 modes would lie in the window",
        ),
        (["modes.window=[1 nm, 900 nm]"], "modes would lie in the window: more than 5000"),
        (["modes.window=[1 nm, 1 m]"], "spans more than a factor of 1000"),
        (
            ["geometry.layers.core.diameter=10 mm"],
            "narrow the window, name fewer orders, or raise modes.limit",
        ),
        (["modes.limit=2"], "more than modes.limit, 2"),
    ],
)
def test_what_no_machine_would_finish_is_refused_before_anything_is_allocated(
    overrides: list[str], said: str
) -> None:
    from femwgm.materials import materials_from_config

    used = resource.getrusage(resource.RUSAGE_SELF)
    with pytest.raises((ConfigError, MaterialError), match=said):
        materials_from_config(load_config(REFERENCE, overrides))
    spent = resource.getrusage(resource.RUSAGE_SELF)
    assert spent.ru_utime - used.ru_utime < 2.0


def test_the_estimate_holds_the_number_of_modes() -> None:
    """Never too few, at most three times too many: for one radial order, for many, for all polar orders."""
    from femwgm.finders.exact_list import expected_modes
    from femwgm.materials import materials_from_config
    from femwgm.materials.bounds import about_how_many

    for overrides in (
        [],
        ["modes.radial_orders=[1, 2, 3]"],
        ["modes.polar_orders=[0, 1, 2, 3]"],
        ["modes.window=[650 nm, 655 nm]"],
    ):
        config = load_config(REFERENCE, overrides)
        media = materials_from_config(config)
        count = len(expected_modes(config, media))
        assert count <= about_how_many(config, media) <= 3.0 * count + 2.0
