"""Who lives in the town, and where they talk."""

import uuid
from dataclasses import dataclass
from typing import Literal

TENANT = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
ELSEWHERE = "99999999-8888-7777-6666-555555555555"
BOT_NAME = "Signoff"
_NAMES = uuid.UUID("5f8c0f6e-0000-4000-8000-000000000000")

Kind = Literal["personal", "groupChat", "channel"]


@dataclass(frozen=True)
class Human:
    """Somebody with a Teams account. `id` is what Teams calls them towards this bot, `aad` their id in their directory."""

    handle: str
    name: str
    email: str
    role: Literal["user", "guest", "anonymous"] = "user"
    tenant: str = TENANT
    locale: str = "en-GB"
    zone: str = "Europe/Berlin"

    @property
    def aad(self) -> str:
        """Their Microsoft Entra object id."""
        return str(uuid.uuid5(_NAMES, self.handle))

    @property
    def id(self) -> str:
        """Their id for this bot."""
        return f"29:1{self.handle}-{self.aad[:8]}"


@dataclass(frozen=True)
class Room:
    """A conversation: a channel of a team, a group chat or somebody's chat with the bot. `members` are handles."""

    id: str
    name: str
    kind: Kind
    members: tuple[str, ...]
    team: str | None = None


def _human(handle: str, name: str, domain: str = "example.com", **more: str) -> Human:
    return Human(handle, name, f"{handle}@{domain}", **more)  # type: ignore[arg-type]


ANNA = _human("anna", "Anna Adler")
RAVI = _human("ravi", "Ravi Rao")
NOOR = _human("noor", "Noor Nasser")
DAN = _human("dan", "Dan Dahl")
ZOE_GUEST = _human("zoe", "Zoe Zander", role="guest")
OLGA_OUTSIDE = _human("olga", "Olga Other", "elsewhere.example", tenant=ELSEWHERE)
GONE = _human("gone", "Gwen Gone")
PEOPLE = (ANNA, RAVI, NOOR, DAN, ZOE_GUEST, OLGA_OUTSIDE, GONE)

TEAM = "19:team0customers@thread.tacv2"
TEAM_NAME = "Customers"
TEAM_GROUP = "da849743-4259-475f-ae7a-4f4b0fb49943"
GENERAL = TEAM  # the General channel's id is always the team's
SUPPORT = "19:channel0support@thread.tacv2"
ONCALL = "19:channel0oncall@thread.tacv2"
GROUP = "19:group0chat@thread.v2"

_IN_TEAM = ("anna", "ravi", "noor", "dan", "zoe", "olga")
ROOMS = (
    Room(GENERAL, "General", "channel", _IN_TEAM, TEAM),
    Room(SUPPORT, "Support", "channel", _IN_TEAM, TEAM),
    Room(ONCALL, "On call", "channel", _IN_TEAM, TEAM),
    Room(GROUP, "Refunds", "groupChat", ("anna", "ravi", "noor")),
)


def personal(who: Human) -> str:
    """The conversation id of somebody's chat with the bot."""
    return f"a:1{who.aad.replace('-', '')}"
