"""The demo's billing system: an HTTP server on localhost with the part of Stripe's API that refunds need.

https://docs.stripe.com/api/refunds/create, https://docs.stripe.com/api/errors, https://docs.stripe.com/api/idempotent_requests
"""

import asyncio
import hashlib
import json
import secrets
import sqlite3
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from aiohttp import web

from agents.executors.refund import Billing
from agents.support.seed import BOUGHT, Bought

Trouble = int | Literal["drop_after_accepting", "hang"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS charges (id TEXT PRIMARY KEY, cents INTEGER NOT NULL, currency TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS refunds (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, charge TEXT NOT NULL REFERENCES charges, cents INTEGER NOT NULL,
    reason TEXT, metadata TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, form TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Refund:
    """One row of the ledger; `cents` are hundredths of the charge's currency."""

    id: str
    charge: str
    cents: int
    currency: str
    reason: str
    metadata: Mapping[str, str]


class Refused(Exception):
    """An answer in the form of Stripe's errors."""

    def __init__(self, status: int, type: str, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": type, "message": message} | ({"code": code} if code else {})}


class BillingServer:
    """Listens on 127.0.0.1 at a free port. Charges, refunds and idempotent answers are kept in the file `ledger`."""

    def __init__(self, ledger: Path, bought: Iterable[Bought] = BOUGHT) -> None:
        self.key = f"demo_{secrets.token_hex(12)}"
        self._path, self._bought = ledger, tuple(bought)
        self._troubles: deque[Trouble] = deque()
        self._runner: web.AppRunner | None = None
        self._url = ""
        self._closing = asyncio.Event()

    @property
    def client(self) -> Billing:
        """How to reach it, for the action."""
        return Billing(self._url, self.key)

    async def start(self) -> None:
        """Begin to listen."""
        self._ledger = sqlite3.connect(self._path, isolation_level=None)
        self._ledger.executescript(_SCHEMA)
        rows = [(bought.charge, bought.cents, bought.currency) for bought in self._bought]
        self._ledger.executemany("INSERT OR IGNORE INTO charges VALUES (?, ?, ?)", rows)
        app = web.Application(middlewares=[_as_stripe_says])
        app.add_routes([web.get("/v1/charges/{id}", self._show_charge), web.post("/v1/refunds", self._take_refund)])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self._url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Stop listening; the ledger stays."""
        self._closing.set()
        if self._runner:
            await self._runner.cleanup()
            self._ledger.close()

    def fail_next(self, trouble: Trouble) -> None:
        """The next refund gets this status without being made; or is made, and the connection drops or nobody answers."""
        self._troubles.append(trouble)

    def refunds(self) -> list[Refund]:
        """The ledger, oldest first."""
        rows = self._ledger.execute(
            "SELECT refunds.id, charge, refunds.cents, currency, reason, metadata FROM refunds "
            "JOIN charges ON charges.id = charge ORDER BY number"
        )
        return [
            Refund(refund, charge, cents, currency, reason or "", json.loads(metadata))
            for refund, charge, cents, currency, reason, metadata in rows
        ]

    async def _show_charge(self, request: web.Request) -> web.Response:
        self._check_key(request)
        return web.json_response(self._charge(request.match_info["id"]))

    async def _take_refund(self, request: web.Request) -> web.Response:
        self._check_key(request)
        trouble = self._troubles.popleft() if self._troubles else None
        if isinstance(trouble, int):
            raise Refused(trouble, "api_error", "The billing system has a problem.")
        form = {name: str(value) for name, value in (await request.post()).items()}
        status, body = self._once(request.headers.get("Idempotency-Key", ""), form)
        if trouble == "drop_after_accepting" and request.transport:
            request.transport.close()
        if trouble == "hang":
            await self._closing.wait()
        return web.json_response(body, status=status)

    def _once(self, key: str, form: dict[str, str]) -> tuple[int, Any]:
        """The answer to a refund: the first one again if the key was used, in one transaction with the refund."""
        same = json.dumps(form, sort_keys=True)
        self._ledger.execute("BEGIN IMMEDIATE")
        try:
            known = self._ledger.execute("SELECT form, status, body FROM answers WHERE key = ?", (key,)).fetchone()
            if known and known[0] != same:
                raise Refused(
                    400, "idempotency_error", "Keys for idempotent requests can only be used with the same parameters."
                )
            if known:
                return known[1], json.loads(known[2])
            status, body = self._answer(form)
            if key:
                self._ledger.execute("INSERT INTO answers VALUES (?, ?, ?, ?)", (key, same, status, json.dumps(body)))
            return status, body
        finally:
            self._ledger.execute("COMMIT")

    def _answer(self, form: dict[str, str]) -> tuple[int, Any]:
        try:
            return 200, self._refund(form)
        except Refused as error:
            return error.status, error.body

    def _refund(self, form: dict[str, str]) -> dict[str, Any]:
        charge = self._charge(form.get("charge") or form.get("payment_intent", ""))
        left = charge["amount"] - charge["amount_refunded"]
        if left == 0:
            raise _invalid(f"Charge {charge['id']} has already been refunded.", "charge_already_refunded")
        amount = form.get("amount", str(left))
        if not amount.isdecimal() or not int(amount):
            raise _invalid(f"Invalid integer: {amount}", "parameter_invalid_integer")
        if int(amount) > left:
            raise _invalid(
                f"Refund amount ({_sum(int(amount), charge)}) is greater than unrefunded amount on charge "
                f"({_sum(left, charge)})",
                "amount_too_large",
            )
        return self._book(charge, int(amount), form)

    def _book(self, charge: dict[str, Any], cents: int, form: dict[str, str]) -> dict[str, Any]:
        (number,) = self._ledger.execute("SELECT COUNT(*) + 1 FROM refunds").fetchone()
        refund = f"re_{hashlib.sha256((charge['id'] + str(number)).encode()).hexdigest()[:14]}"
        metadata = {name[9:-1]: value for name, value in form.items() if name.startswith("metadata[")}
        self._ledger.execute(
            "INSERT INTO refunds VALUES (?, ?, ?, ?, ?, ?)",
            (number, refund, charge["id"], cents, form.get("reason"), json.dumps(metadata)),
        )
        return {
            "id": refund,
            "object": "refund",
            "amount": cents,
            "charge": charge["id"],
            "currency": charge["currency"],
            "reason": form.get("reason"),
            "metadata": metadata,
            "status": "succeeded",
        }

    def _charge(self, id: str) -> dict[str, Any]:
        row = self._ledger.execute("SELECT cents, currency FROM charges WHERE id = ?", (id,)).fetchone()
        if row is None:
            raise Refused(404, "invalid_request_error", f"No such charge: '{id}'", "resource_missing")
        (refunded,) = self._ledger.execute("SELECT COALESCE(SUM(cents), 0) FROM refunds WHERE charge = ?", (id,)).fetchone()
        return {
            "id": id,
            "object": "charge",
            "amount": row[0],
            "amount_refunded": refunded,
            "currency": row[1].lower(),
            "refunded": refunded == row[0],
        }

    def _check_key(self, request: web.Request) -> None:
        if not secrets.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {self.key}".encode()):
            raise Refused(401, "invalid_request_error", "Invalid API key provided.")


@web.middleware
async def _as_stripe_says(request: web.Request, handler: Any) -> web.StreamResponse:
    try:
        answer = await handler(request)
    except Refused as error:
        return web.json_response(error.body, status=error.status)
    assert isinstance(answer, web.StreamResponse)  # noqa: S101
    return answer


def _invalid(message: str, code: str) -> Refused:
    return Refused(400, "invalid_request_error", message, code)


def _sum(cents: int, charge: dict[str, Any]) -> str:
    return f"{cents / 100:.2f} {charge['currency'].upper()}"
