"""What errors of two diameters do to a Vernier design: Monte Carlo over exact combs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from femwgm.experiment.pairs.vernier import Vernier, comb_of
from femwgm.experiment.spectrum.lines import Lines, track
from femwgm.experiment.spectrum.model import CoatedSphere
from femwgm.ground.typing import Array


@dataclass(frozen=True)
class Tolerance:
    """What errors of the diameters do to a design.

    Attributes
    ----------
    wavelength_nm
        Position of the coincidence nearest the target in each draw.
    widths
        Its detuning in line widths.
    overlapping
        Pairs within a line width, in each draw.
    deviation_nm
        Standard deviation of the position.
    share_on_target
        Share of draws whose coincidence lies within half a spacing of the target.
    """

    wavelength_nm: Array
    widths: Array
    overlapping: Array
    deviation_nm: float
    share_on_target: float


def tolerance(
    first: CoatedSphere, second: CoatedSphere, made: Vernier, target_nm: float, deviation_um: float, draws: int = 1000,
    seed: int = 1,
) -> Tolerance:  # fmt: skip
    """Monte Carlo over both diameters.

    Parameters
    ----------
    first, second, made
        The spheres and their design.
    target_nm
        Wavelength where one coincidence is wanted.
    deviation_um
        Standard deviation of each diameter (um).
    draws, seed
        Number of draws and the seed.

    Notes
    -----
    Lines move with the diameter to first order from exact lines at three diameters each; what is left is far below a line width.
    """
    rng = np.random.default_rng(seed)
    lo, hi = (1e3 * w for w in made.window_um)
    tables, orders = [], []
    for body in (first, second):
        comb = _wide_comb(body, made, deviation_um)
        tables.append(_Motion(body, comb, deviation_um))
        orders.append(comb.labels.q)
    same = orders[1][None, :] == orders[0][:, None]
    where, widths, overlapping = [], [], []
    for _ in range(draws):
        lines = [
            table(float(step)) for table, step in zip(tables, rng.normal(0.0, deviation_um, 2), strict=True)
        ]
        gaps = np.where(same, lines[1][None, :] - lines[0][:, None], np.inf)
        partner = np.abs(gaps).argmin(axis=1)
        gap = gaps[np.arange(partner.size), partner]
        order = np.argsort(lines[0])
        middle, apart = (lines[0] + 0.5 * gap)[order], np.abs(gap)[order]
        local = np.flatnonzero(_minima(apart))
        chosen = local[np.abs(middle[local] - target_nm).argmin()]
        where.append(middle[chosen])
        widths.append(apart[chosen] / made.line_width_nm)
        inside = (lines[0] >= lo) & (lines[0] <= hi)
        overlapping.append(int((np.abs(gap)[inside] < made.line_width_nm).sum()))
    positions = np.array(where)
    on_target = np.abs(positions - target_nm) < 0.5 * max(made.fsr_nm)
    return Tolerance(
        positions, np.array(widths), np.array(overlapping), float(positions.std()), float(on_target.mean())
    )


def _wide_comb(body: CoatedSphere, made: Vernier, deviation_um: float) -> Lines:
    """The comb with all lines that four standard deviations of the diameter bring into the window."""
    lo, hi = made.window_um
    room = 4.0 * deviation_um / float(body.nominal[0]) + 0.003
    return comb_of(body, body.nominal, (lo * (1.0 - room), hi * (1.0 + room)), made.pol, made.orders)


def _minima(values: Array) -> Array:
    padded = np.concatenate([[np.inf], values, [np.inf]])
    return np.asarray((values <= padded[:-2]) & (values <= padded[2:]))


class _Motion:
    """Lines of a comb against a change of the diameter: a parabola through exact lines."""

    def __init__(self, body: CoatedSphere, comb: Lines, deviation_um: float) -> None:
        self.reach = 4.0 * deviation_um
        side = []
        for sign in (-1.0, 1.0):
            x = comb.x.copy()
            x[0] += sign * self.reach
            side.append(track(body, x, comb).wavelength_nm)
        here = comb.wavelength_nm
        self.coefficients = here, 0.5 * (side[1] - side[0]), 0.5 * (side[1] + side[0]) - here

    def __call__(self, step_um: float) -> Array:
        t = step_um / self.reach
        a, b, c = self.coefficients
        return np.asarray(a + b * t + c * t * t)
