"""Facts of DIP pages (DIP 页面数据): the results by group and by hospital, and what they are called, looked up once."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from yiheng.base.words import Word, glossary, word
from yiheng.cases.quality.book import book
from yiheng.dip.keys import ANY
from yiheng.dip.pricing.tcm import tcm_groups
from yiheng.reports.analysis import Analysis
from yiheng.reports.dip.results import DipResults
from yiheng.reports.naming import Place, place, places
from yiheng.reports.pages import slug
from yiheng.reports.shape import same

Row = dict[str, Any]
INDEX = "dip/index.html"


def group_page(group: str) -> str:
    return f"dip/group-{slug(group)}.html"


def hospital_page(hospital: str) -> str:
    return f"dip/hospital-{slug(hospital)}.html"


@dataclass(frozen=True)
class DipFacts:
    """An analysis and its DIP results, by group and by hospital; `paged` are the groups that have a page."""

    analysis: Analysis
    results: DipResults
    paged: frozenset[str] = frozenset()

    @cached_property
    def groups(self) -> dict[str, Row]:
        """The catalogue's rows by group."""
        return {row["group"]: row for row in self.results.catalogue.groups.to_pylist()}

    @cached_property
    def pairs_of_group(self) -> dict[str, list[Row]]:
        return _by(self.results.pairs.to_pylist(), "group")

    @cached_property
    def pairs_of_hospital(self) -> dict[str, list[Row]]:
        return _by(self.results.pairs.to_pylist(), "hospital")

    @cached_property
    def years_of_group(self) -> dict[str, list[Row]]:
        return _by(self.results.years.to_pylist(), "group")

    @cached_property
    def levels_of_group(self) -> dict[str, list[Row]]:
        return _by(self.results.levels.to_pylist(), "group")

    @cached_property
    def flags_of_hospital(self) -> dict[str, list[Row]]:
        return _by(self.results.flags.to_pylist(), "hospital")

    @cached_property
    def flags_of_group(self) -> dict[str, dict[str, int]]:
        """How many cases of each group are flagged, by flag."""
        found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        columns = (self.results.flags[name].to_pylist() for name in ("group", "flag"))
        for group, flag in zip(*columns, strict=True):
            found[group][flag] += 1
        return found

    @cached_property
    def flagged_of_hospital(self) -> dict[str, list[Row]]:
        return _by(self.results.flagged.to_pylist(), "hospital")

    @cached_property
    def coefficients(self) -> dict[str, list[Row]]:
        """The rows of each hospital: one for each class that it had."""
        return _by(self.results.hospitals.to_pylist(), "hospital")

    @cached_property
    def classes(self) -> dict[str, Row]:
        return {row["class"]: row for row in self.results.classes.to_pylist()}

    @cached_property
    def bands_of_hospital(self) -> dict[str, list[Row]]:
        return _by(self.results.bands.to_pylist(), "hospital")

    @cached_property
    def bases_of_hospital(self) -> dict[str, list[Row]]:
        return _by(self.results.bases.to_pylist(), "hospital")

    @cached_property
    def prices(self) -> dict[str, Row]:
        return {row["group"]: row for row in self.results.prices.to_pylist()}

    @cached_property
    def risks(self) -> dict[str, Row]:
        """By group, of those that have a class."""
        return {row["group"]: row for row in self.results.risks.to_pylist() if row["risk"] is not None}

    @cached_property
    def hospitals(self) -> list[str]:
        """The hospitals that had cases in a group this year, in order."""
        return sorted(self.pairs_of_hospital)

    @cached_property
    def _places(self) -> dict[str, Place]:
        return places(self.analysis)

    @cached_property
    def _tcm(self) -> dict[str, Word]:
        return {each.id: each.name for each in tcm_groups(self.results.plan)}

    def hospital_name(self, code: str) -> Word:
        return place(code, self._places, self.analysis.names).name

    def group_name(self, code: str) -> Word:
        return self._tcm.get(code) or self.analysis.names.get(("group", code)) or same(code)

    def code_name(self, kind: str, code: str) -> Word:
        return self.analysis.names.get((kind, code)) or same(code)

    @cached_property
    def group_pages(self) -> dict[str, str]:
        return {group: group_page(group) for group in self.paged}

    @cached_property
    def hospital_pages(self) -> dict[str, str]:
        return {code: hospital_page(code) for code in self.hospitals}

    @cached_property
    def yuan_of_point(self) -> float:
        """All fees of the year over all its points, so that the differences of all hospitals add up to nothing.

        It is a price that nobody pays: the value of a point is known only after the year.
        """
        fees, points = (sum(self.results.pairs[name].to_pylist()) for name in ("fee", "case_points"))
        return fees / 100 / points if points else 1.0

    def worth(self, fee: int) -> float:
        """A fee (fen) in points."""
        return fee / 100 / self.yuan_of_point

    def difference(self, pair: Mapping[str, Any]) -> float:
        """Points that cases count, less their fees in points."""
        return float(pair["case_points"]) - self.worth(pair["fee"])


def flag_word(flag: str) -> Word:
    return word(f"flag_{flag}")


def evidence_word(flag: str, text: str | None) -> Word | None:
    """What a flag's evidence says; rules of quality by their names."""
    if text is None:
        return None
    if flag == "record_quality":
        names = [book().rules[rule].word if rule in book().rules else same(rule) for rule in text.split()]
        return Word("；".join(name.zh for name in names), "; ".join(name.en for name in names))
    if flag == "low_risk_death":
        return word(f"risk_{text}")
    earlier, _, which = text.partition(" ")
    said = word("same_group" if which == "same group" else "another_group")
    return Word(f"前次 {earlier}（{said.zh}）", f"earlier {earlier} ({said.en})")


def known(prefix: str, value: str | None) -> Word | None:
    """A coded value as its term, as itself where it has none; ANY is the rest."""
    return None if value is None else glossary().get(f"{prefix}{'any' if value == ANY else value}") or same(value)


def kind_word(kind: str) -> Word:
    """A kind of group: a group of TCM is no TCM hospital."""
    return glossary().get(f"group_kind_{kind}") or word(kind)


def _by(rows: list[Row], key: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[key]].append(row)
    return dict(found)
