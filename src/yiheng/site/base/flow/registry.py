"""Which flows there are (流程登记): every service's `flow` module declares its own, when the site starts."""

from functools import cache
from operator import attrgetter

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import autodiscover_modules

from yiheng.site.base.flow.declare import Duty, Flow

# Every version of each flow, the oldest first, in the order of their codes.
_flows: dict[str, tuple[Flow, ...]] = {}


def declare(flow: Flow) -> Flow:
    """Make a flow known; the same code and version twice is a fault of the declaration."""
    before = _flows.get(flow.code, ())
    if any(its.version == flow.version for its in before):
        raise ImproperlyConfigured(f"flow {flow.code} version {flow.version} is declared twice")
    every = {**_flows, flow.code: tuple(sorted((*before, flow), key=attrgetter("version")))}
    _flows.clear()
    _flows.update(sorted(every.items()))
    return flow


@cache
def load() -> None:
    """Read the `flow` module of every service; once is enough, as it takes 3 ms and a page asks 90 times."""
    autodiscover_modules("flow")


def flows() -> dict[str, Flow]:
    """The newest version of each flow, by code."""
    load()
    return {code: versions[-1] for code, versions in _flows.items()}


def flow_of(code: str, version: int | None = None) -> Flow:
    """A flow by code and version; the newest where none is named; a KeyError where there is none."""
    load()
    if version is None:
        return _flows[code][-1]
    for flow in versions_of(code):
        if flow.version == version:
            return flow
    raise KeyError(code, version)


def versions_of(code: str) -> tuple[Flow, ...]:
    """Every version of one flow, the oldest first; none of a code that is not known."""
    load()
    return _flows.get(code, ())


def all_versions() -> list[Flow]:
    """Every version of every flow, by code and version."""
    load()
    return [flow for versions in _flows.values() for flow in versions]


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
