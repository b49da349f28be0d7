"""Signed requests carry Slack's signature, and a redelivery is the same to the byte."""

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qs

from aiohttp import web

from bot.sandbox.delivery import Answer, Parcel, Retry
from bot.sandbox.signed_http import SignedHttp, sign

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


def test_the_signature_is_the_one_of_slacks_own_example() -> None:
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name="
        b"foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2F"
        b"hooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015."
        b"47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    assert sign(SECRET, body, 1531420618) == {
        "X-Slack-Request-Timestamp": "1531420618",
        "X-Slack-Signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    }


async def test_a_redelivery_is_the_same_request_again() -> None:
    seen: list[tuple[bytes, Mapping[str, str]]] = []

    async def take(request: web.Request) -> web.Response:
        seen.append((await request.read(), dict(request.headers)))
        return web.Response(text="Done")

    application = web.Application()
    application.add_routes([web.post("/slack/events", take)])
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    way = SignedHttp(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events", SECRET)
    try:
        answer = await way.deliver(Parcel("interactive", {"type": "block_actions", "text": "é & ü"}))
        await way.redeliver_last(2)
        await way.deliver(Parcel("events_api", {"type": "event_callback"}, Retry(2, "http_timeout")))
    finally:
        await runner.cleanup()
    assert answer == Answer("acked", {"text": "Done"})
    assert seen[0] == seen[1] == seen[2]
    body, headers = seen[0]
    assert parse_qs(body.decode())["payload"] == ['{"type": "block_actions", "text": "\\u00e9 & \\u00fc"}']
    base = f"v0:{headers['X-Slack-Request-Timestamp']}:".encode() + body
    expected = hmac.new(SECRET.encode(), base, hashlib.sha256).hexdigest()
    assert headers["X-Slack-Signature"] == f"v0={expected}"
    assert (seen[3][1]["X-Slack-Retry-Num"], seen[3][1]["X-Slack-Retry-Reason"]) == ("2", "http_timeout")


async def test_nobody_at_the_request_url_is_absence() -> None:
    assert await SignedHttp("http://127.0.0.1:9/slack/events", SECRET).deliver(Parcel("interactive", {})) == Answer("absent")
