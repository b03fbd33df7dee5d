"""The command line (命令行): `yiheng ...`, the same functions that the site calls, for people and scripts.

Exit code 0: done, also when rows were quarantined; 2: bad usage or bad input, named in one line; 1: a fault.
"""

from yiheng.cli.main import main

__all__ = ["main"]
