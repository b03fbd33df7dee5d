"""A one-time code is good once, whatever each process remembers, and none that is older than one that was taken."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from allauth.mfa.utils import decrypt, encrypt

from yiheng.base.refusal import Refusal
from yiheng.site.base.accounts.models import LastStep
from yiheng.site.base.accounts.second_factor import take, take_of

from ..town import Town

SECRET, STEP = "JBSWY3DPEHPK3PXP", 58_000_000


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The steps of time that are good; the test sets them."""
    steps = [STEP]
    monkeypatch.setattr(auth, "yield_hotp_counters_from_time", lambda: iter(steps))
    return steps


def code(step: int = STEP) -> str:
    return auth.format_hotp_value(auth.hotp_value(SECRET, step))


def test_a_code_is_taken_once(town: Town, clock: list[int]) -> None:
    dan, wei = town.people["dan"], town.people["wei"]
    assert [take(dan, SECRET, code()), take(dan, SECRET, code()), take(wei, SECRET, code())] == [True, False, True]
    clock[:] = [STEP + 1]
    assert [take(dan, SECRET, code()), take(dan, SECRET, code(STEP + 1))] == [False, True]
    clock[:] = [STEP]
    assert not take(dan, SECRET, code()), "an older one is none any more"
    assert LastStep.objects.get(person=dan).step == STEP + 1


def test_a_wrong_code_takes_nothing(town: Town) -> None:
    assert not take(town.people["dan"], SECRET, code(STEP + 9))
    assert not LastStep.objects.exists()


def test_of_a_factor(town: Town) -> None:
    dan = town.people["dan"]
    totp = Authenticator.objects.create(user=dan, type="totp", data={"secret": encrypt(SECRET)})
    spare = Authenticator.objects.create(user=dan, type="recovery_codes", data={"seed": "x", "used_mask": 0})
    assert [take_of(totp, code()), take_of(totp, f"{code()[:3]} {code()[3:]}")] == [True, False]
    assert take_of(spare, "12345678"), "allauth itself marks a recovery code, under a lock"


def test_a_secret_is_encrypted_by_that_of_the_site(settings: object) -> None:
    kept = encrypt(SECRET)
    assert SECRET not in kept
    assert kept != encrypt(SECRET)
    assert decrypt(kept) == SECRET
    settings.SECRET_KEY = "another"  # type: ignore[attr-defined]
    with pytest.raises(Refusal, match="kept under another secret of the site -> reset it"):
        decrypt(kept)
