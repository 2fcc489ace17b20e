"""Case B7: seven bodies that only finite elements answer, beside NGSolve's tuned single solve of one of their modes.

NGSolve is given what it cannot find: the wavenumber to look near, the box, the absorbing layer, and cell sizes and hp levels
found by hand. Its time is that of one mode to the accuracy that femwgm was asked for; that of femwgm is a whole process from
its start, imports, search, error bars and observables included, over the number of modes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from clock import best
from rows import Row

CONFIGS = Path(__file__).resolve().parents[1] / "configs"
CORE = {"name": "core", "material": "silica", "equatorial_radius": "10 um", "polar_radius": "6 um"}
FILM = {"name": "film", "material": "film", "thickness": "200 nm"}
COATING = 0.5
"""Largest cell (um) in a thin coating: beyond, its curved cells fold."""
SILICA, NITRIDE, AIR = {"n": 1.444}, {"n": 1.9963}, {"n": 1.0}


def bodies() -> dict[str, Any]:
    """Configurations by name."""
    own = {
        name: CONFIGS / f"{name}.yaml"
        for name in ("spheroid", "graded-film", "toroid-web", "microdisk-algaas")
    }
    return {
        **own,
        "spheroid 0.6, film of 200 nm": _plain(
            {"kind": "spheroid", "ambient": "air", "layers": [CORE, FILM]},
            {"silica": {"n": 1.45}, "film": {"n": 1.7}, "air": AIR},
            (["1 um", "1.1 um"], 1e-8),
            azimuthal_orders=[80], polar_orders=[0, 1, 2],
        ),
        "wedge disk of 60 um": _plain(
            {
                "kind": "disk", "material": "silica", "radius": "30 um", "thickness": "2 um", "sidewall_angle_deg": 30,
                "ambient": "air",
            },
            {"silica": SILICA, "air": AIR},
            (["1534 nm", "1558 nm"], 1e-7),
            polarizations=["TE"],
        ),
        "nitride ring in oxide": _plain(
            {
                "kind": "ring", "material": "sin", "inner_radius": "21.5 um", "outer_radius": "23 um", "thickness": "700 nm",
                "ambient": "oxide",
            },
            {"sin": NITRIDE, "oxide": SILICA},
            (["1538 nm", "1558 nm"], 1e-7),
            polarizations=["TE"],
        ),
    }  # fmt: skip


def _plain(
    geometry: dict[str, Any], materials: dict[str, Any], asked: tuple[list[str], float], **modes: Any
) -> dict[str, Any]:
    return {
        "schema": 1, "geometry": geometry, "materials": materials, "accuracy": {"wavelength": asked[1]},
        "modes": {"window": asked[0], "radial_orders": [1], "polar_orders": [0], **modes},
    }  # fmt: skip


def beside_ngsolve(small: bool, only: str | None = None) -> Iterator[Row]:
    """Each body: the whole run over its modes, then NGSolve at every setting for its first mode."""
    from femwgm.config import load_config

    for name, source in bodies().items():
        if only is not None and only not in name:
            continue
        config = load_config(source)
        done = whole(config)
        note = f"{done.count} modes, stated error, from the start of the process, {done.megabytes:.0f} MB"
        yield Row(
            "B7",
            "femwgm, whole run, a mode",
            name,
            done.error,
            done.wall / done.count,
            done.cpu / done.count,
            note=note,
        )
        yield from _ngsolve(name, config, done, small)


@dataclass(frozen=True)
class Whole:
    """A whole run in a process of its own: seconds, peak memory (MB), modes, the largest stated error, and one of the modes."""

    wall: float
    cpu: float
    megabytes: float
    count: int
    error: float
    pol: str
    m: int
    p: int
    k0: complex


_PROCESS = """
import json, resource, sys, time
begin = time.perf_counter()
from femwgm.config import load_config
from femwgm.runs.loop import run
modes = run(load_config(json.load(sys.stdin))).modes
usage, mode = resource.getrusage(resource.RUSAGE_SELF), modes[0]
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))  # ru_maxrss outlives exec
error = max(mode.wavelength_error for mode in modes)
print(json.dumps([time.perf_counter() - begin, usage.ru_utime + usage.ru_stime, int(peak.split()[1]) / 1024.0, len(modes), error,
                  mode.pol, mode.m, mode.p, mode.k0.real, mode.k0.imag]))
"""


def whole(config: Any) -> Whole:
    """Run a configuration in a process of its own."""
    text = config.model_dump_json(by_alias=True, exclude_unset=True)
    done = subprocess.run(
        [sys.executable, "-c", _PROCESS], input=text, capture_output=True, text=True, check=True
    )
    *values, real, imaginary = json.loads(done.stdout.splitlines()[-1])
    return Whole(*values, complex(real, imaginary))


def _ngsolve(name: str, config: Any, mode: Whole, small: bool) -> Iterator[Row]:
    try:
        from peers.ngsolve_section import Domain, Setting, solve
    except ImportError:
        return
    from femwgm.geometry.build import section_of
    from femwgm.materials import materials_from_config
    from femwgm.mesh.body_domain import design_general
    from femwgm.mesh.landscape import Wave
    from femwgm.solver.eigenmode import mirror_condition

    section = section_of(config.geometry)
    media = materials_from_config(config)
    indices = {
        region: complex(media[m].index(mode.k0)).real
        for region, m in config.geometry.region_materials.items()
    }
    laid = design_general(
        section, indices, [Wave(float(mode.m), mode.k0.real)], 1e-2 * config.accuracy.wavelength
    )
    box, frame = laid.box, laid.frame
    # Slabs are rectangles as wide as the domain.
    parts = [(part.region, part.outline.curves) for part in section.pieces]
    if section.slabs:
        return
    domain = Domain(
        (box.r0, box.r1, box.z0, box.z1), (frame.outside, frame.below, frame.above), parts, section.ambient,
        [point for point, _ in section.corners],
    )  # fmt: skip
    mirror = mirror_condition(mode.pol, mode.p) if laid.mirror else None
    wave = 2.0 * np.pi / mode.k0.real / max(indices.values())
    settings = [
        Setting(
            degree, size * wave, min(size * wave, COATING), 1.5 * size * wave, levels if domain.corners else 0
        )
        for degree, size, levels in (
            (3, 0.8, 2),
            (4, 1.0, 2),
            (5, 1.2, 2),
            (6, 1.2, 2),
            (7, 1.2, 3),
            (8, 1.4, 3),
        )
    ]
    finest = Setting(10, wave, 0.8 * COATING, 1.5 * wave, 4 if domain.corners else 0)
    truth = solve(domain, indices, mode.m, mode.k0, mirror, finest)[0]
    for setting in settings[1:4:2] if small else settings:
        timing = best(lambda s=setting: solve(domain, indices, mode.m, mode.k0, mirror, s), 3)
        found, unknowns = timing.value
        text = f"{name}: p={setting.degree}, h={setting.inside:.2f} um, hp {setting.levels}"
        yield Row(
            "B7",
            "NGSolve, one mode",
            text,
            abs(found - truth) / abs(truth),
            timing.wall,
            timing.cpu,
            unknowns,
        )
    note = "difference of the wavenumbers"
    yield Row("B7", "NGSolve against femwgm", name, abs(truth.real / mode.k0.real - 1.0), 0.0, 0.0, note=note)
