"""Parts of a configuration that may be given by the name of a file beside it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, ValidationInfo, model_validator

from femwgm.config.base import Strict, refuse
from femwgm.errors import ConfigError


def beside(name: str, info: ValidationInfo) -> Path:
    """The path that a configuration means by a name: relative ones start at the configuration."""
    return Path((info.context or {}).get("folder") or ".") / name


class FromFile(Strict):
    """Numbers written out, or the name of a file that holds them.

    Attributes
    ----------
    source
        The name of the file, once it was read.
    """

    remedy: ClassVar[str] = "paths are relative to the YAML file"
    """What to do about a file that cannot be read, where its reader knows nothing better."""
    source: str | None = Field(default=None, max_length=300)

    @classmethod
    @abstractmethod
    def from_file(cls, path: Path) -> dict[str, Any]:
        """The numbers in a file, by their keys."""

    @model_validator(mode="before")
    @classmethod
    def _read(cls, data: Any, info: ValidationInfo) -> Any:
        if not isinstance(data, str):
            return data
        try:
            return {"source": data, **cls.from_file(beside(data, info))}
        except ConfigError as error:
            where = f"{error.key}: " if error.key else ""
            raise refuse(f"{where}{error.rule}", remedy=error.remedy or cls.remedy, value=data) from None


def demand_ascending(values: Sequence[float], what: str, unit: str) -> None:
    """Refuse values of which one does not exceed the one before."""
    for a, b in pairwise(values):
        if a == b:
            raise refuse(f"{what}: {a!r} {unit} comes twice", remedy="keep one of the rows")
        if not b > a:
            raise refuse(f"{what} must ascend; {b!r} {unit} follows {a!r} {unit}", remedy="sort the rows")
