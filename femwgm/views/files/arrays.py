"""Fields for other programs: plain arrays (.npz, .mat), and one XDMF series with its data in HDF5."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np

from femwgm.ground.typing import Array
from femwgm.store import make_folder, write_bytes
from femwgm.views.fields.source import ModeView, RunView, Source, run_view
from femwgm.views.files.fields import FIELDS, to_grid

Progress = Callable[[str, int, int], None]
SERIES_XDMF, SERIES_H5 = "modes.xdmf", "modes.h5"


def write_exports(source: Source, folder: str | Path, progress: Progress | None = None) -> list[Path]:
    """Write what `outputs.exports` lists: fields/NAME.npz, fields/NAME.mat, fields/modes.xdmf with modes.h5."""
    run, place = run_view(source), Path(folder) / FIELDS
    wanted = [kind for kind in ("npz", "mat") if kind in run.config.outputs.exports]
    written = []
    if wanted:
        make_folder(place)
        for done, mode in enumerate(run.modes):
            if progress:
                progress(f"arrays of {mode.label}", done, len(run.modes))
            for kind in wanted:
                path = (place / mode.file).with_suffix(f".{kind}")
                write_bytes(path, _PACKED[kind](arrays(mode)))
                written.append(path)
    if "xdmf" in run.config.outputs.exports and run.modes:
        written += write_xdmf(run, place)
    return written


def arrays(mode: ModeView) -> dict[str, Array]:
    """A mode as arrays by name, units in the names: positions (cells, n, n), E and H (3, cells, n, n) as (r, phi, z), numbers.

    `cell_region` numbers the `regions`; `volume_um3` are the weights that integrate over the body of revolution.
    """
    patches = mode.patches
    found: dict[str, Array] = {
        "r_um": patches.r,
        "z_um": patches.z,
        "E": patches.E,
        "H": patches.H,
        "volume_um3": patches.weights,
        "cell_region": patches.region,
        "regions": np.array(patches.regions),
        "permittivity": patches.permittivity()[:, 0, 0],
        "nodes": patches.t,
        "pol": np.array(mode.pol),
        "m": np.array(mode.m),
        "k0_rad_per_um": np.array(patches.k0),
    }
    for name in ("q", "l", "p", "wavelength_nm", "n_eff", "n_g", "q_total", "log10_q_rad"):
        value = mode.row.get(name)
        if isinstance(value, int | float | np.number):
            found[name] = np.array(value)
    return found


def _npz(data: dict[str, Array]) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **data)  # type: ignore[arg-type]
    return stream.getvalue()


def _mat(data: dict[str, Array]) -> bytes:
    from scipy.io import savemat

    stream = io.BytesIO()
    savemat(stream, data, do_compression=True)
    return stream.getvalue()


_PACKED: dict[str, Callable[[dict[str, Array]], bytes]] = {"npz": _npz, "mat": _mat}


def write_xdmf(run: RunView, place: Path) -> list[Path]:
    """Write all modes as one series over the wavelength (nm): an .xdmf that points into an .h5 beside it."""
    import h5py

    make_folder(place)
    stream = io.BytesIO()
    grids = []
    with h5py.File(stream, "w") as file:
        for mode in sorted(run.modes, key=lambda mode: mode.wavelength_nm):
            grid = to_grid(mode.patches, mode.row)
            name = mode.file.removesuffix(".vtu")
            group = file.create_group(name)
            heavy = _Heavy(group, f"{SERIES_H5}:/{name}")
            parts = [
                f'<Grid Name={quoteattr(mode.label)} GridType="Uniform"><Time Value="{mode.wavelength_nm!r}"/>',
                (
                    f'<Topology TopologyType="Quadrilateral" NumberOfElements="{len(grid.quads)}">'
                    f"{heavy.item('quads', grid.quads.astype('<i4'))}</Topology>"
                ),
                f'<Geometry GeometryType="XYZ">{heavy.item("points", grid.points)}</Geometry>',
            ]
            for where, data in (("Node", grid.point_data), ("Cell", grid.cell_data)):
                parts += [
                    f'<Attribute Name={quoteattr(key)} AttributeType="Scalar" Center="{where}">'
                    f"{heavy.item(f'{where} {i}', values, key)}</Attribute>"
                    for i, (key, values) in enumerate(data.items())
                ]
            grids.append("\n".join([*parts, "</Grid>"]))
    text = (
        '<?xml version="1.0"?>\n<Xdmf Version="3.0">\n<Domain>\n'
        '<Grid Name="modes" GridType="Collection" CollectionType="Temporal">\n'
        + "\n".join(grids)
        + "\n</Grid>\n</Domain>\n</Xdmf>\n"
    )
    write_bytes(place / SERIES_H5, stream.getvalue())
    write_bytes(place / SERIES_XDMF, text.encode())
    return [place / SERIES_H5, place / SERIES_XDMF]


class _Heavy:
    """Puts arrays into a group and gives the lines that point at them."""

    def __init__(self, group: Any, where: str) -> None:
        self.group, self.where = group, where

    def item(self, name: str, values: Array, meaning: str = "") -> str:
        data = self.group.create_dataset(name, data=values, compression="gzip", compression_opts=1)
        if meaning:
            data.attrs["long_name"] = meaning
        kind = "Int" if values.dtype.kind == "i" else "Float"
        shape = " ".join(map(str, values.shape))
        size = values.dtype.itemsize
        about = f'Dimensions="{shape}" NumberType="{kind}" Precision="{size}" Format="HDF"'
        return f"<DataItem {about}>{self.where}/{name}</DataItem>"
