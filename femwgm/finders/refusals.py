"""The lines that say that a window holds no mode of the kind asked for, or more of them than are allowed."""

from __future__ import annotations

from femwgm.config.schema import RunConfig
from femwgm.errors import ConfigError


def no_mode(
    config: RunConfig, remedy: str = "widen it", rule: str = "of the requested kind lies"
) -> ConfigError:
    """The error for a window without modes; `rule` says which kind of mode, and how it is not there."""
    lo, hi = config.modes.window_um
    digits = 6 if hi > lo * (1.0 + 1e-5) else 15
    window = [f"{end * 1e3:.{digits}g} nm" for end in (lo, hi)]
    return ConfigError(f"no mode {rule} in the window", key="modes.window", value=window, remedy=remedy)


def refuse_too_many(number: int, config: RunConfig) -> None:
    """Refuse to solve for more modes than the configuration allows.

    Raises
    ------
    ConfigError
        If there are more.
    """
    limit = config.modes.limit
    if limit is not None and number > limit:
        raise ConfigError(
            f"{number} modes of the requested kind lie in the window", key="modes.limit", value=limit,
            remedy="raise the limit, narrow the window or ask for fewer orders",
        )  # fmt: skip
