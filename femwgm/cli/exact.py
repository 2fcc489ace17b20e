"""The analytic modes of a configuration, as rows of modes.csv."""

from __future__ import annotations

from typing import Any

from femwgm.cli.running import part
from femwgm.config import RunConfig
from femwgm.errors import ConfigError
from femwgm.materials import materials_from_config

__all__ = ["exact_rows"]


def exact_rows(config: RunConfig) -> list[dict[str, Any]]:
    """Rows of the exact solution.

    Raises
    ------
    ConfigError
        When the body is not a layered sphere, or no mode lies in the window.
    """
    if config.geometry.kind != "layered_sphere":
        raise ConfigError(
            "has no exact solution here",
            key="geometry.kind",
            value=config.geometry.kind,
            remedy="use layered_sphere, or 'femwgm run'",
        )
    rows: list[dict[str, Any]] = part("femwgm.analytic.table", "rows")(config, materials_from_config(config))
    return rows
