"""The table of what there is: the addresses that serve, the scopes they need and the OpenAPI document are made from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from bot.api.answers import DecidedAnswer, GrantAnswer, GrantKeysAnswer, RequestAnswer, RequestsAnswer
from bot.api.auth import Scopes
from bot.api.bodies import Ask, Decide, ListQuery, Tell, WaitQuery
from bot.api.handlers import Handler, Handlers

PUBLIC: Scopes = frozenset()
READERS: Scopes = frozenset({"request", "read", "report", "decide", "admin"})


@dataclass(frozen=True)
class Route:
    """One address. `scopes` are those of which a key needs one, none if anybody may call; `refuses` its own statuses."""

    method: Literal["GET", "POST"]
    path: str
    scopes: Scopes
    handle: Handler
    summary: str
    answer: type[BaseModel]
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    refuses: tuple[int, ...] = ()
    creates: bool = False

    @property
    def name(self) -> str:
        """Its handler's, which is its id in the OpenAPI document."""
        return str(getattr(self.handle, "__name__", self.path))


def routes(does: Handlers) -> Sequence[Route]:
    """Every address, except that of the document about them."""
    one = "/v1/requests/{id}"
    return (
        Route(
            "POST", "/v1/requests", frozenset({"request"}), does.ask, "Ask for an action",
            RequestAnswer, body=Ask, refuses=(409,), creates=True,
        ),
        Route(
            "GET", "/v1/requests", frozenset({"read", "decide", "admin"}), does.listed, "List requests",
            RequestsAnswer, query=ListQuery,
        ),
        Route("GET", one, READERS, does.look, "Look at a request", RequestAnswer, refuses=(404,)),
        Route(
            "GET", f"{one}/wait", READERS, does.wait, "Wait until a request is decided", RequestAnswer,
            query=WaitQuery, refuses=(404,),
        ),
        Route(
            "POST", f"{one}/cancel", frozenset({"request", "admin"}), does.cancel, "Take a pending request back",
            RequestAnswer, refuses=(404, 409),
        ),
        Route(
            "POST", f"{one}/grant", frozenset({"report"}), does.grant, "Claim the right to run an approved request, once",
            GrantAnswer, refuses=(404, 409),
        ),
        Route(
            "POST", f"{one}/outcome", frozenset({"report"}), does.outcome, "Report what came of it",
            RequestAnswer, body=Tell, refuses=(404, 409),
        ),
        Route(
            "POST", f"{one}/decisions", frozenset({"decide"}), does.decide, "Decide as the owner of the key",
            DecidedAnswer, body=Decide, refuses=(404, 409),
        ),
        Route("GET", "/v1/grant-keys", PUBLIC, does.grant_keys, "Get the keys that verify grants", GrantKeysAnswer),
    )  # fmt: skip
