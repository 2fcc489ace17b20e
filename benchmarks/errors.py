"""`./dev bench errors [spheres] [bodies]`: how true the stated errors are, on random bodies.

Draws the layered spheres and the bodies of tests/physics/test_random_numbers.py and test_random_bodies.py, solves a mode of each
and compares every number with the exact sphere, or with a solve fifty times finer on another domain. Prints by number the
largest true error over stated error (3 is allowed) and the median of stated over true error (how much too large the estimate
is), and keeps every comparison in results/errors-KIND.csv.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests"), str(HERE.parent / "tests" / "physics")]

RESULTS = HERE / "results"
Row = tuple[int, str, float, float, float]
KINDS = {"spheres": range(100), "bodies": range(30)}


def rows(kind: str, seed: int) -> list[Row]:
    """Seed, number, true error, stated error and their ratio, for every number of a drawn mode."""
    if kind == "spheres":
        from test_random_numbers import compared
    else:
        from test_random_bodies import compared
    return [(seed, name, c.apart, c.stated, c.ratio) for name, c in compared(seed).items()]


def measured(kind: str, seeds: Iterable[int], workers: int) -> Iterator[Row]:
    """The comparisons of all draws."""
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        for found in pool.map(rows, repeat(kind), seeds):
            yield from found


def table(found: Iterable[Row]) -> str:
    """A line for each number, as Markdown."""
    numbers = defaultdict(list)
    for row in found:
        numbers[row[1]].append(row)
    lines = [
        "| number | draws | largest true/stated | of draw | median stated/true |",
        "|---|---|---|---|---|",
    ]
    for name, rows_ in numbers.items():
        worst = max(rows_, key=lambda row: row[4])
        cautious = median(stated / max(true, 1e-16) for _, _, true, stated, _ in rows_)
        lines.append(f"| {name} | {len(rows_)} | {worst[4]:.2f} | {worst[0]} | {cautious:.3g} |")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev bench errors", description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help="spheres (minutes), bodies (half an hour)")
    parser.add_argument("--seeds", nargs=2, type=int, metavar=("FIRST", "LAST"), help="some of the draws")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    options = parser.parse_args(arguments)
    if unknown := set(options.kinds) - set(KINDS):
        parser.error(f"no kind {', '.join(sorted(unknown))}; there are {', '.join(KINDS)}")
    RESULTS.mkdir(exist_ok=True)
    for kind in options.kinds or KINDS:
        seeds = range(options.seeds[0], options.seeds[1] + 1) if options.seeds else KINDS[kind]
        found = []
        with (RESULTS / f"errors-{kind}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["draw", "number", "true_error", "stated_error", "true_over_stated"])
            for row in measured(kind, seeds, options.workers):
                writer.writerow(row)
                file.flush()
                found.append(row)
        print(f"{kind}\n\n{table(found)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
