"""The conversations.* and files.* methods."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.sandbox.call import Call, Method
from bot.sandbox.errors import SlackError
from bot.sandbox.files import File
from bot.sandbox.people import Channel
from bot.sandbox.problems import mappings
from bot.sandbox.shapes import channel_json, message_json
from bot.sandbox.workspace import Message

READ = ("channels:read", "groups:read", "im:read")
HISTORY = {"public_channel": "channels:history", "private_channel": "groups:history", "im": "im:history"}


def info(call: Call) -> dict[str, Any]:
    """https://docs.slack.dev/reference/methods/conversations.info."""
    return {"channel": channel_json(call.workspace.channel(call.need("channel")), call.workspace.bot.id)}


def _kind(channel: Channel) -> str:
    if channel.im_with is not None:
        return "im"
    return "private_channel" if channel.is_private else "public_channel"


def channels(call: Call) -> dict[str, Any]:
    """https://docs.slack.dev/reference/methods/conversations.list: public channels unless `types` says more."""
    kinds = (call.text("types") or "public_channel").split(",")
    bot = call.workspace.bot.id
    visible = [
        each
        for each in call.workspace.channels_of(bot)
        if _kind(each) in kinds and not (each.is_archived and call.flag("exclude_archived"))
    ]
    page, following = call.page(visible)
    return {"channels": [channel_json(each, bot) for each in page], "response_metadata": following}


def open_im(call: Call) -> dict[str, Any]:
    """https://docs.slack.dev/reference/methods/conversations.open, for one person."""
    people = (call.text("users") or "").split(",")
    if len(people) != 1 or not people[0]:
        raise SlackError("users_list_not_supplied" if not people[0] else "not_enough_users")
    channel = call.workspace.im(people[0])
    return {"channel": channel_json(channel, call.workspace.bot.id)}


def members(call: Call) -> dict[str, Any]:
    """https://docs.slack.dev/reference/methods/conversations.members."""
    page, following = call.page(call.workspace.channel(call.need("channel")).members)
    return {"members": list(page), "response_metadata": following}


def join(call: Call) -> dict[str, Any]:
    """https://docs.slack.dev/reference/methods/conversations.join: public channels only."""
    channel = call.workspace.channel(call.need("channel"))
    bot = call.workspace.bot.id
    if channel.is_archived:
        raise SlackError("is_archived")
    if channel.im_with is not None:
        raise SlackError("method_not_supported_for_channel_type")
    if bot not in channel.members:
        channel = replace(channel, members=(*channel.members, bot))
        call.workspace.replace_channel(channel)
    return {"channel": channel_json(channel, bot)}


def _readable(call: Call) -> Channel:
    channel = call.workspace.channel(call.need("channel"))
    needed = HISTORY[_kind(channel)]
    if needed not in call.scopes:
        raise SlackError("missing_scope", needed=needed, provided=",".join(sorted(call.scopes)))
    if call.workspace.bot.id not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def _window(call: Call, messages: list[Message]) -> list[Message]:
    """The messages between `oldest` and `latest`, with both ends where `inclusive` says so."""
    oldest, latest = _moment(call, "oldest", 0.0), _moment(call, "latest", float("inf"))
    ends = (oldest, latest) if call.flag("inclusive") else ()
    return [each for each in messages if oldest < float(each.ts) < latest or float(each.ts) in ends]


def _moment(call: Call, name: str, otherwise: float) -> float:
    try:
        return float(call.text(name) or otherwise)
    except ValueError as failure:
        raise SlackError(f"invalid_ts_{name}") from failure


def _page_of(call: Call, messages: list[Message]) -> dict[str, Any]:
    page, following = call.page(_window(call, messages))
    return {
        "messages": [_read(call, each) for each in page],
        "has_more": bool(following["next_cursor"]),
        "response_metadata": following,
    }


def _read(call: Call, message: Message) -> dict[str, Any]:
    """The message; its metadata only for who asks for that (https://docs.slack.dev/messaging/message-metadata)."""
    shape = message_json(call.workspace, message)
    return shape if call.flag("include_all_metadata") else {name: shape[name] for name in shape if name != "metadata"}


def history(call: Call) -> dict[str, Any]:
    """https://docs.slack.dev/reference/methods/conversations.history: newest first, without replies."""
    channel = _readable(call)
    shown = [
        each
        for each in reversed(call.workspace.messages(channel.id))
        if each.to is None and (not each.is_reply or each.broadcast)
    ]
    return _page_of(call, shown)


def replies(call: Call) -> dict[str, Any]:
    """https://docs.slack.dev/reference/methods/conversations.replies: the first message, then oldest first."""
    channel = _readable(call)
    parent = call.workspace.find(channel.id, call.need("ts"))
    if parent is None or parent.to is not None:
        raise SlackError("thread_not_found")
    return _page_of(call, [parent, *call.workspace.replies(channel.id, parent.ts)])


def upload_url(call: Call) -> dict[str, Any]:
    """https://docs.slack.dev/reference/methods/files.getUploadURLExternal."""
    name = call.need("filename")
    try:
        size = int(call.need("length"))
    except ValueError as failure:
        raise SlackError.of_argument("must be an integer [json-pointer:/length]") from failure
    file = call.slack.files.announce(File(call.workspace.new_id("F"), name, size, title=name))
    return {"upload_url": f"{call.slack.url}/sandbox/upload/{file.id}", "file_id": file.id}


def complete_upload(call: Call) -> dict[str, Any]:
    """https://docs.slack.dev/reference/methods/files.completeUploadExternal: shown in a channel when one is named."""
    wanted = list(mappings(call.json("files", "invalid_arguments"), "/files"))
    if not wanted:
        raise SlackError.of_argument("missing required field: files")
    done = [call.slack.files.complete(str(each.get("id")), each.get("title")) for each, _ in wanted]
    shapes = [_file(call, each) for each in done]
    if reference := call.text("channel_id"):
        channel = call.workspace.channel_for_post(reference)
        call.workspace.add(
            Message(
                channel=channel.id,
                ts=call.workspace.new_ts(),
                user=call.workspace.bot.id,
                text=call.text("initial_comment") or "",
                bot=True,
                thread_ts=call.text("thread_ts"),
                files=tuple(shapes),
            )
        )
    return {"files": shapes}


def _file(call: Call, file: File) -> dict[str, Any]:
    url = f"{call.slack.url}/sandbox/files/{file.id}"
    return {"id": file.id, "name": file.name, "title": file.title, "size": file.size, "url_private": url}


METHODS: Mapping[str, Method] = {
    "conversations.info": Method(info, READ),
    "conversations.list": Method(channels, READ),
    "conversations.open": Method(open_im, ("im:write",)),
    "conversations.members": Method(members, READ),
    "conversations.join": Method(join, ("channels:join",)),
    "conversations.history": Method(history, tuple(HISTORY.values())),
    "conversations.replies": Method(replies, tuple(HISTORY.values())),
    "files.getUploadURLExternal": Method(upload_url, ("files:write",)),
    "files.completeUploadExternal": Method(complete_upload, ("files:write",)),
}
