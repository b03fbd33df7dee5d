"""The register's app: with it starts the check of every register that a service declares."""

from django.apps import AppConfig


class RegisterConfig(AppConfig):
    name = "yiheng.site.base.register"

    def ready(self) -> None:
        """Register the checks."""
        from yiheng.site.base.register import checks  # noqa: F401 (registers itself)
