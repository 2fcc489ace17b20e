"""Bends of planar waveguides: the azimuthal order at a real frequency, and the loss it means.

A wave exp(i m phi) that runs around a bend at a real frequency has a complex order m: it need not close upon itself, and it loses
8.686 Im m decibels a radian to radiation and absorption. A resonator of the same cross-section has whole orders and complex
frequencies instead; to first order in 1/Q the two are Im m = (k0/2Q) dm/dk0.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from femwgm.config.schema import RunConfig
from femwgm.eigen.krylov import around
from femwgm.errors import ConfigError
from femwgm.experiment.combs.elements import lines_around
from femwgm.experiment.quantities import Quantity
from femwgm.finders.body_search import BodySearch
from femwgm.finders.family_targets import Target
from femwgm.finders.finder import Layout, Tell
from femwgm.finders.orders import Orders
from femwgm.ground.files import write_files
from femwgm.ground.numerics import one_thread
from femwgm.ground.rows import csv_bytes
from femwgm.ground.units import k0_from_wavelength
from femwgm.materials import media_of
from femwgm.modes.mode import Mode
from femwgm.solver.layout import goals_of

_DECIBEL = 20.0 / np.log(10.0)
_CANDIDATES = 4
_TOLD = 0.1
"""Relative error of Im m from which the loss comes from the Q of the resonator instead."""


@dataclass(frozen=True)
class Bend:
    """One family at a fixed frequency.

    Attributes
    ----------
    name
        E.g. 'TE q=1 p=0'.
    wavelength_nm
        Vacuum wavelength.
    order, error
        Complex azimuthal order, and the error of its real and of its imaginary part.
    n_eff
        Re m / (k0 R) at the outer radius R.
    source
        Where the loss comes from.
    resonance_nm, q, fsr_nm
        The nearest line of the resonator with the same cross-section, its Q and free spectral range (None where unknown).
    """

    name: str
    wavelength_nm: float
    order: complex
    error: tuple[float, float]
    n_eff: float
    source: str
    resonance_nm: float
    q: float | None
    fsr_nm: float | None

    def loss_db(self, angle_deg: float) -> tuple[float, float]:
        """Loss (dB) over an angle, and its error."""
        per = _DECIBEL * np.deg2rad(angle_deg)
        return float(per * self.order.imag), float(per * self.error[1])

    def rows(self) -> list[Quantity]:
        """What there is to say of it."""
        quarter, turn = self.loss_db(90.0), self.loss_db(360.0)
        relative = self.error[0] / self.order.real
        found: list[tuple[str, float, str, float | None]] = [
            ("wavelength", self.wavelength_nm, "nm", 0.0),
            ("order_re", self.order.real, "", self.error[0]),
            ("order_im", self.order.imag, "", self.error[1]),
            ("n_eff", self.n_eff, "", self.n_eff * relative),
            ("loss_per_90deg", quarter[0], "dB", quarter[1]),
            ("loss_per_turn", turn[0], "dB", turn[1]),
            ("resonance", self.resonance_nm, "nm", None),
        ]
        if self.q is not None:
            found.append(("resonance_q", self.q, "", None))
        if self.fsr_nm is not None:
            found.append(("resonance_fsr", self.fsr_nm, "nm", None))
        return [Quantity(self.name, *row) for row in found]


def bends(config: RunConfig, at_um: float | None = None, tell: Tell | None = None) -> list[Bend]:
    """Every family that the configuration asks for at one wavelength (um), by default the middle of the window, least loss first.

    Raises
    ------
    ConfigError
        If the body is none that is searched for by its cross-section, or no family is there.
    """
    lo, hi = config.modes.window_um
    k0 = k0_from_wavelength(at_um) if at_um else 0.5 * (k0_from_wavelength(lo) + k0_from_wavelength(hi))
    with one_thread():
        _, finder, found = lines_around(config, media_of(config), k0, tell or (lambda *_: None))
        if not isinstance(finder, BodySearch):
            raise ConfigError(
                "has no cross-section to bend", key="geometry.kind", value=config.geometry.kind,
                remedy="describe the waveguide as a ring or disk",
            )  # fmt: skip
        if not found:
            raise finder.nothing_found()
        nearest: dict[tuple[str, int, int], Target] = {}
        for target in sorted(found, key=lambda t: -abs(t.expected.k0.real - k0)):
            e = target.expected
            nearest[e.pol, e.q, e.p] = target
        made = [_bend(config, finder, target, k0) for target in nearest.values()]
    return sorted((bend for bend in made if bend is not None), key=lambda bend: bend.order.imag)


def _bend(config: RunConfig, finder: BodySearch, target: Target, k0: float) -> Bend | None:
    layout = finder.lay_out([target], goals_of(config), 1.0)
    mode = finder.solve(target, layout, goals_of(config))
    if mode is None or mode.field_data is None or mode.n_g is None:
        return None
    radius = config.geometry.radius_ref_um
    guess = mode.m + (k0 - mode.k0.real) * radius * mode.n_g
    degree, mirror = mode.field_data.space.degree, mode.field_data.mirror
    # The domain ends at a conductor in one solution and naturally in the other: what its end does is in the difference.
    coarse = _order(layout, degree, mirror, k0, guess, "conductor")
    fine = _order(layout, degree + 2, mirror, k0, coarse.real, "natural")
    error = (abs(fine.real - coarse.real) + 1e-12, abs(fine.imag - coarse.imag) + 1e-13)
    order, source = fine, "complex order"
    if not abs(fine.imag) > error[1] / _TOLD:
        order, error, source = _by_q(fine, error, mode, k0, radius)
    return Bend(
        f"{mode.pol} q={mode.q} p={mode.p}", 2e3 * np.pi / k0, order, error, order.real / (k0 * radius), source,
        mode.wavelength_nm, mode.q_total or mode.q_rad, mode.fsr_nm,
    )  # fmt: skip


def _by_q(
    order: complex, error: tuple[float, float], mode: Mode, k0: float, radius: float
) -> tuple[complex, tuple[float, float], str]:
    """The order with Im m = (k0/2Q) dm/dk0 of the nearest line, where the eigenvalue does not tell it."""
    q = mode.q_total or mode.q_rad
    slope = radius * (mode.n_g or 0.0)
    imaginary = 0.5 * k0 * slope / q if q else 0.0
    # Radiation changes by this much over the spacing to the line: order by order, exp(-2 ...) of the barrier.
    away = abs(k0 - mode.k0.real) * slope
    relative = (mode.q_error or 0.0) + away
    return (
        complex(order.real, imaginary),
        (error[0], imaginary * relative if q else error[1]),
        "Q of the nearest line",
    )


def _order(layout: Layout, degree: int, mirror: str | None, k0: float, guess: float, outer: str) -> complex:
    """The complex order nearest to a guess, decaying along phi."""
    assert layout.problem is not None
    orders = Orders(layout.problem, degree, k0, mirror, outer)
    shift = complex((guess * (1.0 + 1e-7)) ** 2)
    pairs, _ = around(orders.pencil, shift, _CANDIDATES, orders.factor(shift))
    found = np.sqrt(np.asarray(pairs.values, dtype=np.complex128))
    best = complex(found[int(np.argmin(np.abs(found - guess)))])
    return complex(best.real, abs(best.imag))


def write_bends(found: list[Bend], folder: str | Path) -> list[Path]:
    """Write bend.csv (mode,quantity,value,unit,error,source).

    Raises
    ------
    OutputError
        When the disk refuses.
    """
    rows = [
        (*row.cells, bend.source if row.quantity.startswith(("loss", "order_im")) else "")
        for bend in found
        for row in bend.rows()
    ]
    return write_files(Path(folder), {"bend.csv": csv_bytes([(*Quantity._fields, "source"), *rows])})
