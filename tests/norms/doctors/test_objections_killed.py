"""An objection whose recording dies is there as a whole or not at all, and can be recorded again."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from yiheng.base.refusal import Refusal
from yiheng.norms.doctors.objections import Key, objections, raise_objection
from yiheng.tables.contract import contract
from yiheng.tables.data import Data, loading
from yiheng.tables.engine import engine
from yiheng.tables.snapshot import Snapshot

from ...ready import TABLES, Done, ready

DAY = date(2024, 5, 1)
LOADS = f"{TABLES}from yiheng.norms.doctors.objections import raise_objection"
RAISE = """
import sys
from datetime import date
from pathlib import Path
from yiheng.norms.doctors.objections import Key, raise_objection
raise_objection(Path(sys.argv[1]), Key("H", "p", sys.argv[2], "fee"), "why", date(2024, 5, 1))
"""
# More than a recording reaches.
POINTS = 30


@pytest.mark.fault
def test_dying_at_every_point_leaves_the_commit_before_or_the_one_after(tmp_path: Path) -> None:
    root = tmp_path / "data"
    names = contract("cases").schema.names
    given = [{"hospital": "H", "case_id": str(place), "physician": "p", "year": 2024} for place in range(POINTS)]
    table = pa.Table.from_pylist([dict.fromkeys(names) | row for row in given], schema=contract("cases").schema)
    with loading(root) as new, new.stage("cases") as staged:
        staged.write(table)
        new.commit(())
    with ready(LOADS, RAISE, tmp_path) as run:
        assert died_in_all(run, root) >= 5


def died_in_all(run: Callable[..., Done], root: Path) -> int:
    """How often a recording died, each checked."""
    died, recorded = 0, set()
    for at in range(1, POINTS):
        code = run(root, at, env={"YIHENG_CRASH_AT": str(at)}).returncode
        assert code in (0, 137)
        died += code == 137
        found = held(root)
        assert found - recorded <= {str(at)}
        if code == 0:
            assert found == recorded | {str(at)}
            break
        again = found == recorded
        recorded = found
        if again:
            raise_objection(root, Key("H", "p", str(at), "fee"), "why", DAY)
        else:
            with pytest.raises(Refusal, match="was objected to already"):
                raise_objection(root, Key("H", "p", str(at), "fee"), "why", DAY)
        recorded = held(root)
        assert str(at) in recorded
    return died


def held(root: Path) -> set[str]:
    with engine() as backend:
        table = objections(Snapshot(backend, Data.open(root))).to_pyarrow()
    return set(table["case_id"].to_pylist())
