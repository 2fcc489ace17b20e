"""Configurations of layered spheres, and the one mode that a narrow window holds."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from femwgm.modes.mode import Mode
from femwgm.runs.loop import RunResult, run

Medium = float | complex | dict[str, Any]


def material(medium: Medium) -> dict[str, Any]:
    """An index, complex with loss (Im > 0), or a mapping as in the YAML file."""
    if isinstance(medium, dict):
        return medium
    index = complex(medium)
    return {"n": index.real, "k": index.imag} if index.imag else {"n": index.real}


def config(
    radii: Sequence[float], media: Sequence[Medium], window_um: tuple[float, float], *, wavelength: float = 1e-8,
    q: float | None = None, modes: dict[str, Any] | None = None, **sections: Any,
) -> dict[str, Any]:  # fmt: skip
    """A layered sphere: the regions are called l0, l1, ... and out; `wavelength` and `q` are the accuracies asked for."""
    layers = [{"name": f"l{i}", "material": f"m{i}", "radius": f"{r!r} um"} for i, r in enumerate(radii)]
    materials = {f"m{i}": material(medium) for i, medium in enumerate(media[:-1])}
    lo, hi = sorted(window_um)
    return {
        "schema": 1,
        "geometry": {"kind": "layered_sphere", "layers": layers, "ambient": "out"},
        "materials": {**materials, "out": material(media[-1])},
        "modes": {"window": [f"{lo!r} um", f"{hi!r} um"], **(modes or {})},
        "accuracy": {"wavelength": wavelength, **({} if q is None else {"q": q})},
        **sections,
    }


def around(wavelength_um: float, width: float = 1e-3) -> tuple[float, float]:
    """A narrow window."""
    return wavelength_um * (1.0 - width), wavelength_um * (1.0 + width)


def run_for(
    radii: Sequence[float], media: Sequence[Medium], pol: str, l: int, wavelength_um: float, *, q: int = 1, m: int | None = None,
    width: float = 1e-3, **more: Any,
) -> RunResult:  # fmt: skip
    """The run for one mode of known labels and about known wavelength."""
    m = l if m is None else m
    wanted = {"polarizations": [pol], "radial_orders": [q], "polar_orders": [l - m], "azimuthal_orders": [m]}
    accuracy = {"q": more.pop("q_error", None), "wavelength": more.pop("accuracy", 1e-8)}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return run(config(radii, media, around(wavelength_um, width), modes=wanted, **accuracy, **more))


def mode_of(*args: Any, **more: Any) -> Mode:
    """The mode of `run_for`, which must be alone and bear the labels asked for."""
    result = run_for(*args, **more)
    (mode,) = result.modes
    l = args[3]
    m = more.get("m")
    assert (mode.pol, mode.q, mode.l, mode.m) == (args[2], more.get("q", 1), l, l if m is None else m)
    return mode


def write_half_discs(
    path: Path, radii: tuple[float, ...], names: tuple[str, ...], order: int = 3, size: float = 0.4
) -> None:
    """Half discs within one another by Gmsh; an empty name leaves its cells out."""
    from femwgm.mesh.gmsh_session import gmsh_model

    with gmsh_model("sphere") as gmsh:
        geo = gmsh.model.geo
        arcs, ends = [], []
        for radius in radii:
            centre, low, side, high = (
                geo.addPoint(*p, 0.0) for p in ((0, 0), (0, -radius), (radius, 0), (0, radius))
            )
            arcs.append([geo.addCircleArc(low, centre, side), geo.addCircleArc(side, centre, high)])
            ends.append((low, high))
        surfaces = []
        for i in range(len(radii)):
            if i == 0:
                loop = [*arcs[0], geo.addLine(ends[0][1], ends[0][0])]
            else:
                up, down = geo.addLine(ends[i - 1][1], ends[i][1]), geo.addLine(ends[i][0], ends[i - 1][0])
                loop = [*arcs[i], -up, -arcs[i - 1][1], -arcs[i - 1][0], -down]
            if names[i]:
                surfaces.append((names[i], geo.addPlaneSurface([geo.addCurveLoop(loop)])))
        geo.synchronize()
        for name, surface in surfaces:
            gmsh.model.addPhysicalGroup(2, [surface], name=name)
        gmsh.option.setNumber("Mesh.MeshSizeMax", size)
        gmsh.model.mesh.generate(2)
        gmsh.model.mesh.setOrder(order)
        gmsh.write(str(path))
