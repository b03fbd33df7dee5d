"""A process that has loaded what a piece of Python needs, and has a child of its own run it each time it is asked.

What a child does and how it ends is what a process of its own does and how that ends, but for what is called at exit;
it only starts sooner.
"""

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

Done = subprocess.CompletedProcess[str]

# What writing tables needs, to be run before; pyarrow asks for pandas at the first table.
TABLES = """
import pandas
import pyarrow.dataset

from yiheng.tables.version import code_version

code_version()
"""


@contextmanager
def ready(loads: str, code: str, folder: Path) -> Iterator[Callable[..., Done]]:
    """Gives what runs `code` with these words in `sys.argv`, `env` added to the environment.

    loads: Python that is run once, before; folder: holds what children say
    """
    pipe = subprocess.PIPE
    command = [sys.executable, __file__, loads, code]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, encoding="utf-8") as server:

        def run(*words: object, env: Mapping[str, str] | None = None) -> Done:
            assert server.stdin is not None
            assert server.stdout is not None
            said = [folder / name for name in ("out", "err")]
            asked = {"words": [*map(str, words)], "env": dict(env or {}), "said": [*map(str, said)]}
            server.stdin.write(json.dumps(asked) + "\n")
            server.stdin.flush()
            ended = int(server.stdout.readline())
            return Done(asked["words"], ended, *(path.read_text(encoding="utf-8") for path in said))

        yield run


def serve(loads: str, code: str) -> None:
    """One child for each line of input; its exit code as a line of output, below zero where a signal ended it."""
    exec(loads, {})
    for line in iter(sys.stdin.readline, ""):
        child = os.fork()
        if not child:
            _become(**json.loads(line))
            _end(code)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(ended, flush=True)


def _become(words: list[str], env: dict[str, str], said: list[str]) -> None:
    """A process with these words, this environment, nothing to read and these files to write to."""
    os.environ.update(env)
    files = [os.open(os.devnull, os.O_RDONLY), *(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) for path in said)]
    for number, its in enumerate(files):
        os.dup2(its, number)
    sys.argv = ["code", *words]


def _end(code: str) -> NoReturn:
    """Run the code and end as it does, but without taking down all that was loaded, which takes long."""
    ended: object = None
    try:
        exec(compile(code, "code", "exec"), {"__name__": "__main__"})
    except SystemExit as its:
        ended = its.code
        if isinstance(ended, str):
            print(ended, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        ended = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(ended if isinstance(ended, int) else int(ended is not None))


if __name__ == "__main__":
    serve(*sys.argv[1:])
