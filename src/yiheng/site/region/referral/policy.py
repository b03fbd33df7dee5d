"""The referral's policy (转诊政策): grounds, dangers and time limits in force on a day, read from the policy files."""

from datetime import date, datetime, timedelta
from functools import cache

from django.utils.timezone import localdate

from yiheng.policy.loader import Scheme, scheme
from yiheng.site.base.breakglass.terms import Terms

ID = "referral/regional"


@cache
def its() -> Scheme:
    """The policy file."""
    return scheme(ID)


def named(name: str, day: date) -> dict[str, tuple[str, str]]:
    """A list of codes: code -> (Chinese, English)."""
    return {code: (zh, en) for code, (zh, en) in its().value(name, day).items()}


def grounds(day: date) -> dict[str, tuple[str, str]]:
    """All grounds, upwards and downwards."""
    return named("up_grounds", day) | named("down_grounds", day)


def glass_terms(now: datetime) -> Terms:
    """On what terms an emergency doctor breaks the glass of a referral (紧急查阅)."""
    day = localdate(now)
    return Terms(
        timedelta(hours=its().value("glass_hours", day)),
        timedelta(days=its().value("glass_review_days", day)),
        frozenset(its().value("glass_reviewers", day)),
    )
