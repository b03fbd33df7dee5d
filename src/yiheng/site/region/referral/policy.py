"""The referral's policy (转诊政策): grounds, dangers and time limits in force on a day, read from the policy files."""

from datetime import date
from functools import cache

from yiheng.policy.loader import Scheme, scheme

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
