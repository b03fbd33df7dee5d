"""Lockout (登录锁定): the name under which failed sign-ins are counted, however it was typed."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest


def name_tried(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """The sign-in name that was tried, in one spelling, so that capitals give no further tries."""
    typed = (credentials or {}).get("username") or request.POST.get("login", "")
    return str(typed).strip().lower()
