"""The standing of a pack (方案效力): which one it is, who issued it, what it says of itself, until when it was checked.

It goes with every output, so that nobody takes an outline for a scheme in force.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from yiheng.base.words import Word

NEVER = "never"
UNCHECKED = Word("未与原文核对", "not checked against its documents")
CHECKED = Word("核对至", "checked until")


@dataclass(frozen=True)
class Standing:
    """What a pack is; `issuer`, `note` and `checked_until` (as 2024-12-31) are empty where pack.toml says nothing."""

    id: str
    digest: str
    issuer: str
    note: str
    checked_until: str

    def warning(self, today: date) -> str:
        """What must be known of it if it is used on this day: its note, and that nobody has checked it since; or ""."""
        said = [self.note] if self.note else []
        if not self.checked_until:
            said.append(f"{UNCHECKED.zh} {UNCHECKED.en}")
        elif date.fromisoformat(self.checked_until) < today:
            said.append(f"{CHECKED.zh} {CHECKED.en} {self.checked_until}")
        return f"{self.id}: {'; '.join(said)}" if said else ""


def metadata(packs: Sequence[Standing]) -> dict[str, str]:
    """What the metadata of a result say of its packs; of several with commas between. What none says is left out."""
    said = {
        "pack": [its.id for its in packs],
        "pack_digest": [its.digest for its in packs],
        "pack_issuer": [its.issuer for its in packs],
        "pack_note": [its.note for its in packs],
        "pack_checked_until": [its.checked_until or NEVER for its in packs],
    }
    return {name: ", ".join(texts) for name, texts in said.items() if any(texts)}


def warnings(packs: Iterable[Standing], today: date) -> Iterator[str]:
    """What must be known of some packs on this day, a line for each of which there is something."""
    return (line for its in packs if (line := its.warning(today)))
