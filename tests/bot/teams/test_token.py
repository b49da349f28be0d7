"""Activities are taken from Teams and from nobody else."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import jwt
import pytest

from bot.teams.keys import KeyRing, KeysUnavailable
from bot.teams.token import TokenCheck, Unauthorized, is_service, tenant_of
from tests.bot.teams.authority import APP, NOW, SERVICE, TENANT, Authority, activity, authority


class Hours:
    """A monotonic clock that is moved by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
async def teams() -> AsyncIterator[Authority]:
    async with authority() as made:
        yield made


@pytest.fixture
def hours() -> Hours:
    return Hours()


@pytest.fixture
async def check(teams: Authority, hours: Hours) -> AsyncIterator[TokenCheck]:
    async with aiohttp.ClientSession() as session:
        yield TokenCheck(APP, frozenset({TENANT}), KeyRing(f"{teams.url}/metadata", session, hours))


async def refused(check: TokenCheck, authorization: str | None, body: dict[str, Any] | None = None) -> str:
    with pytest.raises(Unauthorized) as raised:
        await check.check(authorization, activity() if body is None else body, NOW)
    return str(raised.value)


async def test_what_teams_sends_is_taken(check: TokenCheck, teams: Authority) -> None:
    for _ in range(3):
        await check.check(f"Bearer {teams.token()}", activity(), NOW)
    assert teams.asked == ["metadata", "keys"], "keys are remembered"


async def test_many_who_come_first_all_wait_for_the_keys(check: TokenCheck, teams: Authority) -> None:
    await asyncio.gather(*(check.check(f"Bearer {teams.token()}", activity(), NOW) for _ in range(10)))
    assert teams.asked == ["metadata", "keys"]


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer a.b.c", "Bearer é", "x"])
async def test_without_a_token_nothing_is_taken(check: TokenCheck, authorization: str | None) -> None:
    await refused(check, authorization)


FORGED: dict[str, dict[str, Any]] = {
    "for another bot": {"aud": "other"},
    "for nobody": {"aud": None},
    "from another issuer": {"iss": "https://sts.windows.net/x/"},
    "from no issuer": {"iss": None},
    "over": {"exp": int(NOW.timestamp()) - 301},
    "without an end": {"exp": None},
    "of the future": {"nbf": int(NOW.timestamp()) + 301},
    "with an end that is no number": {"exp": "soon"},
    "for another service": {"serviceurl": "https://smba.trafficmanager.net/amer/"},
    "for no service": {"serviceurl": None},
    "for a service that is no text": {"serviceurl": [SERVICE]},
    "signed with another key": {"private": 1},
    "under an unknown key": {"kid": "unknown"},
}


@pytest.mark.parametrize("claims", FORGED.values(), ids=FORGED)
async def test_a_token_that_is_wrong_in_one_thing_is_refused(
    check: TokenCheck, teams: Authority, claims: dict[str, Any]
) -> None:
    await refused(check, f"Bearer {teams.token(**claims)}")


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
async def test_a_token_cannot_choose_how_it_is_checked(check: TokenCheck, teams: Authority, algorithm: str) -> None:
    claims = jwt.decode(teams.token(), options={"verify_signature": False})
    key: Any = "x" * 32 if algorithm == "HS256" else None
    forged = jwt.encode(claims, key, algorithm=algorithm, headers={"kid": "first"})
    await refused(check, f"Bearer {forged}")


@pytest.mark.parametrize(
    "service",
    [
        "https://evil.trafficmanager.net/emea/",
        "https://smba.trafficmanager.net.evil.example/",
        "http://smba.trafficmanager.net/emea/",
        "https://smba.trafficmanager.net:8443/",
        "https://smba.trafficmanager.net@evil.example/",
        "https://169.254.169.254/",
        "https://[::1]/",
        "https://smba.trafficmanager.net\\@evil.example/",
        "https://",
        "https://[",
        "",
    ],
)
async def test_our_token_is_never_sent_elsewhere(check: TokenCheck, teams: Authority, service: str) -> None:
    assert not is_service(service)
    await refused(check, f"Bearer {teams.token(serviceurl=service)}", activity(serviceUrl=service))


@pytest.mark.parametrize("host", ["smba.trafficmanager.net", "smba.infra.gov.teams.microsoft.us"])
def test_the_services_of_teams_are_known(host: str) -> None:
    assert is_service(f"https://{host}/teams/")


@pytest.mark.parametrize(
    "changed",
    [
        {"channelId": "webchat"},
        {"channelId": "emulator"},
        {"channelId": None},
        {"serviceUrl": None},
        {"channelData": {"tenant": {"id": "other"}}},
        {"channelData": {"tenant": {"id": "other"}}, "conversation": {"tenantId": "other"}},
        {"channelData": None, "conversation": None},
        {"channelData": {"tenant": {"id": [TENANT]}}},
        {"from": {"tenantId": "other"}},
    ],
)
async def test_an_activity_of_elsewhere_is_refused(check: TokenCheck, teams: Authority, changed: dict[str, Any]) -> None:
    await refused(check, f"Bearer {teams.token()}", activity(**changed))


async def test_a_key_may_only_speak_for_its_channels(check: TokenCheck, teams: Authority) -> None:
    teams.endorsements = ("webchat",)
    assert "may not speak" in await refused(check, f"Bearer {teams.token()}")


async def test_a_new_key_is_fetched_when_it_is_met_and_made_up_ones_do_not_make_us_ask_all_the_time(
    check: TokenCheck, teams: Authority, hours: Hours
) -> None:
    await check.check(f"Bearer {teams.token()}", activity(), NOW)
    teams.published = {"second": 1}
    hours.seconds += 61
    await check.check(f"Bearer {teams.token('second', 1)}", activity(), NOW)
    fetched = len(teams.asked)
    for number in range(20):
        await refused(check, f"Bearer {teams.token(f'made-up-{number}')}")
    assert len(teams.asked) == fetched
    await refused(check, f"Bearer {teams.token()}")  # the old key is not published any more


async def test_known_keys_outlast_a_key_server_that_is_down(check: TokenCheck, teams: Authority, hours: Hours) -> None:
    await check.check(f"Bearer {teams.token()}", activity(), NOW)
    teams.down = True
    hours.seconds += timedelta(days=2).total_seconds()
    await check.check(f"Bearer {teams.token()}", activity(), NOW)
    assert len(teams.asked) == 3


async def test_without_any_key_nothing_can_be_said(check: TokenCheck, teams: Authority, hours: Hours) -> None:
    teams.down = True
    for _ in range(3):
        with pytest.raises(KeysUnavailable):
            await check.check(f"Bearer {teams.token()}", activity(), NOW)
    assert len(teams.asked) == 1
    teams.down = False
    hours.seconds += 6
    await check.check(f"Bearer {teams.token()}", activity(), NOW)


def test_a_check_that_would_let_everybody_in_cannot_be_made() -> None:
    ring: Any = None
    for app, tenants in (("", frozenset({TENANT})), (APP, frozenset[str]())):
        with pytest.raises(ValueError, match=r"\w"):
            TokenCheck(app, tenants, ring)


def test_an_activity_that_names_two_tenants_has_none() -> None:
    assert tenant_of(activity()) == TENANT
    assert tenant_of(activity(channelData={"tenant": {"id": "other"}})) is None
