"""Which of many tries run in the quick suite (取样): the first ones; all of them in test-all."""

from collections.abc import Iterable
from typing import Any

import pytest


def few(tries: Iterable[Any], quick: int = 2) -> list[Any]:
    """Parameters of a test: `quick` of them run always, the others where slow tests do."""
    return [each if at < quick else _slow(each) for at, each in enumerate(tries)]


def _slow(each: Any) -> Any:
    return pytest.param(*(each if isinstance(each, tuple) else (each,)), marks=pytest.mark.slow)
