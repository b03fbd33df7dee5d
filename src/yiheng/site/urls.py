"""Addresses (网址) of the site: the base's pages and API, which show every service that is declared."""

from django.urls import include, path

from yiheng.site.base.pages import errors

urlpatterns = [
    path("", include("yiheng.site.base.pages.urls")),
    path("accounts/", include("yiheng.site.base.accounts.urls")),
    path("", include("yiheng.site.base.api.urls")),
]

handler400 = errors.unread
handler403 = errors.forbidden
handler404 = errors.missing
handler500 = errors.broken
