"""What an app's acknowledgements and response URLs do to the screen of the person who acted.

https://docs.slack.dev/interactivity/handling-user-interaction
"""

from collections.abc import Mapping
from typing import Any

from bot.sandbox.blocks import check_blocks
from bot.sandbox.call import Slack
from bot.sandbox.delivery import Answer
from bot.sandbox.errors import SlackError
from bot.sandbox.triggers import ResponseUrl
from bot.sandbox.views import View, checked, with_ids
from bot.sandbox.workspace import Blocks, Message

# Slackbot, who says what went wrong with a command: https://docs.slack.dev/interactivity/implementing-slash-commands
SLACKBOT = "USLACKBOT"
FAILED: Mapping[str, str] = {
    "timeout": '{command} failed with the error "operation_timeout"',
    "refused": '{command} failed with the error "dispatch_failed"',
    "absent": "{command} failed because the app did not respond",
}
INVALID_RESPONSE = '{command} failed with the error "invalid_command_response"'


class Acknowledgements:
    """Turns answers of the app into messages and views."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack
        self._workspace = slack.workspace

    def of_command(self, person: str, channel: str, command: str, answer: Answer) -> None:
        """A command's answer: a text or blocks for the person or the channel, or Slackbot's regret."""
        if not answer.acked:
            self._regret(person, channel, FAILED[answer.fate].format(command=command))
        elif answer.body:
            try:
                self._say(ResponseUrl(person, channel, 0.0), answer.body)
            except SlackError:
                self._regret(person, channel, INVALID_RESPONSE.format(command=command))

    def _regret(self, person: str, channel: str, text: str) -> None:
        self._workspace.add(Message(channel, self._workspace.new_ts(), SLACKBOT, text, to=person))

    def of_response_url(self, url: ResponseUrl, body: Mapping[str, Any]) -> None:
        """A use of a response URL: a new message, or the clicked one replaced or deleted."""
        original = self._workspace.find(url.channel, url.ts) if url.ts else None
        if original is not None and body.get("delete_original"):
            self._workspace.remove(original)
        elif original is not None and body.get("replace_original"):
            blocks = self._blocks(body)
            self._workspace.change(original, text=str(body.get("text") or ""), blocks=blocks)
        else:
            self._say(url, body)

    def _say(self, url: ResponseUrl, body: Mapping[str, Any]) -> None:
        text, blocks = str(body.get("text") or ""), self._blocks(body)
        if not text.strip() and not blocks:
            raise SlackError("no_text")
        self._workspace.add(
            Message(
                channel=url.channel,
                ts=self._workspace.new_ts(),
                user=self._workspace.bot.id,
                text=text,
                blocks=blocks,
                bot=True,
                thread_ts=str(body["thread_ts"]) if body.get("thread_ts") else None,
                to=None if body.get("response_type") == "in_channel" else url.person,
            )
        )

    def _blocks(self, body: Mapping[str, Any]) -> Blocks:
        blocks = body.get("blocks") or []
        if not isinstance(blocks, list):
            raise SlackError("invalid_blocks_format")
        if problems := check_blocks(blocks, "message"):
            raise SlackError.of_problems("invalid_blocks", problems)
        return with_ids(blocks, self._workspace)

    def of_submission(self, view: View, body: Mapping[str, Any] | None) -> None:
        """A submission's answer; SlackError for one Slack's client cannot follow.

        https://docs.slack.dev/surfaces/modals#response_actions
        """
        views = self._slack.views
        match (body or {}).get("response_action"):
            case None:
                views.close(view)
            case "clear":
                views.clear(view.person)
            case "errors":
                views.change(view, errors=self._errors(view, (body or {}).get("errors")))
            case "update":
                views.update(view.id, checked((body or {}).get("view"), "modal"))
            case "push":
                views.push(view.person, checked((body or {}).get("view"), "modal"), above=view.id)
            case other:
                raise SlackError("invalid_response_action", response_action=other)

    @staticmethod
    def _errors(view: View, errors: object) -> Mapping[str, str]:
        """Texts at input blocks of this view; anything else Slack does not show."""
        inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
        if not isinstance(errors, Mapping) or not errors or not set(errors) <= inputs:
            raise SlackError("invalid_response_action", errors=errors)
        return {name: str(text) for name, text in errors.items()}
