"""Every example in a docstring does what it says."""

from __future__ import annotations

import ast
import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def examples(path: Path) -> bool:
    """Whether any docstring of the file holds an example; told without importing it."""
    text = path.read_text(encoding="utf-8")
    if ">>>" not in text:
        return False
    nodes = ast.walk(ast.parse(text))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return any(">>>" in (ast.get_docstring(node) or "") for node in nodes if isinstance(node, documented))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


WITH_EXAMPLES = sorted(module_name(path) for path in (ROOT / "femwgm").rglob("*.py") if examples(path))


@pytest.mark.parametrize("module", WITH_EXAMPLES)
def test_examples_of(module: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    result = doctest.testmod(importlib.import_module(module), optionflags=FLAGS)
    assert result.attempted > 0
    assert result.failed == 0
