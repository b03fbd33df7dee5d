"""`yiheng norms`: what a group costs and takes, and where each unit departs from it."""

import typer

from yiheng.cli.loading import loading

# Each command, and the function that it is; see `cli.main.COMMANDS`.
COMMANDS = {
    "build": ("norms_build", "build"),
    "groups": ("norms_groups", "groups"),
    "cases": ("norms_groups", "cases"),
    "standards": ("norms_items", "standards"),
    "days": ("norms_items", "days"),
    "departures": ("norms_items", "departures"),
    "monthly": ("norms_indices", "monthly"),
    "risk": ("norms_indices", "risk"),
    "indices": ("norms_indices", "indices"),
    "cases-of": ("norms_indices", "cases_of"),
    "outflow": ("norms_indices", "outflow"),
    "opportunity": ("norms_peers", "opportunity"),
    "trend": ("norms_peers", "trend"),
    "publish": ("norms_peers", "publish"),
    "doctors": ("norms_doctors", "doctors"),
    "doctor-cases": ("norms_doctors", "doctor_cases"),
    "object": ("norms_doctors", "raise_one"),
    "answer": ("norms_doctors", "answer"),
    "objections": ("norms_doctors", "list_objections"),
    "report": ("casebook", "report"),
    "doctor-page": ("casebook", "doctor_page"),
}

app = typer.Typer(cls=loading(COMMANDS), no_args_is_help=True, add_completion=False)


@app.callback()
def _room() -> None:
    """病组标准 Norms: standards, weights, CMI, indices, peers, doctors, and the casebook of all."""
