"""Which of many cases the default suite runs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import pytest


def thinned(cases: Sequence[Any], keep: Collection[Any]) -> list[Any]:
    """The cases in `keep` as they are, all others marked slow."""
    return [case if case in keep else pytest.param(case, marks=pytest.mark.slow) for case in cases]
