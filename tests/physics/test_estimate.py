"""What the end of the domain changes, told apart from the resolution: against solves that change only one of the two."""

from __future__ import annotations

import pytest
from support.spheres import around, config

from femwgm import analytic
from femwgm.config import load_config
from femwgm.eigen.iterations import Eigenmode
from femwgm.fem.problem import MeridianProblem
from femwgm.ground.expected import Expected
from femwgm.materials import materials_from_config
from femwgm.solver.eigenmode import solve_eigenmode
from femwgm.solver.error_estimate import change_by_end, wavenumber_error
from femwgm.solver.layout import discretize

pytestmark = pytest.mark.gmsh

CASES = [
    ([22.5, 29.7, 30.0], [1.42, 1.685, 1.917, 1.0], "TM", 1, 551, 550, 1e-5),
    ([8.843974, 9.971935], [1.77271, 1.851936, 1.33], "TM", 3, 132, 130, 3e-6),
    ([2.0], [1.45, 1.0], "TE", 1, 24, 24, 1e-6),
]
"""In the first two the resolution and the end of the domain all but cancel at the degree chosen; the third is open."""
NAMED = [
    pytest.param(case, id=name, marks=[pytest.mark.slow] if name != "thick" else [])
    for case, name in zip(CASES, ("thick", "q3", "open"), strict=True)
]


class Sphere:
    """A mode of a layered sphere on the domain laid out for it."""

    def __init__(
        self, radii: list[float], indices: list[float], pol: str, q: int, l: int, m: int, accuracy: float
    ) -> None:
        self.exact = analytic.layered_sphere(radii, indices).mode(pol, l, q)
        window = around(1e-3 * self.exact.wavelength_nm, 1e-6)
        settings = load_config(config(radii, indices, window, wavelength=accuracy))
        materials = materials_from_config(settings)
        media = {region: materials[name] for region, name in settings.geometry.region_materials.items()}
        self.m, self.mirror = m, "natural" if (pol == "TM") == ((l - m) % 2 == 0) else "conductor"
        leak = 1.0 / self.exact.q_rad
        self.expected = Expected(pol, q, l, m, self.exact.k0, leak=leak)
        domain, mesh = discretize(settings, media, [self.expected])
        self.problem, self.degree = MeridianProblem(mesh, media, "out"), domain.degree

    def solve(self, degree: int, outer: str) -> Eigenmode:
        return solve_eigenmode(self.problem, self.expected, degree, self.mirror, outer=outer)

    def error(self, mode: Eigenmode) -> float:
        return mode.k0.real / self.exact.k0.real - 1.0


@pytest.mark.parametrize("case", NAMED)
def test_the_end_alone(case: tuple) -> None:
    """At equal degree nothing but the end changes; from a lower one, as much of the change is the end's."""
    sphere = Sphere(*case)
    degree = sphere.degree + 1
    conductor, natural = (sphere.solve(degree + 2, outer) for outer in ("conductor", "natural"))
    coarse = sphere.solve(degree, "conductor")
    alone = natural.k0 / conductor.k0 - 1.0
    part = change_by_end(sphere.problem, conductor, natural, sphere.m, sphere.mirror)
    assert part == pytest.approx(alone, rel=1e-3, abs=1e-13)
    part = change_by_end(sphere.problem, coarse, natural, sphere.m, sphere.mirror)
    assert part == pytest.approx(alone, rel=0.3, abs=1e-12)


@pytest.mark.parametrize("case", NAMED)
def test_changes_that_cancel(case: tuple) -> None:
    """Degree by degree, where the change to the richer solution may be tiny, the estimate holds."""
    sphere = Sphere(*case)
    for degree in range(sphere.degree, sphere.degree + 4):
        primary, check = sphere.solve(degree, "conductor"), sphere.solve(degree + 2, "natural")
        estimate = wavenumber_error(sphere.problem, primary, check, sphere.m, sphere.mirror)
        error = abs(sphere.error(primary))
        assert error <= 1.5 * estimate
        assert estimate <= 10.0 * error or estimate < 1e-12
