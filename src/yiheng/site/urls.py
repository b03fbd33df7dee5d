"""Addresses (网址) of the site: the base's pages and API, which show every service that is declared."""

from django.urls import include, path

urlpatterns = [
    path("", include("yiheng.site.base.pages.urls")),
    path("accounts/", include("yiheng.site.base.accounts.urls")),
    path("", include("yiheng.site.base.api.urls")),
]

handler400 = "yiheng.site.base.pages.errors.unread"
handler403 = "yiheng.site.base.pages.errors.forbidden"
handler404 = "yiheng.site.base.pages.errors.missing"
handler500 = "yiheng.site.base.pages.errors.broken"
