"""How grave a finding about a pack is (核查级别): error or warning, a row in `policy/drg/checks.yaml` for each."""

from functools import cache

from yiheng.policy.loader import Parameter, scheme

CHECKS = "drg/checks"
ERROR, WARNING = "error", "warning"


@cache
def checks() -> dict[str, Parameter]:
    """The checks by name, in the order in which they are told."""
    return scheme(CHECKS).parameters


def severity_of(kind: str) -> str:
    """error or warning; in a bare directory every finding is a warning, whatever this says."""
    return str(checks()[kind].values[-1].value)
