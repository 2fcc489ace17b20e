"""The one line that says that a window holds no mode of the kind asked for."""

from __future__ import annotations

from femwgm.config.schema import RunConfig
from femwgm.errors import ConfigError


def no_mode(
    config: RunConfig, remedy: str = "widen it", rule: str = "of the requested kind lies"
) -> ConfigError:
    """The error for a window without modes; `rule` says which kind of mode, and how it is not there."""
    lo, hi = config.modes.window_um
    window = [f"{lo * 1e3:g} nm", f"{hi * 1e3:g} nm"]
    return ConfigError(f"no mode {rule} in the window", key="modes.window", value=window, remedy=remedy)
