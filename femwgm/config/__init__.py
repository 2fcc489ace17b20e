"""The YAML contract: strict frozen models with units at the border."""

from __future__ import annotations

from femwgm.config.load import config_hash, dump_resolved, json_schema, load_config
from femwgm.config.schema import RunConfig

__all__ = ["RunConfig", "config_hash", "dump_resolved", "json_schema", "load_config"]
