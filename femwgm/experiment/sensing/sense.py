"""The table of a sensor: nm/RIU, the shift by a layer, what a particle does, and the least that can be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from femwgm.errors import ConfigError
from femwgm.experiment.quantities import Quantity
from femwgm.experiment.sensing.heat import noise, self_heating
from femwgm.experiment.sensing.target import Sensor
from femwgm.ground.files import write_files
from femwgm.ground.rows import csv_bytes
from femwgm.ground.typing import Array


@dataclass(frozen=True)
class Probe:
    """What is sensed, and how well a line can be located.

    Attributes
    ----------
    layer_um, layer_index
        A layer on the whole surface.
    radius_um, particle_index
        A sphere that touches the surface where the field is strongest.
    noise
        Smallest shift that can be seen, as a share of the line width.
    q
        Quality factor of the line; that of the mode by default.
    absorbed
        Power (W) that the mode turns into heat.
    exact
        Whether the shift by the particle is computed exactly as well, where that is possible.
    """

    layer_um: float = 0.01
    layer_index: float = 1.45
    radius_um: float = 0.05
    particle_index: float = 1.59
    noise: float = 0.02
    q: float | None = None
    absorbed: float | None = None
    exact: bool = False


def table_of(sensors: Sequence[Sensor], probe: Probe) -> list[Quantity]:
    """Every number of every mode.

    Raises
    ------
    ConfigError
        If something that the probe asks for is known of none of them.
    """
    found = [row for sensor in sensors for row in rows(sensor, probe)]
    quantities = {row.quantity for row in found}
    for key, asked, quantity, rule, remedy in (
        ("--exact", probe.exact, "particle_shift_exact", "applies to the modes m = l of layered spheres; there is none here",
         "leave it out: particle_shift is that of a dipole"),
        ("--absorbed", probe.absorbed is not None, "self_heating", "applies to a plain ball whose two media conduct heat",
         "give both media 'thermal: {conductivity: ...}'"),
    ):  # fmt: skip
        if asked and quantity not in quantities:
            raise ConfigError(rule, key=key, remedy=remedy)
    return found


def rows(sensor: Sensor, probe: Probe) -> list[Quantity]:
    """Every number of one mode, each with its error."""
    name, wavelength = sensor.name, sensor.wavelength_nm
    out = [Quantity(name, "wavelength", wavelength, "nm", sensor.error * wavelength)]
    for region, (value, error) in sensor.per_index.items():
        out.append(Quantity(name, f"sensitivity_{region}", value, "nm/RIU", abs(value) * error))
    ambient = list(sensor.per_index.values())[-1] if sensor.per_index else None
    shift, shift_error = sensor.layer(probe.layer_um, probe.layer_index)
    out += [
        Quantity(name, "layer_shift", shift, "nm", shift_error),
        Quantity(
            name,
            "layer_sensitivity",
            1e-3 * shift / probe.layer_um,
            "nm/nm",
            1e-3 * shift_error / probe.layer_um,
        ),
    ]
    out += _particle(sensor, probe)
    out += _thermal(sensor, probe)
    q = probe.q or sensor.q_total
    if q is not None and q > 0.0:
        width = wavelength / q
        seen = probe.noise * width
        out += [
            Quantity(name, "line_width", width, "nm", width * sensor.error),
            Quantity(name, "resolvable_shift", seen, "nm", seen * sensor.error),
        ]
        if ambient is not None and ambient[0] > 0.0:
            out.append(
                Quantity(
                    name, "detection_limit_index", seen / ambient[0], "RIU", seen / ambient[0] * ambient[1]
                )
            )
        if shift:
            least = seen * 1e3 * probe.layer_um / abs(shift)
            out.append(Quantity(name, "detection_limit_layer", least, "nm", least * abs(shift_error / shift)))
        out += _smallest(sensor, probe, seen)
    return out


def _thermal(sensor: Sensor, probe: Probe) -> list[Quantity]:
    """d lambda/dT in parts: the index of each region, the expansion of the body as a whole, and their sum."""
    if not sensor.thermal:
        return []
    parts = []
    for region, known in sensor.thermal.items():
        value, error = sensor.per_index.get(region, (0.0, 0.0))
        share = value * known.dn_dt
        parts.append(
            Quantity(
                sensor.name, f"temperature_index_{region}", share, "nm/K", abs(share) * (known.error + error)
            )
        )
    stretch = sensor.expansion * sensor.dispersion * sensor.wavelength_nm
    parts.append(
        Quantity(sensor.name, "temperature_expansion", stretch, "nm/K", abs(stretch) * sensor.expansion_error)
    )
    total = sum(row.value for row in parts)
    whole = Quantity(sensor.name, "temperature_total", total, "nm/K", sum(row.error or 0.0 for row in parts))
    return [*parts, whole, *_fluctuations(sensor), *_warmed(sensor, probe, whole)]


def _fluctuations(sensor: Sensor) -> list[Quantity]:
    """The noise floor that thermal fluctuations of the index set, over the regions as independent."""
    square = error = 0.0
    for region, known in sensor.thermal.items():
        heat, volume = sensor.heat.get(region), sensor.kerr.get(region)
        slope, off = sensor.per_index.get(region, (0.0, 0.0))
        if heat is None or heat.capacity is None or volume is None or not slope:
            continue
        part = noise(known.dn_dt, slope, heat.capacity, volume) ** 2
        square += part
        error += part * (known.error + off + 0.5 * heat.error)
    if not square:
        return []
    rms = float(np.sqrt(square))
    return [Quantity(sensor.name, "thermorefractive_noise", rms, "nm", error / rms)]


def _warmed(sensor: Sensor, probe: Probe, slope: Quantity) -> list[Quantity]:
    """How warm a mode of a plain ball makes itself, and how far that moves its line."""
    if probe.absorbed is None or sensor.ball is None:
        return []
    inside, outside = (heat if heat is not None and heat.conductivity else None
                       for heat in (sensor.heat.get(region) for region in sensor.per_index))  # fmt: skip
    if inside is None or outside is None:
        return []
    assert inside.conductivity is not None
    assert outside.conductivity is not None
    rise, error = self_heating(*sensor.ball, inside.conductivity, outside.conductivity, probe.absorbed)
    error += rise * max(inside.error, outside.error)
    moved = rise * slope.value
    return [
        Quantity(sensor.name, "self_heating", rise, "K", error),
        Quantity(
            sensor.name,
            "self_heating_shift",
            moved,
            "nm",
            abs(slope.value) * error + rise * (slope.error or 0.0),
        ),
    ]


def _polarizability(sensor: Sensor, probe: Probe, radius: float) -> float:
    """4 pi a^3 (eps_p - eps_a)/(eps_p + 2 eps_a) in um^3."""
    inside = probe.particle_index**2
    return 4.0 * np.pi * radius**3 * (inside - sensor.ambient) / (inside + 2.0 * sensor.ambient)


def _shift(sensor: Sensor, probe: Probe, radius: float) -> tuple[float, float, float]:
    """Mean shift (nm) of the two standing waves, its error, and u at the particle's centre."""
    centre = np.array(sensor.spot) + radius * np.array(sensor.normal)
    at_centre = float(sensor.square(centre[:1], centre[1:])[0])
    alpha = _polarizability(sensor, probe, radius)
    value = 0.5 * sensor.wavelength_nm * sensor.dispersion * sensor.ambient * alpha * at_centre
    # A dipole takes the field at its centre: its mean over the particle, and retardation, differ by these shares.
    points = centre[:, None] + radius * _ball()
    mean = float(sensor.square(points[0], points[1]).mean())
    size = 2e3 * np.pi * np.sqrt(sensor.ambient) * radius / sensor.wavelength_nm
    return value, abs(value) * (abs(mean / at_centre - 1.0) + size**2 + 2.0 * sensor.error), at_centre


def _ball() -> Array:
    """Points of a unit ball in the meridian plane, radial shells of equal volume by directions, shape (2, points)."""
    t, _ = np.polynomial.legendre.leggauss(6)
    shell = (0.5 + 0.5 * t) ** (1.0 / 3.0)
    cos = np.polynomial.legendre.leggauss(8)[0]
    # Along the surface the field hardly varies within a particle: the normal direction r and z are sampled alike.
    directions = np.stack(
        [np.concatenate([cos, cos]), np.concatenate([np.sqrt(1 - cos**2), -np.sqrt(1 - cos**2)])]
    )
    return (shell[:, None, None] * directions[None]).transpose(1, 0, 2).reshape(2, -1)


def _particle(sensor: Sensor, probe: Probe) -> list[Quantity]:
    name = sensor.name
    mean, error, u = _shift(sensor, probe, probe.radius_um)
    k0 = 2e3 * np.pi / sensor.wavelength_nm
    alpha = _polarizability(sensor, probe, probe.radius_um)
    # A standing wave has twice the square of the travelling one where the particle sits.
    rate = 2.0 * k0**3 * sensor.ambient**2.5 * alpha**2 * u / (6.0 * np.pi)
    width = sensor.wavelength_nm * rate * sensor.dispersion
    exact = []
    if probe.exact and sensor.bead is not None:
        moved, off = sensor.bead(probe.radius_um, probe.particle_index)
        exact = [Quantity(name, "particle_shift_exact", moved, "nm", off)]
    return [
        Quantity(name, "particle_shift", mean, "nm", error),
        *exact,
        Quantity(name, "particle_splitting", 2.0 * abs(mean), "nm", 2.0 * error),
        Quantity(name, "particle_broadening", width, "nm", 2.0 * width * abs(error / mean) if mean else 0.0),
    ]


def _smallest(sensor: Sensor, probe: Probe, seen: float) -> list[Quantity]:
    """The radius whose mean shift is the smallest that can be seen; none where no particle up to 50 um has it."""
    low, high = 1e-12, 10.0 * probe.radius_um
    while high < 50.0 and abs(_shift(sensor, probe, high)[0]) < seen:
        high *= 2.0
    if abs(_shift(sensor, probe, high)[0]) < seen:
        return []
    for _ in range(60):
        middle = float(np.sqrt(low * high))
        if abs(_shift(sensor, probe, middle)[0]) < seen:
            low = middle
        else:
            high = middle
    value, error, _ = _shift(sensor, probe, high)
    return [
        Quantity(
            sensor.name, "detection_limit_radius", 1e3 * high, "nm", 1e3 * high * abs(error / value) / 3.0
        )
    ]


def write_sense(
    table: Sequence[Quantity], sensors: Sequence[Sensor], probe: Probe, folder: str | Path
) -> list[Path]:
    """Write sense.csv (mode,quantity,value,unit,error) and sense.png.

    Raises
    ------
    OutputError
        When the disk refuses.
    """
    from femwgm.views.figures.sensing import sensing_figure
    from femwgm.views.figures.style import drawn

    thickness = probe.layer_um * np.linspace(0.0, 2.0, 9)
    shifts = {
        s.name: [s.layer(t, probe.layer_index)[0] if t else 0.0 for t in thickness] for s in sensors[:6]
    }
    contents = {
        "sense.csv": csv_bytes([Quantity._fields, *(row.cells for row in table)]),
        "sense.png": drawn(sensing_figure, table, 1e3 * thickness, shifts, probe.layer_index),
    }
    return write_files(Path(folder), contents)


def checked(probe: Probe) -> Probe:
    """The probe, if it makes sense.

    Raises
    ------
    ConfigError
        For an index, a share or a Q that is not positive.
    """
    for key, value in (
        ("--layer-index", probe.layer_index), ("--particle-index", probe.particle_index), ("--noise", probe.noise),
        ("--q", probe.q), ("--absorbed", probe.absorbed),
    ):  # fmt: skip
        if value is not None and not value > 0.0:
            raise ConfigError("must be positive", key=key, value=value)
    return probe
