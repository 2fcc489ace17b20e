"""`femwgm --help`: the verbs by what one wants, each with its whole sentence."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

HEADINGS = {
    "Start": ("examples", "init", "check", "doctor", "schema"),
    "Solve": ("run", "sweep", "exact", "prove"),
    "Look": ("view", "report"),
    "Design": ("comb", "sense", "couple", "bend"),
    "Measure": ("peaks", "assign", "spectrum", "lasing", "vernier", "paper"),
}
"""Verbs by heading; a verb that is named nowhere comes under `Use`."""


class Overview(TyperGroup):
    """The top of the command line."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the verbs under their headings, nothing cut."""
        placed = {name for names in HEADINGS.values() for name in names}
        rest = tuple(name for name in self.list_commands(ctx) if name not in placed)
        for heading, names in {**HEADINGS, "Use": rest}.items():
            commands = {name: self.get_command(ctx, name) for name in names}
            rows = [(name, found.get_short_help_str(1000)) for name, found in commands.items() if found]
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows)
