"""Whatever a file can hold that a configuration names, or a folder that a verb is given: a result or one line."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import struct
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import femwgm
from femwgm.cli.check import remarks
from femwgm.errors import FemwgmError, OutputError
from femwgm.views.files.fields import read_mode

BASE: dict[str, Any] = {
    "schema": 1,
    "materials": {"glass": {"n": 1.45}, "air": {"n": 1.0}},
    "modes": {"window": ["1 um", "1.1 um"]},
}


def refused(config: dict[str, Any] | str | Path) -> str:
    """The one line that `check` answers with."""
    with pytest.raises(FemwgmError) as caught:
        remarks(femwgm.load_config(config))
    line = str(caught.value)
    assert caught.value.exit_code == 2
    assert "\n" not in line
    assert len(line) < 1000
    return line


@contextlib.contextmanager
def a_result_or_one_line() -> Iterator[None]:
    found = ""
    try:
        yield
    except FemwgmError as error:
        found = str(error)
        status = error.exit_code
    if found:
        assert "\n" not in found
        assert status == 2


def profile(points: Any, **more: Any) -> dict[str, Any]:
    return {
        **BASE,
        "geometry": {"kind": "profile", "material": "glass", "ambient": "air", "points": points, **more},
    }


HEAD = "0\nSECTION\n2\nHEADER\n9\n$INSUNITS\n70\n13\n0\nENDSEC\n0\nSECTION\n2\nENTITIES\n"
TAIL = "0\nENDSEC\n0\nEOF\n"
SQUARE = "10\n1\n20\n-1\n10\n2\n20\n-1\n10\n2\n20\n1\n10\n1\n20\n1\n"


@pytest.mark.parametrize(
    "entities",
    [
        "",
        "0\nLWPOLYLINE\n90\n0\n70\n1\n",
        "0\nLWPOLYLINE\n90\n1\n70\n1\n10\n1\n20\n1\n",
        f"0\nLWPOLYLINE\n90\n4\n70\n1\n{SQUARE}42\n1e300\n",
        f"0\nLWPOLYLINE\n90\n4\n70\n1\n{SQUARE}42\nnan\n",
        "0\nLWPOLYLINE\n90\n2\n70\n1\n10\n1e400\n20\n0\n10\n2\n20\n1\n",
        "0\nLWPOLYLINE\n90\n2\n70\nx\n10\nabc\n20\n0\n",
        "0\nARC\n10\n0\n20\n0\n40\n-3\n50\n0\n51\n90\n",
        "0\nARC\n10\n0\n20\n0\n40\n1e300\n50\n0\n51\n1e300\n",
        "0\nARC\n10\n0\n",
        "0\nLINE\n10\n1\n20\n1\n11\n1\n21\n1\n",
        "0\nLINE\n10\n1\n20\n1\n11\n2\n21\n2\n" * 3000,
        "0\nTEXT\n1\nhello\n",
    ],
)
def test_drawings(tmp_path: Path, entities: str) -> None:
    (tmp_path / "x.dxf").write_text(HEAD + entities + TAIL)
    refused(profile(str(tmp_path / "x.dxf")))


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00" * 100, b"AutoCAD Binary DXF\r\n\x1a\x00", b"\xff\xfe" * 50, b"0\nSECTION\n" * 10_000],
)
def test_files_that_are_no_drawings(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.dxf").write_bytes(content)
    refused(profile(str(tmp_path / "x.dxf")))


@pytest.mark.parametrize(
    "points",
    [
        [["1 um", "-1 um"], ["1 um", "-1 um"], ["2 um", "1 um"], ["1 um", "1 um"]],
        [["1 um", "-1 um"], ["2 um", "1 um"], ["1 um", "1 um"], ["1 um", "-1 um"]],
        [["1 um", "1 um"]] * 5,
        [["1 um", "-1 um"], ["2 um", "-1 um"], ["1 um", "1 um"], ["2 um", "1 um"]],
        [["0 um", "-1 um"], ["0 um", "0 um"], ["0 um", "1 um"]],
        [["-1 um", "-1 um"], ["2 um", "-1 um"], ["1 um", "1 um"]],
        [["1 um", "-1 um"], ["2 um", "-1 um"], ["1e20 um", "1 um"]],
        [["1 um", "-1 um"], ["2 um", "-1 um"], ["1.0000000000001 um", "-1 um"]],
    ],
)
@pytest.mark.parametrize("smooth", [False, True])
def test_outlines(points: Any, smooth: bool) -> None:
    """Repeated points, crossings, nothing off the axis: refused, or closed into a body where that is what they mean."""
    with a_result_or_one_line():
        remarks(femwgm.load_config(profile(points, smooth=smooth)))


@pytest.mark.parametrize(
    "place", ["pipe", "/dev/zero", "/dev/full", ".", "missing", "x" * 5000, "a\0b", "/proc/self/mem"]
)
@pytest.mark.parametrize("kind", ["profile", "drawing", "mesh", "table", "configuration", "run"])
def test_devices_pipes_folders_and_names_that_are_none(tmp_path: Path, place: str, kind: str) -> None:
    if place == "pipe":
        os.mkfifo(tmp_path / "pipe")
        os.mkfifo(tmp_path / "pipe.dxf")
    name = str(tmp_path / place) if place in ("pipe", ".", "missing") else place
    if kind == "profile":
        refused(profile(name))
    elif kind == "drawing":
        refused(profile(name + ".dxf"))
    elif kind == "mesh":
        geometry = {"kind": "mesh", "file": name, "materials": {"ball": "glass"}, "ambient": "air"}
        refused({**BASE, "geometry": geometry})
    elif kind == "table":
        sphere = {
            "kind": "layered_sphere",
            "ambient": "air",
            "layers": [{"name": "a", "material": "glass", "radius": "5 um"}],
        }
        refused({**BASE, "geometry": sphere, "materials": {**BASE["materials"], "glass": {"table": name}}})
    elif kind == "configuration":
        refused(Path(name))
    else:
        with pytest.raises(OutputError) as caught:
            femwgm.load_run(name)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("argument", [None, 3, [], b"x", object()])
def test_what_is_no_configuration(argument: Any) -> None:
    for call in (femwgm.run, femwgm.load_config, femwgm.load_run, femwgm.sweep, femwgm.load_sweep):
        with pytest.raises(FemwgmError) as caught:
            call(argument)
        assert "\n" not in str(caught.value)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one mode and its field."""
    folder = tmp_path_factory.mktemp("whole")
    config = Path(__file__).parents[2] / "configs" / "duan2022.yaml"
    settings = ["modes.window=[659 nm, 659.3 nm]", "accuracy.wavelength=1e-4", "outputs={plots: false}"]
    femwgm.run(femwgm.load_config(config, settings), folder)
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "run")
    return tmp_path / "run"


def forget_sums(folder: Path) -> None:
    """As if whoever changed the folder knew about checksums."""
    about = json.loads((folder / "run.json").read_text())
    about.pop("sha256", None)
    (folder / "run.json").write_text(json.dumps(about))


def shown(folder: Path) -> None:
    """Everything that a verb does with a folder, short of drawing."""
    from femwgm.views import run_view

    run = femwgm.load_run(folder)
    for mode in run_view(run).modes:
        _ = mode.label, mode.wavelength_nm, mode.patches
    _ = run.modes


@pytest.mark.parametrize(
    "column", ["pol", "q", "l", "m", "wavelength_nm", "q_rad", "energy_core", "met", "wavelength_error"]
)
@pytest.mark.parametrize("cell", ["", "x", "-1", "1e999", "nan", "é", "9" * 400])
def test_cells_of_a_table(folder: Path, column: str, cell: str) -> None:
    forget_sums(folder)
    header, row = (folder / "modes.csv").read_text().splitlines()
    cells = row.split(",")
    cells[header.split(",").index(column)] = cell
    (folder / "modes.csv").write_text(f"{header}\n{','.join(cells)}\n")
    survives(folder)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "pol\n",
        "pol,pol\nTE,TM\n",
        "pol,q\nTE\n",
        "pol,q\nTE,1,2\n",
        '"pol\n',
        "\x00",
        "a" * 200_000,
        "pol\n" + "TE\n" * 50_000,
    ],
)
def test_tables_that_are_none(folder: Path, text: str) -> None:
    forget_sums(folder)
    (folder / "modes.csv").write_text(text)
    survives(folder)


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "3", "null", '"x"', "{}", '{"status": 3}', "[" * 100_000, '{"a":' * 50_000, "\x00",
        '{"format": 2, "status": "done"}',
        '{"format": 2, "status": "done", "regions": 3, "warnings": []}', '{"format": 2, "status": "writing", "stage": "../.."}',
        '{"format": 2, "status": "done", "regions": [[]], "warnings": [{}]}', '{"format": [2], "status": "done"}',
        '{"format": 2, "status": "done", "regions": ["core"], "warnings": [], "sha256": [], "versions": 3}',
    ],
)  # fmt: skip
def test_accounts(folder: Path, text: str) -> None:
    (folder / "run.json").write_text(text)
    survives(folder)


def bomb(size: int, stated: int) -> str:
    """A block of a .vtu that unpacks to `size` bytes and states another size."""
    packed = zlib.compress(bytes(size), 9)
    head = struct.pack("<4I", 1, stated, stated, len(packed))
    return (base64.b64encode(head) + base64.b64encode(packed)).decode()


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: "",
        lambda t: t[: len(t) // 2],
        lambda t: t.replace('Name="E_r (real)"', 'Name="other"'),
        lambda t: t.replace('Name="nodes"', 'Name="other"'),
        lambda t: t.replace('Name="region"', 'Name="other"'),
        lambda t: t.replace("Float64", "Float31").replace("Float32", "Float31"),
        lambda t: t.replace("UnstructuredGrid", "ImageData"),
        lambda t: '<!DOCTYPE x [<!ENTITY a "' + "b" * 1000 + '">]>' + t,
        lambda t: t.replace("AAAA", "????", 3),
        lambda t: with_block(t, "AAAA"),
    ],
)
def test_fields(folder: Path, damage: Any) -> None:
    (file,) = (folder / "fields").glob("*.vtu")
    file.write_text(damage(file.read_text()))
    with pytest.raises(OutputError) as caught:
        read_mode(file)
    assert "\n" not in str(caught.value)
    survives(folder)


@pytest.mark.parametrize("stated", [2**10, 2**32 - 1])
def test_a_field_that_unpacks_without_end(folder: Path, stated: int) -> None:
    (file,) = (folder / "fields").glob("*.vtu")
    file.write_text(with_block(file.read_text(), bomb(2**28, stated)))
    tracemalloc.start()
    with pytest.raises(OutputError, match="not a field file"):
        read_mode(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**25


def with_block(text: str, block: str) -> str:
    """The .vtu with the first array's content replaced."""
    begin = text.index(">", text.index("<DataArray")) + 1
    return text[:begin] + block + text[text.index("<", begin) :]


def test_a_folder_of_another_body(folder: Path) -> None:
    """Fields that belong to regions and orders that the configuration does not have."""
    forget_sums(folder)
    yaml = folder / "config.resolved.yaml"
    yaml.write_text(yaml.read_text().replace("shell", "coat").replace("core", "ball"))
    about = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(
        json.dumps({**about, "regions": ["ball", "coat", "air"], "config_hash": None, "versions": {}})
    )
    survives(folder)


def survives(folder: Path) -> None:
    with a_result_or_one_line():
        shown(folder)
