"""Windows in frequency, energy and wavenumber: read exactly, and answered in the same unit."""

from __future__ import annotations

from typing import Any

import pytest

from femwgm.cli.tables import modes_table
from femwgm.config import dump_resolved, load_config
from femwgm.config.load import config_hash
from femwgm.config.quantity import wavelength_um
from femwgm.config.yamlio import parse_yaml
from femwgm.ground.units import in_spectral_unit

# Photon energies and wavenumbers of well-known lines, by the CODATA conversions.
WINDOWS = [
    (["193 THz", "194 THz"], "THz", 1.545322, 1.553329),
    (["0.79 eV", "0.81 eV"], "eV", 1.530669, 1.569420),
    (["6400 1/cm", "6500 cm^-1"], "1/cm", 1.538462, 1.5625),
    (["193000 GHz", "194000 GHz"], "GHz", 1.545322, 1.553329),
    (["0.193 PHz", "0.194 PHz"], "PHz", 1.545322, 1.553329),
    (["1.54 um", "1550 nm"], None, 1.54, 1.55),
]


def config(window: list[str]) -> dict[str, Any]:
    return {
        "schema": 1,
        "geometry": {
            "kind": "layered_sphere", "layers": [{"name": "ball", "material": "glass", "diameter": "8 mm"}], "ambient": "air",
        },
        "materials": {"glass": {"n": 1.45}, "air": {"n": 1.0}},
        "modes": {"window": window},
    }  # fmt: skip


@pytest.mark.parametrize(("window", "unit", "low", "high"), WINDOWS)
def test_a_window_in_any_unit(window: list[str], unit: str | None, low: float, high: float) -> None:
    settings = load_config(config(window))
    assert settings.modes.window_um == pytest.approx((low, high), rel=1e-6)
    assert settings.modes.unit == unit
    again = load_config(parse_yaml(dump_resolved(settings), None))
    assert again == settings
    assert "diameter: 8 mm" in dump_resolved(settings) or "radius: 4 mm" in dump_resolved(settings)
    in_um = load_config(config([f"{end!r} um" for end in settings.modes.window_um]))
    assert config_hash(in_um) == config_hash(settings)


def test_the_table_answers_in_the_unit_of_the_window() -> None:
    row = {
        "pol": "TE", "q": 1, "l": 100, "m": 100, "wavelength_nm": 1550.0, "wavelength_error": 1e-9,
        "fsr_nm": 2.0, "fsr_ghz": 249.5,
    }  # fmt: skip
    for unit, heading, text in (
        (None, "λ (nm)", "1550"),
        ("THz", "f (THz)", "193.4144890"),
        ("1/cm", "1/λ (1/cm)", "6451.6129"),
    ):
        table = modes_table([row], ("ball",), unit=unit)
        column = next(c for c in table.columns if c.header == heading)
        assert str(next(iter(column.cells))).startswith(text)
    assert in_spectral_unit(1e3 * wavelength_um("0.8 eV"), "eV") == pytest.approx(0.8, rel=1e-14)
