"""The app of flows: registers the checks of declarations."""

from django.apps import AppConfig


class FlowApp(AppConfig):
    """Flows, whose declarations are checked at every start and by `manage.py check`."""

    name = "yiheng.site.base.flow"

    def ready(self) -> None:
        """Django's own registry of checks is told once."""
        from django.core.checks import register

        from yiheng.site.base.flow.checks import check_flows

        register(check_flows, "flow")
