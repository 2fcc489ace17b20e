"""What `femwgm check` adds to the resolved configuration."""

from __future__ import annotations

from pathlib import Path

from femwgm.config import RunConfig, config_hash
from femwgm.config.quantity import um
from femwgm.errors import ConfigError
from femwgm.finders.exact_list import metal_notes
from femwgm.geometry.build import section_of
from femwgm.ground.units import k0_from_wavelength
from femwgm.materials import materials_from_config


def remarks(config: RunConfig) -> list[str]:
    """Lines on media, size and the modes to expect.

    Raises
    ------
    MaterialError
        When a medium is not known over the window.
    GeometryError
        When the shape is wrong.
    ConfigError
        When no mode lies in the window, a tolerance changes nothing, or the sweep begins or ends at a point that is no valid
        configuration.
    """
    media = materials_from_config(config)
    lo, hi = config.modes.window_um
    middle = k0_from_wavelength(0.5 * (lo + hi))
    lines = [f"valid; content hash {config_hash(config)[:12]}"]
    for region, name in config.geometry.region_materials.items():
        medium = media[name]
        index = medium.index(middle)
        shown = f"{index.real:.6g}" + (f"{index.imag:+.3g}i" if index.imag else "")
        lines.append(f"{region}: {name}, n = {shown} at {500.0 * (lo + hi):.6g} nm ({medium.source})")
    lines.append(
        f"outer radius {um(float(f'{config.geometry.radius_ref_um:.6g}'))},"
        f" size parameter {middle * config.geometry.radius_ref_um:.4g} in the middle of the window"
    )
    if config.geometry.kind == "layered_sphere":
        lines += [
            _multiplets(config) if config.splits_sphere else _expected(config),
            *metal_notes(config, media),
        ]
    else:
        section_of(config.geometry)
    if config.tolerances:
        from femwgm.runs.input_error import demand_meaningful

        demand_meaningful(config)
    if (contour := getattr(config.geometry, "contour", None)) is not None:
        lines.append(str(contour))
    if config.sweep is not None:
        lines.append(_swept(config))
    return lines


def draw(config: RunConfig, path: Path) -> str:
    """Draw the body into a file; a line that says so.

    Raises
    ------
    ConfigError
        If the file's ending names no format.
    GeometryError
        If the shape is wrong.
    """
    from femwgm.views.figures.shape import draw_shape

    if path.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise ConfigError(
            "is not a picture format", key="--plot", value=str(path), remedy="end it with .png, .svg or .pdf"
        )
    draw_shape(config, path)
    return f"drawn: {path}"


def _multiplets(config: RunConfig) -> str:
    from femwgm.imperfections.run import estimate

    return estimate(config)


def _expected(config: RunConfig) -> str:
    from femwgm.finders.exact_list import expected_modes
    from femwgm.finders.refusals import refuse_too_many

    found = expected_modes(config, materials_from_config(config))
    refuse_too_many(len(found), config)
    orders = sorted({mode.m for mode in found})
    span = f"m = {orders[0]}" if len(orders) == 1 else f"m = {orders[0]} to {orders[-1]}"
    return f"{len(found)} modes expected in the window, {span}"


def _swept(config: RunConfig) -> str:
    from femwgm.sweeps.axes import expand
    from femwgm.sweeps.points import Setup

    assert config.sweep is not None
    plan = expand(config.sweep)
    setup = Setup.of(config, [column.key for column in plan.columns])
    for point in (0, plan.count - 1):
        setup.config(plan.entries(point))
    return f"a sweep of {plan.count} points over {', '.join(column.name for column in plan.columns)}"
