"""Teams' activities as neutral intents. Shapes: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/
conversation-messages, https://github.com/microsoft/Agents/blob/main/specs/activity/protocol-activity.md.

A person is keyed by tenant and Entra object id, which no one can choose. `delivery` is the same each time the same activity
is delivered.
"""

import hashlib
import html
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Literal

from agents.mail_text import from_html
from bot.cards.ask import ChatMessage
from bot.flow.binding import Stamp
from bot.flow.desk import Command
from bot.flow.seals import Seals
from bot.teams.connector import Spot
from bot.teams.token import tenant_of
from storage.records import Conversation, Person, Place

Body = Mapping[str, Any]
Kind = Literal["personal", "group", "channel"]

FILES, FILE_NAME = 10, 80  # files that are named, and characters of their names
THREAD: Final = ";messageid="
CHANNEL_IDS: Final = ("@thread.tacv2", "@thread.skype")
KINDS: Final[Mapping[str, Kind]] = {"personal": "personal", "groupChat": "group", "channel": "channel"}
SLASH: Final = re.compile(r"/(?:signoff\b\s*)?", re.IGNORECASE)  # `/list`, or `/signoff list` as the help has it


class BadActivity(ValueError):
    """Something is missing that Teams always sends."""


def key_of(tenant: str, user: str) -> str:
    """The key of a person on Teams; `user` is their Entra object id."""
    return f"teams:{tenant}:{user.lower()}"


def person_of(body: Body) -> Person:
    """Who acted. Raises BadActivity if that is nobody in the directory."""
    sender = mapping(body, "from")
    user = sender.get("aadObjectId")
    if not isinstance(user, str) or not user or ":" in user:
        raise BadActivity("The activity names no person of the directory.")
    return Person(key=key_of(_tenant(body), user), name=str(sender.get("name") or user))


def place_of(body: Body) -> Place:
    """Where somebody acted: the conversation and, in a channel, the thread."""
    channel, _, thread = _conversation(body).partition(THREAD)
    return Place(surface="teams", tenant=_tenant(body), channel=channel, thread=thread or None)


def aside_of(body: Body) -> Place | None:
    """Where something can be whispered to whoever acted; None in a personal conversation, where nobody else is."""
    return None if kind_of(body) == "personal" else place_of(body)


def spot_of(body: Body) -> Spot:
    """Where the answer to an activity would be sent, whatever the thread."""
    return Spot(str(body["serviceUrl"]), place_of(body).channel)


def kind_of(body: Body) -> Kind:
    """What kind of conversation it is; one that Teams does not name is taken for one with others."""
    return KINDS.get(str(mapping(body, "conversation").get("conversationType")), "group")


def zone_of(body: Body) -> str | None:
    """The time zone of whoever acted, if Teams says it."""
    zone = body.get("localTimezone")
    return zone if isinstance(zone, str) and zone else None


def command_of(body: Body) -> Command:
    """What somebody typed to Signoff."""
    zone = zone_of(body) or "UTC"
    return Command(line_of(body), person_of(body), place_of(body), delivery_of(body), zone)


def line_of(body: Body) -> str:
    """The text as it was typed, without the mention of Signoff that Teams asks for, and without the slash that begins a
    command where Teams completes those; others who are mentioned are left as `@name`.

    Text of format `plain` is not escaped, although mentions in it are tags (https://github.com/MicrosoftDocs/
    OfficeDocs-SkypeForBusiness/issues/4723 shows one).
    """
    text = str(body.get("text") or "")
    for mention, account, name in _mentions(body):
        if account == mapping(body, "recipient").get("id"):
            text = text.replace(mention, "", 1)
        else:
            text = text.replace(mention, f"@{name}")
    if body.get("textFormat") == "xml":
        text = html.unescape(text)
    line = text.strip()
    slash = SLASH.match(line)
    return line[slash.end() :] if slash else line


def mentioned_in(body: Body) -> dict[str, frozenset[str]]:
    """The accounts of those whom a message mentions, by the name that is left of the mention."""
    found: dict[str, frozenset[str]] = {}
    for _, account, name in _mentions(body):
        found[name] = found.get(name, frozenset()) | {account}
    return found


def delivery_of(body: Body) -> str:
    """What is unique to one act: the conversation, the activity, and who did it."""
    sender = mapping(body, "from").get("id")
    what = [body.get("type"), body.get("name"), _conversation(body), body.get("id"), sender]
    if not body.get("id"):
        what.append(dict(body))
    return f"teams:{hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()}"


def stamp_of(body: Body, seals: Seals) -> Stamp:
    """What reads and makes the values of buttons and dialogs for whoever acted."""
    return Stamp(seals, "teams", _tenant(body), person_of(body).key)


def about_bot(body: Body, change: Literal["membersAdded", "membersRemoved"]) -> bool:
    """Whether Signoff itself was added to a conversation, or removed from it."""
    own = mapping(body, "recipient").get("id")
    members = body.get(change)
    return isinstance(members, list) and any(isinstance(each, Mapping) and each.get("id") == own for each in members)


def event_of(body: Body) -> str:
    """What happened to a team or a channel, such as `channelDeleted`; empty if nothing did."""
    return str(mapping(body, "channelData").get("eventType") or "")


def team_of(body: Body) -> str | None:
    """The team that a channel is of."""
    return _id(mapping(body, "channelData").get("team"))


def channel_of(body: Body) -> str | None:
    """The channel that an event is about, which need not be the one that it is told in."""
    return _id(mapping(body, "channelData").get("channel"))


def message_of(body: Body, *, reached: bool) -> ChatMessage:
    """The message on which somebody chose an action (https://learn.microsoft.com/microsoftteams/platform/
    messaging-extensions/how-to/action-commands/respond-to-task-module-submit#payload-activity-properties-when-a-dialog-is-
    invoked-from-message). Raises BadActivity if there is none."""
    message = mapping(mapping(body, "value"), "messagePayload")
    if not (identity := _id(message)):
        raise BadActivity("The activity is about no message.")
    written, sender, place = mapping(message, "body"), mapping(message, "from"), place_of(body)
    content = str(written.get("content") or "")
    names = (mapping(sender, kind).get("displayName") for kind in ("user", "application"))
    link, attached = message.get("linkToMessage"), message.get("attachments")
    root = place.thread or str(message.get("replyToId") or identity)
    return ChatMessage(
        id=identity,
        place=place.model_copy(update={"thread": root if has_threads(place.channel) else None}),
        author=str(next(filter(None, names), "somebody")),
        text=from_html(content) if written.get("contentType") == "html" else content,
        link=link if isinstance(link, str) and link.startswith("https://") else None,
        files=tuple(_files(attached if isinstance(attached, list) else [])),
        reached=reached,
    )


def conversation_of(body: Body, at: datetime) -> Conversation:
    """The conversation that an activity came from, and what is needed to speak there again."""
    place, kind = place_of(body), kind_of(body)
    return Conversation(
        surface="teams",
        tenant=place.tenant,
        id=place.channel,
        kind=kind,
        person=person_of(body).key if kind == "personal" else None,
        address={"service": str(body["serviceUrl"]), "team": team_of(body)},
        seen_at=at,
    )


def has_threads(channel: str) -> bool:
    """Whether what is said in that conversation begins a thread."""
    return channel.endswith(CHANNEL_IDS)


def mapping(body: Body, name: str) -> Body:
    """What `body` holds under that name, if that has fields of its own; else nothing."""
    value = body.get(name)
    return value if isinstance(value, Mapping) else {}


def _mentions(body: Body) -> Iterator[tuple[str, str, str]]:
    """The tag in the text, the account and the name of each mention."""
    entities = body.get("entities")
    for each in entities if isinstance(entities, list) else []:
        if isinstance(each, Mapping) and each.get("type") == "mention" and isinstance(each.get("text"), str):
            named = re.fullmatch(r"<at[^>]*>(.*)</at>", each["text"], re.DOTALL)
            account = _id(each.get("mentioned"))
            if named and account:
                yield each["text"], account, html.unescape(named[1])


def _files(attached: list[Any]) -> Iterator[str]:
    """The names of the files among what came with a message, the first few."""
    for each in attached[:FILES]:
        if isinstance(each, Mapping) and each.get("contentType") == "reference":
            yield str(each.get("name") or "a file")[:FILE_NAME]


def _tenant(body: Body) -> str:
    tenant = tenant_of(body)
    if not tenant:
        raise BadActivity("The activity names no tenant.")
    return tenant


def _conversation(body: Body) -> str:
    found = _id(body.get("conversation"))
    if not found:
        raise BadActivity("The activity names no conversation.")
    return found


def _id(value: object) -> str | None:
    found = value.get("id") if isinstance(value, Mapping) else None
    return found if isinstance(found, str) and found else None
