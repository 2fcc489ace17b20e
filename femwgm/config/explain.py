"""One readable line out of a pydantic error: file, key, value, rule, remedy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from femwgm.config.base import nearest
from femwgm.errors import ConfigError


def dotted(path: Sequence[str | int]) -> str:
    """A path as users write it: geometry.layers.1.thickness."""
    return ".".join(str(part) for part in path)


def shown(value: object) -> object:
    """A value short enough for one line; None for anything with parts."""
    if isinstance(value, Mapping) or value is None:
        return None
    text = repr(value)
    return value if len(text) <= 60 else _Literally(text[:57] + "...")


class _Literally:
    """Something whose repr is the given text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def _path(raw: Any, loc: Sequence[str | int]) -> tuple[list[str | int], Any]:
    """The part of a pydantic location that the raw data has (union tags drop out), and the value there."""
    path: list[str | int] = []
    here = raw
    for part in loc:
        if (isinstance(here, Mapping) and part in here) or (
            isinstance(here, list | tuple) and isinstance(part, int) and part < len(here)
        ):
            here = here[part]  # type: ignore[index]
        else:
            continue
        path.append(part)
    return path, here


def _words(error: Mapping[str, Any]) -> tuple[str, str | None]:
    """Rule and remedy of one pydantic error."""
    kind, ctx = error["type"], error.get("ctx", {})
    if kind == "rule":
        return str(ctx["rule"]), ctx["remedy"]
    if kind == "literal_error":
        choices = [c.strip("' ") for c in str(ctx["expected"]).replace(" or ", ", ").split(",")]
        close = nearest(str(error["input"]), choices)
        return f"must be one of {', '.join(choices)}", f"did you mean '{close}'?" if close else None
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        key = str(ctx["discriminator"]).strip("'")
        choices = [c.strip("' ") for c in str(ctx.get("expected_tags", "'layered_sphere'")).split(",")]
        close = nearest(str(ctx.get("tag", "")), choices)
        rule = f"unknown {key}" if "tag" in ctx else f"needs '{key}'"
        return rule, f"did you mean '{close}'?" if close else f"one of {', '.join(choices)}"
    if kind == "too_short":
        return f"needs at least {ctx['min_length']} entry" + ("" if ctx["min_length"] == 1 else "s"), "add it"
    if kind == "too_long":
        return f"has more than {ctx['max_length']} entries", "shorten it"
    if kind in ("tuple_type", "list_type"):
        if isinstance(error["input"], Mapping):
            return (
                "must be a list, not a mapping",
                "write its entries in order, as in [[5 um, 0 um], ...] or [{...}, ...]",
            )
        return "must be a list", "put it in brackets"
    if kind in ("dict_type", "model_type", "model_attributes_type"):
        return "must be a mapping", "write {key: value}"
    message = str(error["msg"])
    return message[:1].lower() + message[1:], None


def explain(error: ValidationError, raw: Any, file: object = None) -> ConfigError:
    """The first thing wrong in a configuration, as the ConfigError to raise.

    Parameters
    ----------
    error
        What pydantic found.
    raw
        The data it was given.
    file
        What to call the source.
    """
    first = _first(error)
    ctx = first.get("ctx", {})
    path, value = _path(raw, first["loc"])
    if first["type"] in ("union_tag_invalid", "union_tag_not_found"):
        path.append(str(ctx["discriminator"]).strip("'"))
        value = ctx.get("tag")
    below = list(ctx.get("at") or ()) if first["type"] == "rule" else []
    _, beneath = _path(value, below)
    path += below
    if below and ctx.get("value") is None:
        value = beneath
    if ctx.get("value") is not None:
        value = ctx["value"]
    rule, remedy = _words(first)
    return ConfigError(rule, file=file, key=dotted(path) or None, value=shown(value), remedy=remedy)


def _first(error: ValidationError) -> Mapping[str, Any]:
    """The error to report: an unknown key explains a missing one, so it goes first."""
    errors: list[Mapping[str, Any]] = [dict(e) for e in error.errors(include_url=False)]
    unknown = [e for e in errors if e.get("ctx", {}).get("rule") == "unknown key"]
    return unknown[0] if unknown else errors[0]
