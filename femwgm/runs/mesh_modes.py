"""Modes on a user's own mesh, without a configuration: mesh with named regions, media, azimuthal order -> modes.

>>> from pathlib import Path
>>> import femwgm
>>> mesh = Path(femwgm.__file__).parents[1] / "meshes" / "ball.msh"  # quarter of a ball of 1 um, region "ball"
>>> cavity = femwgm.mesh_problem(mesh, {"ball": 1.5}, walls=["outer"])  # its surface conducts
>>> for mode in femwgm.mesh_modes(cavity, m=1, window_nm=(2000, 4000)):  # exact: n k R = 4.4934, 3.8702, 2.7437
...     print(mode.label, round(1.5 * mode.k0_re_per_um, 3))
TE q=1 l=1 m=1 4.493
TM q=1 l=2 m=1 3.87
TM q=1 l=1 m=1 2.744

The weak form is `femwgm.fem.forms`; `problem.pencil(degree, m, mirror, k0)` holds its matrices K and M for a wavenumber, and
`problem.field(pencil, x, m, k0, mirror)` the field of a vector of unknowns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from femwgm.errors import ConfigError, MaterialError, MeshError
from femwgm.fem.pml import stretch_box
from femwgm.fem.problem import MeridianProblem
from femwgm.eigen.krylov import around
from femwgm.ground.numerics import one_thread
from femwgm.materials import Material
from femwgm.materials.dispersion import Constant
from femwgm.mesh.curved import CurvedMesh
from femwgm.mesh.domain import PML
from femwgm.mesh.load import read_mesh
from femwgm.ground.expected import Expected
from femwgm.modes.labels import identify
from femwgm.modes.mode import Mode
from femwgm.modes.mode_set import ModeSet
from femwgm.observables.layer import STATE_OF_THE_LAYER, layer_share
from femwgm.solver.converged import Goals
from femwgm.solver.distinct import distinct
from femwgm.solver.solve import solve_mode

_STRENGTH = 1.5
_MOST_LOBES = 10**6
_FIRST, _MOST = 12, 200
"""Eigenpairs to look through around the middle of the window, at first and at most."""


def mesh_problem(
    mesh: CurvedMesh | str | Path, media: Mapping[str, Material | complex], ambient: str | None = None, *,
    walls: Sequence[str] = ("wall",), layer: tuple[float, float, float] | None = None,
) -> MeridianProblem:  # fmt: skip
    """The eigenproblem on a mesh in the half plane (r, z), lengths in um.

    Parameters
    ----------
    mesh
        A mesh or the file of one (`femwgm.mesh.load.read_mesh`). A region named "pml" is an absorbing layer, the
        boundary "mirror" a mirror plane z = 0, "axis" the axis and "outer" the end of the domain. Unnamed sides at r = 0 belong to
        the axis, all other unnamed sides to "outer".
    media
        Material or refractive index of each region.
    ambient
        Region outside the body, which the absorbing layer continues; by default the last of `media`.
    walls
        Perfectly conducting boundaries. At "outer" boundaries the field must have decayed; the effect of ending the domain there is
        part of every error.
    layer
        Where the absorbing layer begins: radius, height below and height above (um), infinite where there is none.

    Raises
    ------
    MeshError
        If the mesh cannot be used, or its regions are not those of `media`; MaterialError for an index that is none.
    """
    mesh = _bounded(mesh if isinstance(mesh, CurvedMesh) else read_mesh(Path(mesh)), walls)
    regions = [name for name in mesh.regions if name != PML]
    if missing := [name for name in regions if name not in media]:
        raise MeshError(f"the region {missing[0]!r} of the mesh has no medium")
    if unknown := [name for name in media if name not in regions]:
        raise MeshError(f"the mesh has no region {unknown[0]!r}; it has {', '.join(regions)}")
    if ambient is not None and ambient not in regions:
        raise MeshError(f"the ambient {ambient!r} is no region of the mesh; those are {', '.join(regions)}")
    if PML in mesh.regions and layer is not None:
        mesh = stretch_box(mesh, layer, _STRENGTH, PML)
    return MeridianProblem(
        mesh,
        {name: n if isinstance(n, Material) else _constant(name, n) for name, n in media.items()},
        ambient or list(media)[-1],
    )  # fmt: skip


def _constant(name: str, n: complex) -> Material:
    try:
        index = complex(n)
    except (TypeError, ValueError):
        index = complex(np.nan)
    if not np.isfinite(index) or index == 0.0:
        raise MaterialError(
            f"material {name!r}: the refractive index {n!r:.40} is no finite number other than zero"
        )
    return Material(name, Constant(index**2))


def mesh_modes(
    problem: MeridianProblem,
    m: int,
    window_nm: tuple[float, float],
    *,
    degree: int = 5,
    accuracy: float = 1e-8,
) -> ModeSet:
    """Modes of an azimuthal order with vacuum wavelengths in a window, each with its errors: what a run gives, on this mesh.

    Parameters
    ----------
    problem
        What `mesh_problem` gives.
    m
        Azimuthal order.
    window_nm
        Shortest and longest vacuum wavelength (nm).
    degree
        Degree of the elements to begin with; it rises until the error meets `accuracy`.
    accuracy
        Relative error of the wavelength; `met` says whether it was reached.

    Raises
    ------
    ConfigError
        If the order is no whole number from 0, or the window is none.
    SolveError
        If an eigenproblem does not converge.
    """
    if m not in range(_MOST_LOBES):
        raise ConfigError(
            "must be a whole number from 0", key="m", remedy="a mode of -m is the mirror image of that of m"
        )
    if not (all(np.isfinite(w) and w > 0.0 for w in window_nm) and len(set(window_nm)) == 2):
        raise ConfigError(
            "must be two different wavelengths", key="window_nm", value=str(window_nm)[:60], remedy="in nm"
        )
    m = int(m)
    high, low = (2e3 * np.pi / w for w in sorted(window_nm))
    mirrored = "mirror" in problem.mesh.boundaries
    found: list[Mode] = []
    with one_thread():
        for mirror in ("conductor", "natural") if mirrored else (None,):
            for item in _candidates(problem, m, (low, high), degree, mirror):
                mode = solve_mode(
                    problem,
                    item,
                    degree,
                    Goals(accuracy),
                    mirrored=mirrored,
                    radius=_radius(problem),
                    interfaces={},
                    others=[mode.field_data for mode in found if mode.field_data is not None],
                )
                found.append(replace(mode, other=None))
        found, _ = distinct(problem, found)
    return ModeSet(sorted(found, key=lambda mode: mode.wavelength_nm), problem.regions)


def _candidates(
    problem: MeridianProblem, m: int, window: tuple[float, float], degree: int, mirror: str | None
) -> Iterator[Expected]:
    """Eigenpairs of one condition at the mirror plane with wavenumbers (rad/um) in a window, by their labels."""
    low, high = window
    middle = float(np.sqrt(0.5 * (low**2 + high**2)))
    pencil = problem.pencil(degree, m, mirror, complex(middle))
    count, sure = _FIRST, 0.0
    while sure < 0.5 * (high**2 - low**2) and count < min(_MOST, pencil.size // 4):
        pairs, sure = around(pencil, complex(middle**2 * (1.0 + 1e-9)), count)
        count *= 2
    smallest, largest, latitude = problem.extent
    for value, x in zip(pairs.values, pairs.vectors.T, strict=True):
        k0 = complex(np.sqrt(complex(value)))
        field = problem.field(pencil, x, m, k0, mirror)
        layer = layer_share(field, problem.matrices(degree)) if problem.open else 0.0
        if low <= k0.real <= high and layer < STATE_OF_THE_LAYER:
            label = identify(field, problem.media(k0).eps, (smallest, largest), _radius(problem), latitude)
            yield Expected(label.pol, label.q, m + label.p, m, k0, float(m + label.p), radiating=problem.open)


def _radius(problem: MeridianProblem) -> float:
    """Largest radius (um) of what is not ambient; of everything where there is nothing else."""
    mesh = problem.mesh
    solid = [i for i, name in enumerate(mesh.regions) if name not in (problem.ambient, PML)]
    cells = np.isin(mesh.region, solid) if solid else np.ones(mesh.cells, dtype=bool)
    return float(mesh.nodes[cells].real[..., 0].max())


def _bounded(mesh: CurvedMesh, walls: Sequence[str]) -> CurvedMesh:
    """The mesh with a name for every side at its end, conductors under one name."""
    named = np.concatenate([np.zeros(0, dtype=np.int64), *mesh.boundaries.values()])
    ends = np.setdiff1d(mesh.topology.boundary_facets(), named)
    r = mesh.topology.p[0][mesh.topology.facets[:, ends]]
    on_axis = r.max(axis=0) < 1e-9 * float(mesh.topology.p.max())
    boundaries = dict(mesh.boundaries)
    for name, facets in (("axis", ends[on_axis]), ("outer", ends[~on_axis])):
        boundaries[name] = np.concatenate([boundaries.get(name, facets[:0]), facets])
    if unknown := [name for name in walls if name not in boundaries and name != "wall"]:
        raise MeshError(f"the mesh has no boundary {unknown[0]!r}; it has {', '.join(boundaries)}")
    conducting = [boundaries.pop(name) for name in dict.fromkeys(walls) if name in boundaries]
    if conducting:
        boundaries["wall"] = np.concatenate(conducting)
    return replace(mesh, boundaries=boundaries)
