"""The menu (菜单): only what the reader can reach, from the parties of each flow."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.text import capfirst

from yiheng.base.words import Word
from yiheng.site.base.flow.declare import Flow, Step
from yiheng.site.base.flow.inbox import Inbox
from yiheng.site.base.flow.registry import flows
from yiheng.site.base.jobs import actions as jobs
from yiheng.site.base.ledger.seeing import ledgers_for
from yiheng.site.base.notices.reading import unread
from yiheng.site.base.pages import glass, working
from yiheng.site.base.pages.asking import actor_for, now_of
from yiheng.site.base.pages.registers import registers_for
from yiheng.site.base.party import Party
from yiheng.site.base.places.standing import Actor, Standing
from yiheng.site.base.posts.actions import roots
from yiheng.site.base.texts import pick

_COUNTED = 99


@dataclass(frozen=True)
class Entry:
    """A line of the menu: what it leads to, by code, as it reads, and its address."""

    code: str
    text: str
    address: str


def menu(request: HttpRequest) -> dict[str, Any]:
    """For every template: the flows of the reader and how much waits; nothing for whoever is not signed in.

    What is asked of the database is asked where a page has a menu; a part of a page has none.
    """
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {"signed_in": False}
    actor = actor_for(request)
    return {
        "signed_in": True,
        "menu_flows": SimpleLazyObject(lambda: [_entry("list", its.code, its.word) for its in reachable(actor)]),
        "menu_registers": [_entry("register", name, its.WORD) for name, its in registers_for(actor).items()],
        "menu_ledgers": [_entry("ledger", its.code, its.word) for its in ledgers_for(actor)],
        "menu_administers": bool(roots(actor)),
        "menu_waiting": SimpleLazyObject(lambda: how_many(Inbox(actor, _COUNTED))),
        "menu_unread": SimpleLazyObject(lambda: _unread(actor)),
        "menu_glass": SimpleLazyObject(lambda: glass.running_lines(actor, now_of(request))),
        "menu_breaks": bool(glass.breakable(actor)),
        "menu_reviews": glass.reviews(actor, now_of(request)),
        "menu_to_review": SimpleLazyObject(lambda: glass.how_many(actor, now_of(request))),
        "menu_confirms": jobs.confirms(actor, now_of(request)),
        "menu_to_confirm": SimpleLazyObject(lambda: working.how_many(actor, now_of(request))),
    }


def _entry(kind: str, code: str, text: Word) -> Entry:
    return Entry(code, capfirst(pick(text)), _address(kind, code))


@cache
def _address(kind: str, code: str) -> str:
    """Found once: a page names some fifty, most of them as the page before did."""
    return reverse(kind, args=(code,))


def reachable(actor: Actor) -> list[Flow]:
    """The flows in which the actor could see or do anything, in the order of their codes."""
    return [flow for flow in flows().values() if _reaches(flow, actor)]


def beginnings(flow: Flow, actor: Actor) -> list[Step]:
    """The steps by which the actor could make an item."""
    standings = list(actor.in_flow(flow.code))
    return [step for step in flow.beginnings if any(step.who.possible(standing) for standing in standings)]


def _reaches(flow: Flow, actor: Actor) -> bool:
    standings = list(actor.in_flow(flow.code))
    seen = any(_by_post(sight.who, standing) for standing in standings for sight in flow.sights)
    return seen or bool(beginnings(flow, actor))


def _by_post(party: Party, standing: Standing) -> bool:
    """Whether a post makes the standing this party: that anyone may be named or have made an item shows no flow."""
    bare = Standing(standing.person, standing.behalf)
    return any(term.possible(standing) and not term.possible(bare) for term in party.terms)


def _unread(actor: Actor) -> str:
    return str(unread(actor.person) or "")


def how_many(its: Inbox) -> str:
    """How much waits, as the menu says it; nothing where nothing does."""
    most = its.more or its.count > _COUNTED
    return f"{min(its.count, _COUNTED)}+" if most else str(its.count or "")
