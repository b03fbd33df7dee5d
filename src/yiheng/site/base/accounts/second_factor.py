"""One-time codes (动态口令): good once, for all processes, as the last step that was taken is in the database."""

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from allauth.mfa.utils import decrypt

from yiheng.site.base.accounts.models import LastStep, Person


def take(person: Person, secret: str, code: str) -> bool:
    """Take the step of time that a code of this secret belongs to; False where it, or a later one, was taken."""
    possible = auth.yield_hotp_counters_from_time()
    steps = [step for step in possible if compare_user_code(actual=code, expected=_code(secret, step))]
    if not steps:
        return False
    LastStep.objects.bulk_create([LastStep(person=person)], ignore_conflicts=True)
    return LastStep.objects.filter(person=person, step__lt=max(steps)).update(step=max(steps)) == 1


def take_of(factor: Authenticator, code: str) -> bool:
    """The same of a factor; a recovery code, whose row allauth holds while it marks it, is taken there."""
    if factor.type != Authenticator.Type.TOTP:
        return True
    return take(factor.user, decrypt(factor.data["secret"]), code)


def _code(secret: str, step: int) -> str:
    return auth.format_hotp_value(auth.hotp_value(secret, step))
