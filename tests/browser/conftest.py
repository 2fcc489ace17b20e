"""A small run on disk, made once for all tests here."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.pictures import SMALL, store


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store(SMALL, tmp_path_factory.mktemp("run"))
