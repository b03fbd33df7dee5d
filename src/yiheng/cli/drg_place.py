"""`--pack auto` and `--place` go together: said in one place for all commands that have them; loads nothing else."""

from yiheng.base.refusal import Refusal

AUTO = "auto"


def check_place(given: tuple[str, ...], place: str | None) -> None:
    """Refuse --place without a pack that is auto, and the other way round."""
    if (AUTO in given) != (place is not None):
        raise Refusal("--pack auto and --place go together", column="--place", value=place or "")
