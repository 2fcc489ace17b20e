"""YAML -> `RunConfig`, and back; the content hash that keys stored results."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from femwgm.config.catalogue import configuration_path
from femwgm.config.explain import explain
from femwgm.config.grading import stepped
from femwgm.config.overrides import apply_overrides
from femwgm.config.schema import RunConfig
from femwgm.config.thermal import warmed
from femwgm.config.yamlio import parse_yaml, read_text, scalar
from femwgm.errors import ConfigError


def load_config(
    source: str | Path | Mapping[str, Any] | RunConfig, overrides: Sequence[str] = ()
) -> RunConfig:
    """Read, override and check a configuration.

    Parameters
    ----------
    source
        Path of a YAML file, `@NAME` of one that comes with femwgm, or its content as a mapping (quantities as strings
        with units, as in the YAML).
    overrides
        'a.b.c=value' each; list entries go by index or name.

    Returns
    -------
    RunConfig
        Frozen; lengths in um.

    Raises
    ------
    ConfigError
        One line: file, key, value, rule, remedy.
    """
    if isinstance(source, RunConfig):
        if not overrides:
            return source
        return validate(_plain(source), overrides)
    if isinstance(source, Mapping):
        return validate(dict(source), overrides)
    if not isinstance(source, str | Path):
        raise ConfigError(
            f"{type(source).__name__} is not a configuration", remedy="give a path, a mapping or a RunConfig"
        )
    path = configuration_path(source)
    return validate(parse_yaml(read_text(path), path), overrides, file=path, folder=path.parent)


def validate(
    raw: Any, overrides: Sequence[str] = (), *, file: Path | None = None, folder: Path | None = None
) -> RunConfig:
    """Check raw data; `folder` is where relative table paths start."""
    if not isinstance(raw, Mapping):
        what = "is empty" if raw is None else "must be a mapping of sections"
        raise ConfigError(
            what, file=file, remedy="begin with 'schema: 1', 'geometry:', 'materials:', 'modes:'"
        )
    raw, places = apply_overrides(raw, overrides)
    if isinstance(raw, Mapping) and raw.get("temperature") is not None:
        raw = warmed(raw)
    raw = stepped(raw, folder or Path())
    try:
        return RunConfig.model_validate(raw, context={"folder": folder})
    except ValidationError as error:
        found = explain(error, raw, file)
        for override, place in zip(overrides, places, strict=True):
            if f"{found.key}.".startswith(f"{place}."):
                raise explain(error, raw, f"--set {override}"[:120]) from None
        raise found from None


def _plain(config: RunConfig) -> dict[str, Any]:
    """The configuration as YAML data; an absent key means its default, so 'every order' is said in words."""
    plain: dict[str, Any] = config.model_dump(mode="json", by_alias=True, exclude_none=True)
    for orders in ("radial_orders", "polar_orders"):
        plain["modes"].setdefault(orders, "all")
    shape = plain["geometry"]
    plain["geometry"] = {"kind": shape.pop("kind"), **shape}
    return plain


class _Dumper(yaml.SafeDumper):
    """Block style outside, flow style for whatever has no parts of its own; no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _flat(values: Iterable[Any]) -> bool:
    return not any(isinstance(value, dict | list) for value in values)


def _list(dumper: Any, data: list[Any]) -> Any:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=_flat(data))


def _mapping(dumper: Any, data: dict[str, Any]) -> Any:
    return dumper.represent_mapping("tag:yaml.org,2002:map", data, flow_style=_flat(data.values()))


def _text(dumper: Any, data: str) -> Any:
    """Quoted where our reader would take it for anything but text ('1e5', which YAML 1.1 calls text)."""
    style = None if isinstance(scalar(data), str) else "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _list)
_Dumper.add_representer(dict, _mapping)


def dump_resolved(config: RunConfig) -> str:
    """The configuration as YAML with every default written out; reading it gives an equal RunConfig."""
    text: str = yaml.dump(_plain(config), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return text


def config_hash(config: RunConfig) -> str:
    """SHA-256 (hex) over everything that affects a number, and over nothing else.

    Names, pictures and sweeps do not count, nor do unused materials, nor whether a size was written as
    radius or diameter.
    """
    used = set(config.geometry.region_materials.values())
    plain = _plain(config)
    content = {
        "schema": config.schema_version,
        "geometry": config.geometry.canonical(),
        "materials": {name: _no_source(spec) for name, spec in plain["materials"].items() if name in used},
        "modes": {key: value for key, value in plain["modes"].items() if key != "unit"},
        "accuracy": plain["accuracy"],
        "discretization": plain["discretization"],
        "losses": plain["losses"],
        "derivatives": config.outputs.derivatives,
    }
    if plain["imperfections"]:
        content["imperfections"] = [_no_source(entry) for entry in plain["imperfections"]]
    if plain["tolerances"]:
        content["tolerances"] = plain["tolerances"]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _no_source(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A medium without the names of the files its numbers came from."""
    return {
        key: _no_source(value) if isinstance(value, Mapping) else value
        for key, value in spec.items()
        if key != "source"
    }


def json_schema() -> dict[str, Any]:
    """JSON schema of the YAML, for editors and for `femwgm schema`."""
    schema = RunConfig.model_json_schema(by_alias=True, mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
