"""Which flows there are (流程登记): every service's `flow` module declares its own, when the site starts."""

from functools import cache
from operator import itemgetter

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import autodiscover_modules

from yiheng.site.base.flow.declare import Duty, Flow

# In the order of code and version.
_flows: dict[tuple[str, int], Flow] = {}


def declare(flow: Flow) -> Flow:
    """Make a flow known; the same code and version twice is a fault of the declaration."""
    if _flows.setdefault((flow.code, flow.version), flow) is not flow:
        raise ImproperlyConfigured(f"flow {flow.code} version {flow.version} is declared twice")
    its = sorted(_flows.items(), key=itemgetter(0))
    _flows.clear()
    _flows.update(its)
    return flow


@cache
def load() -> None:
    """Read the `flow` module of every service; once is enough, as it takes 3 ms and a page asks 90 times."""
    autodiscover_modules("flow")


def flows() -> dict[str, Flow]:
    """The newest version of each flow, by code."""
    load()
    return {code: flow for (code, _), flow in _flows.items()}


def flow_of(code: str, version: int | None = None) -> Flow:
    """A flow by code and version; the newest where none is named; a KeyError where there is none."""
    load()
    return flows()[code] if version is None else _flows[code, version]


def versions_of(code: str) -> list[Flow]:
    """Every version of one flow, the oldest first."""
    return [flow for flow in all_versions() if flow.code == code]


def all_versions() -> list[Flow]:
    """Every version of every flow, by code and version."""
    load()
    return list(_flows.values())


def apart(flow: str, step: str) -> frozenset[tuple[str, str]]:
    """The steps, as (flow, step), that nobody who did this one may do in the same matter."""
    return _apart().get((flow, step), frozenset())


@cache
def _apart() -> dict[tuple[str, str], frozenset[tuple[str, str]]]:
    found: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for flow in all_versions():
        for duties in flow.apart:
            named = [_named(flow, duty) for duty in duties]
            for one in named:
                found.setdefault(one, set()).update(other for other in named if other != one)
    return {duty: frozenset(others) for duty, others in found.items()}


def _named(flow: Flow, duty: Duty) -> tuple[str, str]:
    return (flow.code, duty) if isinstance(duty, str) else duty
