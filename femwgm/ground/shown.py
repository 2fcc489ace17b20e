"""How results show themselves at a prompt and in a notebook."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

__all__ = ["Shown"]


class Shown:
    """A result that draws itself in a notebook and offers only what is meant for its reader.

    `_internal` names attributes that the program needs and completion leaves out; the pictures come from `femwgm.views`,
    which is imported when one is asked for.
    """

    _internal: tuple[str, ...] = ()

    def _repr_html_(self) -> str:
        page: str = import_module("femwgm.views.notebook").html(self)
        return page

    def __dir__(self) -> Iterable[str]:
        return [n for n in super().__dir__() if not n.startswith("_") and n not in self._internal]
