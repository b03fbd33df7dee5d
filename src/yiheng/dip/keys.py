"""The combination of a case (病种组合): its principal diagnosis's key and the keys of its procedures."""

from dataclasses import dataclass
from datetime import date

from yiheng.codes.keys import key
from yiheng.policy.loader import Scheme

BETWEEN = ":"
AND = "+"
ANY = "*"
ALL, MAIN_RELATED = "all", "main_related"


@dataclass(frozen=True)
class KeyLengths:
    """How many characters of a code make a key: diagnosis, procedure, and the diagnoses of comprehensive groups."""

    dx: int
    proc: int
    comprehensive: tuple[int, ...]


def key_lengths(scheme: Scheme, day: date) -> KeyLengths:
    """The lengths that a scheme sets on a day."""
    dx, proc = (scheme.value(name, day) for name in ("dx_key_chars", "proc_key_chars"))
    return KeyLengths(dx, proc, tuple(scheme.value("comprehensive_key_chars", day)))


def combination(
    dx: list[str | None] | None,
    proc: list[str | None] | None,
    dx_edition: str | None,
    proc_edition: str | None,
    lengths: KeyLengths,
    kind: str = ALL,
) -> str | None:
    """The readable definition: the combination that a case is, as its name; None without a principal diagnosis.

    `I21.9` (no procedure), `I21.9:36.06+88.55`. Of `all` the procedures stand in order of their keys, of `main_related`
    the first one given stands first and the others in order behind it.
    """
    if not dx or dx[0] is None:
        return None
    main = key("dx", dx[0], lengths.dx, dx_edition)
    procs = [key("proc", code, lengths.proc, proc_edition) for code in proc or [] if code is not None]
    if not procs:
        return main
    ordered = sorted(set(procs)) if kind == ALL else [procs[0], *sorted(set(procs[1:]) - {procs[0]})]
    return main + BETWEEN + AND.join(ordered)


def codes_of(core_key: str) -> tuple[str, str | None]:
    """The diagnosis and the joined procedures that a combination's name is made of."""
    main, _, procs = core_key.partition(BETWEEN)
    return main, procs or None


def wide_of(main: str, is_icd: bool, chars: int) -> str:
    """The first characters of a diagnosis's key; all of it where it is not ICD."""
    return key("dx", main, chars, None) if is_icd else main


def pool_name(wide: str, treatment: str | None) -> str:
    """The name of a comprehensive group: `I21*` not operated, `I21*:surgery`; `I21*:*` where the class is not known."""
    return wide + ANY + ("" if treatment is None else BETWEEN + treatment)
