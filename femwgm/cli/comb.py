"""`comb`: one family continued over many orders, its dispersion, and what an LLE solver reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from femwgm.cli.options import Config, Out, Quiet, Set, wavelength_option
from femwgm.cli.screen import progress_bar, settings_for

if TYPE_CHECKING:
    from femwgm.experiment.combs.comb import Comb


def comb(
    config: Config,
    out: Out = None,
    override: Set = None,
    pump: Annotated[
        str | None,
        typer.Option("--pump", metavar="WAVELENGTH", help="Pump wavelength (default: the middle of the window)."),
    ] = None,
    orders: Annotated[int, typer.Option("--orders", min=4, max=2000, help="Number of orders on either side of the pump.")] = 50,
    n2: Annotated[float | None, typer.Option("--n2", metavar="M2_PER_W", help="Kerr index n2 (default: preset).")] = None,
    quiet: Quiet = False,
) -> None:  # fmt: skip
    """Compute the dispersion of the mode family at the pump: D1, D2, D3, integrated dispersion, input for pyLLE."""
    from femwgm.experiment.combs.comb import comb as made_of

    settings = settings_for("comb", config, override)
    with progress_bar(quiet) as bar:
        made = made_of(settings, wavelength_option("--pump", pump), orders, n2, bar)
    if out is not None:
        from femwgm.experiment.combs.write import write_comb

        write_comb(made, out)
    if not quiet:
        _show(made)


def _show(made: Comb) -> None:
    from femwgm.cli.tables import console, notes, print_quantities
    from femwgm.experiment.combs.comb import summary

    content, lines, kerr = summary(made), made.lines, made.kerr
    rows: list[tuple[str, str | float, str, str | float | None]] = [
        ("pump, m", str(lines.pump), "", None),
        ("f0", f"{made.f0 * 1e-12:.9f}", "THz", content["f0_error_Hz"] * 1e-12),
    ]
    for k in range(1, 5):
        value, error = content[f"D{k}_Hz"], content[f"D{k}_error_Hz"]
        scale, unit = next(
            ((s, u) for s, u in ((1e9, "GHz"), (1e6, "MHz"), (1e3, "kHz"), (1.0, "Hz")) if abs(value) >= s),
            (1.0, "Hz"),
        )
        rows.append((f"D{k}/2pi", value / scale, unit, error / scale))
    rows.append(("n_g (outer radius)", content["n_g"], "", content["n_g_error"]))
    for key, unit in (("beta2_ps2_per_km", "ps^2/km"), ("dispersion_ps_per_nm_km", "ps/(nm km)")):
        rows.append((key.partition("_ps")[0], content[key], unit, content[f"{key}_error"]))
    rows.append((f"effective area ({kerr.region})", kerr.area_um2, "um^2", kerr.area_um2 * kerr.error))
    if kerr.gamma is not None:
        rows.append((f"gamma, n2 = {kerr.n2:g} m^2/W", kerr.gamma, "1/(W m)", "as n2"))
    title = f"{made.config.name}: m = {lines.m[0]} to {lines.m[-1]}, {lines.source}"
    print_quantities(title, ((lines.name, *row) for row in rows), digits=9)
    screen = console()
    for c in made.crossings:
        orders = f"mu = {', '.join(map(str, c.mu[:8]))}{' ...' if len(c.mu) > 8 else ''}"
        if c.coupling is None or c.centre is None:
            screen.print(f"off the curve of the family, by no crossing of two modes: {orders}")
            continue
        error = (c.coupling_error or 0.0) * 1e-9
        screen.print(
            f"avoided crossing at {orders}: centre {c.centre:.2f}, coupling {c.coupling * 1e-9:.4g} GHz +- {error:.1g}"
        )
    notes(lines.notes, screen)
