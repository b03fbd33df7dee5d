"""Hospitals as they stood on a day (机构归属): county, area and class of the hospital of each case."""

import ibis
import ibis.expr.types as ir

PLACE = ("county", "area", "hospital_class")
NO_CLASS = "none"


def with_places(cases: ir.Table, institution: ir.Table | None) -> ir.Table:
    """The cases with `county`, `area` (6 digits) and `hospital_class` ("3甲", "2") of their hospital on that day.

    A place is that with the latest `valid_from` not after the day of discharge, until its `valid_to`; without a date
    the last. All three are null where DATA knows no such place, or there is no DATA: then a county of the source stays.
    """
    own = [name for name in cases.columns if name not in PLACE]
    if institution is None:
        given = cases.county if "county" in cases.columns else ibis.null("string")
        return cases.select(*own, county=given, area=ibis.null("string"), hospital_class=ibis.null("string"))
    places = _spans(institution)
    day = cases.discharge_date
    then = (places.since.isnull() | (day >= places.since)) & (places.until.isnull() | (day <= places.until))
    found = cases.left_join(places, [cases.hospital == places.its_code, ibis.ifelse(day.isnull(), places.last, then)])
    return found.select(*own, *PLACE)


def _spans(institution: ir.Table) -> ir.Table:
    """Each row of an institution with the days that it alone holds for; `last` marks the latest."""
    order = [ibis.asc("valid_from", nulls_first=True), ibis.asc("name", nulls_first=True)]
    after = institution.valid_from.lead().over(group_by=institution.code, order_by=order)
    rank = ibis.row_number().over(group_by=institution.code, order_by=order)
    count = institution.count().over(group_by=institution.code)
    until = ibis.least(institution.valid_to, after - ibis.interval(days=1))
    grade = ibis.coalesce(institution["class"].nullif(NO_CLASS), "")
    return institution.select(
        its_code="code",
        county="county",
        area="area",
        hospital_class=institution.level.cast("string") + grade,
        since=institution.valid_from,
        until=until.cast("date"),
        last=rank == count - 1,
    )
