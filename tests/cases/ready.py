"""A process that has loaded all that `yiheng cases` needs, and has a child of its own run each command given to it.

What a child does and how it ends is what the installed command does and how that ends; it only starts sooner.
"""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, suppress
from pathlib import Path

Done = subprocess.CompletedProcess[str]


@contextmanager
def ready(folder: Path) -> Iterator[Callable[..., Done]]:
    """Gives what runs `yiheng` with these words, `env` added to the environment; `folder` holds what children say."""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, __file__], stdin=pipe, stdout=pipe, text=True, encoding="utf-8") as server:

        def run(*words: object, env: Mapping[str, str] | None = None) -> Done:
            assert server.stdin is not None
            assert server.stdout is not None
            said = [folder / name for name in ("out", "err")]
            asked = {"words": [*map(str, words)], "env": dict(env or {}), "said": [*map(str, said)]}
            server.stdin.write(json.dumps(asked) + "\n")
            server.stdin.flush()
            code = int(server.stdout.readline())
            return Done(asked["words"], code, *(path.read_text(encoding="utf-8") for path in said))

        yield run


def serve() -> None:
    """One child for each line of input; its exit code as a line of output, 128 and more where a signal ended it."""
    import pandas  # noqa: F401 - what the children need, as pyarrow asks for it at the first table
    import pyarrow.dataset  # noqa: F401

    from yiheng.cases.quality.book import book
    from yiheng.cli.main import main
    from yiheng.tables.version import code_version

    book()
    code_version()
    # A file that there is not is refused before anything begins, and what reads the words is loaded then.
    sys.argv = ["yiheng", "cases", "load", "none", "--to", "none"]
    with redirect_stderr(io.StringIO()), suppress(SystemExit):
        main()
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if not child:
            _become(asked)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(code if code >= 0 else 128 - code, flush=True)


def _become(asked: dict[str, object]) -> None:
    """Be the command from here on; it never comes back."""
    from yiheng.cli.main import main

    os.environ.update(asked["env"])  # type: ignore[arg-type]
    for number, path in zip((1, 2), asked["said"], strict=True):  # type: ignore[call-overload]
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    sys.argv = ["yiheng", *asked["words"]]  # type: ignore[misc]
    code: object = 1
    try:
        code = main()
    except SystemExit as ended:
        code = ended.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)


if __name__ == "__main__":
    serve()
