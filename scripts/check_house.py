"""The house rules (代码规矩) that no linter knows: what engines never touch, how long a function may be.

Each rule is a function from a parsed module to its findings; a finding is one line that names the file and line.
"""

import ast
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "yiheng"
LONGEST_FUNCTION = 60

# Everything but these is an engine: no framework, no clock, no network, no screen, no chance.
NOT_ENGINES = ("cli", "site")
NOT_FOR_ENGINES = {
    "django": "a web framework",
    "time": "a clock",
    "random": "chance without a seed",
    "secrets": "chance without a seed",
    "socket": "the network",
    "ssl": "the network",
    "http": "the network",
    "urllib.request": "the network",
    "ftplib": "the network",
    "smtplib": "the network",
    "requests": "the network",
    "httpx": "the network",
    "aiohttp": "the network",
    "rich": "a screen",
    "typer": "a screen",
}
CLOCKS = {"now", "utcnow", "today"}
# The one place that speaks to whoever waits.
SPEAKS = Path("base/progress.py")


@dataclass(frozen=True)
class Module:
    """One source file; `path` is relative to src/yiheng."""

    path: Path
    tree: ast.Module

    @property
    def is_engine(self) -> bool:
        return self.path.parts[0] not in NOT_ENGINES


Finding = tuple[int, str]
_Node = TypeVar("_Node", bound=ast.AST)
Rule = Callable[[Module], Iterator[Finding]]


def foreign_imports(module: Module) -> Iterator[Finding]:
    """Engines import nothing of NOT_FOR_ENGINES."""
    if not module.is_engine or module.path == SPEAKS:
        return
    for line, name in _imported(module.tree):
        for forbidden, what in NOT_FOR_ENGINES.items():
            if f"{name}.".startswith(f"{forbidden}."):
                yield line, f"imports {forbidden} ({what}): not in an engine"


def foreign_calls(module: Module) -> Iterator[Finding]:
    """Engines ask for no current time, print nothing and draw no unseeded numbers."""
    if not module.is_engine or module.path == SPEAKS:
        return
    for call in _all(module.tree, ast.Call):
        match call.func:
            case ast.Attribute(
                attr=name, value=ast.Name(id="date" | "datetime") | ast.Attribute(attr="date" | "datetime")
            ):
                if name in CLOCKS:
                    yield call.lineno, f"calls {name}(): an engine is told the day"
            case ast.Name(id="print" | "input" as name):
                yield call.lineno, f"calls {name}(): an engine has no screen"
            case ast.Attribute(attr="default_rng") if not call.args and not call.keywords:
                yield call.lineno, "calls default_rng() without a seed"


def swallowed_errors(module: Module) -> Iterator[Finding]:
    """Nobody catches what they cannot name."""
    for handler in _all(module.tree, ast.ExceptHandler):
        caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        for kind in caught:
            if kind is None or (isinstance(kind, ast.Name) and kind.id in ("Exception", "BaseException")):
                yield handler.lineno, "catches every exception: name those that can be answered"


def long_functions(module: Module) -> Iterator[Finding]:
    for function in _functions(module.tree):
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        if lines > LONGEST_FUNCTION:
            yield function.lineno, f"{function.name} has {lines} lines (at most {LONGEST_FUNCTION})"


def missing_docstrings(module: Module) -> Iterator[Finding]:
    """A module says what it is for."""
    if not ast.get_docstring(module.tree):
        yield 1, "has no docstring that says what it is for"


def names_without_meaning(module: Module) -> Iterator[Finding]:
    if module.path.stem in ("utils", "util", "helpers", "misc", "common"):
        yield 1, "is named for nothing: a module has one idea and its name says it"


RULES: tuple[Rule, ...] = (
    foreign_imports,
    foreign_calls,
    swallowed_errors,
    long_functions,
    missing_docstrings,
    names_without_meaning,
)


def findings(path: Path, text: str) -> list[str]:
    """Everything that is against the rules in a file, `path` relative to src/yiheng."""
    module = Module(path, ast.parse(text))
    return [f"{path.as_posix()}:{line}: {what}" for rule in RULES for line, what in rule(module)]


def folders_without_init(source: Path) -> list[str]:
    """Folders that hold Python but no `__init__`, which would say what the room is for."""
    folders = {path.parent for path in source.rglob("*.py")}
    return [
        f"{folder.relative_to(source)}: has no __init__.py"
        for folder in sorted(folders)
        if not (folder / "__init__.py").exists()
    ]


def main() -> int:
    """Print what is against the rules; 1 if anything is."""
    files = sorted(SOURCE.rglob("*.py"))
    found = [line for path in files for line in findings(path.relative_to(SOURCE), path.read_text(encoding="utf-8"))]
    found += folders_without_init(SOURCE)
    for line in found:
        print(line)
    print(f"house: {len(files)} files, {len(found)} findings")
    return 1 if found else 0


def _imported(tree: ast.Module) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def _all(tree: ast.Module, kind: type[_Node]) -> Iterator[_Node]:
    return (node for node in ast.walk(tree) if isinstance(node, kind))


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


if __name__ == "__main__":
    sys.exit(main())
