"""The chat.* methods and reactions.add."""

import json
import re
from collections.abc import Mapping
from typing import Any

from bot.sandbox.blocks import check_blocks
from bot.sandbox.call import Call, Method
from bot.sandbox.errors import SlackError
from bot.sandbox.problems import mappings
from bot.sandbox.shapes import message_json
from bot.sandbox.views import with_ids
from bot.sandbox.workspace import Blocks, Message
from bot.slack import limits

TIMESTAMP = re.compile(r"\d+\.\d{6}")


def _blocks(call: Call) -> Blocks | None:
    """The blocks of a message, checked and given ids; None when the call has none."""
    blocks = call.json("blocks", "invalid_blocks_format")
    if blocks is None:
        return None
    if not isinstance(blocks, list) or not all(isinstance(each, Mapping) for each in blocks):
        raise SlackError("invalid_blocks_format")
    if problems := check_blocks(blocks, "message"):
        raise SlackError.of_problems("invalid_blocks", problems)
    if len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))) > limits.MESSAGE_BLOCKS_JSON:
        raise SlackError("msg_blocks_too_long")
    return with_ids(blocks, call.workspace)


def _content(call: Call, most: int) -> dict[str, Any]:
    """The text, blocks, attachments and metadata of a call that must say something."""
    text = call.text("text") or call.text("markdown_text") or ""
    if len(text) > most:
        raise SlackError("msg_too_long")
    blocks = _blocks(call)
    attachments = [each for each, _ in mappings(call.json("attachments", "invalid_attachments"), "")]
    if not text.strip() and not blocks and not attachments:
        raise SlackError("no_text")
    return {"text": text, "blocks": blocks, "attachments": tuple(attachments), "metadata": _metadata(call)}


def _metadata(call: Call) -> Mapping[str, Any] | None:
    metadata = call.json("metadata", "invalid_metadata_format")
    if metadata is None:
        return None
    if not isinstance(metadata, Mapping) or not isinstance(metadata.get("event_payload"), Mapping):
        raise SlackError("invalid_metadata_format")
    if not isinstance(metadata.get("event_type"), str) or not metadata["event_type"]:
        raise SlackError("invalid_metadata_format")
    return metadata


def _thread(call: Call, channel: str) -> str | None:
    """The first message of the thread to write into; a thread of a message that is gone is not there."""
    thread_ts = call.text("thread_ts")
    if not thread_ts:
        return None
    parent = call.workspace.find(channel, thread_ts)
    if parent is None or parent.to is not None:
        raise SlackError("thread_not_found" if TIMESTAMP.fullmatch(thread_ts) else "invalid_thread_ts")
    return parent.thread_ts or parent.ts


def _posted(call: Call, message: Message) -> dict[str, Any]:
    return {"channel": message.channel, "ts": message.ts, "message": message_json(call.workspace, message)}


def post_message(call: Call) -> dict[str, Any]:
    """https://docs.slack.dev/reference/methods/chat.postMessage."""
    everywhere = "chat:write.public" in call.scopes
    channel = call.workspace.channel_for_post(call.need("channel"), to_any_public=everywhere)
    content = _content(call, limits.MESSAGE_TEXT)
    thread_ts = _thread(call, channel.id)
    broadcast = call.flag("reply_broadcast") and thread_ts is not None
    message = Message(
        channel=channel.id,
        ts=call.workspace.new_ts(),
        user=call.workspace.bot.id,
        bot=True,
        thread_ts=thread_ts,
        broadcast=broadcast,
        **{**content, "blocks": content["blocks"] or ()},
    )
    return _posted(call, call.workspace.add(message))


def _own_message(call: Call, error: str) -> Message:
    channel = call.workspace.channel(call.need("channel"))
    message = call.workspace.message(channel.id, call.need("ts"))
    if not message.bot:
        raise SlackError(error)
    if channel.is_archived:
        raise SlackError("is_archived")
    return message


def update(call: Call) -> dict[str, Any]:
    """https://docs.slack.dev/reference/methods/chat.update: text without blocks takes the old blocks away."""
    message = _own_message(call, "cant_update_message")
    content = _content(call, limits.UPDATE_TEXT)
    blocks = content["blocks"]
    changed = call.workspace.change(
        message,
        text=content["text"],
        blocks=blocks or (),
        attachments=content["attachments"],
        metadata=content["metadata"] if content["metadata"] is not None else message.metadata,
        edited=message.edited if blocks else call.workspace.new_ts(),
    )
    return {**_posted(call, changed), "text": changed.text}


def delete(call: Call) -> dict[str, Any]:
    """https://docs.slack.dev/reference/methods/chat.delete."""
    message = _own_message(call, "cant_delete_message")
    call.workspace.remove(message)
    return {"channel": message.channel, "ts": message.ts}


def post_ephemeral(call: Call) -> dict[str, Any]:
    """https://docs.slack.dev/reference/methods/chat.postEphemeral."""
    channel = call.workspace.channel_for_post(call.need("channel"))
    person = call.need("user")
    if person not in call.workspace.people or person not in channel.members:
        raise SlackError("user_not_in_channel")
    content = _content(call, limits.MESSAGE_TEXT)
    message = Message(
        channel=channel.id,
        ts=call.workspace.new_ts(),
        user=call.workspace.bot.id,
        bot=True,
        thread_ts=_thread(call, channel.id),
        to=person,
        **{**content, "blocks": content["blocks"] or ()},
    )
    return {"message_ts": call.workspace.add(message).ts}


def get_permalink(call: Call) -> dict[str, Any]:
    """https://docs.slack.dev/reference/methods/chat.getPermalink."""
    channel = call.workspace.channel(call.need("channel"))
    message = call.workspace.message(channel.id, call.need("message_ts"))
    link = f"{call.slack.url}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def add_reaction(call: Call) -> dict[str, Any]:
    """https://docs.slack.dev/reference/methods/reactions.add."""
    channel = call.workspace.channel(call.need("channel"))
    message = call.workspace.message(channel.id, call.need("timestamp"))
    name, bot = call.need("name").strip(":"), call.workspace.bot.id
    if not re.fullmatch(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?", name):
        raise SlackError("invalid_name")
    if bot in message.reactions.get(name, ()):
        raise SlackError("already_reacted")
    call.workspace.change(message, reactions={**message.reactions, name: (*message.reactions.get(name, ()), bot)})
    return {}


METHODS: Mapping[str, Method] = {
    "chat.postMessage": Method(post_message, ("chat:write",)),
    "chat.update": Method(update, ("chat:write",)),
    "chat.delete": Method(delete, ("chat:write",)),
    "chat.postEphemeral": Method(post_ephemeral, ("chat:write",)),
    "chat.getPermalink": Method(get_permalink),
    "reactions.add": Method(add_reaction, ("reactions:write",)),
}
