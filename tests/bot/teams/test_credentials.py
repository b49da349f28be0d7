"""Tokens of ours are fetched in time, one at a time, and never lost while they count."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import aiohttp
import pytest

from bot.flow.surface import SurfaceBusy
from bot.teams.credentials import NoCredentials, Token, Tokens, with_identity, with_secret
from tests.fakes.connector import Town
from tests.fakes.connector.cast import TENANT


@dataclass
class Issuer:
    """Gives out tokens that count for an hour, by a clock that is moved by hand."""

    seconds: float = 0.0
    given: int = 0
    down: bool = False
    waits: list[asyncio.Event] = field(default_factory=list)

    async def fetch(self) -> Token:
        await asyncio.sleep(0)
        if self.down:
            raise SurfaceBusy(timedelta(seconds=5), "down")
        self.given += 1
        return Token(f"token-{self.given}", 3600)

    def tokens(self) -> Tokens:
        return Tokens(self.fetch, lambda: self.seconds)


async def test_a_token_is_remembered_and_renewed_five_minutes_before_its_end() -> None:
    issuer = Issuer()
    tokens = issuer.tokens()
    assert {await tokens.token() for _ in range(3)} == {"token-1"}
    issuer.seconds = 3299
    assert await tokens.token() == "token-1"
    issuer.seconds = 3301
    assert await tokens.token() == "token-2"


async def test_many_who_ask_at_once_get_one_token() -> None:
    tokens = (issuer := Issuer()).tokens()
    assert set(await asyncio.gather(*(tokens.token() for _ in range(20)))) == {"token-1"}
    assert issuer.given == 1


async def test_a_token_that_still_counts_outlasts_trouble() -> None:
    tokens = (issuer := Issuer()).tokens()
    await tokens.token()
    issuer.down, issuer.seconds = True, 3500
    assert await tokens.token() == "token-1"
    issuer.seconds = 3601
    with pytest.raises(SurfaceBusy):
        await tokens.token()


async def test_a_token_that_was_refused_is_replaced() -> None:
    tokens = Issuer().tokens()
    assert await tokens.token() == "token-1"
    tokens.forget()
    assert await tokens.token() == "token-2"


async def test_without_credentials_there_is_no_token() -> None:
    none = NoCredentials()
    none.forget()
    assert await none.token() is None


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    async with Town() as running:
        yield running


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


async def test_a_secret_gets_a_token(town: Town, session: aiohttp.ClientSession) -> None:
    token = await with_secret(session, town.login_url, TENANT, town.app_id, town.app_secret)()
    assert town.login.holds(f"Bearer {token.text}")
    assert token.seconds == pytest.approx(3600, abs=60)


async def test_a_wrong_secret_is_refused_with_what_to_do_and_tried_again(town: Town, session: aiohttp.ClientSession) -> None:
    with pytest.raises(SurfaceBusy, match="SIGNOFF_TEAMS_") as raised:
        await with_secret(session, town.login_url, TENANT, town.app_id, "wrong")()
    assert "wrong" not in str(raised.value)


async def test_a_managed_identity_gets_a_token(town: Town, session: aiohttp.ClientSession) -> None:
    token = await with_identity(session, town.app_id, town.imds_url, {})()
    assert town.login.holds(f"Bearer {token.text}")
    assert token.seconds == pytest.approx(3600, abs=60)


async def test_a_login_that_cannot_be_reached_is_asked_again_later(session: aiohttp.ClientSession) -> None:
    with pytest.raises(SurfaceBusy):
        await with_secret(session, "http://127.0.0.1:9/", TENANT, "app", "secret")()
