"""Addresses of the pages (页面网址): the same for every flow."""

from django.urls import path, register_converter

from yiheng.site.base.pages import (
    acting,
    administration,
    administration_accounts,
    administration_groups,
    administration_sheets,
    attaching,
    codes,
    counts,
    doors,
    glass,
    inboxes,
    items,
    language,
    ledgers,
    ledgers_changing,
    ledgers_sheets,
    lending,
    lists,
    longlists,
    registers,
    telling,
    unsealing,
    working,
)


class Kind:
    """The kind of a file that a list is exported to."""

    regex = "csv|xlsx"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(Kind, "kind")

urlpatterns = [
    path("", inboxes.inbox_page, name="inbox"),
    path("mine/", inboxes.mine_page, name="mine"),
    path("flows/<slug:code>/", lists.flow_list, name="list"),
    path("flows/<slug:code>/export.<kind:kind>", lists.flow_export, name="export"),
    path("flows/<slug:code>/export.<kind:kind>/later/", longlists.flow_export_later, name="export_later"),
    path("flows/<slug:code>/new/<slug:step>/", acting.new, name="new"),
    path("items/<int:number>/", items.item_page, name="item"),
    path("items/<int:number>/print/", items.item_print, name="print"),
    path("items/<int:number>/do/<slug:step>/", acting.do, name="do"),
    path("items/<int:number>/look/<slug:name>/", unsealing.open_box, name="unseal"),
    path("items/<int:number>/code/", codes.item_code, name="code"),
    path("files/<int:number>/", attaching.file_page, name="file"),
    path("flows/<slug:code>/statistics/", counts.flow_counts, name="counts"),
    path("items/<int:number>/form/<slug:name>/", items.item_form, name="form"),
    path("registers/<slug:name>/", registers.register_list, name="register"),
    path("registers/<slug:name>/new/", registers.register_new, name="register_new"),
    path("registers/<slug:name>/file/", registers.register_file, name="register_file"),
    path("registers/<slug:name>/<int:number>/<slug:verb>/", registers.register_do, name="register_do"),
    path("ledgers/<slug:code>/", ledgers.ledger_page, name="ledger"),
    path("ledgers/<slug:code>/<int:number>/", ledgers.ledger_cell, name="ledger_cell"),
    path("ledgers/<slug:code>/new/", ledgers_changing.ledger_new, name="ledger_new"),
    path("ledgers/<slug:code>/file/", ledgers_changing.ledger_file, name="ledger_file"),
    path("ledgers/<slug:code>/sheets/<int:number>/<slug:verb>/", ledgers_sheets.ledger_sheet, name="ledger_sheet"),
    path("ledgers/<slug:code>/asked/<int:number>/<slug:verb>/", ledgers_changing.ledger_do, name="ledger_do"),
    path("administration/", administration.administration, name="administration"),
    path("administration/<int:number>/", administration.administration_place, name="administration_place"),
    path("administration/people/<int:number>/", administration.administration_person, name="administration_person"),
    path("administration/appoint/", administration_accounts.administration_appoint, name="administration_appoint"),
    path(
        "administration/people/<int:number>/<slug:verb>/",
        administration_accounts.administration_account,
        name="administration_account",
    ),
    path(
        "administration/posts/<int:number>/end/", administration_accounts.administration_end, name="administration_end"
    ),
    path("administration/sheets/<slug:kind>/", administration_sheets.administration_sheet, name="administration_sheet"),
    path("administration/groups/", administration_groups.administration_groups, name="administration_groups"),
    path("administration/groups/new/", administration_groups.administration_group_new, name="administration_group_new"),
    path(
        "administration/groups/<int:number>/", administration_groups.administration_group, name="administration_group"
    ),
    path(
        "administration/memberships/<int:number>/end/",
        administration_groups.administration_leave,
        name="administration_leave",
    ),
    path("lending/", lending.lending_page, name="lending"),
    path("lending/<int:number>/end/", lending.lending_end, name="lending_end"),
    path("notices/", telling.notices_page, name="notices"),
    path("notices/read/", telling.notices_read, name="notices_read"),
    path("glass/", glass.glass_page, name="glass"),
    path("glass/<int:number>/close/", glass.glass_close, name="glass_close"),
    path("glass/reviews/", glass.glass_reviews, name="glass_reviews"),
    path("glass/reviews/<int:number>/", glass.glass_review, name="glass_review"),
    path("jobs/", working.jobs_page, name="jobs"),
    path("jobs/publish/", working.jobs_publish, name="jobs_publish"),
    path("jobs/<int:number>/", working.job_page, name="job"),
    path("jobs/<int:number>/file/", working.job_file, name="job_file"),
    path("jobs/<int:number>/do/<slug:verb>/", working.job_do, name="job_do"),
    path("door/", doors.door, name="door"),
    path("language/", language.change, name="language"),
]
