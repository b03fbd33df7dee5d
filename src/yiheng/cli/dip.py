"""`yiheng dip`: build a catalogue from cases, assign cases to it, explain, compare, take over and give out."""

import typer

from yiheng.cli.loading import loading

# Each command, and the function that it is; see `cli.main.COMMANDS`.
COMMANDS = {
    "build": ("dip_build", "build"),
    "assign": ("dip_assign", "assign"),
    "show": ("dip_show", "show"),
    "diff": ("dip_catalogues", "diff"),
    "explain": ("dip_catalogues", "explain"),
    "export": ("dip_catalogues", "export"),
    "import": ("dip_catalogues", "take_over"),
    "auxiliary": ("dip_auxiliary", "app"),
    "coefficients": ("dip_pricing", "coefficients"),
    "points": ("dip_pricing", "points"),
    "supervise": ("dip_pricing", "supervise"),
}

app = typer.Typer(cls=loading(COMMANDS), no_args_is_help=True, add_completion=False)


@app.callback()
def _group() -> None:
    """按病种分值付费 DIP: a catalogue from the region's own history."""
