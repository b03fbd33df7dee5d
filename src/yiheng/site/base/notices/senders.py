"""Other ways out (对外发送): a sender takes one notice; the site's own list of notices is the one that is built in."""

from datetime import timedelta
from typing import Protocol

from yiheng.site.base.notices.models import Notice

TRIES = 6
_FIRST_WAIT = timedelta(minutes=1)


class NotSent(Exception):
    """A sender could not send; the text says why, without the notice's words."""


class Sender(Protocol):
    """One way out, by its name."""

    name: str

    def send(self, notice: Notice, key: str) -> None:
        """Send a notice; `key` is the same at each try, so that the receiver can tell a repeat. Raises NotSent."""
        ...


def wait_after(tries: int) -> timedelta:
    """How long to wait after so many tries, doubled each time."""
    return _FIRST_WAIT * 2 ** (tries - 1)
