"""Accounts of others (人员账户管理): made, stopped and started, given a new first password, freed of a second factor.

An administrator does this who is, in an own post, at or above every place at which the person holds a post or one lent
by another; never for the own account. Nobody alone comes into an account that has a second factor: whoever gave it a
password does not take its factor away before the person has come in, and the other way round.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from django.utils.timezone import localdate

from yiheng.site.base.accounts.lockout import forgive
from yiheng.site.base.accounts.models import Person
from yiheng.site.base.audit.chain import write
from yiheng.site.base.audit.looks import refusals
from yiheng.site.base.audit.models import Entry
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.identity import demand_none
from yiheng.site.base.places.models import Delegation, Place, Post
from yiheng.site.base.places.standing import Actor
from yiheng.site.base.posts.actions import NotGranted, administers, grant, not_administrator, overlapping

_BYTES, _LONGEST = 12, 64
MAKE, PASSWORD, FACTOR = "account.make", "account.password", "account.factor"


def first_password() -> str:
    """A password that is given to somebody and changed at the first sign-in."""
    return secrets.token_urlsafe(_BYTES)


def appoint(
    actor: Actor, username: str, name: str, role: str, place: Place, start: date, end: date | None, now: datetime
) -> str:
    """Give a post, as `grant` does, to whoever has this sign-in name and name; who is new gets an account.

    The new person's first password; empty for who was there. Raises NotGranted (`username`: blank, with spaces, too
    long, or another's), NumberTyped.
    """
    with refusals(actor.own, "account.appoint", Of("place", place.code), now), transaction.atomic():
        demand_none(username, name)
        person = Person.objects.filter(username__iexact=username).first()
        password = "" if person else first_password()
        if person is None:
            person = _made(username, name, password)
            write(actor.own, MAKE, _of(person), now)
        elif person.name != name:
            raise _anothers()
        grant(actor, person, role, place, start, end, now)
    return password


def lock(actor: Actor, person: Person, reason: str, now: datetime) -> None:
    """Stop an account, which ends its sessions; the posts stay. Raises NotGranted, NumberTyped."""
    with _action(actor, person, "account.lock", reason, now) as held:
        if not held.is_active:
            raise NotGranted.said("inactive", "该人员账户已停用", "the account of that person is not active")
        held.is_active = False
        held.save(update_fields=("is_active",))


def unlock(actor: Actor, person: Person, reason: str, now: datetime) -> None:
    """Start an account again, and forget its failed sign-ins. Raises NotGranted, NumberTyped."""
    with _action(actor, person, "account.unlock", reason, now) as held:
        failed = forgive(held)
        if held.is_active and not failed:
            raise NotGranted.said("not_locked", "该账户没有停用或锁定", "the account is neither stopped nor locked")
        held.is_active = True
        held.save(update_fields=("is_active",))


def renew_password(actor: Actor, person: Person, reason: str, now: datetime) -> str:
    """A new first password, which ends the sessions of before. Raises NotGranted, NumberTyped."""
    with _action(actor, person, PASSWORD, reason, now) as held:
        _demand_another_hand(actor, held, FACTOR)
        password = first_password()
        held.set_password(password)
        held.must_change = True
        held.save(update_fields=("password", "must_change"))
        forgive(held)
    return password


def reset_factor(actor: Actor, person: Person, reason: str, now: datetime) -> None:
    """Take the second factor and its recovery codes away, as of a lost phone. Raises NotGranted, NumberTyped."""
    with _action(actor, person, FACTOR, reason, now) as held:
        _demand_another_hand(actor, held, PASSWORD)
        gone, _ = Authenticator.objects.filter(user=held).delete()
        if not gone:
            raise NotGranted.said("no_factor", "该人员没有启用双因素验证", "that person has no second factor")


def may_change(actor: Actor, person: Person, now: datetime) -> bool:
    """Whether the account is the actor's to change."""
    paths = _places(person, localdate(now))
    return person.pk != actor.person and bool(paths) and all(administers(actor, path) for path in paths)


@contextmanager
def _action(actor: Actor, person: Person, action: str, reason: str, now: datetime) -> Iterator[Person]:
    """The person, locked, so that no post comes meanwhile; the audit's entry once it is done."""
    of = _of(person)
    with refusals(actor.own, action, of, now), transaction.atomic():
        held = Person.objects.select_for_update().get(pk=person.pk)
        if held.pk == actor.person:
            raise NotGranted.said("own_account", "不得办理本人的账户", "nobody does this for the own account")
        if not may_change(actor, held, now):
            raise not_administrator()
        if not reason.strip():
            raise NotGranted.said("reason", "请填写理由", "say why")
        demand_none(reason)
        yield held
        write(actor.own, action, of, now, reason=reason.strip())


def _places(person: Person, day: date) -> set[str]:
    """The paths at which a person holds posts, own or lent, from a day on; of who holds none, those of before."""
    givers = overlapping(Delegation.objects.filter(taker=person), day, None).values_list("giver_id", flat=True)
    posts = Post.objects.filter(person__in={person.pk, *givers})
    lasting = set(overlapping(posts, day, None).values_list("place__path", flat=True))
    return lasting or set(posts.values_list("place__path", flat=True))


def _demand_another_hand(actor: Actor, person: Person, other: str) -> None:
    """Refuse whoever did the other half of it, until the person has come in since."""
    last = Entry.objects.filter(kind="person", number=str(person.pk), action=other).order_by("-seq").first()
    if last is None or last.person_id != actor.person:
        return
    if person.last_login is None or person.last_login <= last.at:
        raise NotGranted.said(
            "one_hand",
            "同一人不得既重置密码又重置双因素验证，须由另一名系统管理员办理，或待本人登录之后",
            "nobody alone gives a password and takes the second factor away: another administrator, or after a sign-in",
        )


def _made(username: str, name: str, password: str) -> Person:
    """A new account; `username` where another has made it at the same moment."""
    _demand_name(username, name)
    try:
        with transaction.atomic():
            return Person.objects.create_user(username, password, name=name, must_change=True)
    except IntegrityError:
        raise _anothers() from None


def _anothers() -> NotGranted:
    return NotGranted.said("username", "登录名已属于他人", "the sign-in name is another's")


def _demand_name(username: str, name: str) -> None:
    plain = all(sign.isprintable() and not sign.isspace() for sign in username)
    if not (plain and 0 < len(username) <= _LONGEST and 0 < len(name) <= _LONGEST and name.isprintable()):
        raise NotGranted.said(
            "username",
            f"登录名、姓名不能为空，不超过{_LONGEST}字，登录名不含空格",
            f"sign-in name and name are needed, at most {_LONGEST} signs, no spaces in the first",
        )


def _of(person: Person) -> Of:
    return Of("person", str(person.pk))
