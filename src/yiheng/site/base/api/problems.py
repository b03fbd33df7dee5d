"""Problems (接口错误): every refusal as {code, zh, en, fields}, with the status that says which kind it is."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from yiheng.base.refusal import Refusal
from yiheng.base.words import Word
from yiheng.site.base.breakglass.actions import Shut
from yiheng.site.base.flow.forms import Invalid
from yiheng.site.base.flow.refused import Conflict, Missing, NotAllowed
from yiheng.site.base.pages.refusing import keep_refusal
from yiheng.site.base.refused import NotDone
from yiheng.site.base.texts import pick

_UNKNOWN = Word("请先登录或提供令牌", "sign in or give a token")
_FORBIDDEN = Word("没有权限", "not allowed")
_MISSING = Word("没有此内容，或您无权查看", "there is nothing here, or it is not for you to see")
_UNREAD = Word("请求的格式不对", "the request is not in the right form")


def status_of(why: NotDone) -> HTTPStatus:
    """The status of a refusal of an act."""
    match why:
        case NotAllowed() | Shut():
            return HTTPStatus.FORBIDDEN
        case Conflict():
            return HTTPStatus.CONFLICT
        case Missing():
            return HTTPStatus.NOT_FOUND
        case _:
            return HTTPStatus.UNPROCESSABLE_ENTITY


def put_on(api: NinjaAPI) -> None:
    """Say how each kind of refusal is answered."""

    def answer(request: HttpRequest, status: int, code: str, text: Word, fields: Any = None) -> HttpResponse:
        content = {"code": code, "zh": text.zh, "en": text.en, "fields": fields or {}}
        return api.create_response(request, content, status=status)

    @api.exception_handler(NotDone)
    def _not_done(request: HttpRequest, why: NotDone) -> HttpResponse:
        fields = why.fields if isinstance(why, Invalid) else None
        return answer(request, status_of(why), why.code, why.text, fields)

    @api.exception_handler(Refusal)
    def _refusal(request: HttpRequest, why: Refusal) -> HttpResponse:
        return answer(request, HTTPStatus.UNPROCESSABLE_ENTITY, "refused", Word(str(why), str(why)))

    @api.exception_handler(ValidationError)
    def _unread(request: HttpRequest, why: ValidationError) -> HttpResponse:
        return answer(request, HTTPStatus.UNPROCESSABLE_ENTITY, "unread", _UNREAD, _lines(why))

    @api.exception_handler(AuthenticationError)
    def _unknown(request: HttpRequest, why: AuthenticationError) -> HttpResponse:  # noqa: ARG001
        return answer(request, HTTPStatus.UNAUTHORIZED, "unknown", _UNKNOWN)

    @api.exception_handler(PermissionDenied)
    def _forbidden(request: HttpRequest, why: PermissionDenied) -> HttpResponse:  # noqa: ARG001
        keep_refusal(request, "forbidden")
        return answer(request, HTTPStatus.FORBIDDEN, "forbidden", _FORBIDDEN)

    @api.exception_handler(Http404)
    def _missing(request: HttpRequest, why: Http404) -> HttpResponse:  # noqa: ARG001
        keep_refusal(request, "missing")
        return answer(request, HTTPStatus.NOT_FOUND, "missing", _MISSING)

    @api.exception_handler(HttpError)
    def _other(request: HttpRequest, why: HttpError) -> HttpResponse:
        text = _FORBIDDEN if why.status_code == HTTPStatus.FORBIDDEN else _UNREAD
        code = "csrf" if why.status_code == HTTPStatus.FORBIDDEN else "unread"
        return answer(request, why.status_code, code, text)


# What a value that cannot be read is told in Chinese, by pydantic's kind of error; in English by its own message.
_SAID = {
    "missing": "缺少此项", "string_too_long": "内容过长",
    "greater_than_equal": "数值过小", "less_than_equal": "数值过大",
    "value_error": "含有不能作为文字保存的符号", "json_invalid": "不是JSON",
}  # fmt: skip


def _line(error: Any) -> str:
    return pick(Word(_SAID.get(error["type"], "格式不对"), " ".join(str(error["msg"]).split())))


def _lines(why: ValidationError) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for error in why.errors:
        found.setdefault(".".join(map(str, error["loc"][1:])) or "body", []).append(_line(error))
    return found
