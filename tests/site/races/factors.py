"""One one-time code that eight give at once (动态口令场景)."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from allauth.mfa.totp.internal import auth
from scenes import Scene

from yiheng.site.base.accounts.models import LastStep, Person
from yiheng.site.base.accounts.second_factor import take

_SECRET, _STEP = "JBSWY3DPEHPK3PXP", 58_000_000


def eight_give_one_code() -> Scene:
    person = Person.objects.create_user("dan", name="丹")
    auth.yield_hotp_counters_from_time = lambda: iter((_STEP,))
    code = auth.format_hotp_value(auth.hotp_value(_SECRET, _STEP))

    def give(_: int) -> str:
        return "in" if take(person, _SECRET, code) else "out"

    return Scene(8, give, lambda: {"step": LastStep.objects.get().step})


def _unconditional() -> Any:
    """Asks first and writes then, as a cache of one process does."""

    def ask(person: Person, secret: str, code: str) -> bool:  # noqa: ARG001
        import time

        its, _ = LastStep.objects.get_or_create(person=person)
        was = its.step
        time.sleep(0.3)
        LastStep.objects.filter(pk=its.pk).update(step=_STEP)
        return was < _STEP

    return patch("factors.take", ask)


SCENES: dict[str, Callable[[], Scene]] = {"eight_give_one_code": eight_give_one_code}
GUARDS = {"once": _unconditional}
