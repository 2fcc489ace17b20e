"""What femwgm is run in: a caller's gmsh session, narrow and foreign terminals, closed and full streams."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from femwgm.cli.tables import DISPENSABLE, modes_table

CONFIG = Path(__file__).resolve().parents[2] / "configs" / "duan2022.yaml"
ROW = {
    "pol": "TM", "q": 1, "l": 163, "m": 163, "p": 0, "wavelength_nm": 659.12100491059, "wavelength_error": 1e-8, "n_eff": 1.63,
    "n_g": 1.763, "fsr_nm": 3.7, "q_rad": 1.0e43, "q_abs": 9333.2, "mode_volume_um3": 30.0, "energy_core": 0.0386674,
    "energy_shell": 0.947, "energy_air": 0.01418, "met": True,
}  # fmt: skip


@pytest.mark.gmsh
def test_a_callers_gmsh_session_keeps_its_options_and_its_model() -> None:
    import gmsh

    from femwgm.mesh.gmsh_session import gmsh_model

    if not gmsh.isInitialized():
        gmsh.initialize()
    gmsh.option.setNumber("General.Terminal", 0)
    mine = {
        "Mesh.MeshSizeFactor": 0.123,
        "Mesh.Algorithm": 8.0,
        "Mesh.ElementOrder": 2.0,
        "General.NumThreads": 2.0,
    }
    try:
        gmsh.model.add("mine")
        for option, value in mine.items():
            gmsh.option.setNumber(option, value)
        with gmsh_model("ours") as session:
            assert session.option.getNumber("Mesh.MeshSizeFactor") == 1.0, "and ours is not built by them"
            session.option.setNumber("Mesh.Algorithm", 6)
        assert {option: gmsh.option.getNumber(option) for option in mine} == mine
        assert gmsh.model.getCurrent() == "mine"
        assert "ours" not in gmsh.model.list()
    finally:
        gmsh.model.remove()
        gmsh.option.restoreDefaults()
        gmsh.option.setNumber("General.Terminal", 0)


@pytest.mark.parametrize("width", [50, 60, 80, 100])
def test_the_error_is_the_last_column_to_go_and_what_went_is_told(width: int) -> None:
    out = Console(file=io.StringIO(), width=width)
    out.print(modes_table([ROW], ["core", "shell", "air"], caption="c", out=out))
    text = out.file.getvalue()  # type: ignore[attr-defined]
    left = [name for name in DISPENSABLE if f"{name} " in text.split("No room")[0]]
    assert "± rel." in left or not left
    assert "No room here for V (µm³)" in " ".join(text.split())


@pytest.mark.parametrize(
    ("shell", "status"),
    [
        ("{femwgm} check {config} >&-", 0),
        ("{femwgm} check {config} >&- 2>&-", 0),
        ("{femwgm} check {config} > /dev/full", 2),
        ("LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 {femwgm} exact {config}", 0),
        ("PYTHONIOENCODING=ascii {femwgm} exact {config}", 0),
        ("PYTHONIOENCODING=latin-1 COLUMNS=80 {femwgm} exact {config}", 0),
    ],
)
def test_streams(shell: str, status: int) -> None:
    command = shell.format(femwgm=f"{sys.executable} -m femwgm", config=CONFIG)
    done = subprocess.run(["sh", "-c", command], capture_output=True, check=False, env=dict(os.environ))
    assert done.returncode == status, done.stderr
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr
    if status == 2:
        assert (
            done.stderr.decode().strip() == "femwgm: the output cannot be written (No space left on device)"
        )


def test_a_mesh_says_nothing_and_leaves_signals_to_whoever_handles_them() -> None:
    """Gmsh sets handlers of its own; SIGTERM after a mesh once ended the process with every solved mode."""
    code = (
        "import os, signal\n"
        "from femwgm.ground.interrupts import Interrupted, stoppable\n"
        "from femwgm.mesh.gmsh_session import gmsh_model\n"
        "with stoppable():\n"
        "    with gmsh_model('any'): pass\n"
        "    try: os.kill(os.getpid(), signal.SIGTERM)\n"
        "    except Interrupted as stop: raise SystemExit(stop.exit_code)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (143, "", "")


@pytest.mark.skipif(not hasattr(signal, "SIGPIPE"), reason="no such signal on this system")
@pytest.mark.parametrize("where", ["{mesh}()", "t = threading.Thread(target={mesh}); t.start(); t.join()"])
def test_a_broken_pipe_after_a_mesh_is_an_error_and_not_the_end(where: str) -> None:
    """By default the signal ends the process without a word: a painter that died, or `| head`, once took the run with it."""
    code = (
        "import os, threading\n"
        "from femwgm.mesh.gmsh_session import gmsh_model\n"
        "def mesh():\n"
        "    with gmsh_model('any'): pass\n"
        f"{where.format(mesh='mesh')}\n"
        "read, write = os.pipe(); os.close(read)\n"
        "try: os.write(write, b'x')\n"
        "except BrokenPipeError: print('told')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "told\n", "")
