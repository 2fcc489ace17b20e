"""Points of a sweep between a few that were solved in full: certified eigenpairs from a reduced basis, all else by polynomials.

A stretch of a sweep is a run of neighbouring points along one axis; its knots, which lie like Chebyshev points, are solved
like any other point. At a point between them

- the wavenumber and the residual are those of an eigenpair in the basis that the modes at the knots span
  (`femwgm.sweeps.moving`), with the matrices of that very point; the residual bounds what the basis lacks;
- every other column comes from the polynomial through its values at the knots. What each knot differs by from the polynomial
  through the others bounds its error, and is added to the stated one.

Where a mode comes or goes, a column has no value or jumps, a polynomial is off by more than the column's own error, the
residual is too large, or pair and polynomial disagree (a narrow avoided crossing), the point is solved in full.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from femwgm.config import RunConfig
from femwgm.errors import FemwgmError
from femwgm.ground.expected import Expected
from femwgm.ground.typing import Array
from femwgm.ground.units import C_UM_THZ
from femwgm.sweeps.fingerprint import pack, unpack
from femwgm.sweeps.moving import RESIDUAL_LIMIT, Label, MovingModes
from femwgm.sweeps.points import Solved

LEAST_KNOTS = 5
"""Knots at which a mode must be known to be interpolated."""
_ALLOWED = 1e-6
"""Error that a polynomial may add to a column, unless the column's own is larger; a wavelength is held to its accuracy."""
_WIDTH = 9
"""Knots next to a place whose polynomial is taken there: more would amplify the noise of each."""
_OVER = 2.0
"""Ratio of the largest to the smallest value of a column from which its logarithm is interpolated."""

_STATED = {
    "q_rad": "q_rad_error", "log10_q_rad": "q_rad_error", "q_abs": "q_abs_error", "q_total": "q_total_error",
    "q_wall": "q_wall_error", "q_scattering": "q_scattering_error", "n_g": "n_g_error", "fsr_nm": "fsr_error",
    "fsr_ghz": "fsr_error", "wavelength_nm": "wavelength_error", "k0_re_per_um": "wavelength_error",
    "mode_volume_um3": "mode_volume_error",
}  # fmt: skip
"""Relative error of each column that has one."""
_STATED_SHARES = {
    "energy_": "share_error",
    "e2_": "e2_error",
    "radial_e2_": "radial_e2_error",
    "te_fraction": "",
}
"""Absolute error of the columns that begin so."""
_LOSSES = ("k0_im_per_um", "linewidth_nm", "linewidth_ghz", "lifetime_ps", "purcell")
"""Columns whose error is that of the total Q."""


def _stated(name: str) -> tuple[str, bool]:
    """The column with the error of a column, and whether that is relative; "" where there is none."""
    for start, error in _STATED_SHARES.items():
        if name.startswith(start):
            return error, False
    if name == "volume_qnm_im_um3":
        return "", False
    if name in _LOSSES or name.startswith("q_abs_"):
        return "q_total_error", True
    return ("mode_volume_error" if name.startswith("volume_") else _STATED.get(name, "")), True


def _is_evidence(name: str) -> bool:
    return name.endswith(("_error", "_floor")) or name in ("confidence", "residual", "dofs", "seconds")


@dataclass(frozen=True)
class _Curve:
    """The rows of one mode at neighbouring knots, as polynomials.

    Attributes
    ----------
    first, last
        The knots between which it is known.
    x
        Their places.
    rows
        Its rows there.
    columns
        Values of the columns that vary, or their logarithms, shape (knots, columns).
    names, logarithmic, sign
        Their names, whether they are logarithms, and of which sign.
    off
        What is added to each column of errors.
    """

    first: int
    last: int
    x: Array
    rows: Sequence[Mapping[str, Any]]
    names: Sequence[str]
    columns: Array
    logarithmic: Array
    sign: Array
    off: Mapping[str, float]

    def row(self, x: float) -> dict[str, Any]:
        """The row at a place between the knots."""
        row = dict(self.rows[int(np.argmin(np.abs(self.x - x)))])
        values = _weights(self.x, x) @ self.columns
        values = np.where(
            self.logarithmic, self.sign * np.exp(np.where(self.logarithmic, values, 0.0)), values
        )
        row |= {name: float(value) for name, value in zip(self.names, values, strict=True)}
        for name, first in self.rows[0].items():
            if isinstance(first, float) and name.endswith("_error"):
                row[name] = max(r[name] for r in self.rows) + self.off.get(name, 0.0)
            elif isinstance(first, float) and name.endswith("_floor"):
                row[name] = min(r[name] for r in self.rows)
        return row | {"confidence": min(r["confidence"] for r in self.rows)}


def _weights(knots: Array, x: float) -> Array:
    """Weights of the values at the knots in the polynomial through the `_WIDTH` knots about x."""
    first = int(np.clip(np.searchsorted(knots, x) - _WIDTH // 2, 0, max(len(knots) - _WIDTH, 0)))
    near = knots[first : first + _WIDTH]
    itself = np.eye(len(near), dtype=bool)
    weights = np.zeros(len(knots))
    weights[first : first + _WIDTH] = (
        np.where(itself, 1.0, x - near) / np.where(itself, 1.0, near[:, None] - near)
    ).prod(axis=1)
    return weights


def _curve(first: int, x: Array, rows: Sequence[Mapping[str, Any]], accuracy: float) -> _Curve | None:
    """The polynomials through the rows of a mode at neighbouring knots; None where they do not describe it."""
    if any(row.keys() != rows[0].keys() for row in rows):
        return None
    names, columns, logarithmic, sign, off = [], [], [], [], dict[str, float]()
    for name in rows[0]:
        values = [row.get(name) for row in rows]
        if _is_evidence(name):
            if len({type(v) for v in values}) > 1:
                return None
            continue
        if not all(isinstance(v, float) and np.isfinite(v) for v in values):
            if name != "family" and any(v != values[0] for v in values):
                return None
            continue
        v = np.array(values)
        by_log = bool(np.all(v > 0.0) or np.all(v < 0.0)) and np.abs(v).max() > _OVER * np.abs(v).min()
        u = np.log(np.abs(v)) if by_log else v
        error, relative = _stated(name)
        deviation = _left_out(x, u)
        if by_log != relative:
            deviation *= np.abs(v).max() if by_log else 1.0 / (np.abs(v).max() or 1.0)
        if name == "log10_q_rad":
            deviation = np.log(10.0) * _left_out(x, u)
        own = max((row.get(error) or 0.0 for row in rows), default=0.0)
        if not deviation <= max(own, accuracy, 0.0 if error == "wavelength_error" else _ALLOWED):
            return None
        off[error] = max(off.get(error, 0.0), deviation)
        names.append(name)
        columns.append(u)
        logarithmic.append(by_log)
        sign.append(np.sign(v[0]))
    off["q_error"] = off.get("q_rad_error", 0.0)
    return _Curve(
        first,
        first + len(rows) - 1,
        x,
        rows,
        names,
        np.array(columns).T,
        np.array(logarithmic),
        np.array(sign),
        off,
    )


def _left_out(x: Array, values: Array) -> float:
    """Largest difference of an inner knot from the polynomial through all the others."""
    errors = []
    for j in range(1, len(x) - 1):
        others = np.arange(len(x)) != j
        errors.append(abs(_weights(x[others], x[j]) @ values[others] - values[j]))
    return float(max(errors))


class Curves:
    """The columns of every mode along a stretch.

    Parameters
    ----------
    x
        Places of the knots, ascending.
    solved
        What was solved there; None where a point failed or missed its accuracy.
    accuracy
        Relative error of the wavelength that is asked for.
    """

    def __init__(self, x: Sequence[float], solved: Sequence[Solved | None], accuracy: float) -> None:
        self.x, self.solved = np.array(x), solved
        self.labels = [tuple(sorted(map(_label, s.rows))) if s is not None else None for s in solved]
        self._curves: dict[tuple[Label, int], _Curve | None] = {}
        for label in sorted({label for labels in self.labels for label in labels or ()}):
            for first, last in self._runs(label):
                rows = [self._row(label, j) for j in range(first, last + 1)]
                curve = (
                    _curve(first, self.x[first : last + 1], rows, accuracy)
                    if len(rows) >= LEAST_KNOTS
                    else None
                )
                self._curves |= {(label, j): curve for j in range(first, last)}

    def _runs(self, label: Label) -> list[tuple[int, int]]:
        """First and last of the neighbouring knots that hold a mode."""
        there = [labels is not None and label in labels for labels in self.labels]
        edges = np.flatnonzero(np.diff(np.array([False, *there, False]).astype(int)))
        return [(int(a), int(b) - 1) for a, b in edges.reshape(-1, 2)]

    def _row(self, label: Label, knot: int) -> Mapping[str, Any]:
        solved = self.solved[knot]
        assert solved is not None
        return next(row for row in solved.rows if _label(row) == label)

    def steps(self) -> list[bool]:
        """For each step from a knot to the next, whether the points between are described."""
        return [self._described(j) for j in range(len(self.x) - 1)]

    def _described(self, step: int) -> bool:
        """Both ends hold the same modes, and each of them has its polynomials."""
        before, after = self.labels[step], self.labels[step + 1]
        return (
            bool(before)
            and before == after
            and all(self._curves[label, step] is not None for label in before or ())
        )

    def rows(self, x: float) -> dict[Label, dict[str, Any]] | None:
        """The rows at a place, in the order of the knot before; None where they are not described."""
        step = int(np.clip(np.searchsorted(self.x, x) - 1, 0, len(self.x) - 2))
        solved = self.solved[step]
        if solved is None or not self._described(step):
            return None
        curves = {_label(row): self._curves[_label(row), step] for row in solved.rows}
        return {label: curve.row(x) for label, curve in curves.items() if curve is not None}

    def marks(self, x: float, label: Label) -> tuple[dict[str, str] | None, str | None]:
        """Fingerprint and parity of a mode at a place (`femwgm.sweeps.fingerprint`)."""
        step = int(np.clip(np.searchsorted(self.x, x) - 1, 0, len(self.x) - 2))
        curve = self._curves[label, step]
        assert curve is not None
        known: list[Array] = []
        parity: str | None = None
        for knot in range(curve.first, curve.last + 1):
            solved = self.solved[knot]
            assert solved is not None
            place = [_label(row) for row in solved.rows].index(label)
            mark, parity = unpack(solved.marks[place]), solved.parities[place]
            if mark is None:
                return None, parity
            if known:
                product = np.vdot(mark, known[-1])
                mark = mark * (product / abs(product) if np.iscomplexobj(mark) else np.sign(product))
            known.append(mark)
        mark = _weights(curve.x, x) @ np.array(known)
        return pack((mark / np.linalg.norm(mark)).astype(known[0].dtype)), parity


def _label(row: Mapping[str, Any]) -> Label:
    return row["pol"], row["q"], row["l"], row["m"]


def _expected(row: Mapping[str, Any]) -> Expected:
    log10 = row.get("log10_q_rad")
    leak = 10.0**-log10 if log10 is not None and log10 < 300.0 else 0.0
    return Expected(*_label(row), complex(row["k0_re_per_um"]), leak=leak)


class Between:
    """Solves the points between the knots of a stretch.

    Parameters
    ----------
    curves
        The columns along the stretch.
    configs
        Configurations of the knots.
    """

    def __init__(self, curves: Curves, configs: Sequence[RunConfig]) -> None:
        self.curves = curves
        knots = [
            (config, {_label(row): _expected(row) for row in solved.rows})
            for config, solved in zip(configs, curves.solved, strict=True)
            if solved is not None
        ]
        self.modes: MovingModes | None = None
        try:
            self.modes = MovingModes(knots)
        except (FemwgmError, np.linalg.LinAlgError):
            return
        if self.modes.open or self.modes.deviation > configs[0].accuracy.wavelength:
            self.modes = None

    def solve(self, config: RunConfig, x: float) -> Solved | None:
        """What there is at a point; None where it must be solved in full."""
        rows = self.curves.rows(x)
        if rows is None or self.modes is None:
            return None
        pairs = self.modes.pairs(config, {label: _expected(row) for label, row in rows.items()})
        lo, hi = config.modes.window_um
        known = next(s for s in self.curves.solved if s is not None)
        done, marks = [], []
        for label, row in rows.items():
            pair = pairs[label]
            apart = abs(pair.k0 / row["k0_re_per_um"] - 1.0)
            wavelength = 2.0 * np.pi / pair.k0
            error = row["wavelength_error"] + pair.residual
            agreed = apart <= error + self.modes.deviation
            error += self.modes.deviation
            if not (
                pair.residual <= RESIDUAL_LIMIT
                and agreed
                and error <= config.accuracy.wavelength
                and lo <= wavelength <= hi
            ):
                return None
            radius = config.geometry.radius_ref_um
            done.append(row | {
                "wavelength_nm": 1e3 * wavelength, "k0_re_per_um": pair.k0, "frequency_thz": C_UM_THZ / wavelength,
                "n_eff": row["m"] / (pair.k0 * radius), "wavelength_error": error, "residual": pair.residual, "dofs": pair.dofs,
                "seconds": 0.0, "reduced": True,
            })  # fmt: skip
            marks.append(
                self.curves.marks(x, label) if known.marks and known.marks[0] else (None, known.parities[0])
            )
        order = sorted(
            range(len(done)), key=lambda i: (done[i]["wavelength_nm"], done[i]["pol"], done[i]["m"])
        )
        return replace(
            known,
            rows=[done[i] for i in order],
            warnings=(),
            marks=[marks[i][0] for i in order],
            parities=[marks[i][1] for i in order],
        )
