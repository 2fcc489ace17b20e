"""`python benchmarks/gallery.py [NAME ...]`: what each shipped configuration costs as a whole process; the gallery shows it.

One thread, processor time, pictures off. Rows that are not measured again keep their numbers in published/gallery.csv.
"""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from femwgm.config import load_config
from femwgm.config.catalogue import Example, examples

TABLE = Path(__file__).resolve().parent / "published" / "gallery.csv"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def command(entry: Example) -> str:
    """The verb that the file's comment names, or else what its keys ask for."""
    named = re.search(
        rf"^# femwgm (\w+) @{re.escape(entry.name)}\b", entry.path.read_text(encoding="utf-8"), re.MULTILINE
    )
    return f"femwgm {named[1] if named else 'sweep' if load_config(entry.path).sweep is not None else 'run'}"


def measured(entry: Example) -> dict[str, str | int]:
    """One process from its start to its last file."""
    verb = command(entry)
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-m", *verb.split(), f"@{entry.name}", "-o", f"{folder}/out"]
        words += {"femwgm run": ["--no-pictures"], "femwgm sweep": ["--workers", "1"]}.get(verb, [])
        process = subprocess.Popen(
            words, env={**os.environ, **ONE_THREAD}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        said = process.stderr.read() if process.stderr else b""
        _, status, used = os.wait4(process.pid, 0)
        if os.waitstatus_to_exitcode(status) not in (0, 3):
            raise SystemExit(f"{' '.join(words)}: {said.decode()}")
        tables = sorted(
            Path(folder).rglob("*.csv"),
            key=lambda path: (path.name not in ("modes.csv", "sweep.csv"), len(path.parts)),
        )
        rows = sum(1 for _ in tables[0].open(encoding="utf-8")) - 1 if tables else 0
    return {
        "name": entry.name,
        "command": verb,
        "rows": rows,
        "seconds": f"{used.ru_utime + used.ru_stime:.1f}",
        "megabytes": round(used.ru_maxrss / 1024),
    }


def keep(row: dict[str, str | int]) -> None:
    """Put a row into the table, which holds those of the examples that there are."""
    known: dict[str, dict[str, str | int]] = {}
    if TABLE.exists():
        with TABLE.open(encoding="utf-8", newline="") as file:
            known = {old["name"]: dict(old) for old in csv.DictReader(file)}
    known[str(row["name"])] = row
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(row), lineterminator="\n")
        writer.writeheader()
        writer.writerows(known[entry.name] for entry in examples() if entry.name in known)


def main() -> None:
    for entry in examples():
        if not sys.argv[1:] or entry.name in sys.argv[1:]:
            row = measured(entry)
            print(row, flush=True)
            keep(row)


if __name__ == "__main__":
    main()
