"""What is asked of one case while it is grouped (入组要素): its codes by role, numbers, sites, counted severity."""

from functools import cached_property

from yiheng.drg.bycode import ByCode
from yiheng.drg.case import Case
from yiheng.drg.condition import LEVELS, SITES, ListKey, Severity
from yiheng.drg.packs.pack import Pack
from yiheng.drg.result import NONE


class Facts:
    """A case under a pack."""

    def __init__(self, pack: Pack, case: Case) -> None:
        self.pack = pack
        self.case = case
        self.codes = {
            "pdx": _known(case.dx[:1]), "sdx": _known(case.dx[1:]), "dx": _known(case.dx),
            "pproc": _known(case.proc[:1]), "sproc": _known(case.proc[1:]), "proc": _known(case.proc),
        }  # fmt: skip
        self.dept = case.dept

    def number(self, field: str) -> float | None:
        """A number of the case, None where unknown; `sites`: how many body regions its diagnoses hurt."""
        found: float | None = self.sites if field == SITES else getattr(self.case, field)
        return found

    def members(self, key: ListKey) -> ByCode[int]:
        """The rows of a list's codes; of one that the pack has not, none."""
        return self.pack.list(key)

    @cached_property
    def sites(self) -> int:
        return len({self.pack.sites.get(code) for code in self.codes["dx"]} - {None})

    @cached_property
    def severity(self) -> tuple[Severity, ...]:
        """Every secondary diagnosis with a level, each once, in order of their codes."""
        principal = next(iter(self.codes["pdx"]), None)
        of_principal = None if principal is None else self.pack.exclusion.get(principal)
        return tuple(
            Severity(code, level, said.table, of_principal, said.row)
            for code in sorted(set(self.codes["sdx"]))
            for level in LEVELS
            if (said := self.pack.severity[level].get(code)) is not None
        )

    @cached_property
    def gravest(self) -> str | None:
        """The level of the gravest diagnosis that counts, NONE without one; None under a pack that knows no levels."""
        if not any(map(len, self.pack.severity.values())):
            return None
        counted = {found.level for found in self.severity if found.counted}
        return next((level for level in LEVELS if level in counted), NONE)

    def alone(self, procedure: str) -> "Facts":
        """The same case with this procedure as its only one."""
        return Facts(self.pack, Case(**(vars(self.case) | {"proc": (procedure,)})))


def _known(codes: tuple[str | None, ...]) -> tuple[str, ...]:
    return tuple(code for code in codes if code is not None)
