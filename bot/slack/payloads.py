"""Slack's payloads as neutral intents. Shapes: https://docs.slack.dev/reference/interaction-payloads and
https://docs.slack.dev/interactivity/implementing-slash-commands.

A person is keyed by the workspace they belong to, not by the one they clicked in: a guest of a shared channel must not be
taken for a member. `delivery` is the same each time Slack, or anybody else, delivers the same payload.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from bot.cards.ask import ChatMessage
from bot.flow.binding import UNREAD, Binding, Purpose, Stamp
from bot.flow.desk import Click, Command
from bot.flow.seals import Seals
from bot.slack import plain
from bot.slack.directory import key_of
from storage.records import Person, Place

Body = Mapping[str, Any]


def command_of(body: Body) -> Command:
    """`/signoff …` as typed."""
    person = Person(key=key_of(body["team_id"], body["user_id"]), name=body.get("user_name") or body["user_id"])
    place = Place(surface="slack", tenant=body["team_id"], channel=body["channel_id"])
    return Command(line=body.get("text") or "", person=person, place=place, delivery=f"slack:command:{_trigger(body)}")


def mention_of(body: Body, bot: str) -> Command | None:
    """`@Signoff …` as typed, without the mention itself; `bot` is Signoff's own id. None for what no person wrote just
    now: a message of a program, or one that was edited (https://docs.slack.dev/reference/events/app_mention).
    """
    event = body["event"]
    if event.get("bot_id") or event.get("edited") or not event.get("user"):
        return None
    line = plain.typed(str(event.get("text") or "")).replace(f"<@{bot}>", "", 1).strip()
    place = thread_of(body)
    return Command(line, person_of(body), place, f"slack:mention:{place.tenant}:{place.channel}:{event['ts']}")


def thread_of(body: Body) -> Place:
    """The thread that an event's message is in or begins, in the workspace where the app is installed."""
    event = body["event"]
    return Place(
        surface="slack", tenant=installed(body), channel=event["channel"], thread=event.get("thread_ts") or event["ts"]
    )


def installed(body: Body) -> str:
    """The workspace, of those that an event is about, where the app is installed."""
    authorizations = body.get("authorizations") or [{}]
    return str(authorizations[0].get("team_id") or body["team_id"])


def message_of(body: Body, names: plain.Names, *, reached: bool) -> ChatMessage:
    """The message that a shortcut was chosen on (https://docs.slack.dev/interactivity/implementing-shortcuts). Its link is
    made of what the payload says, in the form of https://docs.slack.dev/reference/methods/chat.getPermalink."""
    message, team, channel = body["message"], body.get("team") or {}, body["channel"]["id"]
    ts, thread = str(message["ts"]), message.get("thread_ts")
    within = f"?thread_ts={thread}&cid={channel}" if thread and thread != ts else ""
    link = (
        f"https://{team['domain']}.slack.com/archives/{channel}/p{ts.replace('.', '')}{within}"
        if team.get("domain")
        else None
    )
    tenant = str(team.get("id") or person_of(body).tenant)
    return ChatMessage(
        id=ts,
        place=Place(surface="slack", tenant=tenant, channel=channel, thread=thread or ts),
        author=plain.author_of(message, names),
        text=plain.text_of(message, names),
        link=link,
        files=plain.files_of(message),
        reached=reached,
    )


def aside_of(message: ChatMessage) -> Place:
    """Where to whisper about a message: in its thread, if it is a reply; where nobody has replied yet, a whisper in the
    thread would not be seen (https://docs.slack.dev/reference/methods/chat.postEphemeral)."""
    place = message.place
    return place.model_copy(update={"thread": None}) if place.thread == message.id else place


def stamp_of(body: Body, seals: Seals) -> Stamp:
    """What reads and makes the values of buttons and dialogs for whoever acted, where they acted.

    `team` is where the app is installed; it is null where that is a whole organisation
    (https://docs.slack.dev/reference/interaction-payloads/block_actions-payload).
    """
    installed = body.get("team") or body.get("enterprise") or {}
    return Stamp(seals, "slack", str(installed.get("id") or ""), person_of(body).key)


def press_of(body: Body, stamp: Stamp, purpose: Purpose) -> tuple[Click, Binding]:
    """A press on a button that was made for `purpose`. Raises `BadBinding`."""
    return _click(body, stamp.read(body["actions"][0].get("value"), purpose), f"slack:press:{_trigger(body)}")


def submission_of(body: Body, stamp: Stamp, purpose: Purpose) -> Click:
    """The submission of a dialog that was made for `purpose`. Raises `BadBinding`."""
    return _click(body, stamp.read(body["view"].get("private_metadata"), purpose), delivery_of(body))[0]


def delivery_of(body: Body) -> str:
    """What is unique to one submission of a dialog."""
    return f"slack:submit:{_trigger(body)}"


def person_of(body: Body) -> Person:
    """Who acted, whatever the payload."""
    if "user_id" in body:
        return command_of(body).person
    if "event" in body:
        event = body["event"]
        return Person(
            key=key_of(event.get("user_team") or event.get("team") or body["team_id"], event["user"]), name=event["user"]
        )
    user = body["user"]
    team = user.get("team_id") or body["team"]["id"]
    return Person(key=key_of(team, user["id"]), name=user.get("name") or user.get("username") or user["id"])


def place_of(body: Body) -> Place | None:
    """The channel in which somebody acted; None for a dialog.

    Never the thread, unless somebody wrote in it: a card in a thread is shown in the channel too, and a whisper in the
    thread would be missed there.
    """
    if "event" in body:
        written = body["event"].get("thread_ts")
        return thread_of(body).model_copy(update={"thread": written})
    channel = body.get("channel_id") or (body.get("channel") or {}).get("id")
    tenant = body.get("team_id") or (body.get("team") or {}).get("id")
    return Place(surface="slack", tenant=tenant, channel=channel) if channel and tenant else None


def _click(body: Body, seen: Binding, delivery: str) -> tuple[Click, Binding]:
    whole = seen.page != UNREAD  # for a turn of the page it means nothing, which decides nothing
    return Click(seen.request_id, seen.revision, seen.fingerprint, person_of(body), delivery, whole), seen


def _trigger(body: Body) -> str:
    """What is unique to one act: its trigger id. Without one, the view, its state and who acted in it."""
    if body.get("trigger_id"):
        return str(body["trigger_id"])
    view = body.get("view") or {}
    acted = [body.get(key) for key in ("actions", "user", "user_id", "command", "text")]
    stable = [view.get("id"), view.get("hash"), view.get("state"), *acted]
    return hashlib.sha256(json.dumps(stable, sort_keys=True).encode()).hexdigest()
