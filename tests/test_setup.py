"""The set-up: what `./dev` says where it may not install, and what the pinned versions must be."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import femwgm

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PINS = (ROOT / "constraints.txt").read_text(encoding="utf-8")
REQUIREMENTS = [
    line for group in [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()] for line in group
]


@pytest.mark.parametrize("requirement", REQUIREMENTS)
def test_every_dependency_is_pinned_with_hashes(requirement: str) -> None:
    name = re.match(r"[\w.-]+", requirement)[0]
    assert re.search(rf"^{re.escape(name)}==\S+.*\\\n    --hash=sha256:[0-9a-f]{{64}}", PINS, re.MULTILINE)


def test_pins_name_no_address() -> None:
    assert "://" not in PINS
    assert "index-url" not in PINS


def test_every_dependency_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for requirement in REQUIREMENTS:
        line = next(line for line in text.splitlines() if line.strip().startswith(f'"{requirement}"'))
        assert re.search(r",\s+# \S", line), line


def test_the_citation_has_the_version() -> None:
    assert f"\nversion: {femwgm.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def bare_machine(folder: Path, **programs: str) -> dict[str, str]:
    """A machine without Python and graphics libraries, whose user is not root."""
    tools = folder / "bin"
    tools.mkdir()
    for tool in (
        "sh",
        "cat",
        "dirname",
        "uname",
        "tr",
        "sed",
        "awk",
        "cksum",
        "date",
        "tail",
        "rm",
        "env",
        "printf",
    ):
        (tools / tool).symlink_to(shutil.which(tool))
    for program, body in {"id": "echo 1000", "ldconfig": ":", **programs}.items():
        (tools / program).write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        (tools / program).chmod(0o755)
    return {"PATH": str(tools), "FEMWGM_VENV": str(folder / "venv"), "HOME": str(folder)}


def dev(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(ROOT / "dev"), *arguments],
        env=env,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


linux = pytest.mark.skipif(sys.platform != "linux", reason="apt and sonames are Linux")


@linux
@pytest.mark.parametrize("job", ["run", "test", "setup"])
def test_without_root_it_prints_the_command_and_stops(job: str, tmp_path: Path) -> None:
    done = dev(job, env=bare_machine(tmp_path, **{"apt-get": "echo must not run >&2; exit 1"}))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "apt-get update && apt-get install -y --no-install-recommends python3 python3-venv "
        "libgl1 libegl1 libglu1-mesa libxcursor1 libxft2 libxinerama1 libgomp1"
    )
    assert "must not run" not in done.stderr
    assert not (tmp_path / "venv").exists()


@linux
def test_what_is_there_is_not_asked_for(tmp_path: Path) -> None:
    listing = "printf '\\tlibGL.so.1 (libc6,x86-64) => /lib/libGL.so.1\\n\\tlibgomp.so.1 (libc6) => /lib/libgomp.so.1\\n'"
    done = dev("setup", env=bare_machine(tmp_path, ldconfig=listing, **{"apt-get": "exit 1"}))
    wanted = done.stderr.splitlines()[-1].split()
    assert "libegl1" in wanted
    assert not {"libgl1", "libgomp1"} & set(wanted)


@linux
def test_sudo_is_used_where_it_asks_nothing(tmp_path: Path) -> None:
    programs = {"sudo": '[ "$1" != -n ] || exit 0; echo "$*" >>"$HOME/asked"; exit 1', "apt-get": "exit 1"}
    done = dev("setup", env=bare_machine(tmp_path, **programs))
    assert done.returncode == 1
    first = (tmp_path / "asked").read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith(
        "env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends python3"
    )


@linux
def test_without_apt_it_names_what_is_missing(tmp_path: Path) -> None:
    done = dev("setup", env=bare_machine(tmp_path))
    assert done.returncode == 1
    assert "libegl1" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_unknown_job_is_bad_input() -> None:
    done = dev("frobnicate", env={"PATH": "/usr/bin:/bin"})
    assert done.returncode == 2
    assert "no job 'frobnicate'" in done.stderr


def test_every_page_is_on_the_site() -> None:
    listed = (ROOT / "docs" / "index.md").read_text(encoding="utf-8").split()
    assert {path.stem for path in (ROOT / "docs").glob("*.md")} - {"index"} <= set(listed)
