"""Accounts of others: by an administrator over every post, never the own, never by one hand alone; all audited."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator

from yiheng.site.base.accounts import tries
from yiheng.site.base.accounts.models import FailedTry, Person
from yiheng.site.base.audit.models import Entry, Look
from yiheng.site.base.places.models import Post
from yiheng.site.base.places.standing import actor_of
from yiheng.site.base.posts.accounts import appoint, lock, may_change, renew_password, reset_factor, unlock
from yiheng.site.base.posts.actions import end_post, grant
from yiheng.site.base.refused import NotDone

from ..town import DAY, NOW, Town, lend, made_up_number, make_person

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def ruled(town: Town) -> Town:
    """The town with two administrators of the city and one of the east hospital, whose doctor is dan."""
    for name, post in {
        "adc": ("administrator", town.city), "add": ("administrator", town.city), "ade": ("administrator", town.east)
    }.items():  # fmt: skip
        town.people[name] = make_person(name, post)
    town.people["new"] = make_person("new")
    return town


def refused(code: str, does: Callable[[], object]) -> None:
    """It is refused with this code and kept, and nothing has changed."""

    def state() -> list[object]:
        tables = (Person, Post, Authenticator, FailedTry)
        return [*(list(table.objects.order_by("pk").values()) for table in tables), Entry.objects.count()]

    before, looks = state(), Look.objects.count()
    with pytest.raises(NotDone) as told:
        does()
    assert told.value.code == code
    assert state() == before
    assert code in [look.outcome for look in Look.objects.order_by("pk")][looks:]


def factor(person: Person) -> None:
    Authenticator.objects.create(user=person, type="totp", data={"secret": "x"})
    Authenticator.objects.create(user=person, type="recovery_codes", data={"seed": "x"})


@pytest.mark.parametrize("by", ["adc", "ade"])
def test_an_account_is_stopped_and_started(ruled: Town, by: str) -> None:
    dan = ruled.people["dan"]
    lock(ruled.actor(by), dan, "离职", NOW)
    assert not Person.objects.get(pk=dan.pk).is_active
    refused("inactive", lambda: lock(ruled.actor(by), dan, "离职", NOW))
    unlock(ruled.actor(by), dan, "返聘", NOW)
    assert Person.objects.get(pk=dan.pk).is_active
    refused("not_locked", lambda: unlock(ruled.actor(by), dan, "返聘", NOW))
    said = Entry.objects.order_by("seq").values_list("action", "number", "person", "detail")
    mine = (str(dan.pk), ruled.people[by].pk)
    assert list(said) == [
        ("account.lock", *mine, {"reason": "离职"}), ("account.unlock", *mine, {"reason": "返聘"})
    ]  # fmt: skip


def test_failed_sign_ins_are_forgotten(ruled: Town) -> None:
    tries.keep("sign_in", "dan", "10.0.0.1", NOW)
    tries.keep("sign_in", "dan", "10.0.0.2", NOW)
    tries.keep("sign_in", "eva", "10.0.0.1", NOW)
    unlock(ruled.actor("ade"), ruled.people["dan"], "本人申请", NOW)
    assert (FailedTry.objects.count(), tries.forgive("sign_in", "eva")) == (1, 1)


def test_a_new_password_is_given_once_and_changed(ruled: Town) -> None:
    dan = ruled.people["dan"]
    password = renew_password(ruled.actor("ade"), dan, "忘记密码", NOW)
    dan.refresh_from_db()
    assert (len(password), dan.check_password(password), dan.must_change) == (16, True, True)
    assert password not in str(list(Entry.objects.values()))


def test_only_an_administrator_over_every_post_changes_an_account(ruled: Town) -> None:
    dan = ruled.people["dan"]
    for by in ("eva", "com", "out"):
        refused("not_administrator", lambda by=by: lock(ruled.actor(by), dan, "试", NOW))
    refused("not_administrator", lambda: lock(ruled.actor("ade"), ruled.people["wei"], "试", NOW))
    refused("not_administrator", lambda: lock(ruled.actor("adc"), ruled.people["new"], "试", NOW))
    grant(ruled.actor("adc"), dan, "doctor", ruled.west, DAY + timedelta(days=9), None, NOW)
    refused("not_administrator", lambda: renew_password(ruled.actor("ade"), dan, "试", NOW))
    assert may_change(ruled.actor("adc"), dan, NOW)


def test_a_post_given_to_another_does_not_open_the_account(ruled: Town) -> None:
    """A hospital's administrator who appoints the city's commissioner does not come into that account."""
    grant(ruled.actor("ade"), ruled.people["com"], "doctor", ruled.ward, DAY, None, NOW)
    refused("not_administrator", lambda: renew_password(ruled.actor("ade"), ruled.people["com"], "试", NOW))


def test_posts_that_were_lent_count_too(ruled: Town) -> None:
    lend(ruled.people["com"], ruled.people["dan"])
    refused("not_administrator", lambda: renew_password(ruled.actor("ade"), ruled.people["dan"], "试", NOW))
    lend(ruled.people["ade"], ruled.people["wen"])
    refused("not_administrator", lambda: lock(ruled.actor("wen"), ruled.people["eva"], "试", NOW))


def test_of_who_has_left_the_former_posts_count(ruled: Town) -> None:
    dan = ruled.people["dan"]
    end_post(ruled.actor("ade"), Post.objects.get(person=dan), DAY, NOW)
    lock(ruled.actor("ade"), dan, "离职", NOW)
    assert not Person.objects.get(pk=dan.pk).is_active


def test_nobody_does_it_for_themselves(ruled: Town) -> None:
    adc, own = ruled.actor("adc"), ruled.people["adc"]
    factor(own)
    for act in (lock, unlock, renew_password, reset_factor):
        refused("own_account", lambda act=act: act(adc, own, "试", NOW))


def test_a_reason_without_a_number(ruled: Town) -> None:
    for act in (lock, renew_password, reset_factor):
        refused("reason", lambda act=act: act(ruled.actor("ade"), ruled.people["dan"], " ", NOW))
        refused("identity", lambda act=act: act(ruled.actor("ade"), ruled.people["dan"], made_up_number(), NOW))


def test_a_second_factor_is_taken_away(ruled: Town) -> None:
    dan = ruled.people["dan"]
    refused("no_factor", lambda: reset_factor(ruled.actor("ade"), dan, "手机遗失", NOW))
    factor(dan)
    reset_factor(ruled.actor("ade"), dan, "手机遗失", NOW)
    assert not Authenticator.objects.filter(user=dan).exists()


def test_nobody_alone_gives_a_password_and_takes_the_factor(ruled: Town) -> None:
    dan = ruled.people["dan"]
    factor(dan)
    renew_password(ruled.actor("adc"), dan, "忘记密码", NOW)
    refused("one_hand", lambda: reset_factor(ruled.actor("adc"), dan, "手机遗失", LATER))
    reset_factor(ruled.actor("add"), dan, "手机遗失", LATER)
    refused("one_hand", lambda: renew_password(ruled.actor("add"), dan, "忘记密码", LATER))
    Person.objects.filter(pk=dan.pk).update(last_login=LATER + timedelta(minutes=1))
    renew_password(ruled.actor("add"), dan, "忘记密码", LATER + timedelta(hours=1))


def test_somebody_new_is_appointed(ruled: Town) -> None:
    password = appoint(ruled.actor("ade"), "zhao", "赵", "doctor", ruled.ward, DAY, None, NOW)
    zhao = Person.objects.get(username="zhao")
    assert (zhao.name, zhao.must_change, zhao.check_password(password)) == ("赵", True, True)
    assert [held.role for held in actor_of(zhao.pk, DAY).own.posts] == ["doctor"]
    assert [entry.action for entry in Entry.objects.order_by("seq")] == ["account.make", "post.grant"]
    assert appoint(ruled.actor("ade"), "ZHAO", "赵", "head", ruled.ward, DAY, None, NOW) == ""
    assert set(Post.objects.filter(person=zhao).values_list("role", flat=True)) == {"doctor", "head"}


@pytest.mark.parametrize(
    ("username", "name", "code"),
    [
        ("", "赵", "username"),
        ("zhao", "", "username"),
        ("zh ao", "赵", "username"),
        ("z" * 65, "赵", "username"),
        ("dan", "赵", "username"),
        ("Dan", "赵", "username"),
    ],
)
def test_names_that_cannot_be(ruled: Town, username: str, name: str, code: str) -> None:
    refused(code, lambda: appoint(ruled.actor("ade"), username, name, "doctor", ruled.ward, DAY, None, NOW))


def test_an_appointment_that_is_refused_makes_nobody(ruled: Town) -> None:
    ade = ruled.actor("ade")
    refused("not_administrator", lambda: appoint(ade, "zhao", "赵", "doctor", ruled.west, DAY, None, NOW))
    refused("role", lambda: appoint(ade, "zhao", "赵", "leader", ruled.ward, DAY, None, NOW))
    refused("identity", lambda: appoint(ade, made_up_number(), "赵", "doctor", ruled.ward, DAY, None, NOW))
    refused("own_post", lambda: appoint(ade, "ade", "ade", "leader", ruled.east, DAY, None, NOW))
