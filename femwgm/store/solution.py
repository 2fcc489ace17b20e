"""solution.npz: the modes of a run with their fields, as plain arrays and text; reading it runs no code of the file.

Entry `about` is JSON: the attributes of each mode, and what its arrays mean. A mesh that many modes share is stored once. Numbers
come back as they were, bit for bit. Fields of stacks of spheres keep the amplitudes of their waves too.
"""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from femwgm.errors import OutputError
from femwgm.ground.files import UnreadableError, read_bounded

if TYPE_CHECKING:
    from femwgm.config import RunConfig
    from femwgm.fem.field import CellField
    from femwgm.ground.typing import Array
    from femwgm.mesh.curved import CurvedMesh
    from femwgm.modes.mode import Mode

VERSION = 1
MAX_BYTES = 2**30
"""Limit of a file to be read, and of what it unpacks to."""
KEPT_BYTES = 2**28
"""Fields beyond this are left out; the numbers of their modes are kept."""
_LEFT_OUT = ("field_data", "differentiate", "other")


def pack_modes(modes: Sequence[Mode], *, fields: bool, limit: int = KEPT_BYTES) -> tuple[bytes, int]:
    """The modes as the content of a file, and how many of them have no room for their fields.

    Parameters
    ----------
    modes
        Modes of a run.
    fields
        Whether to keep their fields.
    limit
        Bytes that the arrays may take.
    """
    from femwgm.stacks.stored import waves_of

    arrays: dict[str, Array] = {}
    meshes: list[CurvedMesh] = []
    about: list[dict[str, Any]] = []
    size = missing = 0
    for number, mode in enumerate(modes):
        entry: dict[str, Any] = {"mode": _attributes(mode)}
        field = mode.field_data if fields else None
        if field is not None:
            mesh = field.space.mesh
            place = next((i for i, known in enumerate(meshes) if known is mesh), len(meshes))
            waves = waves_of(field)
            new = {f"field{number}": field.coefficients} | (
                _mesh_arrays(mesh, place) if place == len(meshes) else {}
            )
            if waves is not None:
                new[f"amplitudes{number}"] = waves[1]
            more = sum(array.nbytes for array in new.values())
            if size + more <= limit:
                size += more
                arrays |= new
                if place == len(meshes):
                    meshes.append(mesh)
                entry["field"] = {
                    "mesh": place, "degree": field.space.degree, "m": field.m, "k0": _plain(field.k0), "mirror": field.mirror,
                    **({} if waves is None else {"waves": waves[0]}),
                }  # fmt: skip
            else:
                missing += 1
        about.append(entry)
    described = {
        "version": VERSION, "modes": about,
        "meshes": [
            {"order": m.order, "regions": list(m.regions), "boundaries": list(m.boundaries), "corners": m.corners}
            for m in meshes
        ],
    }  # fmt: skip
    text = json.dumps(described).encode()
    stream = io.BytesIO()
    arrays["about"] = np.frombuffer(text, dtype=np.uint8)
    np.savez(stream, **arrays)  # type: ignore[arg-type]
    return stream.getvalue(), missing


def unpack_modes(path: Path, config: RunConfig) -> list[Mode]:
    """The modes of a file that `pack_modes` made from a run of a configuration.

    Raises
    ------
    OutputError
        One line, when it is missing or damaged.
    """
    try:
        content = read_bounded(path, MAX_BYTES)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(member.file_size for member in archive.infolist()) > MAX_BYTES:
                raise ValueError("it unpacks to more data than a run writes")
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            about = json.loads(bytes(file["about"]))
            if about["version"] != VERSION:
                raise ValueError(f"layout {about['version']}, this femwgm reads {VERSION}")
            return _modes(about, file, config)
    except UnreadableError as error:
        raise OutputError(f"{path}: cannot be read ({error.reason}); run it again") from None
    except (
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        AttributeError,
        RecursionError,
        zipfile.BadZipFile,
        EOFError,
    ) as error:
        reason = " ".join(str(error).split())[:100] or type(error).__name__
        raise OutputError(f"{path}: is damaged ({reason}); run it again") from None


def _modes(about: Mapping[str, Any], arrays: Mapping[str, Array], config: RunConfig) -> list[Mode]:
    from femwgm.fem.field import CellField
    from femwgm.fem.formula_field import SampledField
    from femwgm.fem.spaces import Space
    from femwgm.modes.mode import Mode

    meshes = [_mesh(what, arrays, i) for i, what in enumerate(about["meshes"])]
    spaces: dict[tuple[int, int], Space] = {}
    known = {field.name for field in dataclasses.fields(Mode)} - {*_LEFT_OUT}
    modes = []
    stack: Callable[..., Any] | None = None
    for number, entry in enumerate(about["modes"]):
        field: CellField | None = None
        if what := entry.get("field"):
            key = (int(what["mesh"]), int(what["degree"]))
            if not 1 <= key[1] <= 40:
                raise ValueError("no degree of an element")
            if key not in spaces:
                spaces[key] = Space(meshes[key[0]], key[1])
            coefficients = arrays[f"field{number}"]
            if coefficients.shape != spaces[key].dofs.shape:
                raise ValueError("coefficients do not fit the mesh")
            field = CellField(spaces[key], coefficients, int(what["m"]), _read(what["k0"]), what["mirror"])
            if "waves" in what:
                from femwgm.stacks.stored import reader

                stack = stack or reader(config)
                formula = stack(what["waves"], field.k0, arrays[f"amplitudes{number}"])
                field = SampledField.known(spaces[key], formula, field.m, field.k0, coefficients)
        stated = {name: value for name, value in entry["mode"].items() if name in known}
        if field is None:
            stated.pop("waves", None)
        attributes = {name: _read(value, field) for name, value in stated.items()}
        modes.append(Mode(**attributes, field_data=field))
    return modes


def _mesh_arrays(mesh: CurvedMesh, place: int) -> dict[str, Array]:
    """Arrays of a mesh by the names of their entries."""
    arrays = {"p": mesh.topology.p, "t": mesh.topology.t, "nodes": mesh.nodes, "region": mesh.region}
    if mesh.medium is not None:
        arrays["medium"] = mesh.medium
    arrays |= {f"boundary{i}": facets for i, facets in enumerate(mesh.boundaries.values())}
    return {f"mesh{place}_{name}": np.asarray(array) for name, array in arrays.items()}


def _mesh(what: Mapping[str, Any], arrays: Mapping[str, Array], place: int) -> CurvedMesh:
    from femwgm.mesh.curved import CurvedMesh
    from femwgm.mesh.load import topology_of

    def get(name: str) -> Array:
        return arrays[f"mesh{place}_{name}"]

    medium = f"mesh{place}_medium"
    return CurvedMesh(
        topology_of(get("p"), get("t")), get("nodes"), int(what["order"]), get("region"), tuple(what["regions"]),
        {name: get(f"boundary{i}") for i, name in enumerate(what["boundaries"])},
        get("medium") if medium in arrays else None,
    )  # fmt: skip


def _attributes(mode: Mode) -> dict[str, Any]:
    """Attributes of a mode that can be written as text; what cannot is left out."""
    found = {}
    for field in dataclasses.fields(mode):
        if field.name not in _LEFT_OUT:
            plain = _plain(getattr(mode, field.name))
            if plain is not _NOTHING:
                found[field.name] = plain
    return found


_NOTHING = object()


def _plain(value: Any) -> Any:
    """A value as JSON: numbers and text as they are, all else as a list that begins with its kind."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, complex):
        return ["complex", value.real, value.imag]
    if isinstance(value, np.ndarray):
        flat = np.ascontiguousarray(value).ravel()
        if np.iscomplexobj(flat):
            return ["complexes", list(value.shape), flat.astype(np.complex128).view(np.float64).tolist()]
        return ["reals" if flat.dtype.kind == "f" else "whole", list(value.shape), flat.tolist()]
    if isinstance(value, Mapping):
        return ["map", [[key, _plain(entry)] for key, entry in value.items()]]
    if isinstance(value, tuple | list):
        return ["tuple", [_plain(entry) for entry in value]]
    kind = next((name for name, cls in _classes().items() if isinstance(value, cls)), "")
    if kind == "field":
        return [kind]
    if kind:
        return [kind, [[f.name, _plain(getattr(value, f.name))] for f in dataclasses.fields(value)]]
    return _NOTHING


def _read(value: Any, own: CellField | None = None) -> Any:
    """What `_plain` wrote, a field in it being the mode's own."""
    if not isinstance(value, list):
        return value
    kind, *rest = value
    if kind == "field":
        return own
    readers: dict[str, Callable[..., Any]] = {
        "complex": lambda re, im: complex(float(re), float(im)),
        "reals": lambda shape, numbers: np.array(numbers, dtype=float).reshape(shape),
        "whole": lambda shape, numbers: np.array(numbers, dtype=np.int64).reshape(shape),
        "complexes": lambda shape, numbers: np.array(numbers, dtype=float).view(np.complex128).reshape(shape),
        "map": lambda pairs: {str(key): _read(entry, own) for key, entry in pairs},
        "tuple": lambda entries: tuple(_read(entry, own) for entry in entries),
    }
    if kind in readers:
        return readers[kind](*rest)
    return _classes()[kind](**{str(key): _read(entry, own) for key, entry in rest[0]})


def _classes() -> dict[str, type]:
    """What an attribute of a mode may be an instance of."""
    from femwgm.fem.field import CellField
    from femwgm.observables.energy import RegionIntegrals
    from femwgm.observables.half_spaces import HalfSpaceWaves
    from femwgm.observables.outgoing import PlateWaves, SphericalWaves
    from femwgm.observables.peak import Crest

    return {
        "field": CellField, "Crest": Crest, "RegionIntegrals": RegionIntegrals, "SphericalWaves": SphericalWaves,
        "PlateWaves": PlateWaves, "HalfSpaceWaves": HalfSpaceWaves,
    }  # fmt: skip
