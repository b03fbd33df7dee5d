"""Signing (签署): that a person stood by a frozen content. Another method (a CA's) is put in as a Signer."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Protocol

from yiheng.base.words import Word
from yiheng.site.base.accounts.models import Person
from yiheng.site.base.document.freezing import check, latest
from yiheng.site.base.document.models import Content, Signature
from yiheng.site.base.document.refused import NothingFrozen, Signed
from yiheng.site.base.locks import RANKS
from yiheng.site.base.places.standing import Standing

if TYPE_CHECKING:
    from yiheng.site.base.flow.act import Acting
    from yiheng.site.base.flow.models import Item


class Signer(Protocol):
    """A method of signing; `word` is what the official form calls it."""

    @property
    def code(self) -> str: ...

    @property
    def word(self) -> Word: ...

    def sign(self, content: Content, person: Person, now: datetime) -> str:
        """What proves it, as text kept with the signature; NotDone where it cannot be signed."""
        ...


@dataclass(frozen=True)
class Recorded:
    """The method that is built in: person, time and digest are written down, and nothing more is claimed."""

    code: str = "recorded"
    word: Word = Word(
        "签署记录（系统登记，非电子签名）", "record of signing (kept by the site, not an electronic signature)"
    )

    def sign(self, content: Content, person: Person, now: datetime) -> str:
        return ""


RECORDED = Recorded()
_signers: dict[str, Signer] = {RECORDED.code: RECORDED}


def offer(signer: Signer) -> Signer:
    """Make a method known, so that forms can name it."""
    return _signers.setdefault(signer.code, signer)


def method(code: str) -> Signer:
    """The method with this code; a KeyError where there is none."""
    return _signers[code]


@dataclass(frozen=True)
class Sign:
    """Effect: whoever takes the step signs the newest version of the document `name`."""

    name: str
    by: Signer = RECORDED
    rank: ClassVar[int] = RANKS["plain"]

    def apply(self, acting: "Acting") -> None:
        """Sign it; a content that the item has left behind is refused."""
        if acting.standing is None:
            raise TypeError("the site itself signs nothing")
        sign(acting.item, self.name, acting.standing, acting.now, self.by, acting.act and acting.act.pk)


def sign(
    item: "Item", name: str, standing: Standing, now: datetime, by: Signer = RECORDED, act: int | None = None
) -> Signature:
    """Sign the newest version of a document: NothingFrozen, Changed (the item says something else), or Signed."""
    content = latest(item, name)
    if content is None:
        raise NothingFrozen
    check(content, item)
    if content.signatures.filter(person=standing.person).exists():
        raise Signed
    return Signature.objects.create(
        content=content,
        person_id=standing.person,
        behalf_id=standing.behalf,
        at=now,
        digest=content.digest,
        method=by.code,
        evidence=by.sign(content, Person.objects.get(pk=standing.person), now),
        act_id=act,
    )
