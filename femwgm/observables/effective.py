"""Mode volumes beyond the common one: at a point, for the Kerr effect, and that of a quasinormal mode."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from femwgm.fem.assemble import CellMatrices, gauss_points
from femwgm.fem.field import CellField
from femwgm.fem.mapping import CurvedMapping
from femwgm.fem.problem import Media
from femwgm.ground.typing import Array
from femwgm.mesh.domain import PML
from femwgm.observables.energy import RegionIntegrals
from femwgm.observables.sensitivity import bilinear_norm
from femwgm.observables.volume import between, lobatto

_ZOOM, _ROUNDS = 9, 8


@dataclass(frozen=True)
class Crest:
    """Where Re(eps) |E|^2 is largest: permittivity, field (r, phi, z) and position (um)."""

    eps: complex
    E: Array
    r: float
    z: float


def crest(field: CellField, eps: Array) -> Crest:
    """The place of largest Re(eps) |E|^2 outside the absorbing layer: sampled on every cell, then zoomed into in the best one."""
    mesh = field.space.mesh
    skipped = mesh.regions.index(PML) if PML in mesh.regions else -1
    cells = np.flatnonzero(mesh.region != skipped)
    samples = field.space.degree + 7
    X = _into_cell(np.array(np.meshgrid(*[lobatto(samples)] * 2, indexing="ij")).reshape(2, -1), mesh.corners)
    E, _ = field.electric(X, cells, keep=True)
    density = eps.real[cells][:, None] * (np.abs(E) ** 2).sum(axis=0)
    best, point = divmod(int(np.argmax(density)), density.shape[1])
    cell, centre, width = cells[[best]], X[:, point], 2.0 / (samples - 1)
    zoom = np.linspace(-1.0, 1.0, _ZOOM)
    for _ in range(_ROUNDS):
        window = centre[:, None] + width * zoom
        if mesh.corners == 4:
            window = np.clip(window, 0.0, 1.0)
            values = between(E[:, best].reshape(3, samples, samples), window)
        X = _into_cell(np.array(np.meshgrid(*window, indexing="ij")).reshape(2, -1), mesh.corners)
        if mesh.corners == 3:
            values = field.electric(X, cell)[0][:, 0]
        point = int(np.argmax((np.abs(values) ** 2).sum(axis=0)))
        centre, width = X[:, point], width * 2.0 / (_ZOOM - 1)
    r, z = CurvedMapping(mesh).F(centre[:, None], cell)[:, 0, 0].real
    return Crest(complex(eps[cell[0]]), values[:, point], float(r), float(z))


def _into_cell(X: Array, corners: int) -> Array:
    X = np.clip(X, 0.0, 1.0)
    return X if corners == 4 else np.stack([X[0], np.minimum(X[1], 1.0 - X[0])])


def volume_at(field: CellField, integrals: RegionIntegrals, eps: complex, r: float, z: float) -> float:
    """int Re(eps) |E|^2 dV over Re(eps) |E|^2 at a point (um^3) of permittivity eps; infinite where the field vanishes."""
    E, _ = field(np.array(r), np.array(z))
    density = eps.real * float((np.abs(E) ** 2).sum())
    return float(integrals.electric.sum()) / density if density > 0.0 else float("inf")


def kerr_volumes(field: CellField) -> dict[str, float]:
    """(int |E|^2 dV)^2 / int |E|^4 dV over each region (um^3), travelling wave; a standing wave has two thirds of it."""
    mesh = field.space.mesh
    X, weights = gauss_points(mesh.corners, field.space.degree + 2)
    names = [name for name in mesh.regions if name != PML]
    cells = np.flatnonzero(np.isin(mesh.region, [mesh.regions.index(name) for name in names]))
    E, x = field.electric(X, cells, keep=True)
    volume = (
        2.0 * np.pi * (2.0 if field.mirror else 1.0) * np.abs(x[0] * field.determinant(X, cells)) * weights
    )
    square = (np.abs(E) ** 2).sum(axis=0)
    found = {}
    for name in names:
        here = mesh.region[cells] == mesh.regions.index(name)
        second, fourth = (float((volume * square**n)[here].sum()) for n in (1, 2))
        if fourth > 0.0:
            found[name] = second**2 / fourth
    return found


def volumes(field: CellField, matrices: CellMatrices, media: Media, peak: Crest) -> dict[str, float]:
    """Columns of the mode volumes (um^3) that `mode_volume_um3` is not.

    Parameters
    ----------
    field
        The mode.
    matrices, media
        Cell matrices of its space, permittivities at its wavenumber.
    peak
        Where its energy density is largest.
    """
    local = field.coefficients * field.space.signs
    whole = 2.0 * np.pi * (2.0 if field.mirror else 1.0)
    norm = 2.0 * whole * bilinear_norm(local, matrices, field.k0, media)
    qnm = volume_qnm(norm, peak)
    kerr = {f"volume_kerr_{name}_um3": v for name, v in kerr_volumes(field).items()}
    return {**kerr, "volume_qnm_re_um3": qnm.real, "volume_qnm_im_um3": qnm.imag}


def volume_qnm(norm: complex, peak: Crest) -> complex:
    """Volume of a quasinormal mode, norm / (2 eps (E.e)^2) at the crest, e along the strongest of E_r and E_z (um^3).

    Parameters
    ----------
    norm
        int (eps E.E - mu H.H) dV without conjugation, the mode m paired with -m and the absorbing layer included (Sauvan et al.,
        Phys. Rev. Lett. 110, 237401 (2013)).
    peak
        Where to take it.
    """
    along = peak.E[0] if abs(peak.E[0]) > abs(peak.E[2]) else peak.E[2]
    return complex(norm / (2.0 * peak.eps * along**2))
