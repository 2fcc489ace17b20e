"""Open spheres sought from wrong shifts: what comes back is a mode, never a state of the absorbing layer."""

from __future__ import annotations

import numpy as np
import pytest
from support.marks import thinned
from support.spheres import config

from femwgm import analytic
from femwgm.config import load_config
from femwgm.eigen.iterations import nearest
from femwgm.errors import SolveError
from femwgm.fem.problem import MeridianProblem
from femwgm.finders.settle import settle
from femwgm.ground.expected import Expected
from femwgm.ground.numerics import one_thread
from femwgm.materials import materials_from_config
from femwgm.modes.labels import identify
from femwgm.observables.layer import STATE_OF_THE_LAYER, layer_share
from femwgm.solver.eigenmode import mirror_condition
from femwgm.solver.layout import discretize

pytestmark = pytest.mark.gmsh

SAME = 3e-3
"""What tells a pole from its neighbours, some per cent away. The first degree on a coarse domain may be off by 1e-3 at Q = 20."""


class Trial:
    """A random leaky sphere, one of its modes, a domain for it, and a shift up to 2 % off.

    Q lies between 10 and 1e6; below, the count of radial nodes loses its meaning.
    """

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        while True:
            size = float(0.5 * 5.0 ** rng.random())
            radii = [size] if rng.random() < 0.5 else [float(size * rng.uniform(0.75, 0.95)), size]
            ambient = float(rng.choice([1.0, 1.33]))
            indices = [*(float(n) for n in rng.uniform(ambient + 0.25, 2.0, len(radii))), ambient]
            self.sphere = analytic.layered_sphere(radii, indices)
            modes = [e for e in self.sphere.modes((0.58, 0.62)) if 10.0 < e.q_rad < 1e6 and e.q < 4]
            if modes:
                break
        exact = modes[rng.integers(len(modes))]
        self.size, self.exact = size, exact
        m = max(0, exact.l - int(rng.choice([0, 0, 1, 2])))
        self.mode = Expected(exact.pol, exact.q, exact.l, m, exact.k0, leak=1.0 / exact.q_rad)
        settings = load_config(config(radii, indices, (0.5, 0.7), wavelength=1e-5))
        materials = materials_from_config(settings)
        media = {region: materials[name] for region, name in settings.geometry.region_materials.items()}
        self.domain, mesh = discretize(settings, media, [self.mode])
        assert self.domain.open
        self.problem = MeridianProblem(mesh, media, "out")
        self.off = complex(1.0 + rng.uniform(-0.02, 0.02))

    def shifted(self, factor: complex) -> Expected:
        e = self.mode
        return Expected(e.pol, e.q, e.l, e.m, e.k0 * factor, leak=e.leak)


def finds_the_mode(seed: int) -> None:
    """The search by labels from a wrong wavenumber ends at the pole."""
    trial = Trial(seed)
    with one_thread():
        found, _ = settle(
            trial.problem, trial.shifted(trial.off), trial.domain.degree, mirrored=True, radius=trial.size
        )
    assert abs(found.k0 / trial.exact.k0 - 1.0) < SAME, (seed, trial.exact, found)


def tells_states_apart(seed: int) -> int:
    """Eigenpairs next to a shift below the real axis: those of the layer change with its end, the others are poles."""
    trial = Trial(seed)
    problem, m = trial.problem, trial.mode.m
    degree = trial.domain.degree + 2  # the domain was made for one mode, and others are looked at
    mirror = mirror_condition(trial.mode.pol, trial.mode.p)
    k = trial.exact.k0 * trial.off * (1.0 - 0.15j)
    states = 0
    with one_thread():
        pencil, other = (problem.pencil(degree, m, mirror, k, outer) for outer in ("conductor", "natural"))
        pairs, moved = (nearest(p, k**2, count) for p, count in ((pencil, 6), (other, 12)))
    targets = np.sqrt(moved.values + 0j)
    for value, x in zip(pairs.values, pairs.vectors.T, strict=True):
        k0 = complex(np.sqrt(value + 0j))
        field = problem.field(pencil, x, m, k0, mirror)
        change = float(np.abs(targets / k0 - 1.0).min())
        if layer_share(field, problem.matrices(degree)) > STATE_OF_THE_LAYER:
            states += 1
            continue
        if change > 1e-5:  # a mode of another kind than this domain is made for
            continue
        label = identify(field, problem.media(k0).eps, problem.extent[:2], trial.size, problem.extent[2])
        try:
            pole = trial.sphere.pole(label.pol, m + label.p, k0).k0
        except SolveError:
            pole = 0j
        assert abs(pole / k0 - 1.0) < SAME, (seed, label, k0, pole)
    return states


@pytest.mark.parametrize("seed", thinned(range(3), [0]))
def test_found_from_a_wrong_shift(seed: int) -> None:
    finds_the_mode(seed)


def test_states_of_the_layer_are_told_apart() -> None:
    assert tells_states_apart(0) > 0


@pytest.mark.slow
def test_two_hundred_shifts() -> None:
    for seed in range(100, 300):
        finds_the_mode(seed)


@pytest.mark.slow
def test_states_around_two_hundred_shifts() -> None:
    assert sum(tells_states_apart(seed) for seed in range(100, 300)) > 100
