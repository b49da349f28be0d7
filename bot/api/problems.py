"""What goes wrong, as `application/problem+json` (RFC 9457): what it is, and what to do."""

import logging
import math
from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web
from pydantic import BaseModel, ValidationError

from agents.actions import BadArguments
from bot.flow.outside import KeyReused, NotAsked
from bot.flow.seals import BadGrant
from bot.flow.surface import SurfaceBusy, SurfaceError
from storage.canonical import NotCanonical
from storage.store import ClockMoved, Fenced, NotFound, OutcomeUnknown, StoreBusy

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
NO_SUCH_REQUEST = "There is no request with this id that your key may see."


class FieldError(BaseModel):
    """What is wrong with one part of the body. `pointer` is a JSON Pointer (RFC 6901)."""

    pointer: str
    detail: str


class ProblemBody(BaseModel):
    """A problem, as RFC 9457 writes it."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldError] = []


class Problem(Exception):
    """The answer to a call that is not carried out. `retry` is in how many seconds to try again."""

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        errors: tuple[FieldError, ...] = (),
        headers: Mapping[str, str] | None = None,
        retry: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.kind, self.detail, self.errors = status, kind, detail, errors
        self.headers = dict(headers or {})
        if retry is not None:
            self.headers["Retry-After"] = str(max(math.ceil(retry), 1))

    def response(self) -> web.Response:
        """As it is sent."""
        body = ProblemBody(
            type=f"urn:signoff:{self.kind}",
            title=HTTPStatus(self.status).phrase,
            status=self.status,
            detail=self.detail,
            errors=list(self.errors),
        )
        return web.Response(
            status=self.status, text=body.model_dump_json(), content_type=MEDIA_TYPE, headers=self.headers
        )  # fmt: skip


def unfit(detail: str, errors: Mapping[str, str] | None = None, *, under: str = "") -> Problem:
    """422: the body cannot be used. `errors` maps fields under the pointer `under` to what is wrong with them."""
    found = tuple(FieldError(pointer=_pointer(under, field), detail=why) for field, why in (errors or {}).items())
    return Problem(422, "unfit-body", detail, errors=found)


def invalid(error: ValidationError, where: str = "body") -> Problem:
    """422 of a body or a query that does not fit its model."""
    wrong = {".".join(map(str, item["loc"])): item["msg"] for item in error.errors(include_url=False)}
    return unfit(f"The {where} cannot be used: {len(wrong)} part{'s' if len(wrong) != 1 else ''} of it must change.", wrong)


def no_such_request() -> Problem:
    """404: there is none, or it is none of this key's business, which is the same to it."""
    return Problem(404, "no-such-request", NO_SUCH_REQUEST)


def conflict(detail: str) -> Problem:
    """409: it cannot be done as things stand."""
    return Problem(409, "conflict", detail)


def problem_of(error: Exception, ref: str) -> Problem:
    """The problem that an error becomes. What nobody expected goes to the log under `ref`."""
    match error:
        case Problem():
            return error
        case web.HTTPException():
            return _of_http(error)
        case NotFound():
            return no_such_request()
        case KeyReused():
            return Problem(409, "idempotency-key-reused", f"{error} Use a new key for a new request.")
        case NotAsked():
            return unfit(str(error), {error.field: str(error)})
        case BadArguments():
            return unfit(f"The arguments do not fit {error.action}.", error.errors, under="/arguments")
        case NotCanonical() | BadGrant():
            return unfit(str(error))
        case Fenced():
            return conflict("Somebody else did this at the same moment. Look at the request again.")
        case _:
            return _trouble(error, ref)


def _trouble(error: Exception, ref: str) -> Problem:
    match error:
        case ClockMoved():
            return Problem(503, "clock-moved", f"{error} Nothing was done; try again.", retry=30)
        case StoreBusy():
            return Problem(503, "busy", "The database cannot be reached. Nothing was done; try again.", retry=1)
        case OutcomeUnknown():
            why = "The database was lost at the last moment, so this may or may not have been done."
            again = "Repeat a submission or a report as it was, which is safe; look at the request before anything else."
            return Problem(503, "outcome-unknown", f"{why} {again}", retry=1)
        case SurfaceBusy() | SurfaceError():
            return Problem(503, "unknown-person", f"Who this is cannot be looked up now: {error} Nothing was done.", retry=5)
        case _:
            log.error("call %s ended with an error", ref, exc_info=error)
            return Problem(500, "broken", f"Something went wrong inside Signoff. Its log says more under {ref}.")


def _of_http(error: web.HTTPException) -> Problem:
    """What aiohttp itself refuses."""
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        return Problem(405, "wrong-method", f"This address takes {allowed}.", headers={"Allow": allowed})
    if error.status == 404:
        return Problem(404, "no-such-address", "There is nothing here. GET /v1/openapi.json lists what there is.")
    return Problem(error.status, "refused", error.text or error.reason)


def _pointer(under: str, field: str) -> str:
    return f"{under}/{field.replace('~', '~0').replace('/', '~1').replace('.', '/')}" if field else under or "/"
