"""The runs behind the report: configurations by name, each solved once by finite elements and once exactly."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from femwgm.analytic import ExactMode, LayeredSphere
from femwgm.config import RunConfig, load_config
from femwgm.config.catalogue import home
from femwgm.errors import ConfigError
from femwgm.experiment.spectrum.model import CoatedSphere
from femwgm.materials import Material, materials_from_config
from femwgm.modes.mode import Mode
from femwgm.runs.loop import RunResult
from femwgm.runs.run import run_into

CONFIGS = (
    "sphere-20um",
    "sphere-20um-n174",
    "sphere-20um-outer",
    "sphere-20um-uniform",
    "sphere-20um-dispersive",
    "sphere-20um-absorbing",
    "sphere-20um-water",
    "sphere-10um",
    "sphere-12um",
    "sphere-33um",
    "sphere-52um",
    "sphere-120um",
    "vernier-48um",
    "vernier-44um",
    "pair-touching",
    "pump-532nm",
)
"""What the report needs in its folder of configurations, besides gain.csv."""


def default_folder() -> Path:
    """configs/paper below the working directory, or the one that comes with femwgm."""
    for base in (Path.cwd(), home()):
        folder = base / "configs" / "paper"
        if folder.is_dir():
            return folder
    raise ConfigError(
        "there is no configs/paper here", key="FOLDER", remedy="name the folder of the study's configurations"
    )


@dataclass
class Study:
    """Configurations of the study and their results.

    Attributes
    ----------
    folder
        Where the configurations are.
    out
        Where run folders go; None keeps everything in memory.
    tell
        Called with the name of each run that begins.
    """

    folder: Path
    out: Path | None = None
    tell: Callable[[str], None] = lambda _: None
    _runs: dict[str, RunResult] = field(default_factory=dict)
    _configs: dict[str, RunConfig] = field(default_factory=dict)

    def __post_init__(self) -> None:
        missing = [f"{name}.yaml" for name in CONFIGS if not (self.folder / f"{name}.yaml").is_file()]
        if missing:
            raise ConfigError(
                f"lacks {', '.join(missing)}",
                file=self.folder,
                remedy="take configs/paper of the source tree",
            )

    def config(self, name: str) -> RunConfig:
        """One configuration, resolved."""
        if name not in self._configs:
            self._configs[name] = load_config(self.folder / f"{name}.yaml")
        return self._configs[name]

    def run(self, name: str) -> RunResult:
        """Its modes by finite elements."""
        if name not in self._runs:
            self.tell(name)
            home = None if self.out is None else self.out / "runs" / name
            self._runs[name] = run_into(self.config(name), home)[0]
        return self._runs[name]

    @property
    def finished(self) -> dict[str, RunResult]:
        """The runs so far."""
        return dict(self._runs)

    def mode(self, name: str, pol: str, l: int) -> Mode:
        """One mode of a run."""
        found = self.run(name).modes.sel(pol=pol, l=l)
        if len(found) != 1:
            raise ConfigError(
                f"has {len(found)} modes {pol} l={l}; the report needs one",
                file=self.folder / f"{name}.yaml",
                key="modes",
            )
        mode: Mode = found[0]
        return mode

    def nearest(self, name: str, pol: str, wavelength_nm: float) -> Mode:
        """The mode of a polarization nearest to a wavelength."""
        mode: Mode = min(
            self.run(name).modes.sel(pol=pol), key=lambda m: abs(m.wavelength_nm - wavelength_nm)
        )
        return mode

    def media(self, name: str) -> list[Material]:
        """Media by region, the ambient last."""
        config = self.config(name)
        known = materials_from_config(config)
        return [known[material] for material in config.geometry.region_materials.values()]

    def sphere(self, name: str) -> LayeredSphere:
        """The exact twin."""
        return LayeredSphere(self.config(name).geometry.radii_um, self.media(name))

    def body(self, name: str) -> CoatedSphere:
        """The sphere as something to fit or to vary."""
        return CoatedSphere.from_config(self.config(name))

    def twin(self, name: str, mode: Mode) -> ExactMode:
        """The exact mode of the same labels."""
        lo, hi = self.config(name).modes.window_um
        assert mode.l is not None
        found: ExactMode = self.sphere(name).mode(mode.pol, mode.l, mode.q, (lo * 0.99, hi * 1.01))
        return found

    def agreement(self, name: str, attribute: str = "wavelength_nm") -> float:
        """Largest relative difference of a number (by default the wavelength) of a run's modes from the exact one."""
        return max(
            abs(getattr(mode, attribute) / getattr(self.twin(name, mode), attribute) - 1.0)
            for mode in self.run(name).modes
        )

    def evidence(self, name: str, attribute: str = "wavelength_nm") -> str:
        """How well a number of a run is known, in words: distance from the exact solution, and the run's own estimate."""
        away = f"{self.agreement(name, attribute):.0e} from the exact sphere"
        if attribute != "wavelength_nm":
            return away
        stated = max(float(mode.wavelength_error or math.nan) for mode in self.run(name).modes)
        return f"stated error {stated:.0e}, {away}"
