"""Fields as files: one .vtu a mode for ParaView, a .pvd that lists them by wavelength, and the way back to patches."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np

from femwgm.errors import OutputError
from femwgm.ground.typing import Array
from femwgm.store import make_folder, write_bytes
from femwgm.views.fields.patches import Medium, Patches
from femwgm.views.files.vtu import Grid, read, to_bytes

COMPONENTS = ("r", "phi", "z")
FIELDS = "fields"
SERIES = "modes.pvd"

Progress = Callable[[str, int, int], None]


def mode_file(row: Mapping[str, Any], twin: int = 1) -> str:
    """File name of a mode from its labels; `twin` is its place among the modes that share them, as supermodes of a pair do.

    >>> mode_file({"pol": "TE", "q": 1, "l": 165, "m": 165})
    'TE_q1_l165_m165.vtu'
    >>> mode_file({"pol": "TE", "q": 1, "l": None, "m": 80, "p": 2}, 2)
    'TE_q1_p2_m80_2.vtu'
    """
    polar = (
        f"l{row['l']}" if row.get("l") is not None else f"p{row['p']}" if row.get("p") is not None else "l"
    )
    return f"{row['pol']}_q{row['q']}_{polar}_m{row['m']}" + (f"_{twin}" if twin > 1 else "") + ".vtu"


def twins(rows: Iterable[Mapping[str, Any]]) -> list[int]:
    """Place of each mode of a table among those that share its labels.

    >>> twins([{"pol": "TE", "q": 1, "l": 10, "m": 0}, {"pol": "TE", "q": 1, "l": 10, "m": 0}])
    [1, 2]
    """
    seen = Counter[str]()
    places = []
    for row in rows:
        name = mode_file(row)
        seen[name] += 1
        places.append(seen[name])
    return places


def to_grid(patches: Patches, row: Mapping[str, Any] | None = None) -> Grid:
    """The patches as a grid of quadrilaterals at phi = 0: x = r, y = 0.

    Point data are the complex components of E and H (normalised so that the integral of eps |E|^2 over the volume is 1 um^3; H in
    the unit of E), |E|^2, and the electric energy per volume as a share of the whole. Cell data are the region number and the
    index; field data name the regions, give the azimuthal order and wavenumber, and the numbers of the mode's row.
    """
    from femwgm.views.fields.quantities import energy_density

    count, n = len(patches), len(patches.t)
    points = np.stack([patches.r.ravel(), np.zeros(patches.r.size), patches.z.ravel()], axis=1)
    corner = (np.arange(n - 1)[:, None] * n + np.arange(n - 1)).ravel()
    block = np.stack([corner, corner + n, corner + n + 1, corner + 1], axis=1)
    quads = (np.arange(count)[:, None, None] * n * n + block).reshape(-1, 4)
    point_data: dict[str, Array] = {}
    for letter, values in (("E", patches.E), ("H", patches.H)):
        for name, part in zip(COMPONENTS, values, strict=True):
            point_data[f"{letter}_{name} (real)"] = part.real.astype("f4").ravel()
            point_data[f"{letter}_{name} (imag)"] = part.imag.astype("f4").ravel()
    point_data["|E|^2"] = (np.abs(patches.E) ** 2).sum(axis=0).astype("f4").ravel()
    index = np.sqrt(patches.permittivity()[:, 0, 0]).real
    if np.isfinite(index).all():
        point_data["energy density (1/um^3)"] = energy_density(patches).astype("f4").ravel()
    inside = (n - 1) ** 2
    cell_data = {
        "region": np.repeat(patches.region, inside).astype("i4"),
        "patch": np.repeat(np.arange(count), inside).astype("i4"),
        "refractive index": np.repeat(index, inside).astype("f4"),
    }
    return Grid(points, quads, point_data, cell_data, _about(patches, row or {}))


def _about(patches: Patches, row: Mapping[str, Any]) -> dict[str, Array]:
    about: dict[str, Array] = {
        f"region {name}": np.array([i], "i4") for i, name in enumerate(patches.regions)
    }
    for name, medium in patches.media.items():
        about[f"permittivity {name}"] = np.array([medium.eps.real, medium.eps.imag])
        if medium.axial is not None:
            about[f"permittivity along {medium.axis}, {name}"] = np.array(
                [medium.axial.real, medium.axial.imag]
            )
    about["m"] = np.array([patches.m], "i4")
    about["k0 (rad/um)"] = np.array([patches.k0.real, patches.k0.imag])
    about["nodes"] = patches.t
    for key in ("wavelength_nm", "q", "l", "p", "n_eff", "n_g", "log10_q_rad", "q_abs"):
        value = row.get(key)
        if isinstance(value, int | float | np.number) and np.isfinite(value):
            about[key] = np.array([float(value)])
    return about


def from_grid(grid: Grid) -> Patches:
    """The patches that `to_grid` turned into a grid."""
    about = grid.field_data
    t = about["nodes"]
    n = len(t)
    numbered = {
        int(v[0]): key.removeprefix("region ") for key, v in about.items() if key.startswith("region ")
    }
    regions = tuple(numbered[i] for i in range(len(numbered)))

    def shaped(values: Array) -> Array:
        return np.asarray(values, dtype=float).reshape(-1, n, n)

    def vector(letter: str) -> Array:
        data = grid.point_data
        return np.stack(
            [
                shaped(data[f"{letter}_{c} (real)"]) + 1j * shaped(data[f"{letter}_{c} (imag)"])
                for c in COMPONENTS
            ]
        )

    return Patches(
        shaped(grid.points[:, 0]), shaped(grid.points[:, 2]), vector("E"), vector("H"),
        grid.cell_data["region"].reshape(-1, (n - 1) ** 2)[:, 0].astype(int), regions, int(about["m"][0]),
        complex(*about["k0 (rad/um)"]), t, _media(about, regions),
    )  # fmt: skip


def _media(about: Mapping[str, Array], regions: Iterable[str]) -> dict[str, Medium]:
    media = {}
    for name in regions:
        if f"permittivity {name}" not in about:
            continue
        axes = {
            found[1]: complex(*value)
            for key, value in about.items()
            if (found := re.fullmatch(rf"permittivity along (z|radial), {re.escape(name)}", key))
        }
        axis = next(iter(axes), None)
        media[name] = Medium(complex(*about[f"permittivity {name}"]), axes.get(axis) if axis else None, axis)
    return media


def write_mode(patches: Patches, path: Path, row: Mapping[str, Any] | None = None) -> Path:
    """Write one .vtu."""
    make_folder(path.parent)
    write_bytes(path, to_bytes(to_grid(patches, row)))
    return path


def read_mode(path: str | Path) -> Patches:
    """Patches from a .vtu that `write_mode` wrote.

    Raises
    ------
    OutputError
        If the file is missing or damaged.
    """
    grid = read(path)
    try:
        return from_grid(grid)
    except (KeyError, ValueError, IndexError, TypeError, OverflowError) as error:
        reason = " ".join(str(error).split())[:80]
        raise OutputError(f"{path}: is not a field written by femwgm ({reason}); run it again") from None


def write_series(entries: Iterable[tuple[float, str]], path: Path) -> Path:
    """Write the .pvd that shows the modes as a series over the wavelength (nm)."""
    lines = [
        f'<DataSet timestep="{wavelength!r}" group="" part="0" file={quoteattr(name)}/>\n'
        for wavelength, name in sorted(entries)
    ]
    head = '<?xml version="1.0"?>\n<VTKFile type="Collection" version="0.1" byte_order="LittleEndian">\n<Collection>\n'
    make_folder(path.parent)
    write_bytes(path, (head + "".join(lines) + "</Collection>\n</VTKFile>\n").encode())
    return path
