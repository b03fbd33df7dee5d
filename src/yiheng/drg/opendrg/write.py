"""Writing an imported pack (写出方案): a bare directory with the tables and where they come from."""

import csv
import json
import os
from pathlib import Path
from shutil import rmtree

from yiheng.base.refusal import Refusal
from yiheng.drg.opendrg.checkout import Checkout
from yiheng.drg.packs.about import RETRY
from yiheng.drg.packs.schema import forms
from yiheng.drg.packs.source import JSON


def import_opendrg(version: Path, out: Path) -> None:
    """Write the rules of a version folder of OpenDRG/DRG_Python as the bare directory `out`, whole or not at all."""
    if out.exists() or not out.parent.is_dir():
        raise Refusal("must be a new folder in one that exists", file=str(out))
    checkout = Checkout(version)
    tables = checkout.read()
    about = {
        "name": version.resolve().name,
        "source": "OpenDRG/DRG_Python",
        "licence": "Apache-2.0",
        "mdc_order": checkout.mdc_order,
        RETRY: checkout.retries,
    }
    draft = out.with_name(f".{out.name}.{os.getpid()}.draft")
    draft.mkdir()
    try:
        (draft / JSON).write_text(json.dumps(about, ensure_ascii=False, indent=1), encoding="utf-8")
        for name, rows in tables.items():
            if rows or not forms()[name].optional:
                with (draft / forms()[name].file).open("w", encoding="utf-8", newline="") as file:
                    csv.writer(file, lineterminator="\n").writerows([forms()[name].names, *rows])
        draft.rename(out)
    finally:
        rmtree(draft, ignore_errors=True)
