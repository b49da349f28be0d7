"""The pages as a part of the replica's web application: who is let in, which page is asked for, and how each one leaves."""

import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Middleware
from markupsafe import Markup, escape

from bot.audit.anchored import known as anchored
from bot.audit.around import around
from bot.flow.signoff import Signoff
from bot.flow.surface import Known, SurfaceBusy, SurfaceError
from bot.pages.access import Directory, Shut
from bot.pages.asked import AGES, asked_for
from bot.pages.door import Door, from_our_own, to_this_host
from bot.pages.links import PREFIX, Link, Session, Visitor, link_in, session_for, session_in
from bot.pages.render import ICON, STYLE, rendered
from bot.pages.request_page import request_page
from bot.pages.room import NotYours, Room
from bot.pages.run_page import run_page
from storage.records import RunStatus
from storage.store import StorageError, Transaction

log = logging.getLogger(__name__)

Endpoint = Callable[[web.Request], Awaitable[web.StreamResponse]]
Page = Callable[[web.Request, "Guest"], Awaitable[web.Response]]

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Not `no-referrer`: with that, browsers hide the origin of our own forms from us.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Guest:
    """Somebody who was let in."""

    visitor: Visitor
    known: Known


class SignedOut(Exception):
    """Nobody, or nobody any more."""


class Pages:
    """The pages on one replica."""

    def __init__(self, signoff: Signoff, door: Door, clock: Callable[[], float] = monotonic) -> None:
        self._signoff, self._door = signoff, door
        self._room, self._directory = Room(signoff, door.readers), Directory(signoff, clock)

    def mount(self, app: web.Application) -> None:
        """Serve everything under `/pages`."""
        own = web.Application(middlewares=[guarded(self._door)], client_max_size=16 * 1024)
        pages: Sequence[tuple[str, Page]] = (
            ("/runs", self._runs),
            ("/runs/{run:run_[0-9a-z]{1,40}}", self._run),
            ("/runs/{run:run_[0-9a-z]{1,40}}/steps/{step:[1-9][0-9]{0,5}}", self._run),
            ("/requests/{request:req_[0-9a-z]{1,40}}", self._request),
        )
        for path, page in pages:
            own.router.add_get(path, self._for_guests(page), allow_head=False)
        own.router.add_get("", _to_the_list, allow_head=False)
        own.router.add_get("/enter", self._show_link, allow_head=False)
        own.router.add_post("/enter", self._enter)
        own.router.add_post("/leave", self._leave)
        own.router.add_get("/style-{mark:[0-9a-f]{12}}.css", _style, allow_head=False)
        own.router.add_get("/icon.svg", _icon, allow_head=False)
        app.add_subapp(PREFIX, own)

    # --- letting in

    async def _show_link(self, http: web.Request) -> web.Response:
        """A button. Programs that look at links before people do press none, so they use nothing up."""
        text = http.query.get("link", "")
        link = await self._link(text)
        if link is None:
            return _page("stop", 410, **_OVER)
        token = Markup(escape(text))  # noqa: S704  # escaped, and else as it is: it is ours
        return _page("enter", token=token, person=link.visitor.person, operator=link.visitor.operator)

    async def _enter(self, http: web.Request) -> web.StreamResponse:
        from_our_own(http, self._door)
        link = await self._link(await _given(http))
        if link is None:
            return _page("stop", 410, **_OVER)
        await self._directory.known(link.visitor)

        def use(tx: Transaction) -> tuple[str, float] | None:
            if not tx.first_delivery(f"page:{link.id}"):
                return None
            tx.audit("pages.entered", actor=link.visitor.person.key, body={"link": link.id, "path": link.path})
            cookie, life = session_for(self._signoff.seals, link.visitor, tx.now())
            return cookie, life.total_seconds()

        used = await self._signoff.store.write(use)
        if used is None:
            return _page("stop", 410, **_USED)
        answer = web.Response(status=303, headers={"Location": link.path})
        answer.set_cookie(
            self._door.cookie, used[0], max_age=int(used[1]), path="/", secure=self._door.secure, httponly=True,
            samesite="Lax",
        )  # fmt: skip
        return answer

    async def _leave(self, http: web.Request) -> web.StreamResponse:
        from_our_own(http, self._door)
        answer = _page("stop", 200, **_LEFT)
        answer.del_cookie(self._door.cookie, path="/", secure=self._door.secure, httponly=True, samesite="Lax")
        return answer

    async def _link(self, text: str) -> Link | None:
        return await self._signoff.store.read(lambda tx: link_in(self._signoff.seals, text, tx.now()))

    def _for_guests(self, page: Page) -> Endpoint:
        async def enter(http: web.Request) -> web.StreamResponse:
            session = await self._session(http)
            known = await self._directory.known(session.visitor)
            visitor = Visitor(known.person, session.visitor.operator)
            return await page(http, Guest(visitor, known))

        return enter

    async def _session(self, http: web.Request) -> Session:
        cookie = http.cookies.get(self._door.cookie, "")
        session = await self._signoff.store.read(lambda tx: session_in(self._signoff.seals, cookie, tx.now()))
        if session is None:
            raise SignedOut
        return session

    # --- pages

    async def _runs(self, http: web.Request, guest: Guest) -> web.Response:
        now = await self._signoff.store.read(lambda tx: tx.now())
        wanted = asked_for(http.query, now)
        listed = await self._room.runs(guest.visitor, wanted.runs)
        agents, statuses = sorted(self._signoff.agents), [*RunStatus]
        return _page("runs", guest=guest, listed=listed, wanted=wanted, agents=agents, statuses=statuses, ages=AGES)

    async def _run(self, http: web.Request, guest: Guest) -> web.Response:
        rows, notice, cover = await self._room.run(guest.visitor, http.match_info["run"])
        step = http.match_info.get("step")
        now = await self._signoff.store.read(lambda tx: tx.now())
        shown = run_page(rows, notice, cover, self._signoff.actions, now, int(step) if step else None)
        if shown is None:
            raise NotYours
        return _page("run", guest=guest, page=shown, cover=cover, asked=rows.asked)

    async def _request(self, http: web.Request, guest: Guest) -> web.Response:
        story = await self._room.request(guest.visitor, http.match_info["request"])
        shown = request_page(story, self._signoff.actions)
        chain = None
        if "verify" in http.query:
            chain = await around(self._signoff.store, story, anchored((), self._door.anchors).anchors)
        cover = story.cover(self._signoff.actions)
        return _page("request", guest=guest, page=shown, cover=cover, chain=chain)


def guarded(door: Door) -> Middleware:
    """Every answer has the same headers, every error is a page, and none shows a trace."""

    @web.middleware
    async def guard(request: web.Request, handler: Endpoint) -> web.StreamResponse:
        try:
            to_this_host(request, door)
            answer = await handler(request)
        except Exception as error:  # noqa: BLE001  # everything leaves through here
            answer = _trouble(error, secrets.token_hex(4))
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
        return answer

    return guard


_OVER: dict[str, Any] = {
    "title": "This link is over",
    "said": "A link works for ten minutes, and only as it was given to you. Get another one where you got this one: "
    "in chat, type /signoff show and the id.",
}
_USED = _OVER | {
    "title": "This link was used",
    "said": "A link lets one person in, once. If that was not you, tell whoever runs Signoff. "
    "Get another one where you got this one: in chat, type /signoff show and the id.",
}
_LEFT: dict[str, Any] = {"title": "You are signed out", "said": "Nothing of Signoff is kept in this browser."}
_NOBODY: dict[str, Any] = {
    "title": "Sign in from chat",
    "said": "What agents do here is not public. Type /signoff show and the id in chat for a link that lets you in; "
    "whoever runs Signoff gets one with `signoff pages link`.",
}
_NOTHING: dict[str, Any] = {
    "title": "There is nothing here for you",
    "said": "Either no run or request has this address, or it is not yours to see: a run is shown to whoever asked for it, "
    "to those who review what it proposes, and to the readers whom whoever runs Signoff has named.",
    "home": True,
}


def _trouble(error: Exception, ref: str) -> web.Response:
    match error:
        case SignedOut():
            return _page("stop", 401, **_NOBODY)
        case Shut():
            return _page("stop", 403, title="You cannot come in", said=str(error))
        case NotYours():
            return _page("stop", 404, **_NOTHING)
        case web.HTTPException(status=404):
            return _page("stop", 404, **_NOTHING)
        case web.HTTPMethodNotAllowed():
            answer = _page("stop", 405, title="That cannot be done", said="This address is not for that.")
            answer.headers["Allow"] = ", ".join(sorted(error.allowed_methods))
            return answer
        case web.HTTPException():
            return _page("stop", error.status, title="That cannot be done", said=error.text or error.reason)
        case SurfaceBusy() | SurfaceError():
            said = "Who you are cannot be looked up now, so nothing is shown. Try again in a minute."
            return _page("stop", 503, title="One moment", said=said)
        case StorageError():
            log.warning("page %s could not be read: %s", ref, error)
            return _page("stop", 503, title="One moment", said="The database cannot be read now. Try again in a minute.")
        case _:
            log.error("page %s ended with an error", ref, exc_info=error)
            said = f"Something went wrong inside Signoff. Its log says more under {ref}."
            return _page("stop", 500, title="That did not work", said=said)


def _page(template: str, status: int = 200, **values: Any) -> web.Response:
    guest = values.setdefault("guest", None)
    values.setdefault("home", False)
    zone = guest.known.zone if guest else "UTC"
    return web.Response(
        status=status, text=rendered(template, zone=zone, **values), content_type="text/html", charset="utf-8"
    )


async def _given(http: web.Request) -> str:
    """The link that the form sends, or nothing."""
    try:
        given = (await http.post()).get("link", "")
    except (ValueError, LookupError) as error:  # what no browser sends: a broken form, an encoding that there is not
        raise web.HTTPBadRequest(text="This form cannot be read. Open the link again.") from error
    return given if isinstance(given, str) else ""


async def _to_the_list(_: web.Request) -> web.Response:
    return web.Response(status=302, headers={"Location": f"{PREFIX}/runs"})


async def _style(_: web.Request) -> web.Response:
    return web.Response(body=STYLE, content_type="text/css", charset="utf-8", headers={"Cache-Control": FOR_EVER})


async def _icon(_: web.Request) -> web.Response:
    return web.Response(body=ICON, content_type="image/svg+xml", headers={"Cache-Control": "public, max-age=86400"})
