"""Slack's payloads as neutral intents. Shapes: https://docs.slack.dev/reference/interaction-payloads and
https://docs.slack.dev/interactivity/implementing-slash-commands.

A person is keyed by the workspace they belong to, not by the one they clicked in: a guest of a shared channel must not be
taken for a member. `delivery` is the same each time Slack, or anybody else, delivers the same payload.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from bot.flow.binding import UNREAD, Binding, Purpose, Stamp
from bot.flow.desk import Click, Command
from bot.flow.seals import Seals
from bot.slack.directory import key_of
from storage.records import Person, Place

Body = Mapping[str, Any]


def command_of(body: Body) -> Command:
    """`/signoff …` as typed."""
    person = Person(key=key_of(body["team_id"], body["user_id"]), name=body.get("user_name") or body["user_id"])
    place = Place(surface="slack", tenant=body["team_id"], channel=body["channel_id"])
    return Command(line=body.get("text") or "", person=person, place=place, delivery=f"slack:command:{_trigger(body)}")


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
    return _click(body, stamp.read(body["view"].get("private_metadata"), purpose), f"slack:submit:{_trigger(body)}")[0]


def person_of(body: Body) -> Person:
    """Who acted, whatever the payload."""
    if "user_id" in body:
        return command_of(body).person
    user = body["user"]
    team = user.get("team_id") or body["team"]["id"]
    return Person(key=key_of(team, user["id"]), name=user.get("name") or user.get("username") or user["id"])


def place_of(body: Body) -> Place | None:
    """The channel in which somebody acted; None for a dialog.

    Never the thread: a card in a thread is shown in the channel too, and a whisper in the thread would be missed there.
    """
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
