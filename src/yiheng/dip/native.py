"""Machine code (机器码): loops over numbers alone, compiled once and kept between processes."""
# mypy: disable-error-code="no-any-return"

from collections.abc import Callable
from typing import Any, TypeVar

import numba

# No Python lock; no arrays are made, so that none need be counted, which would take longer than all the work.
_OPTIONS: dict[str, Any] = {"nogil": True, "_nrt": False}

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """The function as machine code, kept between processes; it runs without the Python lock and makes no array."""
    made: Any = numba.njit(cache=True, **_OPTIONS)(function)
    return made


def inlined(function: Function) -> Function:
    """The function put in the place of its calls: handing dozens of arrays over takes as long as the work."""
    made: Any = numba.njit(inline="always", **_OPTIONS)(function)
    return made
