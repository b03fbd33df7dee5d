"""A rule pack (分组方案包): the tables of one grouping scheme, ready to be asked about a case."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from yiheng.drg.bycode import ByCode
from yiheng.drg.condition import Condition, ListKey
from yiheng.drg.packs.about import About, Identity
from yiheng.drg.packs.standing import Standing
from yiheng.drg.packs.switches import Switches

QY = "QY"

_NOTHING: ByCode[int] = ByCode({}, {})


@dataclass(frozen=True)
class Mdc:
    """A major category (主要诊断大类) and its gate; `row` is its row in mdc.csv."""

    code: str
    name: str
    kind: str
    gate: Condition
    logic: str
    row: int


@dataclass(frozen=True)
class Group:
    """One DRG of a rule and its condition; `row` is its row in drg.csv."""

    drg: str
    name: str
    when: Condition
    logic: str
    row: int


@dataclass(frozen=True)
class Rule:
    """One way into an ADRG; `row` is its row in adrg.csv.

    `otherwise` says what happens when it matches and none of its groups does: the code given out, or "" for the next
    rule. An ambiguous rule (歧义组) gives its MDC's QY.
    """

    id: str
    adrg: str
    mdc: str
    phase: str
    when: Condition
    logic: str
    groups: tuple[Group, ...]
    otherwise: str
    ambiguous: bool
    row: int


@dataclass(frozen=True)
class Counting:
    """A row of cc.csv: the exclusion table of a MCC or CC."""

    table: str
    row: int


@dataclass(frozen=True)
class Finding:
    """Something odd about a pack: a rule's name, where it is and what; a warning in a bare directory."""

    kind: str
    file: str
    row: int | None
    what: str

    def line(self) -> str:
        place = self.file if self.row is None else f"{self.file} row {self.row}"
        return f"{place}: {self.what} ({self.kind})"


@dataclass(frozen=True, eq=False)
class Pack:
    """A pack as grouping needs it.

    - mdcs: in order of evaluation; rules: by MDC, in order
    - lists: rows of codes by list; a list that is not there is empty
    - severity: by level; exclusion: the table of each principal diagnosis; sites: the body region of each diagnosis
    - dx_names, proc_names: the code books; digest: of the content, whatever the order of lists and the formatting
    - about: where it comes from and when it is in force; weights: of its groups, where it has them
    """

    identity: Identity
    switches: Switches
    mdcs: tuple[Mdc, ...]
    rules: Mapping[str, tuple[Rule, ...]]
    lists: Mapping[ListKey, ByCode[int]]
    severity: Mapping[str, ByCode[Counting]]
    exclusion: ByCode[str]
    sites: ByCode[str]
    dx_names: Mapping[str, str]
    proc_names: Mapping[str, str]
    findings: tuple[Finding, ...]
    digest: str
    about: About = About()
    weights: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.identity.id

    @property
    def standing(self) -> Standing:
        """Which pack it is, whose, and how far it was checked."""
        return Standing(
            self.id, self.digest, self.identity.issuer, self.about.note, str(self.about.checked_until or "")
        )

    def list(self, key: ListKey) -> ByCode[int]:
        """The rows of a list's codes; of one that is not there, none."""
        return self.lists.get(key, _NOTHING)
