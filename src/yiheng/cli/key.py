"""`yiheng cases key`: make the key under which identity numbers become pseudonyms."""

from pathlib import Path
from typing import Annotated

import typer

from yiheng.cases.identity import KEY_FILE, new_key


def key(
    new: Annotated[Path, typer.Option(help="The file to write; it must not exist yet, and lies outside DATA.")],
) -> None:
    """Make a region's key: with it, and only with it, identity numbers become pseudonyms that join across hospitals."""
    region_id = new_key(new).region_id()
    typer.echo(f"已生成区域密钥 {region_id} / region key {region_id} written: {new}")
    typer.echo("请存放在 DATA 之外并另行备份 / keep it outside DATA and back it up elsewhere")
    typer.echo(
        "密钥一旦遗失，同一患者前后入库的病例将无法关联 / if it is lost, later loads no longer join with earlier ones"
    )
    typer.echo(f"入库时设置 / when loading set {KEY_FILE}={new}")
