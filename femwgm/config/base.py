"""What every configuration model stands on: strict, frozen, and able to say what to write instead."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError


def refuse(
    rule: str, *, remedy: str | None = None, value: object = None, at: Iterable[str | int] = ()
) -> PydanticCustomError:
    """An error for a validator to raise: the rule broken, the remedy, and where below the model it lies.

    Parameters
    ----------
    rule, remedy
        What must hold and what to write instead.
    value
        The offending value, if it is not simply what stands at the place reported.
    at
        Path below the place where pydantic reports the error.
    """
    return PydanticCustomError(
        "rule", "{rule}", {"rule": rule, "remedy": remedy, "value": value, "at": tuple(at)}
    )


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The choice that `word` was probably meant to be, or None.

    >>> nearest("thicknes", ["name", "material", "thickness"])
    'thickness'
    """
    known = {choice.lower(): choice for choice in choices}
    found = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    return known[found[0]] if found else None


class Strict(BaseModel):
    """Base of all models: frozen, aliases are the YAML keys, an unknown or missing key names its remedy."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=False, allow_inf_nan=False, defer_build=True
    )

    @classmethod
    def keys(cls) -> dict[str, bool]:
        """YAML keys of this model, each with whether it is required."""
        return {field.alias or name: field.is_required() for name, field in cls.model_fields.items()}

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        if isinstance(data, cls):
            return data
        keys = cls.keys()
        if not isinstance(data, Mapping):
            raise refuse("must be a mapping", remedy=f"give {_listed(keys)}")
        for key in data:
            if key not in keys:
                close = nearest(str(key), keys)
                hint = f"did you mean '{close}'?" if close else f"valid keys: {_listed(keys)}"
                raise refuse("unknown key", remedy=hint, value=data[key], at=(str(key),))
        for key, required in keys.items():
            if required and key not in data:
                raise refuse("is required and missing", remedy=f"add it{cls._example(key)}", at=(key,))
        return data

    @classmethod
    def _example(cls, key: str) -> str:
        for name, field in cls.model_fields.items():
            if (field.alias or name) == key and field.examples:
                return f", e.g. '{key}: {field.examples[0]}'"
        return ""


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refuse("must be a number", remedy="write it plain, without quotes or unit")
    try:
        number = float(value)
    except OverflowError:
        number = float("inf")
    if number != number or number in (float("inf"), float("-inf")):
        raise refuse("must be finite")
    return number


def _positive(value: float) -> float:
    if not value > 0.0:
        raise refuse("must be positive")
    return value


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise refuse("must be a whole number", remedy="write it plain, e.g. 3")
    if abs(value) > 10**9:
        raise refuse("is too large", remedy="stay below 1e9")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise refuse("must be true or false")
    return value


def _name(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,39}", value):
        raise refuse(
            "must be a name: a letter, then letters, digits, '_' or '-', at most 40 in all",
            remedy="rename it, e.g. 'shell'",
        )
    return value


Number = Annotated[float, BeforeValidator(_number)]
"""A finite plain number; never a bool or a string."""
Positive = Annotated[
    float,
    BeforeValidator(_number),
    AfterValidator(_positive),
    Field(json_schema_extra={"exclusiveMinimum": 0}),
]
"""A finite number above zero."""
Whole = Annotated[int, BeforeValidator(_whole)]
"""A whole number; never a bool, a float or a string."""
Flag = Annotated[bool, BeforeValidator(_flag)]
"""true or false, nothing that merely looks like it."""
Name = Annotated[
    str, BeforeValidator(_name), Field(json_schema_extra={"pattern": "^[A-Za-z][A-Za-z0-9_-]{0,39}$"})
]
"""A name fit for a column header and a physical group."""
