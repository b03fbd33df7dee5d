"""Hours of the day (时刻): when a case came and left, so that its hours in intensive care lie in between."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yiheng.sample.forms.draws import Keys, below
from yiheng.sample.tables import Ints

DAY = 24 * 60
MINUTE = 60
# Minutes of the day: earliest, and how many are possible.
COMES, COMES_AND_LEAVES = (8 * 60, 4 * 60), (6 * 60, 60)
LEAVES, LEAVES_LATE = (14 * 60, 4 * 60), (20 * 60, 60)


@dataclass(frozen=True)
class Clock:
    """Minutes since 1970 at which each case came and left; meaningless where a date is missing."""

    came: Ints
    left: Ints


def clock(key: Keys, cases: pa.RecordBatch) -> Clock:
    """Comes in the morning, leaves in the afternoon; on one day early and late, with 13 hours between."""
    days = [np.asarray(pc.fill_null(cases[name].cast(pa.int32()), 0)).astype(np.int64) for name in DATES]
    same = days[0] == days[1]
    came = np.where(same, _minute(key, COMES_AND_LEAVES, "came early"), _minute(key, COMES, "came"))
    left = np.where(same, _minute(key, LEAVES_LATE, "left late"), _minute(key, LEAVES, "left"))
    return Clock(days[0] * DAY + came, days[1] * DAY + left)


DATES = ("admit_date", "discharge_date")


def _minute(key: Keys, hours: tuple[int, int], purpose: str) -> Ints:
    return hours[0] + below(key, purpose, hours[1])


def moments(minutes: Ints) -> pa.Array:
    """Minutes since 1970 as timestamps in seconds."""
    return pa.array(minutes * MINUTE, pa.int64()).cast(pa.timestamp("s"))
