"""`yiheng norms report` and `doctor-page`: the casebook of the last year, and a page for one physician."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import ibis.expr.types as ir
import typer

from yiheng.base.progress import shown_progress
from yiheng.base.refusal import Refusal
from yiheng.base.words import Word, word
from yiheng.cases.input import open_cases
from yiheng.cli.norms_doctors import opened_doctors
from yiheng.cli.norms_grouping import grouped
from yiheng.cli.norms_options import Commit, DataFolder, Group, Grouping, Hospital, Physician
from yiheng.dip.keys import key_lengths
from yiheng.norms.doctors.cases import doctor_cases
from yiheng.norms.doctors.figures import doctors
from yiheng.norms.doctors.objections import objections
from yiheng.norms.groups.severity import strata
from yiheng.norms.rules import last_day
from yiheng.policy.loader import scheme
from yiheng.reports.analyse import SCHEME
from yiheng.reports.called import dip_labels, names_held, places_held
from yiheng.reports.casebook.book import Names
from yiheng.reports.casebook.doctor import Doctor
from yiheng.reports.casebook.doctor import doctor_page as doctor_page_of
from yiheng.reports.casebook.gather import Asked, gather
from yiheng.reports.casebook.pages import casebook_pages, workbook
from yiheng.reports.casebook.paths import doctor_path
from yiheng.reports.drg import PACK, Chosen, choose, group_words
from yiheng.reports.limits import Limits, limits
from yiheng.reports.pages import make_folder, without_old, write_pages
from yiheng.reports.xlsx import write_xlsx
from yiheng.tables.engine import engine
from yiheng.tables.snapshot import Snapshot

GIVEN, DIP, DRG = KINDS = ("given", "dip", "drg")
As = Annotated[str, typer.Option("--as", help=f"What the groups are: {', '.join(KINDS)}.")]
PackOf = Annotated[str, typer.Option("--pack", help="The DRG pack that names the groups of `--as drg`.")]
Folder = Annotated[Path, typer.Option("--out", help="The folder that the pages go into.")]


def report(
    cases: DataFolder,
    out: Folder,
    grouping: Grouping = None,
    group: Group = "group",
    called: As = GIVEN,
    pack: PackOf = PACK,
    viewer: Annotated[
        str | None, typer.Option(help="The hospital that it is for: small cells of others are hidden.")
    ] = None,
    commit: Commit = None,
) -> None:
    """The last year's pages: each group's standard, and where each hospital and department loses days and fees."""
    chosen = _chosen(called, pack)
    make_folder(out)
    with engine() as backend, shown_progress() as progress:
        found = open_cases(backend, cases, commit)
        if found.snapshot is None:
            raise Refusal("is not a DATA folder", file=str(cases))
        table, column = grouped(backend, found, group, grouping)
        day = last_day(found.table)
        year = _with_group(table, column).filter(table.year == day.year)
        names, its = _names(found.snapshot, year, called, chosen), limits(day)
        notice = _notice(chosen, its)
        asked = Asked(found.snapshot, year, called, day, names, its.pair_cases, notice=notice, viewer=viewer)
        book = gather(asked, progress)
        progress.step("写手册 writing the pages")
        without_old(out, f"casebook/{called}")
        count = write_pages(casebook_pages(book), out)
        write_xlsx(workbook(book), out / "casebook" / f"{called}.xlsx")
    typer.echo(f"{count} 页 pages in {out}")
    typer.echo(f"从这里打开 open {out / 'casebook' / called / 'index.html'}")


def doctor_page(
    cases: DataFolder,
    hospital: Hospital,
    physician: Physician,
    out: Folder,
    grouping: Grouping = None,
    group: Group = "group",
    called: As = GIVEN,
    pack: PackOf = PACK,
    commit: Commit = None,
) -> None:
    """A physician's page of the last year: figures beside what is expected of such cases, every case, objections."""
    chosen = _chosen(called, pack)
    make_folder(out)
    with engine() as backend:
        opened, likes, its = opened_doctors(backend, cases, group, grouping, commit)
        opened = opened.of_last_year()
        strata_of, held = strata(backend, opened.table, likes), objections(opened.snapshot)
        own = doctor_cases(backend, opened.facts, strata_of, held, (hospital, physician), likes)
        every = doctors(backend, opened.facts, strata_of, held.to_pyarrow(), likes, its, hospital).figures.to_pylist()
        figures = [row for row in every if row["physician"] == physician]
        names = _names(opened.snapshot, _with_group(opened.table, opened.group), called, chosen)
        listed = own.to_pyarrow().to_pylist()
        doctor = Doctor(hospital, physician, figures, listed, its.doctor_cases_least)
        made_up = opened.snapshot.commit.made_up
        path, notice = doctor_path(called, hospital, physician), _notice(chosen, limits(opened.day))
        page = doctor_page_of(doctor, path, names, opened.day.year, made_up, notice)
        write_pages([page], out)
    typer.echo(f"{len(listed)} 例 cases in {out / page.name}")


def _chosen(called: str, pack: str) -> Chosen | None:
    """The pack that names DRGs; other groups need none. A kind of groups that there is not is refused."""
    if called not in KINDS:
        raise Refusal("is no kind of groups", column="--as", value=called, cure=f"one of: {', '.join(KINDS)}")
    return choose(pack) if called == DRG else None


def _notice(chosen: Chosen | None, its: Limits) -> Word | None:
    """What every page must say of groups that nobody issued."""
    return word("unofficial") if chosen is not None and chosen.is_unofficial(its.unofficial) else None


def _with_group(table: ir.Table, column: str) -> ir.Table:
    """The cases with their group in the column `group`."""
    return table if column == "group" else table.drop("group").rename(group=column)


def _names(snapshot: Snapshot, cases: ir.Table, called: str, chosen: Chosen | None) -> Names:
    its = scheme(SCHEME)
    found = names_held(snapshot, key_lengths(its, last_day(cases)))
    groups: Mapping[str, Word] = {code: name for (kind, code), name in found.items() if kind == "group"}
    if called == DIP:
        codes = cases.select("group").distinct().filter(lambda each: each.group.notnull()).to_pyarrow()["group"]
        groups = {code: name for (_, code), name in dip_labels(codes.to_pylist(), found).items()}
    elif chosen is not None:
        groups = group_words(chosen.pack)
    return Names(groups, places_held(snapshot), found)
