"""DATA (数据目录): the one folder a region lives in: tables, commits, results; one writer at a time."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
from filelock import FileLock, Timeout

from yiheng.base.refusal import Refusal
from yiheng.tables import delta
from yiheng.tables.commit import Commit, Source, commit_numbers, create_commit, read_commit
from yiheng.tables.contract import contract
from yiheng.tables.delta import Gone, Staged
from yiheng.tables.engine import engine, held
from yiheng.tables.version import code_version


class Data:
    """A DATA folder as readers see it: its commits."""

    def __init__(self, root: Path) -> None:
        # Delta reads % as an escape, DuckDB a folder called year=1999 as the year of every case below it.
        if {"=", "%"} & set(str(root.absolute())):
            raise Refusal("the path to DATA must be without = and %", file=str(root))
        self.root = root
        self.commits_folder = root / "commits"
        self.results = root / "results"

    @classmethod
    def open(cls, root: Path) -> "Data":
        """DATA at `root`; a folder without a commit is refused."""
        data = cls(root)
        if not commit_numbers(data.commits_folder):
            raise Refusal("no loaded data here", file=str(root), cure="yiheng cases load FILE... --to DATA")
        return data

    def table_folder(self, table: str) -> Path:
        return self.root / "tables" / table

    def commit(self, number: int | None = None) -> Commit:
        """The commit with this number, or the last one."""
        last = commit_numbers(self.commits_folder)[-1] if number is None else number
        return read_commit(self.commits_folder, last)

    def commits(self, until: int | None = None) -> list[Commit]:
        """All commits in order, up to `until`."""
        numbers = commit_numbers(self.commits_folder)
        return [read_commit(self.commits_folder, number) for number in numbers if until is None or number <= until]


class Load:
    """One load in the making: files are staged, then everything becomes visible with one commit."""

    def __init__(self, data: Data, last: Commit | None) -> None:
        self.data = data
        self.last = last
        self.number = last.number + 1 if last else 1
        self._staged: dict[str, tuple[Staged, bool]] = {}
        self._gone: dict[str, dict[str, Gone]] = {}

    def stage(self, table: str, replace: bool = False) -> Staged:
        """Where rows for `table` go; they come after what it holds, or instead of it.

        Taking rows out of a table and replacing it in one load is a ValueError.
        """
        if replace and table in self._gone:
            raise ValueError(f"rows were taken out of {table}: it cannot be replaced as well")
        staged = Staged(self.data.table_folder(table), contract(table), self.number)
        self._staged[table] = (staged, replace)
        return staged

    def without(self, table: str, keys: pa.Table) -> int:
        """Take out of `table` the rows it holds whose key is in `keys`; how many, not counting those already out.

        `keys` has the first columns of the contract's key (else TypeError); a null is equal to nothing. Rows staged in
        this load are not looked at, so that a case can be taken out and put in anew, also in another partition. The
        last commit keeps its files; those that lose rows are written anew by `commit`.
        """
        declared = contract(table)
        columns = declared.key[: keys.num_columns]
        if not columns or keys.schema != pa.schema([declared.schema.field(name) for name in columns]):
            raise TypeError(f"not the first columns of the key of {table}: {keys.schema}")
        if table in self._staged and self._staged[table][1]:
            raise ValueError(f"{table} is replaced as a whole: no rows can be taken out of it")
        gone = self._gone.setdefault(table, {})
        found = 0
        with engine() as backend:
            wanted = held(backend, keys).get_name()
            for path in self.held_files(table):
                its = gone.get(path) or Gone(path)
                if more := its.find(backend, wanted, columns):
                    gone[path] = its
                    found += more
        return found

    def held_files(self, table: str) -> list[str]:
        """The files of `table` as the last commit has it."""
        if self.last is None or table not in self.last.tables:
            return []
        return delta.version_files(self.data.table_folder(table), self.last.tables[table])

    def commit(
        self, sources: tuple[Source, ...], made_up: bool = False, key: str = "", policy: Mapping[str, str] | None = None
    ) -> Commit:
        """Make the load exist."""
        versions = dict(self.last.tables) if self.last else {}
        for table in [*self._staged, *(table for table in self._gone if table not in self._staged)]:
            staged, replace = self._staged[table] if table in self._staged else (self.stage(table), False)
            gone = list(self._gone.get(table, {}).values())
            if replace or gone or any(staged.rows.values()):
                versions[table] = delta.add_version(staged, replace, gone)
        made_up = made_up or (self.last is not None and self.last.made_up)
        commit = Commit(self.number, sources, versions, code_version(), made_up, key, dict(policy or {}))
        create_commit(self.data.commits_folder, commit)
        return commit


@contextmanager
def loading(root: Path) -> Iterator[Load]:
    """The right to write to DATA at `root`, which comes into being if need be; nobody else has it meanwhile.

    What a load that died left behind is put back first. If the block ends without a commit, so is what it staged.
    """
    data = Data(root)
    _make(data)
    try:
        with FileLock(root / "writer.lock", timeout=0):
            last = _put_back(data)
            try:
                yield Load(data, last)
            finally:
                _put_back(data)
    except Timeout:
        raise Refusal("another load is writing here", file=str(root), cure="wait until it has ended") from None


def _make(data: Data) -> None:
    try:
        data.commits_folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise Refusal("is not a folder", file=str(data.root)) from None


def _put_back(data: Data) -> Commit | None:
    """Make the tables what the last commit says they are; that commit."""
    numbers = commit_numbers(data.commits_folder)
    last = read_commit(data.commits_folder, numbers[-1]) if numbers else None
    for draft in data.commits_folder.glob(".*.draft"):
        draft.unlink()
    for folder in sorted((data.root / "tables").glob("*")):
        version = last.tables.get(folder.name) if last else None
        delta.put_back(folder, version, last.number if last else 0)
    return last
