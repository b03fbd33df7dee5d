"""Whether a step may be taken (判定): pure. Button, refusal, API and matrix all ask here.

The form's content and the checks come after: they are asked of whoever may.
"""

from dataclasses import dataclass
from enum import Enum

from yiheng.base.words import Word
from yiheng.site.base.flow.declare import Flow, Step
from yiheng.site.base.flow.facts import Facts, Seat
from yiheng.site.base.places.standing import Actor, Standing


class Why(Enum):
    """Why a step may not be taken."""

    STATE = Word("事项现在的状态不能办理此步骤", "the item is not in a state in which this can be done")
    SYSTEM = Word("此步骤由系统办理", "the site itself does this")
    PARENT = Word("上级事项不符或其状态不允许", "the item above is not one, or not in a state, that allows this")
    PARTY = Word("不是此步骤的办理人", "you are not among those who do this")
    APART = Word(
        "您已办理本事项中与此不相容的步骤，须由他人办理", "you did a duty in this matter from which this is kept apart"
    )
    CAP = Word("金额超过授权委托的限额", "the amount is above the limit of the delegation")
    TOUCHED = Word("他人已在您之后办理，不能撤回", "somebody has acted since, so it cannot be taken back")
    ANSWERED = Word("您已表态，每人一次", "you have answered; each person answers once")


@dataclass(frozen=True)
class Decision:
    """Whether a step may be taken, as whom, in which seat of a panel; or why not."""

    step: Step
    standing: Standing | None = None
    why: Why | None = None
    seat: Seat | None = None

    @property
    def allowed(self) -> bool:
        return self.why is None


def decide(flow: Flow, step: Step, facts: Facts, actor: Actor) -> Decision:
    """Whether any standing of the actor may take the step; of several refusals that of the one that came furthest."""
    if step.is_the_systems:
        return Decision(step, why=Why.SYSTEM)
    if facts.state not in {each.code for each in step.frm} and not (step.begins and not facts.state):
        return Decision(step, why=Why.STATE)
    found = [_judged(flow, step, facts, standing) for standing in actor.in_flow(flow.code)]
    return min(found, key=lambda each: _ORDER.index(each.why), default=Decision(step, why=Why.PARTY))


def decisions(flow: Flow, facts: Facts, actor: Actor) -> list[Decision]:
    """The decision on every step that leads from the item's state."""
    return [decide(flow, step, facts, actor) for step in flow.leaving(facts.state)]


_ORDER = (None, Why.APART, Why.CAP, Why.ANSWERED, Why.TOUCHED, Why.STATE, Why.PARTY)


def _judged(flow: Flow, step: Step, facts: Facts, standing: Standing) -> Decision:
    if step.may is not None:
        barred = facts.barred(flow.code, step.name, standing.people)
        why = Why.APART if barred else step.may(flow, facts, standing)
        return Decision(step, standing if why is None else None, why)
    seat = _seat(step, facts, standing)
    if seat is None and (step.panel is not None or not step.who.holds(standing, facts.concerned)):
        return Decision(step, why=Why.PARTY)
    if facts.barred(flow.code, step.name, standing.people):
        return Decision(step, why=Why.APART)
    if standing.cap is not None and facts.amount is not None and facts.amount > standing.cap:
        return Decision(step, why=Why.CAP)
    if step.untouched and facts.last.isdisjoint(standing.people):
        return Decision(step, why=Why.TOUCHED)
    if not facts.answered.get(step.name, frozenset()).isdisjoint(standing.people):
        return Decision(step, why=Why.ANSWERED)
    return Decision(step, standing, seat=seat)


def _seat(step: Step, facts: Facts, standing: Standing) -> Seat | None:
    """The first open seat of the step's panel that falls to the standing."""
    seats = facts.seats.get(step.name, ())
    return next((seat for seat in seats if seat.turn.falls_to(standing)), None)
