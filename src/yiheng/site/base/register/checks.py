"""Checks of registers (登记簿声明检查): what a service may forget shows when the site starts."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import FieldDoesNotExist

from yiheng.site.base.register.models import RegisterRow


@register("yiheng")
def check_registers(app_configs: Any, **_: Any) -> list[CheckMessage]:  # noqa: ARG001 (as Django asks)
    """Everything that is wrong with the registers there are."""
    found = [model for model in apps.get_models() if issubclass(model, RegisterRow)]
    return [finding for model in found for finding in findings(model)]


def findings(model: type[RegisterRow]) -> Iterator[CheckMessage]:
    """What is wrong with one register."""
    if not model.KEY:
        yield Error("a register without a key", hint="name its fields in KEY", obj=model, id="register.E001")
    for name in (*model.KEY, *model.VALUES):
        try:
            model._meta.get_field(name)
        except FieldDoesNotExist:
            yield Error(f"there is no field {name}", hint="KEY and VALUES name fields", obj=model, id="register.E002")
    if len(model._meta.constraints) < len(RegisterRow.Meta.constraints):
        hint = "write `class Meta(RegisterRow.Meta):`"
        yield Error("a register without the register's constraints", hint=hint, obj=model, id="register.E003")
