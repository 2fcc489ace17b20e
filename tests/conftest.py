"""Options, profiles and markers that all tests share."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Every profile is derandomised: a test that fails on one machine fails on all of them.
for name, examples in {"dev": 20, "ci": 25, "thorough": 400}.items():
    settings.register_profile(
        name,
        max_examples=examples,
        derandomize=True,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell has what it starts in the background ignore Ctrl-C, which some tests send.
    signal.signal(signal.SIGINT, signal.default_int_handler)

if sys.platform == "linux" and not os.environ.get("DISPLAY"):
    os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")

OPT_IN = {"slow": "slow", "browser": "drives a browser"}
NEEDS = {"gmsh": ("gmsh", ("libGL.so.1", "libGLU.so.1")), "vtk": ("pyvista", ("libGL.so.1", "libEGL.so.1"))}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--runslow", action="store_true", help="run the tests marked slow or browser too")
    parser.addoption(
        "--lint",
        action="store_true",
        help="run ruff and mypy beside the tests; what they find fails the session",
    )


class Lint:
    """Ruff and mypy in the background while the tests run: the first failing test does not wait for them."""

    # A machine that is thrown away afterwards has no use for a cache, whose writing takes an eighth of the check.
    MYPY = ("mypy", "--cache-dir=/dev/null") if os.environ.get("CI") else ("mypy",)
    COMMANDS = (("ruff", "check", "."), ("ruff", "format", "--check", "."), MYPY)

    def __init__(self) -> None:
        low = {"preexec_fn": lambda: os.nice(10)} if hasattr(os, "nice") else {}
        root = Path(__file__).resolve().parents[1]
        self.running = [
            subprocess.Popen(
                command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **low
            )
            for command in self.COMMANDS
        ]
        self.found: list[str] = []

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        for command, process in zip(self.COMMANDS, self.running, strict=True):
            said = process.communicate()[0]
            if process.returncode:
                self.found.append(f"$ {' '.join(command)}\n{said}")
        if self.found and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("ruff and mypy", sep="=")
        terminalreporter.write_line("\n".join(self.found) or "nothing to mend")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--lint") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Lint(), "femwgm-lint")


@cache
def lacking(marker: str) -> str:
    """What the tests with this marker need and this machine has not, or an empty string."""
    module, libraries = NEEDS[marker]
    if importlib.util.find_spec(module) is None:
        return module
    if sys.platform == "linux":
        for library in libraries:
            try:
                ctypes.CDLL(library)
            except OSError:
                return library
    return ""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    opt_in = {} if config.getoption("--runslow") else dict(OPT_IN)
    if os.environ.get("CI"):
        opt_in.pop("browser", None)  # CI looks at the page as well, where it has a browser
    for item in items:
        for marker, reason in opt_in.items():
            if marker in item.keywords:
                item.add_marker(pytest.mark.skip(reason=f"{reason}: runs with --runslow"))
        # On CI a missing library is a broken set-up and may fail.
        if not os.environ.get("CI"):
            for marker in NEEDS:
                if marker in item.keywords and lacking(marker):
                    item.add_marker(
                        pytest.mark.skip(reason=f"no {lacking(marker)} here: ./dev setup installs it")
                    )
