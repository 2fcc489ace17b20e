"""`comb`: one family continued over many orders, its dispersion, and what an LLE solver reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from femwgm.cli.options import Config, Out, Quiet, Set
from femwgm.cli.screen import progress_bar

if TYPE_CHECKING:
    from femwgm.experiment.combs.comb import Comb

__all__ = ["comb", "wavelength_option"]


def comb(
    config: Config,
    out: Out = None,
    override: Set = None,
    pump: Annotated[
        str | None,
        typer.Option("--pump", metavar="WAVELENGTH", help="Pump, by default the middle of the window."),
    ] = None,
    orders: Annotated[int, typer.Option("--orders", min=4, max=2000, help="Orders on either side of the pump.")] = 50,
    n2: Annotated[float | None, typer.Option("--n2", metavar="M2_PER_W", help="By default that of the preset.")] = None,
    quiet: Quiet = False,
) -> None:  # fmt: skip
    """Follow the family of the line nearest to the pump; with -o DIR leave comb.csv, comb.json, pylle.csv and comb.png."""
    from femwgm.config import load_config
    from femwgm.experiment.combs.comb import comb as made_of

    settings = load_config(config, override or [])
    with progress_bar(quiet) as bar:
        made = made_of(settings, wavelength_option("--pump", pump), orders, n2, bar)
    if out is not None:
        from femwgm.experiment.combs.write import write_comb

        write_comb(made, out)
    if not quiet:
        _show(made)


def wavelength_option(key: str, text: str | None) -> float | None:
    """The vacuum wavelength (um) that an option states."""
    from pydantic_core import PydanticCustomError

    from femwgm.config.quantity import wavelength_um
    from femwgm.errors import ConfigError

    if text is None:
        return None
    try:
        return wavelength_um(text)
    except PydanticCustomError:
        raise ConfigError(
            "must be a wavelength or a frequency",
            key=key,
            value=text,
            remedy="write e.g. '1550 nm' or '193.4 THz'",
        ) from None


def _show(made: Comb) -> None:
    from rich.table import Table

    from femwgm.cli.tables import console
    from femwgm.experiment.combs.comb import summary

    content = summary(made)
    lines = made.lines
    table = Table(
        title=f"{made.config.name}: {lines.name}, m = {lines.m[0]} to {lines.m[-1]}, {lines.source}", box=None
    )
    table.add_column("quantity")
    table.add_column("value", justify="right")
    table.add_column("error", justify="right")
    table.add_column("unit")
    table.add_row("pump, m", str(lines.pump), "", "")
    table.add_row("f0", f"{made.f0 * 1e-12:.9f}", f"{content['f0_error_Hz'] * 1e-12:.1g}", "THz")
    for k in range(1, 5):
        value, error = content[f"D{k}_Hz"], content[f"D{k}_error_Hz"]
        scale, unit = next(
            ((s, u) for s, u in ((1e9, "GHz"), (1e6, "MHz"), (1e3, "kHz"), (1.0, "Hz")) if abs(value) >= s),
            (1.0, "Hz"),
        )
        table.add_row(f"D{k}/2pi", f"{value / scale:.9g}", f"{error / scale:.1g}", unit)
    table.add_row("n_g (outer radius)", f"{content['n_g']:.9g}", f"{content['n_g_error']:.1g}", "")
    for key, unit in (("beta2_ps2_per_km", "ps^2/km"), ("dispersion_ps_per_nm_km", "ps/(nm km)")):
        table.add_row(key.partition("_ps")[0], f"{content[key]:.7g}", f"{content[f'{key}_error']:.1g}", unit)
    kerr = made.kerr
    table.add_row(
        f"effective area ({kerr.region})", f"{kerr.area_um2:.6g}", f"{kerr.area_um2 * kerr.error:.1g}", "um^2"
    )
    if kerr.gamma is not None:
        table.add_row(f"gamma, n2 = {kerr.n2:g} m^2/W", f"{kerr.gamma:.5g}", "as n2", "1/(W m)")
    screen = console()
    screen.print(table)
    for c in made.crossings:
        told = f"avoided crossing at mu = {', '.join(map(str, c.mu[:8]))}{' ...' if len(c.mu) > 8 else ''}"
        if c.coupling is not None and c.centre is not None:
            told += f": centre {c.centre:.2f}, coupling {c.coupling * 1e-9:.4g} GHz +- {(c.coupling_error or 0.0) * 1e-9:.1g}"
        screen.print(told)
    for note in lines.notes:
        screen.print(f"note: {note}")
