"""The changes that matter most (最值得做的三件事): in words, with the cases, the gap, the saving and what drives it."""

from collections.abc import Iterator

from yiheng.base.words import Word, word
from yiheng.norms.peers.peers import Unit
from yiheng.reports.casebook.book import Book, Compared, Row
from yiheng.reports.figures import count, days, yuan
from yiheng.reports.shape import listed

MOST = 3


def changes(book: Book, unit: Unit, found: Compared) -> Iterator[Word]:
    """At most three sentences, the largest saving of fees first: only of groups whose whole interval is above 0."""
    sure = [row for row in found.groups if row["fee_saving"] and row["fee_low"] is not None and row["fee_low"] > 0]
    if not sure:
        yield word("no_sure_changes")
        return
    first = sorted(sure, key=lambda row: (-row["fee_saving"], row["group"]))[:MOST]
    for number, row in enumerate(first, 1):
        yield _sentence(book, unit, row, number)


def _sentence(book: Book, unit: Unit, row: Row, number: int) -> Word:
    name, code = book.names.group(row["group"]), row["group"]
    stay, driven = _stay(row), _driven(book, unit, code)
    gap = f"{yuan(row['fee_mean'])} → {yuan(row['fee_peer_mean'])}"
    between = f"{yuan(row['fee_low'])} ~ {yuan(row['fee_high'])}"
    return Word(
        f"{number}. {code} {name.zh}：{count(row['fee_cases'])} 例，次均费用 {gap} 元（同类中位数），"
        f"可少 {yuan(row['fee_saving'])} 元（区间 {between}）{stay.zh}{driven.zh}。",
        f"{number}. {code} {name.en}: {count(row['fee_cases'])} cases, mean fee {gap} CNY (median of peers), "
        f"{yuan(row['fee_saving'])} CNY less (interval {between}){stay.en}{driven.en}.",
    )


def _stay(row: Row) -> Word:
    if not row["los_saving"]:
        return Word("", "")
    gap = f"{days(row['los_mean'])} → {days(row['los_peer_mean'])}"
    return Word(
        f"；平均住院日 {gap} 天，可少 {days(row['los_saving'])} 床日",
        f"; mean stay {gap} days, {days(row['los_saving'])} bed-days less",
    )


def _driven(book: Book, unit: Unit, code: str) -> Word:
    """The items that cost more here than elsewhere, if charge lines say so."""
    rows = () if book.items is None else book.items.drivers.get((unit[0], code), ())[:MOST]
    if not rows or len(unit) > 1:
        return Word("", "")
    names = listed([Word(its := row["item_name"] or row["item_code"], its) for row in rows])
    return Word(f"；费用主要多在：{names.zh}", f"; most of it lies in {names.en}")
