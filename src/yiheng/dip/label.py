"""What a DIP group is called (病种名称): the names of its codes, put together."""

from collections.abc import Iterable, Mapping

from yiheng.base.words import Word, glossary, word
from yiheng.codes.keys import is_icd, key
from yiheng.dip.keys import AND, ANY, BETWEEN, KeyLengths

# Ends a national code that says no more than the subcategory it belongs to.
UNSPECIFIED = "00"

Names = Mapping[tuple[str, str], Word]


def key_names(names: Iterable[tuple[str, str, str, Word]], lengths: KeyLengths) -> dict[tuple[str, str], Word]:
    """Names of keys from names of codes (kind, edition, code, name).

    A key is called what the code is called that adds nothing to it (I63.9 and I63.900), or the only one there is; else
    what its first code in order is called, and others.
    """
    found: dict[tuple[str, str], list[tuple[str, Word]]] = {}
    chars = {"dx": (lengths.dx, *lengths.comprehensive), "proc": (lengths.proc,)}
    for kind, edition, code, name in names:
        for length in chars.get(kind, ()):
            shown = key(kind, code, length, edition if not is_icd(edition) else None)
            found.setdefault((kind, shown), []).append((code, name))
    return {its: _called(its[1], sorted(codes, key=lambda pair: pair[0])) for its, codes in found.items()}


def _called(shown: str, codes: list[tuple[str, Word]]) -> Word:
    for code, name in codes:
        if code.upper() in (shown, shown + UNSPECIFIED):
            return name
    first = codes[0][1]
    return first if len({name for _, name in codes}) == 1 else Word(f"{first.zh}等", f"{first.en} etc.")


def group_label(group: str, names: Names) -> Word:
    """The name of a group from its id: `I21.9:36.06+88.55`, `I21.9`, `I21*`, `I21*:*`, `I21*:surgery`."""
    main, _, procs = group.partition(BETWEEN)
    dx = names.get(("dx", main.removesuffix(ANY)), Word(main, main))
    if main.endswith(ANY):
        return _joined([dx, _treatment(procs)])
    parts = [names.get(("proc", code), Word(code, code)) for code in procs.split(AND) if code]
    return _joined([dx, *(parts or [word("conservative")])])


def _treatment(shown: str) -> Word:
    """What a comprehensive group's class is called; a class of a place's own is called as it calls it."""
    if shown in ("", ANY):
        return word("comprehensive_operated" if shown else "comprehensive_conservative")
    known = glossary().get(f"comprehensive_{shown}")
    return known or Word(shown, shown)


def _joined(parts: list[Word]) -> Word:
    return Word(" · ".join(part.zh for part in parts), " · ".join(part.en for part in parts))
