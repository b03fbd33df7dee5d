"""Gathering (汇总): the tables of an Analysis that are plain counts over the loaded data, and the names of things."""

from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from yiheng.base.words import Word
from yiheng.cases.quality.book import book
from yiheng.dip.catalogue.build import Catalogue
from yiheng.dip.keys import key_lengths
from yiheng.reports.analysis import Analysis, Grouping, LoadedFile, QualityCheck, Version
from yiheng.reports.called import dip_labels, hospitals_held, names_held
from yiheng.reports.drg import Chosen
from yiheng.reports.held import holdings, open_months, open_rules, quarantined
from yiheng.reports.limits import Limits
from yiheng.reports.origins import origin, shown_value
from yiheng.tables.commit import Commit
from yiheng.tables.runs import Run
from yiheng.tables.snapshot import Snapshot

DIED = 5
# Of a digest that much is shown.
SHORT = 12
_FEES = tuple(f"fee_{number:02}" for number in range(1, 15))


@dataclass(frozen=True)
class Sources:
    """Where the figures come from: the snapshot, the catalogue and its run, the DRG pack, the report's limits."""

    snapshot: Snapshot
    catalogue: Catalogue
    catalogue_run: Run
    drg: Chosen
    limits: Limits

    @property
    def year(self) -> int:
        """The year shown: the last one that the catalogue is built on."""
        return self.catalogue.day.year


def gather(sources: Sources, groupings: tuple[Grouping, ...]) -> Analysis:
    """All that a report shows."""
    snapshot, year = sources.snapshot, sources.year
    cases = snapshot.table("cases")
    shown = cases.filter(cases.year == year)
    return Analysis(
        title=Word(f"{year} 年住院病例分析", f"Inpatient cases {year}"),
        made_up=snapshot.commit.made_up,
        year=year,
        files=_files(snapshot),
        versions=_versions(sources, groupings),
        unchecked=_unchecked(sources),
        years=_years(cases),
        months=_months(shown),
        payers=_by(shown, "payer"),
        fees=_fees(shown),
        hospitals=hospitals_held(snapshot),
        findings=quarantined(snapshot),
        closed=snapshot.table("closed").count().to_pyarrow().as_py(),
        holdings=holdings(snapshot),
        open_rules=open_rules(snapshot),
        open_months=open_months(snapshot),
        limits=sources.limits,
        groupings=groupings,
        names=_names(sources),
        about=_about(snapshot),
        checks=_checks(snapshot),
    )


def _about(snapshot: Snapshot) -> tuple[Word, ...]:
    said = [each.about for commit in _commits(snapshot) for each in commit.sources if each.about]
    return tuple(dict.fromkeys(Word(about["zh"], about["en"]) for about in said))


def _commits(snapshot: Snapshot) -> list[Commit]:
    return snapshot.data.commits(until=snapshot.commit.number)


def _files(snapshot: Snapshot) -> tuple[LoadedFile, ...]:
    return tuple(
        LoadedFile(
            commit.number, each.file, each.format, each.sha256, each.rows, each.accepted, each.quarantined, each.action
        )
        for commit in _commits(snapshot)
        for each in commit.sources
    )


def _versions(sources: Sources, groupings: tuple[Grouping, ...]) -> tuple[Version, ...]:
    commit, scheme, pack = sources.snapshot.commit, sources.catalogue.scheme, sources.drg.pack
    notices = [grouping.notice for grouping in groupings if grouping.id == "drg" and grouping.notice is not None]
    said = "".join(f" ({notice.zh} / {notice.en})" for notice in notices)
    return (
        Version("code_version", sources.catalogue_run.code_version),
        Version("commit", str(commit.number)),
        Version("scheme", f"{scheme.id} ({scheme.word.zh} / {scheme.word.en}), {scheme.digest[:SHORT]}"),
        Version("catalogue", sources.catalogue_run.id),
        Version("pack", f"{pack.id}{said}, {pack.digest[:SHORT]}"),
        *(Version(f"{grouping.id}_run", grouping.cases_run) for grouping in groupings if grouping.cases_run),
    )


def _unchecked(sources: Sources) -> tuple[tuple[str, str, str], ...]:
    """Parameters that nobody held against their source, with that source, or who may choose; and the pack itself."""
    its = sources.catalogue
    found = [*its.scheme.unchecked(its.day), *sources.limits.unchecked]
    rows = [
        (f"{parameter.word.zh} {parameter.word.en}", shown_value(dated), origin(dated)) for parameter, dated in found
    ]
    return (*rows, *_unchecked_pack(sources))


def _unchecked_pack(sources: Sources) -> list[tuple[str, str, str]]:
    """The DRG pack, where it does not say that it was held against its documents up to the report's day."""
    pack = sources.drg.pack
    if pack.about.checked_until is not None and pack.about.checked_until >= sources.catalogue.day:
        return []
    documents = "; ".join(f"{each.title} {each.article}" for each in pack.about.documents)
    return [("pack", pack.id, documents or pack.identity.issuer)]


def _years(cases: ir.Table) -> pa.Table:
    return (
        cases.group_by("year")
        .agg(
            cases=cases.count(),
            hospitals=cases.hospital.nunique(),
            fee=_total(cases.total_fee),
            fee_cases=cases.total_fee.count(),
            los_cases=cases.los.count(),
            days=cases.los.sum(),
            deaths=(cases.discharge == DIED).sum(),
            out_of_area=(cases.out_of_area > 0).sum(),
        )
        .mutate(
            mean_fee=ibis._.fee.cast("float64") / ibis._.fee_cases.nullif(0),
            mean_los=ibis._.days.cast("float64") / ibis._.los_cases.nullif(0),
        )
        .drop("days")
        .order_by("year")
        .to_pyarrow()
    )


def _total(amount: ir.DecimalColumn) -> ir.DecimalScalar:
    return amount.sum().cast("decimal(18,2)")


def _by(cases: ir.Table, column: str) -> pa.Table:
    return cases.group_by(column).agg(cases=cases.count(), fee=_total(cases.total_fee)).order_by(column).to_pyarrow()


def _months(cases: ir.Table) -> pa.Table:
    dated = cases.filter(cases.discharge_date.notnull())
    return _by(dated.mutate(month=dated.discharge_date.strftime("%Y-%m")), "month")


def _fees(cases: ir.Table) -> pa.Table:
    """Sums of the settlement list's categories; those that no case has are left out."""
    sums = cases.agg(**{name: _total(cases[name]) for name in _FEES}).to_pyarrow().to_pylist()[0]
    present = {name: amount for name, amount in sums.items() if amount is not None}
    return pa.table(
        {"item": pa.array(list(present), pa.string()), "amount": pa.array(list(present.values()), pa.decimal128(18, 2))}
    )


def _checks(snapshot: Snapshot) -> tuple[QualityCheck, ...]:
    """What became of each rule over all loads; a rule that this version does not know is called by its id."""
    told = snapshot.table("checks")
    added = told.group_by(["rule", "severity"]).agg(
        failed=told.failed.sum(),
        error=told.error.sum(),
        judged=(told.rows - told.unknown - told.not_applicable - told.error).sum(),
    )
    return tuple(_check(row) for row in added.order_by("rule").to_pyarrow().to_pylist())


def _check(row: dict[str, Any]) -> QualityCheck:
    known = book().rules.get(row["rule"])
    state = "error" if row["error"] else "failed" if row["failed"] else "passed" if row["judged"] else "not_applicable"
    called = known.word if known else Word(row["rule"], row["rule"])
    return QualityCheck(called, row["severity"], state, row["failed"], row["judged"])


def _names(sources: Sources) -> dict[tuple[str, str], Word]:
    """What hospitals, codes and groups are called, as far as the data say."""
    found = names_held(sources.snapshot, key_lengths(sources.catalogue.scheme, sources.catalogue.day))
    return found | dip_labels(sources.catalogue.groups["group"].to_pylist(), found)
