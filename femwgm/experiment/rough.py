"""Total Q of the modes of a rough sphere, whose other numbers are those of the exact solution."""

from __future__ import annotations

from typing import Any

from femwgm.config.schema import RunConfig


def rough_q(config: RunConfig, progress: Any = None) -> dict[str, tuple[float | None, float | None]]:
    """Total Q and its relative error by the label of a mode, scattering included; empty without `losses.roughness`.

    Raises
    ------
    ConfigError, SolveError
        As `femwgm.run`.
    """
    from femwgm.runs.loop import run

    if not config.losses.roughness:
        return {}
    return {mode.label: (mode.q_total, mode.q_total_error) for mode in run(config, progress=progress).modes}
