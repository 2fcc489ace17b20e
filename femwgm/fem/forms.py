"""The weak form, once, in the words of its equation (scikit-fem forms).

With E = (E_r, E_phi, E_z)(r, z) exp(i m phi), u = E_t = (E_r, E_z), v = -i r E_phi and g = m u - grad v, the curl-curl equation
becomes: find (u, v) and k0^2 such that for all (w, q), h = m w - grad q,

    integral  r curl u curl w / mu  +  g . h / (r mu)   =   k0^2  integral  r eps u . w  +  eps v q / r

(Oxborrow, IEEE Trans. Microwave Theory Tech. 55, 1209 (2007), gives the equations; Lee, Wilkins and Mittra, ibid. 41, 1886
(1993), the choice of the azimuthal unknown). Perfectly matched layers are complex positions (`femwgm.fem.pml`): r and the
Jacobian are complex there and the form does not change.

These forms are the definition. `femwgm.fem.assemble` computes the same integrals in batches and is tested against them.
"""

from __future__ import annotations

from typing import Any

from skfem import BilinearForm
from skfem.helpers import dot, grad


@BilinearForm  # type: ignore[untyped-decorator]
def stiffness(u: Any, v: Any, w: Any, q: Any, data: Any) -> Any:
    """Left-hand side with mu = 1; `data.m` is the azimuthal order."""
    r, m = data.x[0], data.m
    g, h = m * u - grad(v), m * w - grad(q)
    return r * u.curl * w.curl + dot(g, h) / r


@BilinearForm  # type: ignore[untyped-decorator]
def mass(u: Any, v: Any, w: Any, q: Any, data: Any) -> Any:
    """Right-hand side with an isotropic permittivity `data.eps` (one value per cell)."""
    r, eps = data.x[0], data.eps
    return eps * (r * dot(u, w) + v * q / r)
