"""A rung (审批层级): one answer that is asked of a party or of named people."""

from dataclasses import dataclass

from yiheng.base.words import Word
from yiheng.site.base.party import Party
from yiheng.site.base.party.facts import Concerned
from yiheng.site.base.party.party import Turn


@dataclass(frozen=True)
class Rung:
    """One answer.

    - party: whoever of it comes first answers; people: or one of these persons, by number
    - spare: asked only in place of a lower rung that nobody may sign
    """

    word: Word
    party: Party = Party()
    people: tuple[int, ...] = ()
    spare: bool = False

    def turns(self, item: Concerned) -> list[Turn]:
        """Whom it waits for."""
        return [*self.party.turns(item), *(Turn(person=person) for person in self.people)]
