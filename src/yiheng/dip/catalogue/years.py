"""The years of a catalogue (年度权重): calendar years back from the newest, each with the weight of its place."""

from collections.abc import Collection, Sequence

from yiheng.base.refusal import Refusal


def calendar_weights(weights: Sequence[int], newest: int) -> dict[int, int]:
    """Each calendar year's weight, the newest year the last; `weights` run from the oldest."""
    return {newest - back: weight for back, weight in enumerate(reversed(weights))}


def year_weights(weights: Sequence[int], years: Collection[int], missing: str) -> dict[int, int]:
    """The weights of those calendar years that have cases, up to the newest of `years`, in order.

    A year in between without a case is left out with its weight, or refused where `missing` is refuse.
    """
    by_year = calendar_weights(weights, max(years))
    lacking = sorted(set(by_year) - set(years))
    if lacking and missing == "refuse":
        raise Refusal(
            f"there is no case of {', '.join(map(str, lacking))}", column="year", cure="missing_year: left_out"
        )
    return {year: by_year[year] for year in sorted(by_year) if year in years}
