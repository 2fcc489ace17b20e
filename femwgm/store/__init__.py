"""The run folder: written aside and renamed into place, read back as tables."""

from __future__ import annotations

from femwgm.ground.files import make_folder, write_bytes
from femwgm.ground.rows import decimal_text, from_csv, log10_of, to_csv
from femwgm.store.folder import RunFolder, RunTables, write_run
from femwgm.store.netcdf import to_netcdf
from femwgm.store.read import StoredRun, load_run

__all__ = [
    "RunFolder",
    "RunTables",
    "StoredRun",
    "decimal_text",
    "from_csv",
    "load_run",
    "log10_of",
    "make_folder",
    "to_csv",
    "to_netcdf",
    "write_bytes",
    "write_run",
]
