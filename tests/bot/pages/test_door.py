"""Links, sessions and headers: what gets in, what does not, and how every answer leaves."""

import asyncio
import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from agents.actions import Actions
from bot.flow.seals import Seals
from bot.pages.app import HEADERS
from bot.pages.links import BadPath, Visitor, link_in, link_to, path_of, session_in
from bot.pages.sealed import packed
from storage.records import JsonObject
from tests.bot.flow.stage import ANNA, DAN, RAVI, Clock
from tests.bot.pages.examples import IDS
from tests.bot.pages.visit import House, house_of

SEALS, NOW = Seals([bytes(32)]), Clock.START


def token(link: str) -> str:
    return link.split("link=", 1)[1]


async def test_a_link_is_used_once_and_not_by_being_looked_at(house: House) -> None:
    link = house.link(RAVI)
    for _ in range(3):  # a program that shows a preview, twice
        seen = await house.browser().get(link)
        assert seen.status == 200
        assert "Set-Cookie" not in seen.headers
        assert "Sign in as" in seen.text
    browser, other = house.browser(), house.browser()
    first = await browser.press(link)
    assert (first.status, first.headers["Location"]) == (303, "/pages/runs")
    second = await other.press(link)
    assert second.status == 410
    assert "Set-Cookie" not in second.headers
    assert (await browser.get("/pages/runs")).status == 200
    assert (await other.get("/pages/runs")).status == 401


async def test_two_presses_at_once_let_one_in(house: House) -> None:
    link = house.link(RAVI)
    seen = await asyncio.gather(*(house.browser().press(link) for _ in range(5)))
    assert sorted(each.status for each in seen) == [303, 410, 410, 410, 410]


async def test_coming_in_is_in_the_audit_chain(house: House) -> None:
    await house.enter(RAVI)
    entries = await house.stage.read(lambda tx: tx.audit_entries())
    assert [(each.event, each.actor) for each in entries] == [("pages.entered", RAVI.key)]


async def test_a_link_lives_ten_minutes(house: House) -> None:
    link = house.link(RAVI)
    house.stage.clock.move(minutes=10)
    assert (await house.browser().get(link)).status == 410
    assert (await house.browser().press(link)).status == 410


async def test_a_session_lives_some_hours(house: House) -> None:
    browser = await house.enter(RAVI)
    house.stage.clock.move(hours=7, minutes=59)
    assert (await browser.get("/pages/runs")).status == 200
    house.stage.clock.move(minutes=2)
    assert (await browser.get("/pages/runs")).status == 401


async def test_signing_out_ends_the_session_in_this_browser(house: House) -> None:
    browser = await house.enter(RAVI)
    assert (await browser.get("/pages/leave")).status == 405
    assert (await browser.post("/pages/leave")).status == 200
    assert (await browser.get("/pages/runs")).status == 401


def altered(link: str) -> list[str]:
    """What somebody could make of a link."""
    body, _, seal = token(link).partition(".")
    facts = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    as_others: list[Any] = [
        {**facts, "person": DAN.key},
        {**facts, "path": "/pages/runs"},
        {**facts, "operator": True},
        {**facts, "until": facts["until"] + 3600},
        {**facts, "id": "link_another"},
        {},
        [],
        None,
    ]
    bodies = [base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in as_others]
    return [
        *(f"{each}.{seal}" for each in bodies),
        *(f"{body[:at]}{'A' if body[at] != 'A' else 'B'}{body[at + 1 :]}.{seal}" for at in range(0, len(body), 7)),
        f"{body}.", f"{body}", f".{seal}", f"{body}=.{seal}", f"{body}.{seal}=", f"{body}.{seal}.", f" {body}.{seal}",
        f"{body}\n.{seal}", f"{body}.{seal[:-1]}", "", ".", "é.é", "A" * 5000, f"{body}.{'0' * 43}",
    ]  # fmt: skip


def test_no_altered_link_is_one() -> None:
    link = link_to(SEALS, IDS, "", "run_1", Visitor(RAVI), NOW)
    assert link_in(SEALS, token(link), NOW) is not None
    forged = altered(link)
    assert len(forged) > 30
    assert [each for each in forged if each != token(link) and link_in(SEALS, each, NOW) is not None] == []


def test_a_seal_for_something_else_opens_nothing() -> None:
    link = token(link_to(SEALS, IDS, "", "run_1", Visitor(RAVI), NOW))
    assert session_in(SEALS, link, NOW) is None
    facts: JsonObject = {
        "id": "x",
        "person": RAVI.key,
        "name": "",
        "email": None,
        "operator": True,
        "until": 2**31,
        "path": "/pages/runs",
    }
    assert link_in(SEALS, packed(SEALS, "decision", facts), NOW) is None
    assert link_in(Seals([b"1" * 32]), link, NOW) is None
    assert link_in(Seals([b"1" * 32, bytes(32)]), link, NOW) is not None, "links outlive the change of keys"


async def test_a_link_is_no_cookie_and_a_cookie_no_link(house: House) -> None:
    browser, link = house.browser(), house.link(RAVI)
    assert (await browser.get("/pages/runs", cookies={"signoff": token(link)})).status == 401
    entered = await house.browser().press(link)
    cookie = entered.headers["Set-Cookie"].split(";")[0].removeprefix("signoff=")
    assert (await browser.get(f"/pages/enter?link={cookie}")).status == 410


PATHS = {"runs": "/pages/runs", "run_1a": "/pages/runs/run_1a", "req_1a": "/pages/requests/req_1a",
         "/pages/runs/run_1/steps/7": "/pages/runs/run_1/steps/7"}  # fmt: skip
WRONG = [
    "https://evil.example", "//evil.example", "/pages/../v1/requests", "/pages/runs/../../x", "/pages/runs?x=1",
    "/pages/runs#x", "/pages/runs/run_1%2f..", "run_", "run_A", "req_1/../..", "/pages/enter", "/pages/leave",
    "\\pages\\runs",
    "/pages/runs/run_1/steps/0", "/pages/runs/", "pages/runs", "/pages/requests/run_1", "run_1\r\nSet-Cookie: a=b",
]  # fmt: skip


@pytest.mark.parametrize(("named", "path"), PATHS.items())
def test_a_page_is_named_by_its_path_or_id(named: str, path: str) -> None:
    assert path_of(named) == path


@pytest.mark.parametrize("named", WRONG)
def test_a_link_leads_to_a_page_and_nowhere_else(named: str) -> None:
    with pytest.raises(BadPath):
        link_to(SEALS, IDS, "", named, Visitor(RAVI), NOW)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
async def test_another_site_signs_nobody_in_or_out(sqlite_house: House, headers: dict[str, str]) -> None:
    house = sqlite_house
    link = house.link(RAVI)
    browser = house.browser()
    assert (await browser.press(link, **headers)).status == 403
    assert (await browser.press(link, Origin=house.url)).status == 303
    assert (await browser.post("/pages/leave", headers=headers)).status == 403
    assert (await browser.get("/pages/runs")).status == 200


async def test_without_a_public_address_only_this_machine_is_answered(sqlite_house: House) -> None:
    browser = await sqlite_house.enter(RAVI)
    for host in ("rebound.example", "192.168.0.7", "127.0.0.1.evil.example"):
        seen = await browser.get("/pages/runs", headers={"Host": host})
        assert seen.status == 421
        assert "SIGNOFF_PUBLIC_URL" in seen.text
    assert (await browser.get("/pages/runs", headers={"Host": "localhost:8080"})).status == 200


async def test_behind_https_the_cookie_is_bound_to_the_host(sqlite_house: House) -> None:
    async with house_of(sqlite_house.stage, public_url="https://signoff.example") as house:
        entered = await house.browser().press(house.link(RAVI), Origin="https://signoff.example", Host="signoff.example")
        assert entered.status == 303
        cookie = entered.headers["Set-Cookie"]
        assert cookie.startswith("__Host-signoff=")
        for flag in ("HttpOnly", "Secure", "Path=/", "SameSite=Lax", f"Max-Age={8 * 3600}"):
            assert flag in cookie.split("; ")
        assert "Domain" not in cookie


async def test_the_local_cookie_is_not_for_scripts(sqlite_house: House) -> None:
    cookie = (await sqlite_house.browser().press(sqlite_house.link(RAVI))).headers["Set-Cookie"].split("; ")
    assert cookie[0].startswith("signoff=")
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie)


async def test_every_answer_has_the_headers(sqlite_house: House) -> None:
    house = sqlite_house
    request = await house.stage.ask()
    inside, outside = await house.enter(ANNA), house.browser()
    paths = [
        "/pages", "/pages/", "/pages/runs", "/pages/runs/", f"/pages/runs/{request.run_id}", "/pages/runs/run_0",
        f"/pages/runs/{request.run_id}/steps/1", f"/pages/runs/{request.run_id}/steps/999999",
        f"/pages/runs/{request.run_id}/steps/-1", f"/pages/requests/{request.id}", "/pages/requests/req_0",
        "/pages/requests/%00", "/pages/runs/..%2f..%2fv1", "/pages/runs/run_%F0%9F%92%A9", "/pages/enter",
        "/pages/enter?link=x", "/pages/nothing", "/pages/icon.svg", "/pages/runs?after=2026-01-01T00:00:00%2B00:00~%00",
        "/pages/leave",
    ]  # fmt: skip
    for browser in (inside, outside):
        for path in paths:
            for method in ("get", "post"):
                seen = await getattr(browser, method)(path)
                assert seen.status < 500, path
                for name, value in HEADERS.items():
                    if not (path.endswith("icon.svg") and name == "Cache-Control"):
                        assert seen.headers[name] == value, (path, name)
                assert "<script" not in seen.text
                assert " style=" not in seen.text
                assert browser is inside or seen.status != 200 or path in ("/pages/icon.svg", "/pages/leave")


class Broken(Actions):
    """Fails where the pages ask for it."""

    def secrets(self, name: str) -> frozenset[str]:
        raise RuntimeError("inner workings")


async def test_a_broken_page_shows_no_trace(sqlite_house: House) -> None:
    await sqlite_house.stage.ask()
    broken = replace(sqlite_house.stage, signoff=replace(sqlite_house.stage.signoff, actions=Broken()))
    async with house_of(broken) as house:
        seen = await (await house.enter(ANNA)).get("/pages/runs")
    assert seen.status == 500
    assert "inner workings" not in seen.text
    assert seen.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]


def test_a_link_is_no_longer_than_ten_minutes() -> None:
    text = token(link_to(SEALS, IDS, "", "runs", Visitor(RAVI), NOW))
    assert link_in(SEALS, text, NOW + timedelta(minutes=10) - timedelta(seconds=1)) is not None
    assert link_in(SEALS, text, NOW + timedelta(minutes=10)) is None


BROKEN: list[tuple[str, bytes]] = [
    ("multipart/form-data", b"x"),
    ("multipart/form-data; boundary=b", b"--b\r\n"),
    ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="link"; filename="f"\r\n\r\n--b--'),
    ("application/x-www-form-urlencoded; charset=nonsense", b"link=x"),
    ("application/x-www-form-urlencoded; charset=utf-8", b"link=\xff\xfe"),
    ("application/x-www-form-urlencoded", b"link=%ED%A0%80.x"),
    ("application/x-www-form-urlencoded", b"link=a&link=b"),
    ("application/json", b'{"link": 1}'),
    ("text/plain", b"link=x"),
    ("nonsense", b""),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "body"), BROKEN)
async def test_a_broken_form_lets_nobody_in(sqlite_house: House, kind: str, body: bytes) -> None:
    seen = await sqlite_house.browser().post("/pages/enter", data=body, headers={"Content-Type": kind})
    assert seen.status in (400, 410)
    assert "Set-Cookie" not in seen.headers


@pytest.mark.parametrize("cookie", ["x", "a.b", "=", "é", '"', "e30.AAAA", "." * 5000])
async def test_a_broken_cookie_lets_nobody_in(sqlite_house: House, cookie: str) -> None:
    seen = await sqlite_house.browser().get("/pages/runs", headers={"Cookie": f"signoff={cookie}"})
    assert seen.status == 401
