"""The docs check (文档检查): links lead on, quoted commands exist, generated pages are fresh, READMEs are twins."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import make_docs

ROOT = Path(__file__).resolve().parent.parent
TWINS = ("README.md", "README.zh-CN.md")
START = "docs/index.md"

FENCE = re.compile(r"^(`{3,})(\w*)\n(.*?)^\1\s*$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(`+)(.+?)\1", re.DOTALL)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
REMARK = re.compile(r"(?:^|[ \t]+)#.*$", re.MULTILINE)
HEADING = re.compile(r"^(#{1,6}) +(.+?)\s*$", re.MULTILINE)
LINK = re.compile(r"\]\(<?([^)>\s]+)>?(?:\s+\"[^\"]*\")?\)|(?:src|href)=\"([^\"]+)\"")
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
# From the program's name to where a shell command ends.
YIHENG = re.compile(r"(?<![\w./-])(?:\.venv/bin/)?yiheng ((?:[^\n`#;&|]|\|(?! ))+)")
MAKE = re.compile(r"(?<![\w./-])make((?: [a-z][a-z-]*)+)")
WORD = re.compile(r"[a-z][a-z-]*")
OPTION = re.compile(r"--[a-z][a-z-]*")


@dataclass(frozen=True)
class Page:
    """One Markdown file: `path` from the root, its fenced blocks as (language, text), and the text around them."""

    path: str
    blocks: tuple[tuple[str, str], ...]
    prose: str

    @classmethod
    def of(cls, path: str, text: str) -> "Page":
        text = COMMENT.sub("", text)
        blocks = tuple((match[2], match[3]) for match in FENCE.finditer(text))
        return cls(path, blocks, FENCE.sub("", text))

    @property
    def code(self) -> str:
        """What is quoted as code, each piece on lines of its own, without comments."""
        pieces = [text for _, text in self.blocks] + [match[2] for match in INLINE.finditer(self.prose)]
        return REMARK.sub("", "\n".join(pieces).replace("\\\n", " "))

    @property
    def links(self) -> list[str]:
        """Targets inside this repository, fragments included."""
        found = (first or second for first, second in LINK.findall(INLINE.sub("", self.prose)))
        return [unquote(target) for target in found if not ELSEWHERE.match(target)]

    @property
    def anchors(self) -> set[str]:
        """The fragments that a link may name, as GitHub makes them."""
        seen: Counter[str] = Counter()
        anchors = set(re.findall(r"(?:id|name)=\"([^\"]+)\"", self.prose))
        for _, title in HEADING.findall(self.prose):
            slug = re.sub(r"[^\w\- ]", "", re.sub(r"\[(.*?)\]\(.*?\)", r"\1", title).lower()).replace(" ", "-")
            anchors.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
            seen[slug] += 1
        return anchors


@dataclass(frozen=True)
class Command:
    """A command of the program: its options, and the commands below it if it is a group."""

    options: frozenset[str]
    below: dict[str, "Command"] = field(default_factory=dict)


def main() -> int:
    """Print everything that is wrong; 1 if anything is."""
    pages = {page.path: page for page in _read_pages()}
    program, targets = program_commands(), make_targets()
    wrong = [f"{name}: is missing" for name in (*TWINS, START) if name not in pages]
    for page in pages.values():
        wrong += broken_links(page, pages)
        wrong += unknown_commands(page, program, targets)
    wrong += unreachable(pages)
    wrong += stale_pages()
    if all(name in pages for name in TWINS):
        wrong += twin_differences(pages[TWINS[0]], pages[TWINS[1]])
    for line in wrong:
        print(line)
    print(f"docs: {len(pages)} pages, {len(wrong)} findings")
    return 1 if wrong else 0


def broken_links(page: Page, pages: dict[str, Page]) -> Iterator[str]:
    """Relative links to files or headings that do not exist."""
    for link in page.links:
        target, _, fragment = link.partition("#")
        name = _resolve(page.path, target) if target else page.path
        if name not in pages and not (ROOT / name).exists():
            yield f"{page.path}: link to {link}: there is no {name}"
        elif fragment and name in pages and fragment not in pages[name].anchors:
            yield f"{page.path}: link to {link}: {name} has no such heading"


def unknown_commands(page: Page, program: Command, targets: set[str]) -> Iterator[str]:
    """Commands, options and make targets that are quoted but do not exist."""
    for match in YIHENG.finditer(page.code):
        if problem := unknown_part(match[1].split(), program):
            yield f"{page.path}: `yiheng {match[1].strip()}`: {problem}"
    for match in MAKE.finditer(page.code):
        for name in match[1].split():
            if name not in targets:
                yield f"{page.path}: `make {name}`: there is no such target"


def unknown_part(words: list[str], command: Command) -> str | None:
    """The first word of a command line that the program does not know."""
    words = list(words)
    while command.below and words and WORD.fullmatch(words[0]):
        name = words.pop(0)
        if name not in command.below:
            return f"there is no command {name}"
        command = command.below[name]
    options = OPTION.findall(" ".join(words))
    return next((f"there is no option {option}" for option in options if option not in command.options), None)


def unreachable(pages: dict[str, Page]) -> list[str]:
    """Pages of docs/ that nobody finds by following links from the start."""
    found, todo = set(), [START]
    while todo:
        name = todo.pop()
        if name in pages and name not in found:
            found.add(name)
            todo += [_resolve(name, link.partition("#")[0]) for link in pages[name].links]
    return [f"{name}: no link leads here from {START}" for name in sorted(pages) if name not in {*found, *TWINS}]


def stale_pages() -> list[str]:
    """Generated pages that no longer say what the code says."""
    expected = {ROOT / path: text for path, text in make_docs.pages().items()}
    return [
        f"{path.relative_to(ROOT)}: is not what `make docs` writes"
        for path, text in expected.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def twin_differences(english: Page, chinese: Page) -> list[str]:
    """Where the two READMEs do not have the same headings (by level) and the same code (but for comments)."""
    wrong = []
    levels = [[len(marks) for marks, _ in HEADING.findall(page.prose)] for page in (english, chinese)]
    if levels[0] != levels[1]:
        wrong.append(f"{chinese.path}: headings are not those of {english.path} ({levels[1]} against {levels[0]})")
    if _spoken(english) != _spoken(chinese):
        wrong.append(f"{chinese.path}: code blocks are not those of {english.path}")
    return wrong


def program_commands() -> Command:
    """The program's tree of commands."""
    return _tree(make_docs.program(), frozenset({"--help"}))


def make_targets() -> set[str]:
    """The targets of the Makefile."""
    database = subprocess.run(
        ["make", "--question", "--print-data-base", "--no-builtin-rules", "help"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    return set(re.findall(r"^([a-z][a-z-]*):(?!=)", database, re.MULTILINE))


def _tree(command: Any, inherited: frozenset[str]) -> Command:
    options = {
        name for param in command.params for name in (*param.opts, *param.secondary_opts) if name.startswith("--")
    }
    below = {name: _tree(each, inherited) for name, each in getattr(command, "commands", {}).items()}
    return Command(inherited | options, below)


def _spoken(page: Page) -> list[tuple[str, str]]:
    return [(language, REMARK.sub("", text).strip()) for language, text in page.blocks]


def _resolve(page: str, target: str) -> str:
    """Where a link leads, from the root; a path out of the repository leads nowhere."""
    path = ((ROOT / page).parent / target).resolve()
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else f"outside/{target}"


def _read_pages() -> Iterator[Page]:
    for path in sorted((*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))):
        yield Page.of(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main())
