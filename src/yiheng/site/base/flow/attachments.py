"""Files that a step asks for (步骤附件): whether those that come with a request are what it asks for."""

from collections.abc import Iterator, Sequence

from yiheng.site.base.files.keeping import offered
from yiheng.site.base.files.models import File
from yiheng.site.base.files.refused import NotYours
from yiheng.site.base.flow.declare import FilesAsked, Step
from yiheng.site.base.texts import pick, say


def attached(step: Step, person: int, numbers: Sequence[int]) -> tuple[list[File], list[str]]:
    """The person's files with these numbers, and what is wrong with them for this step; nothing is taken yet."""
    try:
        files = offered(person, numbers)
    except NotYours as none_such:
        return [], [pick(none_such.text)]
    return files, [*_not_asked(step, files), *_missing(step, files)]


def _not_asked(step: Step, files: Sequence[File]) -> Iterator[str]:
    for file in files:
        if not any(_fits(file, asked) for asked in step.files):
            yield str(say(f"“{file.name}”不是此步骤需要的附件", f"this step does not ask for “{file.name}”"))


def _missing(step: Step, files: Sequence[File]) -> Iterator[str]:
    for asked in step.files:
        there = sum(_fits(file, asked) for file in files)
        if there < asked.least:
            zh = f"“{asked.word.zh}”至少{asked.least}个附件，现有{there}个"
            yield str(say(zh, f"“{asked.word.en}”: at least {asked.least} needed, {there} given"))


def _fits(file: File, asked: FilesAsked) -> bool:
    return file.purpose == asked.kind and file.kind in asked.types and file.size <= asked.largest
