"""The rules of remote consultation (远程会诊规则): pure."""

from dataclasses import dataclass

from yiheng.base.words import Word
from yiheng.site.base.check import Said


@dataclass(frozen=True)
class Facts:
    """What the rules are asked about."""

    is_agreed: bool
    has_consent: bool
    is_elsewhere: bool
    is_invitees_expert: bool


def agreement_in_force(facts: Facts) -> Said | None:
    """Both hospitals have an agreement for this kind on the day, and they are two (协议在先)."""
    text = Word("双方没有该类别的有效协议", "the two have no agreement in force for this kind")
    return None if facts.is_agreed and facts.is_elsewhere else Said(text)


def patient_consent(facts: Facts) -> Said | None:
    """Nothing of a patient leaves the hospital without consent (知情同意)."""
    return None if facts.has_consent else Said(Word("患者尚未知情同意", "the patient has not consented"))


def licensed_for(facts: Facts) -> Said | None:
    """The expert is a doctor of the invited hospital (专家资质)."""
    text = Word("专家不是受邀方的医师", "the expert is not a doctor of the invited hospital")
    return None if facts.is_invitees_expert else Said(text)
