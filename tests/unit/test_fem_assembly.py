"""Batched assembly against slower and more literal computations of the same integrals."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from skfem import Basis, BilinearForm
from skfem.helpers import dot, grad, mul
from support.meshes import blocks_mesh, rectangle, wavy

from femwgm.fem import forms
from femwgm.fem.assemble import CellMatrices, assemble, default_points, gauss_points
from femwgm.fem.mapping import CurvedMapping
from femwgm.fem.spaces import Space, discrete_gradient
from femwgm.ground.typing import Array
from femwgm.mesh.curved import CurvedMesh

SHIFT = 7.3
both_cells = pytest.mark.parametrize("corners", [3, 4])


def curved(corners: int, *, order: int = 3, seed: int = 1) -> CurvedMesh:
    """Bent cells numbered at random, away from the axis."""
    return blocks_mesh([wavy((0.6, 2.0), (-0.4, 0.5), 0.1)], corners, order, (2, 1), shuffle=seed)


def assembled(space: Space, cells: Array) -> sp.csr_matrix:
    n = space.dofs.shape[1]
    rows, cols = np.repeat(space.dofs, n, axis=1), np.tile(space.dofs, (1, n))
    return sp.csr_matrix((cells.ravel(), (rows.ravel(), cols.ravel())), shape=(space.size, space.size))


def plain(space: Space, form: BilinearForm, mesh: CurvedMesh | None = None, **data: object) -> sp.csr_matrix:
    """The form assembled by scikit-fem alone with the same quadrature, in the numbering of `space`."""
    X, W = gauss_points(space.mesh.corners, default_points(space.degree))
    mapping = CurvedMapping(mesh or space.mesh)
    basis = Basis(space.mesh.topology, space.curl * space.scalar, mapping=mapping, quadrature=(X, W))
    order = np.concatenate(basis.split_indices())
    return form.assemble(basis, **data).tocsr()[order][:, order]


def difference(a: sp.csr_matrix, b: sp.csr_matrix) -> float:
    return float(abs(a - b).max() / abs(b).max())


@BilinearForm
def plain_pencil(*arguments: object) -> Array:
    return forms.stiffness.form(*arguments) - SHIFT * forms.mass.form(*arguments)


@both_cells
@pytest.mark.parametrize(("degree", "m"), [(1, 0), (2, 170), (3, 1), (4, 3), (5, -2), (6, 3)])
def test_batched_assembly_equals_plain_scikit_fem(corners: int, degree: int, m: int) -> None:
    space = Space(curved(corners), degree)
    matrices = assemble(space)
    eps = np.linspace(1.0, 3.0, space.mesh.cells)
    batched = matrices.stiffness(m) - SHIFT * matrices.mass(eps)
    assert difference(assembled(space, batched), plain(space, plain_pencil, m=m, eps=eps[:, None])) < 1e-13


@BilinearForm
def uniaxial_mass(u: object, v: object, w: object, q: object, data: object) -> Array:
    r, a = data.x[0], data.direction
    displacement = data.eps * u + (data.eps_axial - data.eps) * a * dot(a, u)
    return r * dot(displacement, w) + data.eps * v * q / r


@both_cells
@pytest.mark.parametrize("degree", [1, 2])
@pytest.mark.parametrize("axis", ["z", "radial"])
def test_uniaxial_mass_equals_plain_scikit_fem(corners: int, degree: int, axis: str) -> None:
    space = Space(curved(corners), degree)
    eps = np.linspace(1.0, 3.0, space.mesh.cells)
    along = eps[::-1] + 0.5
    matrices = assemble(space, axis=axis)
    r, z = CurvedMapping(space.mesh).F(gauss_points(corners, default_points(degree))[0])
    direction = np.stack([r, z]) / np.hypot(r, z) if axis == "radial" else np.stack([0.0 * r, 1.0 + 0.0 * z])
    reference = plain(space, uniaxial_mass, eps=eps[:, None], eps_axial=along[:, None], direction=direction)
    assert difference(assembled(space, matrices.mass(eps, along)), reference) < 1e-13
    assert (
        difference(assembled(space, matrices.mass(eps, eps)), plain(space, forms.mass, eps=eps[:, None]))
        < 1e-13
    )


STRETCH = np.array([[0.31, 0.12, -0.05, 0.08], [0.22, -0.07, 0.11, 0.04]])


def stretched(r: Array, z: Array) -> tuple[Array, Array]:
    """Positions moved into the complex plane by a quadratic map, the same power in every direction."""
    (a, b, c, d), (e, f, g, h) = STRETCH
    return r + 1j * (a * r + b * r * r + c * z + d * r * z), z + 1j * (e * z + f * z * z + g * r + h * r * z)


def stretching(r: Array, z: Array) -> tuple[Array, Array]:
    """Complex radius and Jacobian (2, 2, ...) of the map above, by hand."""
    (a, b, c, d), (e, f, g, h) = STRETCH
    J = np.array(
        [
            [1 + 1j * (a + 2 * b * r + d * z), 1j * (c + d * r)],
            [1j * (g + h * z), 1 + 1j * (e + 2 * f * z + h * r)],
        ]
    )
    return stretched(r, z)[0], J


def pml_tensors(r: Array, z: Array) -> tuple[Array, Array]:
    """In-plane part and azimuthal part of Lambda = det F F^-1 F^-T with the three-dimensional F = diag(J, r~ / r)."""
    radius, J = stretching(r, z)
    F = np.zeros((*r.shape, 3, 3), dtype=complex)
    F[..., :2, :2] = np.moveaxis(J, (0, 1), (-2, -1))
    F[..., 2, 2] = radius / r
    inverse = np.linalg.inv(F)
    tensor = np.linalg.det(F)[..., None, None] * inverse @ np.swapaxes(inverse, -1, -2)
    return np.moveaxis(tensor[..., :2, :2], (-2, -1), (0, 1)), tensor[..., 2, 2]


@BilinearForm(dtype=np.complex128)
def layer_pencil(u: object, v: object, w: object, q: object, data: object) -> Array:
    """Real coordinates with the tensors of a perfectly matched layer: the inverse of mu acts on g turned by a quarter turn."""
    r, m, plane, azimuthal = data.x[0], data.m, data.plane, data.azimuthal
    determinant = plane[0, 0] * plane[1, 1] - plane[0, 1] * plane[1, 0]
    g, h = m * u - grad(v), m * w - grad(q)
    stiffness = r * u.curl * w.curl / azimuthal + dot(mul(plane, g), h) / determinant / r
    return stiffness - SHIFT * data.eps * (r * dot(mul(plane, u), w) + azimuthal * v * q / r)


@both_cells
@pytest.mark.parametrize("degree", [1, 2, 3])
def test_complex_positions_are_a_perfectly_matched_layer(corners: int, degree: int) -> None:
    """Straight cells with quadratically stretched nodes against tensor media on the unstretched mesh."""
    real = blocks_mesh([rectangle((0.6, 2.0), (-0.4, 0.5))], corners, 2, 2, shuffle=2)
    mesh = real.with_nodes(np.stack(stretched(*np.moveaxis(real.nodes, -1, 0)), axis=-1))
    space = Space(mesh, degree)
    matrices = assemble(space)
    eps = np.linspace(1.0, 3.0, mesh.cells) + 0.1j
    batched = assembled(space, matrices.stiffness(3) - SHIFT * matrices.mass(eps))
    plane, azimuthal = pml_tensors(*CurvedMapping(real).F(gauss_points(corners, default_points(degree))[0]))
    layer = {"plane": plane, "azimuthal": azimuthal}
    assert difference(batched, plain(space, layer_pencil, real, m=3, eps=eps[:, None], **layer)) < 1e-12
    assert abs(batched - batched.T).max() < 1e-13 * abs(batched).max()


@both_cells
@pytest.mark.parametrize("degree", [1, 3, 6])
@pytest.mark.parametrize("m", [0, 1, 7])
def test_gradients_are_in_the_kernel(corners: int, degree: int, m: int) -> None:
    """K(m) (grad psi, m psi) = 0 for every psi of the H1 space, real or stretched, with the axis inside the domain too."""
    for shift, stretch in ((0.0, 0.0), (0.6, 0.0), (0.6, 0.2)):
        real = blocks_mesh([wavy((shift, 2.0), (-0.4, 0.5), 0.1)], corners, 3, 2, shuffle=3)
        space = Space(real.with_nodes(real.nodes * (1.0 + 1j * stretch)) if stretch else real, degree)
        K = assemble(space).stiffness(m)
        psi = np.random.default_rng(0).standard_normal(space.size)[space.dofs] * space.signs
        gradient = np.zeros_like(psi)
        gradient[:, space.from_curl] = psi[:, space.from_scalar] @ discrete_gradient(corners, degree).T
        gradient[:, space.from_scalar] = m * psi[:, space.from_scalar]
        gradient *= space.signs
        product = np.einsum("eij,ej->ei", K, gradient)
        scale = np.einsum("eij,ej->ei", np.abs(K), np.abs(gradient))
        assert np.abs(product).max() < 1e-13 * scale.max()


@both_cells
@pytest.mark.parametrize("degree", [3, 5])
def test_mass_of_known_fields_gives_volumes(corners: int, degree: int) -> None:
    """The masses of the unit field E_t = grad z, and of v = r, are the volume over 2 pi, with the axis inside the domain."""
    mesh = blocks_mesh([wavy((0.0, 2.0), (0.0, 1.0), 0.1)], corners, 3, 2, shuffle=5)
    space = Space(mesh, degree)
    matrices = assemble(space, axis="z")
    X, _ = gauss_points(corners, 8)
    r, z = CurvedMapping(mesh).F(X)
    in_basis = np.linalg.pinv(space.scalar.tabulate(X)[0])
    unit = z @ in_basis @ discrete_gradient(corners, degree).T * space.signs[:, space.from_curl]
    linear = r @ in_basis * space.signs[:, space.from_scalar]
    for x, matrix in ((unit, matrices.T), (unit, matrices.axial), (linear, matrices.S)):
        assert np.einsum("ei,eij,ej->", x, matrix, x) == pytest.approx(0.5 * 2.0**2, rel=1e-12)


@both_cells
def test_orders_m_need_no_new_assembly(corners: int) -> None:
    """K(m) = K0 + m K1 + m^2 K2: three values of m give every other; K(-m) differs from K(m) by the sign of v alone."""
    space = Space(curved(corners), 3)
    matrices: CellMatrices = assemble(space)
    K = {m: matrices.stiffness(m) for m in (-2, -1, 0, 1, 2, 5)}
    K1, K2 = 0.5 * (K[1] - K[-1]), 0.5 * (K[1] + K[-1]) - K[0]
    assert np.allclose(K[5], K[0] + 5 * K1 + 25 * K2, rtol=0, atol=1e-11 * np.abs(K[5]).max())
    x, y = np.random.default_rng(1).standard_normal((2, *K[0].shape[:2]))
    slope = np.einsum("ei,eij,ej->e", x, K1 + 10 * K2, y)
    assert matrices.slope_form(5, x, y) == pytest.approx(
        slope, rel=0.0, abs=1e-11 * np.abs(K[5]).max() * x.size
    )
    flip = np.ones(K[0].shape[1])
    flip[space.from_scalar] = -1.0
    assert np.allclose(K[-2], flip[:, None] * K[2] * flip, rtol=0, atol=1e-14 * np.abs(K[2]).max())


@both_cells
@pytest.mark.parametrize("degree", [1, 4])
def test_default_quadrature_is_enough(corners: int, degree: int) -> None:
    """On cells half as large as their distance from the axis the default rule agrees with a much finer one."""
    space = Space(blocks_mesh([wavy((1.0, 2.0), (-0.4, 0.5), 0.1)], corners, 3, 2, shuffle=1), degree)
    usual, fine = assemble(space), assemble(space, points=default_points(degree) + 6)
    for name in ("C", "G", "T", "S"):
        a, b = getattr(usual, name), getattr(fine, name)
        assert np.abs(a - b).max() < 1e-4 * np.abs(b).max()


@both_cells
def test_real_nodes_stay_real_and_complex_ones_complex(corners: int) -> None:
    mesh = curved(corners)
    real, complex_ = assemble(Space(mesh, 2)), assemble(Space(mesh.with_nodes(mesh.nodes * (1 + 0.1j)), 2))
    assert real.stiffness(1).dtype == real.mass(np.ones(mesh.cells)).dtype == np.float64
    assert real.mass(np.ones(mesh.cells) + 0.1j).dtype == np.complex128
    assert complex_.stiffness(1).dtype == complex_.mass(np.ones(mesh.cells)).dtype == np.complex128
