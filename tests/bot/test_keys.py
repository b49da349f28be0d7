"""`signoff keys`: making, listing and revoking keys, beside a Signoff that serves."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.flow import keys
from storage.audit import verify
from tests.bot.flow.stage import Stage, stage_on

Typed = Callable[..., Awaitable[Result]]
TOKEN = re.compile(r"apr_[0-9a-z]{12}_[A-Za-z0-9_-]{43}")
ANNA = ("--owner", "anna@example.com")
ASKS = ("--scope", "request", "--scope", "report")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
async def stage(url: str) -> AsyncIterator[Stage]:
    async with stage_on(url) as made:
        yield made


@pytest.fixture
def typed(url: str) -> Typed:
    async def type_it(*arguments: str) -> Result:
        env = {"SIGNOFF_DATABASE_URL": url}
        return await asyncio.to_thread(lambda: CliRunner().invoke(main, ["keys", *arguments], env=env))

    return type_it


async def made(typed: Typed, *more: str) -> dict[str, Any]:
    told = await typed("create", "billing-agent", *ANNA, *ASKS, "--json", *more)
    assert told.exit_code == 0, told.output
    key: dict[str, Any] = json.loads(told.stdout)
    return key


async def test_a_key_is_made_and_its_token_shown_once(stage: Stage, typed: Typed) -> None:
    told = await typed("create", "billing-agent", *ANNA, *ASKS)
    token = told.stdout.strip()
    assert TOKEN.fullmatch(token)
    assert "shown only now" in told.stderr
    key = await stage.read(lambda tx: keys.known(tx, token))
    assert key is not None
    assert (key.name, key.owner.key, key.owner.email) == ("billing-agent", "api:local:anna@example.com", "anna@example.com")
    assert (key.scopes, key.per_minute, key.expires_at) == (("request", "report"), 60, None)
    secret = token[-43:]
    listed = await typed("list", "--json")
    entries = await stage.read(lambda tx: tx.audit_entries())
    assert secret not in listed.output + str(entries) + str(key)
    assert key.secret_hash not in listed.output + str(entries)


async def test_a_key_expires_and_has_a_quota_and_an_account(stage: Stage, typed: Typed) -> None:
    key = await made(typed, "--expires", "90d", "--per-minute", "5", "--owner", "slack:T1:U1")
    assert (key["per_minute"], key["owner"]["key"], key["expires_at"][:4]) == (5, "slack:T1:U1", key["expires_at"][:4])
    stored = await stage.read(lambda tx: tx.key(key["id"]))
    assert stored is not None
    assert stored.expires_at is not None
    assert (stored.expires_at - stored.created_at).days == 90


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("x", *ANNA, "--scope", "request", "--scope", "decide"), "both request and decide"),
        (("x", *ANNA), "--scope"),
        (("x", *ASKS), "--owner"),
        (("x", "--owner", "anna", *ASKS), "names nobody"),
        (("x", "--owner", "slack:@leads", *ASKS), "names nobody"),
        (("x", *ANNA, "--scope", "root"), "root"),
        (("x", *ANNA, *ASKS, "--expires", "soon"), "90d"),
        (("x", *ANNA, *ASKS, "--expires", "0d"), "90d"),
        (("x", *ANNA, *ASKS, "--expires", "99y"), "90d"),
        (("x", *ANNA, *ASKS, "--per-minute", "0"), "calls a minute"),
        (("a\nb", *ANNA, *ASKS), "on one line"),
        (("", *ANNA, *ASKS), "1 to 80"),
    ],
)
async def test_a_key_that_makes_no_sense_is_not_made(
    stage: Stage, typed: Typed, arguments: tuple[str, ...], says: str
) -> None:
    told = await typed("create", *arguments)
    assert (told.exit_code, says in told.stderr, told.stdout) == (2, True, "")
    assert await stage.read(lambda tx: tx.keys()) == []


async def test_the_list_says_how_each_key_stands(stage: Stage, typed: Typed) -> None:
    assert "There are no keys" in (await typed("list")).stdout
    usable, revoked = await made(typed), await made(typed)
    await made(typed, "--expires", "1d")
    await typed("revoke", revoked["id"])
    await stage.store.write(lambda tx: tx.touch_key(usable["id"]))
    told = (await typed("list")).stdout
    assert re.search(
        rf"{usable['id']}  usable .*billing-agent · api:local:anna@example.com · request, report · 60 a minute · used", told
    )
    assert re.search(rf"{revoked['id']}  revoked.*never used", told)
    states = {key["id"]: key["state"] for key in json.loads((await typed("list", "--json")).stdout)}
    assert (states[usable["id"]], states[revoked["id"]]) == ("usable", "revoked")


@pytest.mark.parametrize("named", ["id", "bare", "token"])
async def test_a_key_is_revoked_by_its_id_or_a_token_that_was_found(stage: Stage, typed: Typed, named: str) -> None:
    key = await made(typed)
    written = {"id": key["id"], "bare": key["id"].removeprefix("key_"), "token": key["token"]}[named]
    told = await typed("revoke", written)
    assert (told.exit_code, told.stdout) == (0, f"{key['id']} is revoked.\n")
    again = await typed("revoke", written)
    assert (again.exit_code, "no key" in again.stderr, key["token"][-43:] in again.output) == (1, True, False)


async def test_everything_about_keys_is_in_the_audit_chain(stage: Stage, typed: Typed) -> None:
    key = await made(typed)
    await typed("revoke", key["id"])
    entries = await stage.read(lambda tx: tx.audit_entries())
    assert [entry.event for entry in entries] == ["key.created", "key.revoked"]
    assert all(entry.actor.startswith("operator:") for entry in entries)
    assert (entries[0].body["id"], entries[0].body["scopes"]) == (key["id"], ["request", "report"])
    assert verify(entries) is None


def test_a_database_that_is_not_there_is_told_in_words() -> None:
    told = CliRunner().invoke(main, ["keys", "list"], env={"SIGNOFF_DATABASE_URL": "sqlite:////nowhere/signoff.db"})
    assert (told.exit_code, told.stdout) == (2, "")
    assert told.stderr.startswith("signoff: The database")
