"""Addresses of the pages (页面网址): the same for every flow."""

from django.urls import path, register_converter

from yiheng.site.base.pages import (
    acting,
    attaching,
    codes,
    counts,
    doors,
    inboxes,
    items,
    language,
    lists,
    registers,
    telling,
    unsealing,
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
    path("notices/", telling.notices_page, name="notices"),
    path("notices/read/", telling.notices_read, name="notices_read"),
    path("door/", doors.door, name="door"),
    path("language/", language.change, name="language"),
]
