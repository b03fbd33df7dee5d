"""What a DIP group is called (病种名称): the names of its codes, put together."""

from collections.abc import Iterable, Mapping

from yiheng.base.words import Word, word
from yiheng.codes.keys import is_icd, key
from yiheng.dip.keys import AND, ANY, BETWEEN, KeyLengths

Names = Mapping[tuple[str, str], Word]


def key_names(names: Iterable[tuple[str, str, str, Word]], lengths: KeyLengths) -> dict[tuple[str, str], Word]:
    """Names of keys from names of codes (kind, edition, code, name).

    A key is called what its first code in order is called: I63.9 what I63.900 is.
    """
    found: dict[tuple[str, str], Word] = {}
    chars = {"dx": (lengths.dx, lengths.comprehensive), "proc": (lengths.proc,)}
    for kind, edition, code, name in sorted(names, key=lambda row: (row[0], row[2], row[1])):
        for length in chars.get(kind, ()):
            shown = key(kind, code, length, edition if not is_icd(edition) else None)
            found.setdefault((kind, shown), name)
    return found


def group_label(group: str, names: Names) -> Word:
    """The name of a group from its id: `I21.9:36.06+88.55`, `I21.9`, `I21*`, `I21*:*`."""
    main, _, procs = group.partition(BETWEEN)
    dx = names.get(("dx", main.removesuffix(ANY)), Word(main, main))
    if main.endswith(ANY):
        return _joined([dx, word("comprehensive_operated" if procs else "comprehensive_conservative")])
    parts = [names.get(("proc", code), Word(code, code)) for code in procs.split(AND) if code]
    return _joined([dx, *(parts or [word("conservative")])])


def _joined(parts: list[Word]) -> Word:
    return Word(" · ".join(part.zh for part in parts), " · ".join(part.en for part in parts))
