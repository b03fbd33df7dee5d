"""The digest of a pack (方案摘要): over what it says, whatever its spaces, line ends and the order of its lists."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from yiheng.base.expr import parse, show
from yiheng.drg.bycode import ByCode
from yiheng.drg.packs.pack import Mdc, Rule


def fingerprint(parts: Mapping[str, Any]) -> str:
    """sha256 (hex) of the parts of a Pack. Row numbers do not count; the order of MDCs, rules and groups does."""
    said = {
        "identity": asdict(parts["identity"]),
        "switches": asdict(parts["switches"]),
        "mdcs": [_gate(mdc) for mdc in parts["mdcs"]],
        "rules": {mdc: [_rule(rule) for rule in rules] for mdc, rules in parts["rules"].items()},
        "lists": {f"{key.owner}\t{key.name}": [code for code, _ in its.items()] for key, its in parts["lists"].items()},
        "severity": {level: [(code, its.table) for code, its in by.items()] for level, by in parts["severity"].items()},
        "exclusion": _values(parts["exclusion"]),
        "sites": _values(parts["sites"]),
        "dx_names": parts["dx_names"],
        "proc_names": parts["proc_names"],
        "about": asdict(parts["about"]),
        "weights": {drg: str(weight.normalize()) for drg, weight in parts["weights"].items()},
    }
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _gate(mdc: Mdc) -> list[str]:
    return [mdc.code, mdc.name, mdc.kind, show(parse(mdc.logic))]


def _rule(rule: Rule) -> list[Any]:
    groups = [[group.drg, group.name, show(parse(group.logic))] for group in rule.groups]
    return [rule.id, rule.adrg, rule.phase, show(parse(rule.logic)), rule.otherwise, rule.ambiguous, groups]


def _values(by: ByCode[str]) -> list[tuple[str, str]]:
    return list(by.items())
