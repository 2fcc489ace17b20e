"""Couplers against all orders of scattering at a prism, a published solution of a bus, and the volume integral of a fibre."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from femwgm.analytic import LayeredSphere
from femwgm.config import load_config
from femwgm.config.coupler import Bus
from femwgm.errors import ConfigError
from femwgm.experiment.coupling import bus, rates
from femwgm.experiment.coupling.couple import Coupling, couplings, write_couplings
from femwgm.experiment.coupling.fibre import fundamental
from femwgm.experiment.coupling.plane import field_on, given_to
from femwgm.experiment.coupling.resonances import resonances
from femwgm.materials import materials_from_config

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import half_space


def ball(coupler: dict[str, Any] | None, **changed: Any) -> dict[str, Any]:
    """A small dense sphere, TE and TM with l = 24."""
    return {
        "schema": 1,
        "geometry": {
            "kind": "layered_sphere", "layers": [{"name": "ball", "material": "glass", "radius": "2 um"}], "ambient": "air",
        },
        "materials": {"glass": {"n": 2.0}, "prism": {"n": 2.2}, "silica": {"n": 1.45}, "air": {"n": 1.0}},
        "modes": {"window": ["840 nm", "870 nm"], "polarizations": ["TE", "TM"], "azimuthal_orders": [24]},
        "outputs": {"fields": False, "plots": False},
        **({"coupler": coupler} if coupler else {}),
        **changed,
    }  # fmt: skip


def test_a_prism_takes_what_all_orders_of_scattering_say() -> None:
    config = load_config(ball({"kind": "prism", "material": "prism", "gap": "100 nm"}))
    for one in couplings(config):
        pol = one.name[:2]
        k0 = LayeredSphere([2.0], [2.0, 1.0]).mode(pol, 24).k0
        for gap in (0.1, 0.4, 0.9):  # at the last the prism takes as much as the mode radiates
            first, true = half_space.external_q(24, k0, 2.0, 2.0, gap, 2.2**2, pol == "TM", 12)
            value, error = one.at(gap)
            if gap == one.gap_um:
                assert value == pytest.approx(first, rel=3e-4)  # equal to first order
            assert value == pytest.approx(true, rel=error)
            assert error < 0.5


def test_he11_obeys_maxwell_inside_outside_and_at_the_surface() -> None:
    fibre = fundamental(0.55, 2.0 * np.pi / 1.55, 1.444**2, 1.0)

    def field(x: float, z: float) -> tuple[Any, Any]:
        E, H = fibre.fields(np.array([x]), np.array([z]), 0.4)
        return E[:, 0], H[:, 0]

    h = 1e-5
    for x, z in ((0.2, 0.15), (0.8, 0.5)):
        dx = (field(x + h, z)[0] - field(x - h, z)[0]) / (2 * h)
        dz = (field(x, z + h)[0] - field(x, z - h)[0]) / (2 * h)
        E, H = field(x, z)
        along = 1j * fibre.beta
        curl = np.array([along * E[2] - dz[1], dz[0] - dx[2], dx[1] - along * E[0]])
        assert np.abs(curl - 1j * fibre.k0 * H).max() < 1e-7 * np.abs(H).max()
    for angle in (0.3, 1.2):
        normal = np.array([np.sin(angle), 0.0, np.cos(angle)])
        (Ei, Hi), (Eo, Ho) = (field(*(0.55 * f * normal[[0, 2]])) for f in (1 - 1e-10, 1 + 1e-10))
        assert np.abs(Hi - Ho).max() < 1e-7
        assert np.abs(np.cross(normal, Ei - Eo)).max() < 1e-7
        assert abs(1.444**2 * normal @ Ei - normal @ Eo) < 1e-7
    t = np.linspace(-6.0, 6.0, 301)
    x, z = np.meshgrid(t, t, indexing="ij")
    E, H = fibre.fields(x, z)
    flux = 0.5 * (E[2] * H[0].conj() - E[0] * H[2].conj()).real.sum() * (t[1] - t[0]) ** 2
    assert fibre.power == pytest.approx(flux, rel=2e-3)


def test_a_fibre_takes_what_the_integral_over_its_volume_says() -> None:
    """The coupled-mode integral of Little, Laine and Haus: k0/4 times that of (eps_f - eps_a) E_f* . E over the fibre."""
    config = load_config(ball(None))
    (_, one), *_ = resonances(config, materials_from_config(config))
    radius, gap = 0.25, 0.15
    fibre = fundamental(radius, one.k0, 1.45**2, 1.0)
    axis = one.radius + gap + radius
    t, w = np.polynomial.legendre.leggauss(8)
    rho, psi = 0.5 * radius * (1.0 + t), 2.0 * np.pi * np.arange(16) / 16
    x = axis + rho[:, None] * np.sin(psi)
    z = rho[:, None] * np.cos(psi)
    area = (0.5 * radius * w * rho)[:, None] * np.full(16, 2.0 * np.pi / 16)
    y = np.linspace(-6.0, 6.0, 161)  # what the mode radiates makes the integral converge slowly
    for turn in (0.0, 0.5 * np.pi):
        guided = fibre.fields(x - axis, z, turn)[0].conj()
        total = 0.0 + 0.0j
        for place in y:
            phi = np.arctan2(place, x)
            E = one.fields(np.hypot(x, place), z)[0] * np.exp(1j * one.m * phi)
            E = np.stack(
                [E[0] * np.cos(phi) - E[1] * np.sin(phi), E[0] * np.sin(phi) + E[1] * np.cos(phi), E[2]]
            )
            total += (
                ((guided * E).sum(axis=0) * area).sum() * np.exp(-1j * fibre.beta * place) * (y[1] - y[0])
            )
        volume = abs(0.25 * one.k0 * (1.45**2 - 1.0) * total / np.sqrt(fibre.power))
        for share in (0.0, 0.6):
            plane = field_on(one, one.radius + share * gap, 0.5)
            found = given_to(
                plane, lambda x, z, turn=turn: fibre.fields(x - axis, z, turn), fibre.beta, fibre.power
            )
            assert abs(found) == pytest.approx(volume, rel=5e-3, abs=1e-9)


def silicon_bus(wavelengths: list[float]) -> tuple[Any, Any, bus.Guide]:
    """The configuration of the bus example, its media, and the guide at wavelengths (um), roughly."""
    config = load_config("@couple-bus")
    materials = materials_from_config(config)
    media = {region: materials[name] for region, name in config.geometry.region_materials.items()}
    return config, media, bus.guide(config, media, [2.0 * np.pi / w for w in wavelengths], 0.5, "TM")


def test_a_bus_is_a_straight_waveguide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its index is that of the literature, its power its flux, and E points where it should."""
    monkeypatch.setattr(bus, "_ERROR", 1e-5)
    config, media, found = silicon_bus([1.5514])
    (mode,) = found.ends
    assert mode.beta / mode.k0 == pytest.approx(2.444, abs=1e-3)
    x, z = np.meshgrid(np.linspace(-0.6, 1.1, 341), np.linspace(-0.7, 0.7, 281), indexing="ij")
    E, H = mode.fields(x, z)
    flux = 0.5 * (E[2] * H[0].conj() - E[0] * H[2].conj()).real.sum() * (1.7 / 340) * (1.4 / 280)
    assert mode.power == pytest.approx(flux, rel=2e-2)
    for width in (0.001, 100.0):
        with pytest.raises(ConfigError, match="wavelengths in the guide"):
            bus.guide(config, media, [4.0], width, "TM")


@pytest.mark.slow
def test_arcs_lines_and_slabs_agree() -> None:
    """Wider arcs have the same index, lines between the ends theirs, and index and width alone tell nearly the same coupling."""
    config, media, found = silicon_bus([1.54, 1.5514])
    last = found.ends[0]
    wider = bus._arc(config, media, last.k0, 0.5, "TM", 400.0)
    assert abs(last.beta - wider.beta) < found.bend * last.beta < 2e-4 * last.beta
    middle = bus._arc(config, media, 0.5 * (last.k0 + found.ends[1].k0), 0.5, "TM", bus._ORDER)
    beta, error = found.beta(middle.k0)
    assert abs(beta - middle.beta) < error - found.bend * beta + 1e-6 * beta
    ((pol, one),) = resonances(config, materials_from_config(config), None)
    index = found.beta(one.k0)[0] / one.k0
    given = Bus.model_validate({"kind": "bus", "width": "500 nm", "gap": "0 um", "n_eff": index})
    known, solved = rates.slab_rate(one, given, pol, 1.444**2), rates.bus_rate(one, found)
    for gap in (0.1, 0.2, 0.5):
        assert known(gap, 0.0) / solved(gap, 0.0) == pytest.approx(
            1.0, abs=rates.SLAB_ERROR[0] + rates.SLAB_ERROR[1] * 8.0 * gap
        )


@pytest.mark.slow
def test_a_bus_takes_what_a_published_time_domain_solution_says() -> None:
    """Cross coupling of a silicon ring at 193.25 THz from the process kit of the SiEPIC programme (3-D FDTD).

    Files ebeam_dc_halfring_straight_te1550_gap=(100|200)nm_radius=10um_width=500nm_thickness=220nm_CoupleLength=0um.dat of
    SiEPIC_EBeam_PDK: |S41| = 0.27712 and 0.11271.
    """
    import femwgm

    config = load_config({
        "schema": 1,
        "geometry": {"kind": "ring", "name": "ring", "material": "si", "inner_radius": "9.75 um", "outer_radius": "10.25 um",
                     "thickness": "220 nm", "ambient": "oxide"},
        "materials": {"si": {"n": 3.476}, "oxide": {"n": 1.444}},
        "modes": {"window": ["1549 nm", "1553 nm"], "polarizations": ["TM"]},
        "accuracy": {"wavelength": 1e-5},
        "coupler": {"kind": "bus", "width": "500 nm", "gap": "100 nm"},
        "outputs": {"fields": False, "plots": False},
    })  # fmt: skip
    (mode,) = femwgm.run(config).modes
    (one,) = couplings(config)
    for gap, published in ((0.1, 0.27712), (0.2, 0.11271)):
        external, error = one.at(gap)
        share = mode.k0.real * 2.0 * np.pi * mode.radius * mode.n_g / external
        assert share == pytest.approx(published**2, rel=0.06)
        assert abs(share / published**2 - 1.0) < error


def test_the_dip_vanishes_at_critical_coupling_and_splits_with_backscatter() -> None:
    gaps = np.linspace(0.0, 1.0, 41)
    q = 1e4 * np.exp(6.0 * gaps)
    for splitting in (0.0, 400.0):
        one = Coupling("", 1550.0, 1.4, None, 0.3, gaps, q, 0.0 * q, 2e5, 0.0, splitting, [], 0.0, 0.0)
        critical = one.critical_gap_um
        assert critical is not None
        assert one.transmission(np.zeros(1), one.at(critical[0])[0])[0] < 1e-6
        f = one.frequency_mhz
        wanted = np.hypot(1.0 / 2e5, splitting / f)
        assert critical[0] == pytest.approx(np.log(1.0 / (1e4 * wanted)) / 6.0, abs=1e-6)
        detuning = np.linspace(-5e4, 5e4, 4001)
        assert (one.transmission(detuning, 1e5) <= 1.0 + 1e-12).all()
    split = Coupling("", 1550.0, 1.4, None, 0.3, gaps, q, 0.0 * q, 2e7, 0.0, 400.0, [], 0.0, 0.0)
    detuning = np.linspace(-400.0, 400.0, 1601)
    dips = split.transmission(detuning, 2e7)
    assert abs(abs(detuning[dips.argmin()]) - 200.0) < 1.0  # two lines, each half the splitting away


def test_what_makes_no_sense_is_refused_in_one_line(tmp_path: Path) -> None:
    for coupler, word in (
        ({"kind": "prism", "material": "silica", "gap": "0 nm"}, "denser prism"),
        ({"kind": "fibre", "material": "air", "diameter": "1 um", "gap": "0 nm"}, "nothing is guided"),
        ({"kind": "fibre", "material": "silica", "diameter": "50 nm", "gap": "0 nm"}, "too thin"),
        ({"kind": "fibre", "material": "silica", "diameter": "1 m", "gap": "0 nm"}, "a rod"),
        ({"kind": "fibre", "material": "silica", "diameter": "1 um", "gap": "1 m"}, "too wide for any light"),
        ({"kind": "fibre", "material": "glas", "diameter": "1 um", "gap": "0 nm"}, "did you mean 'glass'"),
        ({"kind": "bus", "width": "1 um", "gap": "0 nm"}, "ring or disk"),
        ({"kind": "bus", "width": "1 um", "gap": "0 nm", "n_eff": 0.9}, "nothing is guided"),
        ({"kind": "bus", "width": "1 um", "gap": "0 nm", "n_eff": 50}, "equal to 10"),
        ({"kind": "prism", "material": "prism", "gap": "-1 nm"}, "negative"),
        ({"kind": "prism", "material": "prism", "gap": "1 nm", "splitting": "3 nm"}, "frequency"),
        (None, "coupler: is missing"),
    ):
        with pytest.raises(ConfigError, match=word):
            couplings(load_config(ball(coupler), ["modes.polarizations=[TE]"]))
    one = couplings(
        load_config(ball({"kind": "fibre", "material": "silica", "diameter": "400 nm", "gap": "100 nm"})),
        q=1e6,
    )
    assert {row.quantity for row in one[0].rows()} >= {
        "q_external",
        "q_loaded",
        "transmission",
        "coupler_n_eff",
    }
    numbers = [row for row in one[0].rows() if row.quantity != "q_intrinsic"]
    assert all(row.error > 0.0 for row in numbers), "no number without an error"
    write_couplings(one, tmp_path)
    assert (tmp_path / "couple.csv").read_text().startswith("mode,quantity,value,unit,error\n")
    assert (tmp_path / "couple.png").stat().st_size > 10_000
