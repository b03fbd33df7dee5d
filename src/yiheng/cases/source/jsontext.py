"""JSON with exact numbers (JSON 数字): a decimal is written digit by digit as it was read, never as a float."""

import json
from decimal import Decimal
from typing import Any


def json_text(value: Any, indent: str = "") -> str:
    """A value as JSON, one member or item a line; a Decimal that is no number (NaN, infinity) is a ValueError."""
    inner = indent + " "
    match value:
        case dict() if value:
            lines = [
                f"{inner}{json.dumps(str(name), ensure_ascii=False)}: {json_text(its, inner)}"
                for name, its in value.items()
            ]
            return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
        case list() if value:
            return "[\n" + ",\n".join(inner + json_text(its, inner) for its in value) + f"\n{indent}]"
        case Decimal():
            if not value.is_finite():
                raise ValueError(f"{value} is no number of JSON")
            return str(value)
        case _:
            return json.dumps(value, ensure_ascii=False, allow_nan=False)
