"""Where the work is done (计算引擎): the option --engine of commands that a Spark cluster can do too."""

from typing import Annotated

import typer

from yiheng.base.refusal import Refusal

LOCAL, SCHEME = "local", "spark://"
EngineOption = Annotated[str, typer.Option("--engine", help="local, or a Spark cluster: spark://HOST:PORT.")]


def check_engine(engine: str) -> None:
    """Refuse an engine that is neither this machine nor a cluster."""
    if engine != LOCAL and not engine.startswith(SCHEME):
        raise Refusal("is neither local nor spark://HOST:PORT", column="--engine", value=engine)
