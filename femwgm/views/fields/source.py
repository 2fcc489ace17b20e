"""One face for what is to be shown: modes just solved, or a run folder on disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from femwgm.config import RunConfig
from femwgm.errors import OutputError
from femwgm.ground.numbers import line
from femwgm.ground.typing import Array
from femwgm.materials import media_of
from femwgm.modes.lookup import parse_label
from femwgm.store import StoredRun, from_csv, load_run, log10_of
from femwgm.store.folder import package_versions
from femwgm.views.fields.line import Profile, profile
from femwgm.views.fields.outlines import Outline, outlines
from femwgm.views.fields.patches import Medium, Patches, from_field
from femwgm.views.files.fields import FIELDS, mode_file, read_mode, twins

if TYPE_CHECKING:
    from femwgm.modes.mode import Mode
    from femwgm.runs.loop import RunResult

PML = "pml"


@dataclass(frozen=True)
class ModeView:
    """A mode to be shown.

    Attributes
    ----------
    row
        Its numbers, keys as in modes.csv.
    regions
        Region names from the centre outwards, the ambient last.
    outlines
        Surfaces of the layers in the meridian plane; may be empty.
    twin
        Place among the modes of its run that share its labels.
    unit
        Unit of its line, one of `femwgm.ground.units.SPECTRAL_UNITS`; None for a wavelength in nm.
    """

    row: Mapping[str, Any]
    regions: tuple[str, ...]
    outlines: tuple[Outline, ...]
    _load: Callable[[], Patches] = field(repr=False)
    _lines: dict[float, Profile] = field(default_factory=dict, repr=False, compare=False)
    twin: int = 1
    unit: str | None = None

    @cached_property
    def patches(self) -> Patches:
        """Its field."""
        return self._load()

    @cached_property
    def solid(self) -> Patches:
        """Its field without the absorbing layer."""
        return self.patches.without(PML)

    def line(self, z: float = 0.0) -> Profile:
        """Its field along the radius at a height z (um)."""
        if z not in self._lines:
            self._lines[z] = profile(self.solid, z)
        return self._lines[z]

    @property
    def pol(self) -> str:
        """TE or TM."""
        return str(self.row["pol"])

    @property
    def m(self) -> int:
        """Azimuthal order."""
        return int(self.row["m"])

    @property
    def wavelength_nm(self) -> float:
        """Vacuum wavelength (nm)."""
        return float(self.row["wavelength_nm"])

    @property
    def place(self) -> str:
        """Its line in the unit asked for, with the digits its error leaves, e.g. 'f = 193.4145 THz'."""
        return line(self.wavelength_nm, self.unit, self.row.get("wavelength_error"), symbol=True)

    @property
    def family(self) -> tuple[str, int, int | None]:
        """(pol, q, p): what modes of neighbouring m have in common."""
        return self.pol, int(self.row["q"]), self.row.get("p")

    @property
    def label(self) -> str:
        """Short name, as "TE q=1 l=165 m=165"."""
        l = self.row.get("l")
        return f"{self.pol} q={self.row['q']} l={'?' if l is None else l} m={self.m}"

    @property
    def file(self) -> str:
        """Name of its file in a run folder."""
        return mode_file(self.row, self.twin)

    def shares(self, measure: str) -> dict[str, float]:
        """Share of each region in a measure: "energy", "e2" or "radial_e2"; without those that do not apply."""
        found = {name: self.row.get(f"{measure}_{name}") for name in self.regions}
        return {name: float(value) for name, value in found.items() if value is not None}

    @property
    def home(self) -> str:
        """The region that holds most of the electric energy; of equals the upper one, at whose height lines are drawn."""
        shares = self.shares("energy")
        return max(reversed(shares), key=lambda name: shares[name])

    def log10_q(self, which: str) -> float | None:
        """Decimal logarithm of q_rad, q_abs or q_total, at any size; None where it does not apply or gain wins."""
        if which == "q_rad" and self.row.get("log10_q_rad") is not None:
            return float(self.row["log10_q_rad"])
        value = self.row.get(which)
        return log10_of(float(value) if isinstance(value, np.number) else value)


@dataclass(frozen=True)
class RunView:
    """A run to be shown.

    Attributes
    ----------
    config
        What was asked.
    modes
        The modes, ascending in wavelength.
    regions
        Region names, the ambient last.
    outlines
        Surfaces of the layers.
    warnings
        What the reader should know.
    info
        Status, times and versions as in run.json.
    domains
        Domains and meshes, where the run has just been made.
    media
        Material of each region.
    kept
        Content of a file of the run folder as the run wrote it, or None.
    """

    config: RunConfig
    modes: tuple[ModeView, ...]
    regions: tuple[str, ...]
    outlines: tuple[Outline, ...]
    warnings: tuple[str, ...]
    info: Mapping[str, Any] = field(repr=False)
    domains: Sequence[Any] = field(default=(), repr=False)
    media: Mapping[str, Any] = field(default_factory=dict, repr=False)
    kept: Callable[[str], bytes | None] = field(default=lambda _name: None, repr=False, compare=False)

    @property
    def radius_um(self) -> float:
        """Outer equatorial radius of the solid (um)."""
        return self.config.geometry.radius_ref_um

    def representatives(self, most: int = 6) -> list[ModeView]:
        """One mode of each family (pol, q, p) and parity: the one nearest the middle of the window; the lowest orders first."""
        lo, hi = self.config.modes.window_um
        middle = 500.0 * (lo + hi)
        chosen: dict[tuple[Any, ...], ModeView] = {}
        for mode in sorted(self.modes, key=lambda mode: abs(mode.wavelength_nm - middle)):
            chosen.setdefault((mode.family, mode.row.get("parity")), mode)
        return sorted(
            chosen.values(), key=lambda mode: (mode.family[1], mode.family[2] or 0, mode.family[0], mode.twin)
        )[:most]

    def find(self, label: str | None) -> ModeView:
        """The mode of a label ("TE165", "TE q=1 l=165 m=165", or its place in the table); by default the first representative.

        Raises
        ------
        OutputError
            If no mode, or more than one, answers to it.
        """
        if not self.modes:
            raise OutputError("the run holds no modes to show")
        if label is None:
            return self.representatives()[0]
        if label.isdigit() and 1 <= int(label) <= len(self.modes):
            return self.modes[int(label) - 1]
        wanted = parse_label(label)
        hits = [m for m in self.modes if wanted and all(m.row.get(k) == v for k, v in wanted.items())]
        if len(hits) > 1:
            hits = [m for m in hits if m.row.get("p") == 0 and m.row.get("q") == 1] or hits
        if len(hits) != 1:
            what = "no mode answers" if not hits else f"{len(hits)} modes answer"
            names = ", ".join(m.label for m in self.modes[:6]) + (", ..." if len(self.modes) > 6 else "")
            raise OutputError(
                f"{what} to '{label}'; write e.g. 'TE l=165 m=165' or a row number; there are {names}"
            )
        return hits[0]


Source: TypeAlias = "RunResult | StoredRun | RunView | str | Path"
Viewable: TypeAlias = "Mode | ModeView"


def media_at(config: RunConfig, k0: complex) -> dict[str, Medium]:
    """Permittivity of each region at a wavenumber (rad/um), the absorbing layer as the ambient."""
    return _media(config, media_of(config), k0)


def images_of(config: RunConfig) -> dict[str, str]:
    """Regions of a stack that are mirror images of each other."""
    from femwgm.geometry.build import section_of

    return section_of(config.geometry).images if config.geometry.kind == "stack" else {}


def _media(config: RunConfig, materials: Mapping[str, Any], k0: complex) -> dict[str, Medium]:
    media = {}
    for region, material in materials.items():
        axial = complex(material.permittivity_axial(k0)) if material.axis else None
        media[region] = Medium(complex(material.permittivity(k0)), axial, material.axis)
    media[PML] = media[config.geometry.ambient]
    return media


def mode_view(mode: Viewable, config: RunConfig | None = None) -> ModeView:
    """A mode as something to be shown; with the configuration its layers and energies can be shown as well."""
    if isinstance(mode, ModeView):
        return mode
    row = mode.row()
    regions = tuple(mode.energy)
    lines = outlines(config.geometry) if config is not None else ()

    def load() -> Patches:
        cells = mode.field_data
        if cells is None:
            raise OutputError(f"{mode.label} carries no field; show it from its run folder")
        if config is None:
            return from_field(cells)
        return from_field(cells, media_at(config, mode.k0), images=images_of(config))

    unit = config.modes.unit if config is not None else None
    return ModeView(row, regions, lines, load, unit=unit)


def run_view(source: Source) -> RunView:
    """A run as something to be shown: the result of `run`, a run folder or its path.

    Raises
    ------
    OutputError
        If a folder is no run folder.
    """
    if isinstance(source, RunView):
        return source
    if isinstance(source, str | Path):
        source = load_run(source)
    if isinstance(source, StoredRun):
        return _stored(source)
    config = source.config
    materials, images = media_of(config), images_of(config)
    lines = outlines(config.geometry)

    def view(mode: Mode, twin: int) -> ModeView:
        def load() -> Patches:
            assert mode.field_data is not None
            return from_field(mode.field_data, _media(config, materials, mode.k0), images=images)

        return ModeView(mode.row(), tuple(source.regions), lines, load, twin=twin, unit=config.modes.unit)

    info = {"status": "done", "versions": package_versions(), "seconds": {"solve": round(source.seconds, 3)},
            "checks": dict(source.extra)}  # fmt: skip
    places = twins(mode.row() for mode in source.modes)
    return RunView(
        config, tuple(map(view, source.modes, places)), tuple(source.regions), lines, tuple(source.warnings), info,
        source.domains, materials,
    )  # fmt: skip


def _stored(stored: StoredRun) -> RunView:
    lines, regions = outlines(stored.config.geometry), tuple(stored.regions)

    def view(row: dict[str, Any], twin: int) -> ModeView:
        file = stored.path / FIELDS / mode_file(row, twin)

        def load() -> Patches:
            if not file.exists():
                raise OutputError(
                    f"{file}: is not there; run again with outputs.fields: true to have the fields in the folder"
                )
            return read_mode(file)

        return ModeView(row, regions, lines, load, twin=twin, unit=stored.config.modes.unit)

    modes = tuple(map(view, stored.rows, twins(stored.rows)))
    return RunView(
        stored.config,
        modes,
        regions,
        lines,
        tuple(stored.warnings),
        stored.info,
        (),
        media_of(stored.config),
        stored.kept,
    )


def table(path: str | Path) -> list[dict[str, Any]]:
    """Rows of a modes.csv or sweep.csv."""
    return from_csv(Path(path).read_text(encoding="utf-8"))[1]


def column(rows: Sequence[Mapping[str, Any]], name: str) -> Array:
    """A column as floats, NaN where it does not apply."""
    values = [row.get(name) for row in rows]
    return np.array([np.nan if v is None or isinstance(v, str) else float(v) for v in values])
