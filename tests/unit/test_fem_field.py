"""Evaluated fields against the closed form of a cylindrical cavity: E and H, on the axis and beyond the mirror too."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import jn_zeros, jnp_zeros, jv, jvp
from support.cavities import pencil
from support.meshes import blocks_mesh, wavy

from femwgm.eigen.iterations import nearest
from femwgm.fem.field import CellField, locate
from femwgm.ground.typing import Array

RADIUS, LENGTH, EPS = 1.0, 0.8, 2.25
Field = Callable[[Array, Array], tuple[Array, Array]]
both_cells = pytest.mark.parametrize("corners", [3, 4])


class CylinderField:
    """E and H (3, ...) of TE_n1p or TM_n1p between conducting ends z = 0 and LENGTH, or with a magnetic wall at z = 0.

    From E_z = J_n cos(kz z) (TM) or H_z = J_n sin(kz z) (TE) by Maxwell's equations with exp(i n phi - i omega t)
    (Pozar, Microwave Engineering, section 6.4), H times the impedance of vacuum.
    """

    def __init__(self, kind: str, n: int, p: int, mirror: str) -> None:
        half_waves = p if mirror == "conductor" else p - 0.5
        self.kind, self.n = kind, n
        self.phase = 0.0 if mirror == "conductor" else -0.5 * np.pi
        self.kz = half_waves * np.pi / LENGTH
        self.kr = (jn_zeros if kind == "TM" else jnp_zeros)(abs(n), 1)[0] / RADIUS
        self.k2 = self.kr**2 + self.kz**2
        self.k0 = np.sqrt(self.k2 / EPS)

    def __call__(self, r: Array, z: Array) -> tuple[Array, Array]:
        r = np.maximum(r, 1e-7)  # the limit on the axis
        n, kr, kz, k0 = self.n, self.kr, self.kz, self.k0
        J, slope, over_r = jv(abs(n), kr * r), jvp(abs(n), kr * r), jv(abs(n), kr * r) / r
        c, s = np.cos(kz * z + self.phase), np.sin(kz * z + self.phase)
        if self.kind == "TM":
            E = [-kz / kr * slope * s, -1j * n * kz / kr**2 * over_r * s, J * c]
            H = [n * self.k2 / (k0 * kr**2) * over_r * c, 1j * self.k2 / (k0 * kr) * slope * c, 0.0 * J]
        else:
            E = [1j * n * over_r * s, -kr * slope * s, 0.0 * J]
            H = [-1j * kz / k0 * kr * slope * c, n * kz / k0 * over_r * c, -1j / k0 * kr**2 * J * s]
        return np.array(E, dtype=complex), np.array(H, dtype=complex)


def solved(exact: CylinderField, corners: int, mirror: str, degree: int = 7) -> CellField:
    mesh = blocks_mesh([wavy((0.0, RADIUS), (0.0, LENGTH), 0.05)], corners, 3, 2, shuffle=8, mirror=True)
    conductors = ("outer", "mirror") if mirror == "conductor" else ("outer",)
    problem = pencil(mesh, degree, exact.n, EPS, conductors=conductors)
    pairs = nearest(problem, 1.0003 * exact.k0**2, 1)
    k0 = np.sqrt(pairs.values[0] + 0j)
    assert k0 == pytest.approx(exact.k0, rel=10.0 ** (1 - degree))
    return CellField(
        problem.numbering.space, problem.numbering.to_space(pairs.vectors[:, 0]), exact.n, k0, mirror
    )


def agree(
    field: Field, exact: Field, r: Array, z: Array, tolerance: float, scale: Field | None = None
) -> None:
    """The same field up to one complex factor for E and H together, which `scale` tells at points off the axis."""
    inside = np.random.default_rng(9).uniform(0.05, 0.95, (2, 60)) * np.array([[RADIUS], [LENGTH]])
    ours, theirs = (np.concatenate(f(*inside)) for f in (scale or field, exact))
    factor = np.vdot(theirs, ours) / np.vdot(theirs, theirs)
    error = np.concatenate(field(r, z)) - factor * np.concatenate(exact(r, z))
    assert np.abs(error).max() < tolerance * np.abs(ours).max()


@both_cells
@pytest.mark.parametrize("kind", ["TM", "TE"])
@pytest.mark.parametrize("n", [0, 1, 2, -1])
def test_fields_of_a_cylinder(corners: int, kind: str, n: int) -> None:
    exact = CylinderField(kind, n, 1, "conductor")
    field = solved(exact, corners, "conductor")
    r, z = np.random.default_rng(0).random((2, 200)) * np.array([[RADIUS], [LENGTH]])
    agree(field, exact, r, z, 3e-4)


@both_cells
@pytest.mark.parametrize("mirror", ["conductor", "natural"])
@pytest.mark.parametrize("kind", ["TM", "TE"])
def test_fields_below_the_mirror(corners: int, mirror: str, kind: str) -> None:
    """A mirror plane halves the domain; the other half continues with the parities of its condition."""
    exact = CylinderField(kind, 1, 1, mirror)
    field = solved(exact, corners, mirror)
    r, z = np.random.default_rng(1).random((2, 200)) * np.array([[RADIUS], [2.0 * LENGTH]]) - np.array(
        [[0.0], [LENGTH]]
    )
    agree(field, exact, r, z, 3e-4)


@both_cells
@pytest.mark.parametrize("kind", ["TM", "TE"])
@pytest.mark.parametrize("n", [0, 1, 2])
@pytest.mark.parametrize("radius", [0.0, 1e-3])
def test_fields_on_the_axis(corners: int, kind: str, n: int, radius: float) -> None:
    """E_phi = i v / r and H hold zero over zero at r = 0: the limits come out, finite and right, in both ways of evaluation."""
    exact = CylinderField(kind, n, 1, "conductor")
    field = solved(exact, corners, "conductor")
    z = np.linspace(0.03, 0.97, 17) * LENGTH
    r = np.full_like(z, radius)
    agree(field, exact, r, z, 2e-3)
    E, H, x = field.at_reference(np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]))
    corner = np.flatnonzero(x[0] == 0.0)
    assert len(corner)
    ours = np.concatenate([E, H]).reshape(6, -1)[:, corner]
    agree(lambda *_: np.split(ours, 2), exact, x[0].ravel()[corner], x[1].ravel()[corner], 3e-3, field)


@both_cells
def test_outside_the_domain_the_field_is_zero(corners: int) -> None:
    field = solved(CylinderField("TM", 1, 1, "conductor"), corners, "conductor", degree=4)
    E, H = field(np.array([[1.2, 0.5]]), np.array([[0.3, 5.0]]))
    assert E.shape == H.shape == (3, 1, 2)
    assert not E.any()
    assert not H.any()


@both_cells
def test_both_ways_of_evaluation_agree(corners: int) -> None:
    """At reference points of each cell and at positions: the same fields."""
    field = solved(CylinderField("TE", 2, 1, "conductor"), corners, "conductor", degree=5)
    X = np.array([[0.2, 0.4, 0.1], [0.3, 0.25, 0.6]])
    E, H, x = field.at_reference(X)
    by_position = field(*x)
    assert np.allclose(E, by_position[0], atol=1e-11 * np.abs(E).max())
    assert np.allclose(H, by_position[1], atol=1e-11 * np.abs(H).max())
    few = np.array([3, 1])
    again = field.at_reference(np.repeat(X[:, None], 2, axis=1), few)
    assert np.allclose(again[0], E[:, few], atol=1e-12 * np.abs(E).max())
    assert np.allclose(field.electric(X, few)[0], E[:, few], atol=1e-12 * np.abs(E).max())
    cell, local = locate(field.space.mesh, x[0].ravel(), x[1].ravel())
    assert np.array_equal(cell, np.repeat(np.arange(len(x[0])), X.shape[1]))
    assert np.allclose(local, np.tile(X, len(x[0])), atol=1e-11)
    assert np.allclose(field.scaled(2.0j)(*x)[0], 2.0j * E, atol=1e-11 * np.abs(E).max())
