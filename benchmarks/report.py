"""The table, the CSV file, the plot and the targets."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rows import Row

Memory = dict[tuple[str, str], float | None]


def line(row: Row) -> str:
    """One row as plain text."""
    error = "" if row.error is None else f"error {row.error:.1e}"
    return f"{row.solver:22s} {row.setting:44s} {error:14s} {1e3 * row.wall:9.1f} ms wall {1e3 * row.cpu:9.1f} ms cpu  {row.note}"


def show(rows: Sequence[Row], memory: Memory) -> None:
    """Print the table."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title="femwgm and the others: best of several warm repetitions, one thread")
    for name in ("case", "solver", "setting"):
        table.add_column(name)
    for name in ("error", "error of Q", "wall ms", "cpu ms", "unknowns", "peak MB"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(*_cells(row, memory))
    Console().print(table)


def _cells(row: Row, memory: Memory) -> list[str]:
    def number(value: float | None, style: str) -> str:
        return "" if value is None else format(value, style)

    return [
        row.case, row.solver, row.setting, number(row.error, ".1e"), number(row.q_error, ".1e"), f"{1e3 * row.wall:.1f}",
        f"{1e3 * row.cpu:.1f}", number(row.unknowns, "d"), number(memory.get((row.case, row.solver)), ".0f"),
    ]  # fmt: skip


def save_csv(rows: Sequence[Row], memory: Memory, path: Path) -> None:
    """The rows with full precision."""
    names = [
        "case",
        "solver",
        "setting",
        "size",
        "error",
        "q_error",
        "wall_s",
        "cpu_s",
        "unknowns",
        "peak_mb",
        "note",
    ]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for row in rows:
            peak = memory.get((row.case, row.solver))
            values = [
                row.case,
                row.solver,
                row.setting,
                row.size,
                row.error,
                row.q_error,
                row.wall,
                row.cpu,
                row.unknowns,
                peak,
                row.note,
            ]
            writer.writerow(["" if v is None else v for v in values])


def save_plot(rows: Sequence[Row], path: Path) -> None:
    """Error against seconds (B1, B2) and seconds against diameter (B4), all logarithmic."""
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    panels = [case for case in ("B1", "B2", "B4") if any(row.case == case for row in rows)]
    if not panels:
        return
    figure, axes = plt.subplots(
        1, len(panels), figsize=(5.2 * len(panels), 4.2), squeeze=False, layout="constrained"
    )
    titles = {"B1": "one closed mode", "B2": "one leaky mode", "B4": "1e-8 at any size"}
    styles = {"femwgm": "o-", "femwgm, whole run": "o:", "NGSolve": "s", "scikit-fem as shipped": "^"}
    for axis, case in zip(axes[0], panels, strict=True):
        for solver, style in styles.items():
            mine = [row for row in rows if row.case == case and row.solver == solver and row.error]
            x = [row.size if case == "B4" else row.wall for row in mine]
            y = [row.wall if case == "B4" else row.error for row in mine]
            if mine:
                axis.loglog(x, y, style, label=solver, markersize=5)
        axis.set_title(f"{case}: {titles[case]}")
        axis.set_xlabel("diameter / um" if case == "B4" else "time / s")
        axis.set_ylabel("time per mode / s" if case == "B4" else "relative error of the wavelength")
        axis.grid(alpha=0.3, which="both")
        axis.legend(fontsize=8)
    figure.savefig(path, dpi=130)
    plt.close(figure)


def fastest(
    rows: Sequence[Row], case: str, solver: str, tolerance: float, q: float | None = None, pol: str = ""
) -> Row | None:
    """The fastest row of a solver that reaches a tolerance."""
    fit = [
        row for row in rows
        if (row.case, row.solver) == (case, solver) and row.error is not None and row.error <= tolerance
        and row.setting.startswith(pol) and (q is None or (row.q_error is not None and row.q_error <= q))
    ]  # fmt: skip
    return min(fit, key=lambda row: row.wall, default=None)


def summary(rows: Sequence[Row], memory: Memory) -> str:
    """The targets as a Markdown table: femwgm, NGSolve, their ratio, and whether it is what was asked for."""
    lines = [
        "| case | femwgm | NGSolve at its best | ratio of wall (processor) time | asked for | reached |",
        "|---|---|---|---|---|---|",
    ]
    present = {row.case for row in rows}

    def compare(name: str, mine: Row | None, other: Row | None, factor: float, asked: str) -> None:
        if mine is None or other is None:
            lines.append(
                f"| {name} | {_time(mine)} | {_time(other)} | | {asked} | {'not measured' if mine else 'no'} |"
            )
            return
        ratio, processor = other.wall / mine.wall, other.cpu / mine.cpu
        lines.append(
            f"| {name} | {_time(mine)} | {_time(other)} ({other.setting}) | {ratio:.1f} ({processor:.1f}) | {asked} | "
            f"{'yes' if min(ratio, processor) >= factor else 'no'} |"
        )

    def absolute(name: str, mine: Row | None, limit: float) -> None:
        reached = "no" if mine is None or mine.wall > limit else "yes"
        processor = "" if mine is None else f", {mine.cpu:.2f} s of processor"
        lines.append(f"| {name} | {_time(mine)}{processor} | | | {limit:g} s | {reached} |")

    if "B1" in present:
        for tolerance, factor in ((1e-6, 1.0), (1e-8, 1.0), (1e-10, 2.0)):
            asked = "not slower" if factor == 1.0 else "half the time"
            compare(
                f"B1 at {tolerance:.0e}",
                fastest(rows, "B1", "femwgm", tolerance),
                fastest(rows, "B1", "NGSolve", tolerance),
                factor,
                asked,
            )
    if "B2" in present:
        for pol in ("TE", "TM"):
            mine, other = (fastest(rows, "B2", solver, 1e-8, 1e-6, pol) for solver in ("femwgm", "NGSolve"))
            compare(f"B2 {pol}", mine, other, 1.0, "not slower")
    if "B3" in present:
        other = fastest(rows, "B3", "NGSolve", 3e-8)
        pairs = fastest(rows, "B3", "femwgm, eigenpairs", 1e-8)
        compare("B3, 62 eigenpairs and residuals", pairs, other, 20.0, "20 times faster")
        compare(
            "B3, the same with all observables",
            fastest(rows, "B3", "femwgm", 1e-8),
            other,
            20.0,
            "20 times faster",
        )
    if "B4" in present:
        mine = [row for row in rows if (row.case, row.solver) == ("B4", "femwgm")]
        if len(mine) > 1:
            slope = float(
                np.polyfit(np.log([row.size or 1.0 for row in mine]), np.log([row.wall for row in mine]), 1)[
                    0
                ]
            )
            reached = "yes" if slope < 0.75 else "no"
            growth = f"diameter to the power {slope:.2f}"
            lines.append(f"| B4 growth of the time per mode | {growth} | | | below 0.75 | {reached} |")
        whole = [
            row for row in rows if (row.case, row.solver, row.size) == ("B4", "femwgm, whole run", 1000.0)
        ]
        absolute("B4 1 mm, whole run", whole[0] if whole else None, 10.0)
    if "B5" in present:
        mine = [row for row in rows if (row.case, row.solver) == ("B5", "femwgm")]
        absolute("B5 400 modes over thicknesses", mine[0], 6.0)
        absolute("B5 grid of 100 x 100", mine[1], 2.0)
    if "B6" in present:
        mine = [row for row in rows if row.case == "B6"]
        absolute("B6 process, pictures off", mine[0], 3.0)
    for (case, solver), peak in memory.items():
        if peak is not None:
            lines.append(f"| {case} peak memory, {solver} | {peak:.0f} MB beyond the imports | | | | |")
    return "\n".join(lines)


def _time(row: Row | None) -> str:
    if row is None:
        return "-"
    error = "" if row.error is None else f", error {row.error:.0e}"
    return f"{1e3 * row.wall:.0f} ms{error}" if row.wall < 1.0 else f"{row.wall:.2f} s{error}"
