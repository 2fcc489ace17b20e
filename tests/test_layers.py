"""Data flows one way: which room of the package may import which, told from the syntax trees."""

from __future__ import annotations

import ast
import graphlib
import json
import subprocess
import sys
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "femwgm"

# From the ground up. A room may import itself, its row and the rows above it in this list.
FLOORS = [
    {"conventions", "errors", "ground"},
    {"geometry"},
    {"config"},
    {"materials"},
    {"mesh"},
    {"fem"},
    {"eigen"},
    {"modes"},
    {"observables"},
    {"solver"},
    {"finders"},
    {"stacks"},
    {"imperfections"},
    {"store"},
    {"runs"},
    {"sweeps"},
    {"views"},
    {"experiment"},
    {"studies"},
    {"cli", "__main__", "__init__"},
]
# The exact solution stands beside the finite elements: each checks the other, so they share nothing but the ground.
TWIN = "analytic"
TWIN_IMPORTS = FLOORS[0] | {TWIN}
TWIN_STRANGERS = {
    "config",
    "eigen",
    "fem",
    "geometry",
    "materials",
    "mesh",
    "modes",
    "observables",
    "solver",
    "store",
}

# Which rooms may touch a package; the others stay light, or stay free of what it stands for.
GUESTS = {
    "gmsh": {"mesh"},
    "skfem": {"mesh", "fem"},
    "matplotlib": {"views"},
    "pyvista": {"views"},
    "vtk": {"views"},
    "typer": {"cli"},
    "dask": {"sweeps"},
    "distributed": {"sweeps"},
    "yaml": {"config"},
    "pint": {"config", "ground"},
    "flint": {"analytic"},
    "mpmath": set(),
    "ngsolve": set(),
    "pytest": set(),
}
HEAVY = ("gmsh", "skfem", "matplotlib", "pyvista", "vtkmodules", "dask", "distributed")


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


@cache
def imported(path: Path) -> frozenset[str]:
    """Dotted names that the file imports, wherever in the file; `from a import b` counts as a.b."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


@cache
def rooms_imported(path: Path) -> frozenset[str]:
    inside = {name.split(".")[1] for name in imported(path) if name.startswith("femwgm.")}
    # `from femwgm import run` names what __init__ offers, not a room.
    return frozenset(room if room in ROOMS else "__init__" for room in inside)


FILES = sorted(PACKAGE.rglob("*.py"))
ROOMS = {room_of(path) for path in FILES}
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def test_every_room_has_its_floor() -> None:
    assert not ROOMS - FLOOR_OF.keys() - {TWIN}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    room = room_of(path)
    if room == TWIN:
        assert rooms_imported(path) <= TWIN_IMPORTS
        return
    others = rooms_imported(path) - {TWIN}
    upward = {other for other in others if FLOOR_OF.get(other, -1) > FLOOR_OF.get(room, len(FLOORS))}
    assert not upward


@pytest.mark.parametrize("room", sorted(TWIN_STRANGERS))
def test_the_finite_elements_never_ask_the_exact_solution(room: str) -> None:
    assert not [path for path in FILES if room_of(path) == room and TWIN in rooms_imported(path)]


def test_no_two_rooms_need_each_other() -> None:
    graph: dict[str, set[str]] = defaultdict(set)
    for path in FILES:
        graph[room_of(path)] |= rooms_imported(path) - {room_of(path)}
    graphlib.TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("package", sorted(GUESTS))
def test_packages_stay_in_their_rooms(package: str) -> None:
    users = {room_of(path) for path in FILES if package in {name.split(".")[0] for name in imported(path)}}
    assert users <= GUESTS[package]


def test_every_file_says_what_it_holds() -> None:
    for path in PACKAGE.rglob("*.py"):
        said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert len((said or "").partition("\n")[0]) > 20, path.relative_to(PACKAGE)


def test_importing_femwgm_is_light() -> None:
    code = "import sys, json, femwgm; a = [*sys.modules]; import femwgm.cli.check; print(json.dumps([a, [*sys.modules]]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    package, check = json.loads(done.stdout)
    assert not {name.split(".")[0] for name in package} & set(HEAVY)
    assert not {"scipy.optimize", "scipy.interpolate", "scipy.sparse", "skfem", "gmsh", "matplotlib"} & set(
        check
    )


def test_every_public_name_is_there() -> None:
    import femwgm

    assert {name for name in femwgm.__all__ if not hasattr(femwgm, name)} == set()
