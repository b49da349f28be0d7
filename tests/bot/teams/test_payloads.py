"""What Teams sends is read as what people meant."""

from typing import Any

import pytest

from bot.teams.payloads import (
    BadActivity,
    aside_of,
    command_of,
    delivery_of,
    has_threads,
    line_of,
    mentioned_in,
    person_of,
    place_of,
)
from tests.bot.teams.authority import TENANT, activity

BOT, BERG = "28:bot", "29:anna"


def message(text: str, *mentions: tuple[str, str], **fields: Any) -> dict[str, Any]:
    entities = [
        {"type": "mention", "text": f"<at>{name}</at>", "mentioned": {"id": account, "name": name}}
        for account, name in mentions
    ]
    return activity(text=text, entities=entities, recipient={"id": BOT}, id="1", **fields)


US = (BOT, "Signoff")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("<at>Signoff</at> list", "list"),
        ("<at>Signoff</at>&nbsp;list", "&nbsp;list"),
        ("<at>Signoff</at>\u00a0list\n", "list"),
        ("run support <at>Signoff</at> please", "run support  please"),
        ("<at>Signoff</at> run support <b>a &lt; b</b>\n  two", "run support <b>a &lt; b</b>\n  two"),
        ("<at>Signoff</at> /signoff list", "list"),
        ("<at>Signoff</at> /Signoff", ""),
        ("<at>Signoff</at> /signoffs", "signoffs"),
        ("/list", "list"),
        ("/run support /var/log is full", "run support /var/log is full"),
        ("<at>Signoff</at> run x <at>Signoff</at>", "run x <at>Signoff</at>"),
        ("list", "list"),
        ("", ""),
    ],
)
def test_only_our_own_mention_is_taken_from_what_was_typed(text: str, line: str) -> None:
    assert line_of(message(text, US)) == line


def test_what_is_marked_up_is_read_as_it_was_typed() -> None:
    assert line_of(message("<at>Signoff</at> run x a &lt; b &amp; c", US, textFormat="xml")) == "run x a < b & c"


def test_mentions_of_others_are_names() -> None:
    body = message("<at>Signoff</at> delegate <at>Anna Berg</at> until friday", US, (BERG, "Anna Berg"))
    assert line_of(body) == "delegate @Anna Berg until friday"
    assert mentioned_in(body)["Anna Berg"] == {BERG}


@pytest.mark.parametrize("entities", [None, 5, [5], [{"type": "mention"}], [{"type": "mention", "text": "<at>x"}]])
def test_odd_entities_mention_nobody(entities: Any) -> None:
    body = activity(text="list", entities=entities)
    assert (line_of(body), mentioned_in(body)) == ("list", {})


def test_a_command_says_who_where_and_when() -> None:
    conversation = {"id": "19:x@thread.tacv2;messageid=17", "conversationType": "channel"}
    command = command_of(message("list", conversation=conversation, localTimezone="Europe/Berlin"))
    assert (command.person.key, command.zone) == (f"teams:{TENANT}:ravi", "Europe/Berlin")
    assert (command.place.channel, command.place.thread) == ("19:x@thread.tacv2", "17")


def test_object_ids_are_written_in_one_way() -> None:
    assert person_of(activity(**{"from": {"id": "29:r", "aadObjectId": "ABC-D"}})).key == f"teams:{TENANT}:abc-d"


@pytest.mark.parametrize(
    "sender", [None, "me", {}, {"id": "29:x"}, {"aadObjectId": ""}, {"aadObjectId": 5}, {"aadObjectId": "a:b"}]
)
def test_who_is_in_no_directory_is_nobody(sender: Any) -> None:
    with pytest.raises(BadActivity):
        person_of(activity(**{"from": sender}))


def test_alone_with_somebody_nothing_needs_to_be_whispered() -> None:
    assert aside_of(activity(conversation={"id": "a:1", "conversationType": "personal"})) is None
    assert aside_of(activity(conversation={"id": "19:g@thread.v2", "conversationType": "groupChat"})) is not None
    assert aside_of(activity()) == place_of(activity())


def test_each_act_has_a_delivery_of_its_own() -> None:
    first = message("list")
    others: list[dict[str, Any]] = [
        first | {"id": "2"}, first | {"conversation": {"id": "19:y@thread.tacv2"}}, first | {"type": "invoke"},
        first | {"from": {"id": "29:anna", "aadObjectId": "anna"}}, first | {"name": "task/submit"},
    ]  # fmt: skip
    deliveries = {delivery_of(each) for each in (first, *others)}
    assert len(deliveries) == 6
    assert delivery_of(first | {"text": "another", "timestamp": "later"}) == delivery_of(first)


def test_without_an_id_the_whole_of_it_tells_acts_apart() -> None:
    anonymous = message("list") | {"id": None}
    assert delivery_of(anonymous) == delivery_of(dict(anonymous)) != delivery_of(anonymous | {"text": "help"})


@pytest.mark.parametrize(
    ("channel", "threads"),
    [("19:x@thread.tacv2", True), ("19:x@thread.skype", True), ("19:x@thread.v2", False), ("a:1", False)],
)
def test_only_channels_have_threads(channel: str, threads: bool) -> None:
    assert has_threads(channel) is threads
