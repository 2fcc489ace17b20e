"""A run with two modes of the reference sphere, made once in a process, for whoever looks at pictures."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

SMALL: dict[str, Any] = {
    "schema": 1,
    "name": "two modes of the reference sphere",
    "geometry": {
        "kind": "layered_sphere",
        "layers": [
            {"name": "core", "material": "silica", "diameter": "20 um"},
            {"name": "shell", "material": "npl", "thickness": "490 nm"},
        ],
        "ambient": "air",
    },
    "materials": {"silica": {"n": 1.45}, "npl": {"n": 1.768}, "air": {"n": 1.0}},
    "modes": {"window": ["655 nm", "670 nm"], "azimuthal_orders": [163]},
}
PUBLISHED = {"core": 0.038667, "shell": 0.947153, "air": 0.014180}
"""Shares of the electric energy of TM l = 163, exact."""


@cache
def small_run() -> Any:
    from femwgm.runs.loop import run

    return run(SMALL)


@cache
def small_view() -> Any:
    from femwgm.views.fields.source import run_view

    return run_view(small_run())


def store(config: dict[str, Any], folder: Path) -> Path:
    """A run folder with fields and without pictures."""
    from femwgm.runs.run import run

    run({**config, "outputs": {"fields": True, "plots": False}}, folder)
    return folder
