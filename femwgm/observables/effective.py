"""Mode volumes beyond the common one: at a point, for the Kerr effect, and that of a quasinormal mode."""

from __future__ import annotations

import numpy as np

from femwgm.fem.assemble import CellMatrices, gauss_points
from femwgm.fem.field import CellField
from femwgm.fem.problem import Media
from femwgm.mesh.domain import PML
from femwgm.observables.peak import Crest
from femwgm.observables.sensitivity import bilinear_norm


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
