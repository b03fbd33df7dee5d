"""Where a result may go (结果位置), asked before work begins."""

from pathlib import Path

from yiheng.base.refusal import Refusal


def check_out(path: Path) -> None:
    """A result goes to a .parquet or .csv file in a folder that exists; anything else is refused before work begins."""
    if path.suffix not in (".parquet", ".csv"):
        raise Refusal("must end in .parquet or .csv", file=str(path))
    if not path.parent.is_dir():
        raise Refusal("there is no such folder", file=str(path.parent))
