"""scikit-fem as shipped, on the reference sphere: second-order triangles, Nedelec degree 2 or 3, its own assembly."""

from __future__ import annotations

import numpy as np


def solve(radii, indices, m, k_near, rings, segments, inner, outer, latitude, degree=3):
    """TE wavenumber (rad/um) nearest to the shift, and the number of unknowns."""
    import scipy.sparse.linalg as spla
    from skfem import (
        Basis,
        BilinearForm,
        ElementTriN2,
        ElementTriN3,
        ElementTriP2,
        ElementTriP3,
        MeshTri,
        MeshTri2,
    )
    from skfem.helpers import dot, grad

    a, b = radii
    core, shell, air = rings
    rho = np.concatenate(
        [
            np.linspace(a - inner, a, core + 1),
            np.linspace(a, b, shell + 1)[1:],
            np.linspace(b, b + outer, air + 1)[1:],
        ]
    )
    flat = MeshTri.init_tensor(rho, np.linspace(0.0, latitude, segments + 1))
    second = MeshTri2.from_mesh(flat)
    x = second.doflocs
    mesh = MeshTri2(np.stack([x[0] * np.cos(x[1]), x[0] * np.sin(x[1])]), second.t, sort_t=True)
    middle = flat.p[0][flat.t].mean(axis=0)
    eps = np.where(middle < a, indices[0] ** 2, np.where(middle < b, indices[1] ** 2, indices[2] ** 2))
    curl_element, scalar_element = (
        (ElementTriN3(), ElementTriP3()) if degree == 3 else (ElementTriN2(), ElementTriP2())
    )
    basis = Basis(mesh, curl_element * scalar_element, intorder=2 * degree + 4)

    @BilinearForm
    def stiffness(u, v, w, q, data):
        r = data.x[0]
        g, h = m * u - grad(v), m * w - grad(q)
        return r * u.curl * w.curl + dot(g, h) / r

    @BilinearForm
    def mass(u, v, w, q, data):
        r = data.x[0]
        return data.eps * (r * dot(u, w) + v * q / r)

    K = stiffness.assemble(basis)
    M = mass.assemble(basis, eps=np.repeat(eps[:, None], basis.X.shape[-1], axis=1))
    free = basis.complement_dofs(basis.get_dofs())
    K, M = K[free][:, free].tocsc(), M[free][:, free].tocsc()
    shift = (k_near * (1 + 1e-3)) ** 2
    lu = spla.splu(
        K - shift * M, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.1, options={"SymmetricMode": True}
    )
    inverse = spla.LinearOperator(K.shape, matvec=lu.solve, dtype=float)
    values = spla.eigsh(K, k=2, M=M, sigma=shift, OPinv=inverse, ncv=10, return_eigenvectors=False)
    k = np.sqrt(values)
    return float(k[np.argmin(np.abs(k - k_near))]), len(free)
