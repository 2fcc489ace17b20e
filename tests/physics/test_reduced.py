"""Reduced bases give what the full solves give, and know when they do not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from femwgm.analytic import LayeredSphere
from femwgm.config import load_config
from femwgm.eigen.iterations import closest
from femwgm.eigen.reduced import Permittivities, ReducedBasis, ritz_pair
from femwgm.fem.assemble import assemble
from femwgm.fem.pencil import Pencil
from femwgm.fem.problem import MeridianProblem
from femwgm.fem.spaces import Space
from femwgm.finders import nested
from femwgm.ground.expected import Expected
from femwgm.materials import materials_from_config
from femwgm.mesh.polar import PolarPlan, build_polar
from femwgm.runs import loop as pipeline
from femwgm.solver.eigenmode import mirror_condition, solve_eigenmode
from femwgm.solver.families import Families
from femwgm.sweeps.moving import MovingSphere

RADII, INDICES = (4.6, 5.0), (1.457, 1.8, 1.0)


def sphere_config(window: tuple[float, float], orders: list[int], **changes: Any) -> dict[str, Any]:
    config: dict[str, Any] = {
        "schema": 1,
        "name": "reduced",
        "geometry": {
            "kind": "layered_sphere",
            "ambient": "air",
            "layers": [
                {"name": "core", "material": "silica", "radius": f"{RADII[0]} um"},
                {"name": "shell", "material": "npl", "radius": f"{RADII[1]} um"},
            ],
        },
        "materials": {"silica": {"n": INDICES[0]}, "npl": {"n": INDICES[1]}, "air": {"n": INDICES[2]}},
        "modes": {
            "window": [f"{w} nm" for w in window],
            "polarizations": ["TE", "TM"],
            "radial_orders": [1],
            "polar_orders": [0],
            "azimuthal_orders": orders,
        },
        "accuracy": {"wavelength": 1e-7, "q": 1e-2},
    }
    return config | changes


def run_both_ways(config: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any]:
    reduced = pipeline.run(config)
    monkeypatch.setattr(nested, "Families", lambda _: None)
    return reduced, pipeline.run(config)


def assert_same(reduced: Any, full: Any, shares: float) -> None:
    assert len(reduced.modes) == len(full.modes) > 4
    for a, b in zip(reduced.modes, full.modes, strict=True):
        assert (a.pol, a.q, a.l, a.m, a.met) == (b.pol, b.q, b.l, b.m, b.met)
        assert abs(a.k0.real / b.k0.real - 1.0) < 1e-12
        assert a.n_g == pytest.approx(b.n_g, rel=shares)
        assert a.mode_volume_um3 == pytest.approx(b.mode_volume_um3, rel=100 * shares)
        for region in a.energy:
            assert a.energy[region] == pytest.approx(b.energy[region], abs=shares)
        assert a.residual < 1e-10


def test_a_family_does_not_depend_on_the_basis(monkeypatch: pytest.MonkeyPatch) -> None:
    reduced, full = run_both_ways(sphere_config((590.0, 660.0), list(range(74, 83))), monkeypatch)
    assert_same(reduced, full, 1e-9)
    assert max(m.residual for m in full.modes) < 1e-2 * max(m.residual for m in reduced.modes), (
        "no basis was used"
    )


@pytest.mark.slow
def test_a_family_of_dispersive_modes_settles_on_the_same_wavenumbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    materials = {"silica": {"preset": "fused_silica"}, "npl": {"n": 1.8}, "air": {"n": 1.0}}
    config = sphere_config((600.0, 650.0), list(range(74, 83)), materials=materials)
    assert_same(*run_both_ways(config, monkeypatch), 1e-9)


@pytest.mark.slow
def test_a_leaky_family_does_not_depend_on_the_basis(monkeypatch: pytest.MonkeyPatch) -> None:
    geometry = {
        "kind": "layered_sphere",
        "ambient": "air",
        "layers": [{"name": "ball", "material": "glass", "radius": "2 um"}],
    }
    config = sphere_config(
        (780.0, 1300.0),
        list(range(10, 19)),
        geometry=geometry,
        materials={"glass": {"n": 1.45}, "air": {"n": 1.0}},
    )
    config["accuracy"] = {"wavelength": 1e-6, "q": 1e-4}
    reduced, full = run_both_ways(config, monkeypatch)
    for a, b in zip(reduced.modes, full.modes, strict=True):
        assert (a.pol, a.m) == (b.pol, b.m)
        assert abs(a.k0.real / b.k0.real - 1.0) < 1e-11
        assert a.q_rad == pytest.approx(b.q_rad, rel=1e-8)


@pytest.fixture(scope="module")
def small() -> SimpleNamespace:
    """A sphere problem of degree 6 with its exact family."""
    config = load_config(sphere_config((500.0, 700.0), [80]))
    materials = materials_from_config(config)
    media = {region: materials[name] for region, name in config.geometry.region_materials.items()}
    plan = PolarPlan((3.7, 4.2, 4.6, 5.0, 5.7), ("core", "core", "shell", "air"), (0.0, 0.25, 0.55), 7)
    problem = MeridianProblem(build_polar(plan), media, "air")
    exact = LayeredSphere(RADII, INDICES)
    k0 = {m: exact.mode("TE", m).k0.real for m in range(74, 84)}
    return SimpleNamespace(problem=problem, k0=k0, media=media, plan=plan, exact=exact)


def expected(small: SimpleNamespace, m: int, q: int = 1) -> Expected:
    return Expected("TE", q, m, m, complex(small.k0[m]))


def snapshots(small: SimpleNamespace, orders: list[int]) -> ReducedBasis:
    problem = small.problem
    basis = ReducedBasis(problem.matrices(6), problem.numbering(6, 80, "conductor"), problem.mesh.region)
    for m in orders:
        assert basis.add(solve_eigenmode(problem, expected(small, m), 6, mirror_condition("TE", 0)).x)
    return basis


def eps(small: SimpleNamespace) -> Permittivities:
    values = small.problem.media(10.0 + 0j).eps
    first = [int(np.flatnonzero(small.problem.mesh.region == i)[0]) for i in range(3)]
    return Permittivities(values[first])


def test_the_certificate_is_the_residual_of_the_lifted_vector(small: SimpleNamespace) -> None:
    basis = snapshots(small, [74, 78, 83])
    for m in (75, 80, 82):
        (pair,) = basis.solve([(m, eps(small), small.k0[m] ** 2)])
        pencil = small.problem.pencil(6, m, "conductor", small.k0[m])
        x = basis.lift(pair.coordinates)
        Kx, Mx = pencil.apply_K(x[:, None])[:, 0], pencil.apply_M(x[:, None])[:, 0]
        full = np.linalg.norm(Kx - pair.value.real * Mx) / (pair.value.real * np.linalg.norm(Mx))
        assert pair.residual == pytest.approx(full, rel=1e-4)
        assert 1e-9 < full < 1e-2


def test_the_error_of_the_wavenumber_is_the_square_of_the_residual(small: SimpleNamespace) -> None:
    errors, residuals = [], []
    for orders in ([74, 83], [74, 78, 83], [74, 76, 80, 83]):
        basis = snapshots(small, orders)
        (pair,) = basis.solve([(81, eps(small), small.k0[81] ** 2)])
        full = solve_eigenmode(small.problem, expected(small, 81), 6, "conductor").k0.real
        errors.append(abs(np.sqrt(pair.value.real) / full - 1.0))
        residuals.append(pair.residual)
    slopes = np.diff(np.log(np.maximum(errors, 1e-15))) / np.diff(np.log(residuals))
    assert 1.5 < slopes[0] < 2.5
    assert residuals[0] > 10.0 * residuals[1] > 10.0 * residuals[2]


def test_a_mode_that_is_not_in_the_span_is_not_certified(small: SimpleNamespace) -> None:
    basis = snapshots(small, [74, 77, 80, 83])
    second = small.exact.mode("TE", 78, 2).k0.real
    (pair,) = basis.solve([(78, eps(small), second**2)])
    assert pair.residual > 1e-4


def test_families_leave_strangers_and_small_families_to_the_full_solve(small: SimpleNamespace) -> None:
    def never(*_: Any) -> Any:
        raise AssertionError("no snapshot is needed")

    few = Families([expected(small, m) for m in (74, 76, 78)])
    assert few.find(small.problem, expected(small, 76), 6, "conductor", "conductor", never) is None
    many = Families([expected(small, m) for m in range(74, 83)])
    assert many.find(small.problem, expected(small, 76, q=2), 6, "conductor", "conductor", never) is None


def test_a_vector_of_the_span_adds_nothing(small: SimpleNamespace) -> None:
    basis = snapshots(small, [74, 80])
    assert not basis.add(basis.vectors @ np.array([0.3, -2.0]))
    assert len(basis) == 2


# ---------------------------------------------------------------- shapes


def test_moving_nodes_is_meshing_anew(small: SimpleNamespace) -> None:
    body = MovingSphere(small.plan, RADII)
    assert np.allclose(body.mesh(RADII).nodes, body.template.nodes, atol=1e-14)
    moved = (4.55, 5.1)
    radii = (3.65, 4.15, 4.55, 5.1, 5.8)
    anew = build_polar(PolarPlan(radii, small.plan.rings, small.plan.latitudes, small.plan.order))
    mesh = body.mesh(moved)
    assert np.allclose(mesh.nodes, anew.nodes, atol=1e-12)
    assert np.allclose(
        mesh.topology.p[:, mesh.topology.t].T, mesh.nodes[:, :4].transpose(0, 1, 2), atol=1e-14
    )


def test_the_projection_on_a_moved_shape_is_certified_at_full_size(small: SimpleNamespace) -> None:
    body = MovingSphere(small.plan, RADII)
    problems = [MeridianProblem(body.mesh((4.6, r)), small.media, "air") for r in (4.98, 5.0, 5.03)]
    numbering = problems[0].numbering(6, 80, "conductor")

    def pencil(problem: MeridianProblem) -> Pencil:
        matrices = assemble(Space(problem.mesh, 6))
        return Pencil(numbering, matrices.stiffness(80), matrices.mass(problem.media(10.0).eps))

    k2 = [LayeredSphere((4.6, r), INDICES).mode("TE", 80).k0.real ** 2 for r in (4.98, 5.0, 5.03)]
    ends = [closest(pencil(problems[i]), k2[i] * (1 + 1e-7)).vectors[:, 0] for i in (0, 2)]
    basis = np.linalg.qr(np.stack(ends, axis=1))[0]
    middle = pencil(problems[1])
    value, x, residual = ritz_pair(middle.apply_K(basis), middle.apply_M(basis), basis, k2[1])
    checked = middle.check(np.array([value.real]), x[:, None])
    assert residual == pytest.approx(float(checked.residuals[0]), rel=1e-6)
    assert residual > 1e-6
    assert abs(np.sqrt(value.real / k2[1]) - 1.0) < 1e-5
