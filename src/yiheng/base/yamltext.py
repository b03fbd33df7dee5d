"""YAML as plain data (YAML 文本): the safe part of the language only, read by the C library."""

from typing import Any

import yaml


def read_yaml(text: str) -> Any:
    """What a YAML text says: tables, lists, texts, numbers, dates, truth; a yaml.YAMLError where it is none."""
    return yaml.load(text, yaml.CSafeLoader)
