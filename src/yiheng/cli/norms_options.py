"""Options (命令选项) that commands of `yiheng norms` share: the cases, their groups, and where a result goes."""

from pathlib import Path
from typing import Annotated

import typer

CasesFrom = Annotated[Path, typer.Option("--cases", help="DATA, or a Parquet or CSV file of cases.")]
DataFolder = Annotated[Path, typer.Option("--cases", help="The DATA folder.")]
Out = Annotated[Path, typer.Option("--out", help="Where the result goes: .parquet or .csv.")]
Group = Annotated[str, typer.Option("--group", help="The column that holds the group.")]
Grouping = Annotated[Path | None, typer.Option("--grouping", help="The groups instead from the OUT of a grouper.")]
Commit = Annotated[int | None, typer.Option("--commit", min=1, help="Another commit of DATA than the last.")]
Hospital = Annotated[str, typer.Option("--hospital", help="Institution code.")]
Physician = Annotated[str, typer.Option("--physician", help="The physician's code in that hospital.")]
