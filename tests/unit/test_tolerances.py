"""Tolerances that change nothing are refused in one line, before anything is solved."""

from __future__ import annotations

from typing import Any

import pytest

from femwgm import load_config
from femwgm.cli.check import remarks
from femwgm.errors import ConfigError


@pytest.mark.parametrize(
    ("name", "key", "size"),
    [
        ("duan2022", "geometry.layers.shell.foo", "5 nm"),
        ("duan2022", "geometry.layers.nix.thickness", "5 nm"),
        ("duan2022", "geometry.layers.shell.diameter", "5 nm"),
        ("duan2022", "geometry.kind", "5 nm"),
        ("profile", "geometry.points.3.0", "5 nm"),
        ("microdisk-algaas", "geometry.sidewall_angle_deg", "1 nm"),
        ("bisphere", "geometry.gaps.1", "5 nm"),
    ],
)
def test_what_no_mode_follows(name: str, key: str, size: str) -> None:
    config = load_config(f"@{name}").model_copy(update={"tolerances": {key: size}})
    with pytest.raises(ConfigError, match=r"tolerances\.") as caught:
        remarks(config)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "update",
    [{"tolerances": {"geometry.layers.shell.thickness": "5 nm"}}, {"accuracy": {"wavelength": 1e-8, "q": 1e-3}},
     {"coupler": {"kind": "fibre", "material": "silica", "diameter": "2 um", "gap": "100 nm"}}],
)  # fmt: skip
def test_what_imperfections_do_not_heed(update: dict[str, Any]) -> None:
    plain = load_config("@rough-film").model_dump(mode="json", by_alias=True, exclude_none=True)
    load_config(plain)
    with pytest.raises(ConfigError, match="imperfections"):
        load_config({**plain, **update})
