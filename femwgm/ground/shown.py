"""How results show themselves at a prompt and in a notebook."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any


class Shown:
    """A result that draws itself in a notebook and offers only what is meant for its reader.

    `_internal` names attributes that the program needs and completion leaves out; the pictures come from `femwgm.views`,
    which is imported when one is asked for.
    """

    _internal: tuple[str, ...] = ()

    def _drawn(self, how: str, *more: Any) -> Any:
        """What a function of the notebook's pictures makes of it."""
        return getattr(import_module("femwgm.views.notebook"), how)(self, *more)

    def _repr_html_(self) -> str:
        return str(self._drawn("html"))

    def __dir__(self) -> Iterable[str]:
        return [n for n in super().__dir__() if not n.startswith("_") and n not in self._internal]
