"""A run read back is the run: modes, fields, volumes, tables; and a file that was tampered with is one line."""

from __future__ import annotations

import dataclasses
import io
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import femwgm
from femwgm.errors import OutputError
from femwgm.modes.mode import Mode
from femwgm.modes.mode_set import ModeSet
from femwgm.store import from_csv
from femwgm.store.result_folder import checksum
from femwgm.store.solution import pack_modes, unpack_modes
from femwgm.views import run_view
from femwgm.views.fields.source import mode_view
from femwgm.views.figures.equator import plane_height
from femwgm.views.space.app import view

SETTINGS = [
    "modes.window=[659 nm, 660 nm]",
    "accuracy.wavelength=1e-6",
    "materials.npl={n: 1.768, k: 1.0e-6}",
    "outputs={plots: false}",
]
NOT_KEPT = {"field_data", "differentiate", "other"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="module")
def run(folder: Path) -> Any:
    config = femwgm.load_config(Path(__file__).parents[2] / "configs" / "duan2022.yaml", SETTINGS)
    return femwgm.run(config, folder)


def same(a: Any, b: Any) -> bool:
    return a == b or (a != a and b != b)


def test_modes_come_back_bit_for_bit(run: Any, folder: Path) -> None:
    stored = femwgm.load_run(folder)
    assert len(stored.modes) == len(run.modes) == 2
    for kept, mode in zip(stored.modes, run.modes, strict=True):
        assert isinstance(kept, Mode)
        for field in dataclasses.fields(Mode):
            before, after = getattr(mode, field.name), getattr(kept, field.name)
            if field.name in NOT_KEPT:
                continue
            if dataclasses.is_dataclass(before):
                for part in dataclasses.fields(before):
                    if part.name == "field":
                        assert after.field is kept.field_data
                        continue
                    assert np.array_equal(getattr(before, part.name), getattr(after, part.name)), part.name
            else:
                assert same(before, after), field.name
        assert all(same(kept.row()[name], value) for name, value in mode.row().items())
    assert stored.modes.regions == run.modes.regions
    assert (
        stored.modes.sel(pol="TE", l=165)[0].wavelength_nm == run.modes.sel(pol="TE", l=165)[0].wavelength_nm
    )
    assert stored.met == run.met


def test_every_column_says_what_it_is(run: Any) -> None:
    data = run.modes.to_xarray()
    for name, column in data.variables.items():
        assert column.attrs["long_name"] != name, name
        assert column.attrs.get("units") or column.dtype.kind in "OUSb" or name in ("met", "mode"), name


def test_fields_come_back(run: Any, folder: Path) -> None:
    r, z = np.meshgrid(np.linspace(0.0, 40.0, 57), np.linspace(-4.0, 4.0, 33))
    theta = np.linspace(0.0, np.pi, 33)
    for kept, mode in zip(femwgm.load_run(folder).modes, run.modes, strict=True):
        assert np.array_equal(kept.field(r, z), mode.field(r, z), equal_nan=True)
        assert np.array_equal(kept.magnetic_field(r, z), mode.magnetic_field(r, z), equal_nan=True)
        assert np.array_equal(kept.far_field(theta), mode.far_field(theta))
        assert kept.mode_volume_um3 == mode.mode_volume_um3


def test_views_take_either(run: Any, folder: Path) -> None:
    stored, fresh = run_view(femwgm.load_run(folder)), run_view(run)
    assert [mode.label for mode in stored.modes] == [mode.label for mode in fresh.modes]


def test_csv_netcdf_and_objects_are_equal(run: Any, folder: Path) -> None:
    """Columns, types, units and every number, by all roads; a column that only a later mode has is not lost."""
    xarray = pytest.importorskip("xarray")
    names, rows = from_csv((folder / "modes.csv").read_text())
    frame = run.modes.to_dataframe()
    assert list(frame.columns) == names
    data = run.modes.to_xarray()
    with xarray.open_dataset(folder / "modes.nc", engine="h5netcdf") as kept:
        assert set(kept.variables) == set(data.variables)
        for name, variable in data.variables.items():
            assert variable.dims == kept[name].dims, name
            assert variable.attrs == dict(kept[name].attrs.items()), name
            assert variable.dtype.kind == kept[name].dtype.kind or "O" in (
                variable.dtype.kind,
                kept[name].dtype.kind,
            )
            assert [
                same(a, b) for a, b in zip(variable.values.ravel(), kept[name].values.ravel(), strict=True)
            ].count(False) == 0, name
        assert data["m"].dtype == np.int64
        assert data["wavelength_nm"].attrs == {"units": "nm", "long_name": "vacuum wavelength"}
        assert "m" in data.coords
    for number, row in enumerate(rows):
        for name, value in row.items():
            shown = frame[name].iloc[number]
            if value is None:
                assert shown is None or shown != shown or np.isinf(shown) or shown == "", name
            else:
                assert shown == value or str(shown) == str(value), name


def test_columns_of_every_mode_are_in_the_table(run: Any) -> None:
    first, second = run.modes
    more = ModeSet(
        [first, dataclasses.replace(second, extra={**second.extra, "late": 3.5})], run.modes.regions
    )
    frame = more.to_dataframe()
    assert np.isnan(frame["late"].iloc[0])
    assert frame["late"].iloc[1] == 3.5
    assert float(more.to_xarray()["late"][1]) == 3.5


def test_fields_too_large_are_left_out_and_numbers_kept(run: Any, tmp_path: Path) -> None:
    content, missing = pack_modes(run.modes, fields=True, limit=1000)
    assert missing == 2
    (tmp_path / "solution.npz").write_bytes(content)
    modes = unpack_modes(tmp_path / "solution.npz", run.config)
    assert modes[0].wavelength_nm == run.modes[0].wavelength_nm
    with pytest.raises(ValueError, match="field"):
        modes[0].field(1.0, 0.0)


def rewritten(content: bytes, **entries: bytes | None) -> bytes:
    """The archive with entries replaced, or dropped."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            bare = name.removesuffix(".npy")
            data = entries.get(bare, old.read(name))
            if data is not None:
                new.writestr(name, data)
    return out.getvalue()


def text(data: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, np.frombuffer(json.dumps(data).encode(), dtype=np.uint8))
    return out.getvalue()


EMPTY = {"version": 1, "modes": [], "meshes": []}


def pickled() -> bytes:
    out = io.BytesIO()
    np.save(out, np.array([print], dtype=object), allow_pickle=True)
    return out.getvalue()


@pytest.mark.parametrize(
    "damage",
    [
        lambda c: c[: len(c) // 2],
        lambda _: b"",
        lambda _: b"PK\x03\x04" + bytes(200),
        lambda c: rewritten(c, about=None),
        lambda c: rewritten(c, about=text([])),
        lambda c: rewritten(c, about=text({"version": 99})),
        lambda c: rewritten(c, about=text({**EMPTY, "modes": [{"mode": {"pol": 3}}]})),
        lambda c: rewritten(c, about=text({**EMPTY, "modes": [{"mode": {}, "field": {"mesh": 9, "degree": 3}}]})),
        lambda c: rewritten(c, about=text({**EMPTY, "modes": [{"mode": {"pol": ["os.system", "x"]}}]})),
        lambda c: rewritten(c, mesh0_t=None),
        lambda c: rewritten(c, field0=pickled()),
        lambda c: rewritten(c, mesh0_t=pickled()),
    ],
)  # fmt: skip
def test_a_damaged_solution_is_one_line(run: Any, folder: Path, tmp_path: Path, damage: Any) -> None:
    """Also where its checksum was forged."""
    for file in ("run.json", "config.resolved.yaml", "modes.csv", "solution.npz"):
        (tmp_path / file).write_bytes((folder / file).read_bytes())
    (tmp_path / "solution.npz").write_bytes(damage((folder / "solution.npz").read_bytes()))
    with pytest.raises(OutputError, match=r"solution.npz: was changed after the run"):
        _ = femwgm.load_run(tmp_path).modes
    about = json.loads((tmp_path / "run.json").read_text())
    about["sha256"]["solution.npz"] = checksum(tmp_path / "solution.npz")
    (tmp_path / "run.json").write_text(json.dumps(about))
    with pytest.raises(OutputError, match=r"solution.npz: (is damaged|cannot be read)") as caught:
        _ = femwgm.load_run(tmp_path).modes
    assert "\n" not in str(caught.value)


def test_a_file_is_kept_as_long_as_it_is_what_the_run_wrote(run: Any, folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    name = next(path for path in femwgm.load_run(tmp_path).info["sha256"] if path.endswith(".vtu"))
    stored, file = femwgm.load_run(tmp_path), tmp_path / name
    assert stored.kept(name) == file.read_bytes()
    file.write_bytes(file.read_bytes() + b" ")
    assert stored.kept(name) is None
    file.unlink()
    assert stored.kept(name) is None
    assert stored.kept("../elsewhere") is None


def small(geometry: dict[str, Any], **modes: Any) -> dict[str, Any]:
    return {
        "schema": 1, "geometry": {**geometry, "ambient": "air"}, "materials": {"glass": {"n": 2.0}, "air": {"n": 1.0}},
        "modes": {"window": ["0.91 um", "0.93 um"], "polarizations": ["TE"], **modes}, "accuracy": {"wavelength": 1e-3},
        "outputs": {"plots": False},
    }  # fmt: skip


def test_a_pair_of_spheres_keeps_its_waves_and_its_twins_are_told_apart(tmp_path: Path) -> None:
    """Two modes of one label, with fields by spherical waves: at any distance as they were, and either can be shown."""
    ball = {"name": "ball", "material": "glass", "radius": "1 um"}
    pair = {
        "kind": "axial_stack",
        "spheres": [{"name": n, "layers": [ball]} for n in "ab"],
        "gaps": ["0.1 um"],
    }
    run = femwgm.run(small(pair, azimuthal_orders=[0]), tmp_path / "pair")
    assert len({mode.label for mode in run.modes}) < len(run.modes)
    r, z = np.meshgrid(np.linspace(0.0, 9.0, 19), np.linspace(-4.0, 4.0, 15))
    for kept, mode in zip(femwgm.load_run(tmp_path / "pair").modes, run.modes, strict=True):
        before, after = mode.field(r, z), kept.field(r, z)
        assert np.abs(after - before).max() < 1e-9 * np.abs(before).max()
        assert np.array_equal(kept.field_data.coefficients, mode.field_data.coefficients)
    (page,) = view(run, html=tmp_path / "page.html")
    assert page.stat().st_size > 1000


@pytest.mark.slow
def test_the_mirror_image_of_a_body_is_the_other_body() -> None:
    """Two equal disks are solved by halves: each half is shown, and exported, as the body that it is."""
    disk = {"kind": "disk", "material": "glass", "radius": "0.8 um", "thickness": "0.3 um"}
    stack = {"kind": "stack", "bodies": [{**disk, "name": n} for n in "ab"], "gaps": ["0.1 um"]}
    modes = {
        "window": ["0.8 um", "1 um"],
        "azimuthal_orders": [6],
        "radial_orders": "all",
        "polar_orders": "all",
    }
    result = femwgm.run(small(stack) | {"modes": modes, "accuracy": {"wavelength": 1e-2}})
    for mode in result.modes:
        shown = mode_view(mode, result.config)
        assert mode.energy["a"] == mode.energy["b"]
        assert shown.solid.select(("a",)).z.max() < 0.0 < shown.solid.select(("b",)).z.min()
        assert shown.home in ("b", "air")
        plane_height(shown)
