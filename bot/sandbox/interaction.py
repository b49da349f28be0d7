"""What people do, and what they then see: messages, commands, clicks, forms, the home tab, shortcuts.

Each of them becomes a payload for the app; the app's acknowledgement, or its absence, becomes something on the
person's screen, in Slack's words.
"""

import re
from collections.abc import Mapping
from typing import Any

from bot.sandbox import inputs, payloads
from bot.sandbox.acknowledgement import Acknowledgements
from bot.sandbox.call import Slack
from bot.sandbox.delivery import Answer, Delivery, Parcel
from bot.sandbox.errors import PersonError, SlackError
from bot.sandbox.events import Events
from bot.sandbox.people import Channel, Person
from bot.sandbox.shapes import view_json
from bot.sandbox.views import View
from bot.sandbox.workspace import Mark, Message

UNANSWERED: Mapping[str, str] = {
    "timeout": "The app did not respond in time. Try again?",
    "refused": "The app answered with an error. Try again?",
    "absent": "The app did not respond: it is not connected.",
}
TROUBLE = "We had some trouble connecting. Try again?"


class Interactions:
    """The hands of every person in the workspace. Errors a person can read are PersonError."""

    def __init__(self, slack: Slack, delivery: Delivery, events: Events) -> None:
        self._slack = slack
        self._workspace = slack.workspace
        self._delivery = delivery
        self._events = events
        self._acknowledgements = Acknowledgements(slack)

    async def say(self, person_id: str, channel_id: str, text: str, thread_ts: str | None = None) -> Answer | None:
        """What a person typed and sent. A command gives the app's answer; a message gives None."""
        person, channel = self._person(person_id), self._channel(channel_id, person_id)
        if not text.strip():
            raise PersonError("There is nothing to send.")
        if channel.is_archived:
            raise PersonError(f"#{channel.name} is archived; nobody can write there.")
        if person.id not in channel.members:
            raise PersonError(f"{person.real_name} is not in #{channel.name}, so cannot write there.")
        if text.startswith("/"):
            return await self._command(person, channel, text, thread_ts)
        self._message(person, channel, text, thread_ts)
        return None

    def _message(self, person: Person, channel: Channel, text: str, thread_ts: str | None) -> None:
        parent = self._workspace.find(channel.id, thread_ts) if thread_ts else None
        if thread_ts and parent is None:
            raise PersonError("That thread is not there any more.")
        thread = (parent.thread_ts or parent.ts) if parent else None
        message = Message(channel.id, self._workspace.new_ts(), person.id, self._typed(text), thread_ts=thread)
        self._events.message(channel, self._workspace.add(message))

    def _typed(self, text: str) -> str:
        """Text as Slack's client sends it: escaped, with `@name` turned into a mention."""
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        names = {each.name.lower(): each.id for each in self._workspace.people.values()}
        return re.sub(r"(?<!\w)@([\w.-]*\w)", lambda found: self._mention(found, names), escaped)

    @staticmethod
    def _mention(found: re.Match[str], names: Mapping[str, str]) -> str:
        person_id = names.get(found[1].lower())
        return f"<@{person_id}>" if person_id else found[0]

    async def _command(self, person: Person, channel: Channel, text: str, thread_ts: str | None) -> Answer:
        command = text.split(maxsplit=1)[0]
        if command not in {each.command for each in self._workspace.seed.installation.commands}:
            raise PersonError(f"{command} is not a valid command.")
        if thread_ts is not None:
            raise PersonError(f"{command} is not supported in threads. Sorry!")
        trigger_id = self._slack.triggers.issue(person.id)
        response_url = self._response_url(person.id, channel.id)
        words = (command, text[len(command) + 1 :])
        payload = payloads.command(self._workspace, person, channel, words, trigger_id, response_url)
        answer = await self._delivery.deliver(Parcel("slash_commands", payload))
        self._acknowledgements.of_command(person.id, channel.id, command, answer)
        return answer

    async def click(self, person_id: str, channel_id: str, ts: str, block_id: str, action_id: str, raw: Any) -> Answer:
        """A button pressed, or something chosen, in a message. `raw` is what was chosen, None for a button."""
        person, channel = self._person(person_id), self._channel(channel_id, person_id)
        message = self._workspace.find(channel.id, ts)
        if message is None or message.to not in {None, person_id}:
            raise PersonError("That message is not there any more.")
        action = self._action(message.blocks, block_id, action_id, raw)
        trigger_id = self._slack.triggers.issue(person.id)
        response_url = self._response_url(person.id, channel.id, message.ts)
        payload = payloads.message_action(self._workspace, person, message, action, trigger_id, response_url)
        self._workspace.mark(person.id, message, Mark(pending=True))
        answer = await self._delivery.deliver(Parcel("interactive", payload))
        mark = None if answer.acked else Mark(warning=UNANSWERED[answer.fate])
        self._workspace.mark(person.id, message, mark)
        return answer

    async def click_in_view(
        self, person_id: str, view_id: str, block_id: str, action_id: str, raw: Any, values: inputs.Values
    ) -> Answer:
        """A button pressed, or something chosen, in a modal or home tab."""
        person, view = self._person(person_id), self._view(person_id, view_id)
        action = self._action(view.blocks, block_id, action_id, raw)
        view = self._slack.views.change(view, state=inputs.state_of(view.blocks, values, view.state), notice=None)
        self._keep_choice(view, block_id, action_id, action)
        trigger_id = self._slack.triggers.issue(person.id, view.id)
        payload = payloads.view_action(self._workspace, person, self._view(person_id, view_id), action, trigger_id)
        answer = await self._delivery.deliver(Parcel("interactive", payload))
        if not answer.acked:
            self._notice(view, UNANSWERED[answer.fate])
        return answer

    def _keep_choice(self, view: View, block_id: str, action_id: str, action: Mapping[str, Any]) -> None:
        holder = inputs.HOLDERS.get(action["type"])
        if holder is None or action["type"] == "overflow":
            return
        chosen = {"type": action["type"], holder: action.get(holder)}
        state = {**view.state, block_id: {**view.state.get(block_id, {}), action_id: chosen}}
        self._slack.views.change(view, state=state)

    def _action(self, blocks: Any, block_id: str, action_id: str, raw: Any) -> dict[str, Any]:
        _, element = inputs.find(blocks, block_id, action_id)
        kept = {name: element[name] for name in ("text", "value", "style", "placeholder") if name in element}
        what = kept if element["type"] == "button" else {**kept, **inputs.entered(element, raw)}
        ids = {"action_id": action_id, "block_id": block_id, "type": element["type"]}
        return {**what, **ids, "action_ts": self._workspace.new_ts()}

    async def submit(self, person_id: str, view_id: str, values: inputs.Values) -> Answer | None:
        """A modal submitted. None when the client itself refuses, with its reasons at the fields."""
        person, view = self._person(person_id), self._view(person_id, view_id)
        if view.body.get("submit") is None:
            raise PersonError("This view has nothing to submit.")
        state = inputs.state_of(view.blocks, values, view.state)
        errors = inputs.complaints(view.blocks, state)
        view = self._slack.views.change(view, state=state, errors=errors, notice=None, pending=not errors)
        if errors:
            return None
        trigger_id = self._slack.triggers.issue(person.id, view.id)
        payload = payloads.view_submission(self._workspace, person, view, trigger_id)
        answer = await self._delivery.deliver(Parcel("interactive", payload))
        self._after_submission(view, answer)
        return answer

    def _after_submission(self, view: View, answer: Answer) -> None:
        if not self._slack.views.is_open(view.id):
            return
        view = self._slack.views.change(view, pending=False)
        if not answer.acked:
            self._notice(view, TROUBLE)
            return
        try:
            self._acknowledgements.of_submission(view, answer.body)
        except SlackError:
            self._notice(view, TROUBLE)

    async def close(self, person_id: str, view_id: str) -> Answer | None:
        """A modal dismissed; the app hears of it only where it asked to."""
        person, view = self._person(person_id), self._view(person_id, view_id)
        self._slack.views.close(view)
        if not view.body.get("notify_on_close"):
            return None
        payload = payloads.view_closed(self._workspace, person, view, is_cleared=False)
        return await self._delivery.deliver(Parcel("interactive", payload))

    def home_id(self, person_id: str) -> str:
        """The id of a person's home tab."""
        home = self._slack.views.home_of(person_id)
        if home is None:
            raise PersonError("The app has not shown anything in its home tab yet.")
        return home.id

    def open_home(self, person_id: str) -> None:
        """The app's home tab opened."""
        person = self._person(person_id)
        channel = self._workspace.im(person.id)
        home = self._slack.views.home_of(person.id)
        view = {"view": view_json(self._workspace, home)} if home else {}
        self._events.send(
            "app_home_opened",
            {"type": "app_home_opened", "user": person.id, "channel": channel.id, "tab": "home", **view},
        )

    async def shortcut(self, person_id: str, callback_id: str) -> Answer:
        """A global shortcut chosen."""
        person = self._person(person_id)
        trigger_id = self._slack.triggers.issue(person.id)
        payload = payloads.shortcut(self._workspace, person, callback_id, self._workspace.new_ts(), trigger_id)
        return await self._delivery.deliver(Parcel("interactive", payload))

    async def message_shortcut(self, person_id: str, channel_id: str, ts: str, callback_id: str) -> Answer:
        """A shortcut chosen on a message."""
        person, channel = self._person(person_id), self._channel(channel_id, person_id)
        if callback_id not in {each.callback_id for each in self._workspace.seed.installation.shortcuts}:
            raise PersonError(f"The app offers no {callback_id!r} on messages.")
        message = self._workspace.find(channel.id, ts)
        if message is None or message.to is not None:
            raise PersonError("That message is not there any more.")
        trigger_id = self._slack.triggers.issue(person.id)
        response_url = self._response_url(person.id, channel.id, ts)
        payload = payloads.message_shortcut(self._workspace, person, message, callback_id, trigger_id, response_url)
        answer = await self._delivery.deliver(Parcel("interactive", payload))
        self._workspace.mark(person.id, message, None if answer.acked else Mark(warning=UNANSWERED[answer.fate]))
        return answer

    def _response_url(self, person: str, channel: str, ts: str | None = None) -> str:
        return f"{self._slack.url}/sandbox/respond/{self._slack.response_urls.issue(person, channel, ts)}"

    def _person(self, person_id: str) -> Person:
        person = self._workspace.people.get(person_id)
        if person is None or person.is_bot or person.deleted:
            raise PersonError(f"There is nobody to act as with the id {person_id!r}.")
        return person

    def _channel(self, channel_id: str, person_id: str) -> Channel:
        for channel in self._workspace.channels_of(person_id):
            if channel.id == channel_id:
                return channel
        raise PersonError(f"There is no channel {channel_id!r} for this person.")

    def _view(self, person_id: str, view_id: str) -> View:
        if not self._slack.views.is_open(view_id) or self._slack.views.get(view_id).person != person_id:
            raise PersonError("That window is not open any more.")
        return self._slack.views.get(view_id)

    def _notice(self, view: View, text: str) -> None:
        if self._slack.views.is_open(view.id):
            self._slack.views.change(view, notice=text)
