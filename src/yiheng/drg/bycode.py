"""What a table says by code (编码对照): a row for one code, or for all that begin alike (`I21*`)."""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from yiheng.codes.normal import normal

PREFIX = "*"
# An aetiology code with its manifestation is one code that ends in an asterisk: A18.022+M90.0*
PAIR = "+"

Said = TypeVar("Said")


def known_codes(codes: Iterable[str | None]) -> tuple[str | None, ...]:
    """Codes of a case in normal form, each in its place; an empty one is unknown."""
    return tuple(None if code is None else normal(code) or None for code in codes)


@dataclass(frozen=True)
class ByCode(Generic[Said]):
    """What is said of codes; what is said of the code itself goes before its longest prefix."""

    exact: dict[str, Said]
    prefixes: dict[str, Said]

    def get(self, code: str) -> Said | None:
        """What is said of `code`, given in normal form."""
        found = self.exact.get(code)
        return found if found is not None or not self.prefixes else self._by_prefix(code)

    def _by_prefix(self, code: str) -> Said | None:
        heads = (code[:length] for length in range(len(code), 0, -1))
        return next((self.prefixes[head] for head in heads if head in self.prefixes), None)

    def __contains__(self, code: str) -> bool:
        return code in self.exact or (bool(self.prefixes) and self._by_prefix(code) is not None)

    def __len__(self) -> int:
        return len(self.exact) + len(self.prefixes)

    def items(self) -> Iterator[tuple[str, Said]]:
        """Codes and prefixes with what is said of them, in order; a prefix with its asterisk."""
        marked = {code + PREFIX: said for code, said in self.prefixes.items()}
        return iter(sorted((self.exact | marked).items(), key=lambda item: item[0]))


def by_code(rows: Iterable[tuple[str, Said]], book: Container[str] = ()) -> ByCode[Said]:
    """Rows of normal codes as ByCode; of two rows for one code the later holds.

    A row that ends in an asterisk is a prefix, unless it is a pair, or stands so in the code book.
    """
    exact: dict[str, Said] = {}
    prefixes: dict[str, Said] = {}
    for code, said in rows:
        if code.endswith(PREFIX) and PAIR not in code and code not in book:
            prefixes[code.removesuffix(PREFIX)] = said
        else:
            exact[code] = said
    return ByCode(exact, prefixes)
