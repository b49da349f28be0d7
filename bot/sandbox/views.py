"""The views people have open: one stack of modals and one home tab for each person."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from bot.sandbox.blocks import check_view
from bot.sandbox.errors import SlackError
from bot.sandbox.workspace import Workspace
from bot.slack import limits

State = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class View:
    """A modal or home tab. `body` is what the app sent, with ids filled in; the rest is the client's.

    `state` is `{block_id: {action_id: {"type", ...}}}` as Slack sends it, `errors` are texts by block id and
    `notice` is the client's own line of trouble; `pending` is true while a submission is on its way.
    """

    id: str
    person: str
    body: Mapping[str, Any]
    hash: str
    root_id: str
    previous_id: str | None = None
    state: State = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    notice: str | None = None
    pending: bool = False

    @property
    def blocks(self) -> tuple[Mapping[str, Any], ...]:
        """The blocks of the view."""
        return tuple(self.body["blocks"])


def with_ids(blocks: Any, workspace: Workspace) -> tuple[Mapping[str, Any], ...]:
    """Blocks with the block and action ids Slack makes up where an app gave none."""
    return tuple(_with_ids(block, workspace) for block in blocks)


def _with_ids(block: Mapping[str, Any], workspace: Workspace) -> Mapping[str, Any]:
    whole = {**block, "block_id": block.get("block_id") or workspace.new_id("b")}
    if block["type"] == "actions":
        whole["elements"] = [_with_action_id(each, workspace) for each in block["elements"]]
    for place in ("accessory", "element"):
        if whole.get(place) is not None and whole[place].get("type") != "image":
            whole[place] = _with_action_id(whole[place], workspace)
    return whole


def _with_action_id(element: Mapping[str, Any], workspace: Workspace) -> Mapping[str, Any]:
    return {**element, "action_id": element.get("action_id") or workspace.new_id("a")}


def checked(body: object, kind: Literal["modal", "home"]) -> Mapping[str, Any]:
    """A view object Slack would take as a view of that kind; raises SlackError with every fault otherwise."""
    if not isinstance(body, Mapping):
        raise SlackError.of_argument("must be an object [json-pointer:/view]")
    if body.get("type") != kind:
        raise SlackError.of_argument(f"must be a {kind} view [json-pointer:/view/type]")
    if problems := check_view(body):
        raise SlackError.of_problems("invalid_arguments", problems)
    if len(json.dumps(body)) > limits.VIEW_JSON:
        raise SlackError("view_too_large")
    return body


class Views:
    """Opens, stacks, updates and closes views. Bodies are `checked` before they come here."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._views: dict[str, View] = {}
        self._stacks: dict[str, list[str]] = {}
        self._homes: dict[str, str] = {}

    def open(self, person: str, body: Mapping[str, Any]) -> View:
        """A new modal in front of a person, in the place of any other."""
        view = self._make(person, body)
        self.clear(person)
        return self._push(view)

    def push(self, person: str, body: Mapping[str, Any], above: str | None) -> View:
        """A modal on top of the one with the id `above`, which must be open."""
        stack = self._stacks.get(person, [])
        if above is None or above not in stack:
            raise SlackError("not_found")
        if len(stack) >= limits.VIEW_STACK:
            raise SlackError("push_limit_reached")
        view = self._make(person, body)
        return self._push(replace(view, root_id=stack[0], previous_id=stack[-1]))

    def update(self, view_id: str, body: Mapping[str, Any], expected_hash: str | None = None) -> View:
        """Another body for an open view. What a person entered stays where block and action id stay the same."""
        old = self.get(view_id)
        if expected_hash is not None and expected_hash != old.hash:
            raise SlackError("hash_conflict")
        fresh = self._make(old.person, body, replacing=old)
        names = {block["block_id"] for block in fresh.blocks}
        kept = {name: state for name, state in old.state.items() if name in names}
        return self._keep(replace(old, body=fresh.body, hash=fresh.hash, state=kept, errors={}, notice=None))

    def publish(self, person: str, body: Mapping[str, Any], expected_hash: str | None = None) -> View:
        """The home tab of a person."""
        if person in self._homes:
            return self.update(self._homes[person], body, expected_hash)
        view = self._keep(self._make(person, body))
        self._homes[person] = view.id
        return view

    def close(self, view: View) -> None:
        """Take a modal, and any above it, off its stack."""
        stack = self._stacks.get(view.person, [])
        while view.id in stack:
            del self._views[stack.pop()]
        self._workspace.changed()

    def clear(self, person: str) -> None:
        """Close every modal of a person."""
        for view_id in self._stacks.pop(person, []):
            del self._views[view_id]
        self._workspace.changed()

    def get(self, view_id: str) -> View:
        """An open view; `not_found`, Slack's word for a closed one, otherwise."""
        if view_id not in self._views:
            raise SlackError("not_found")
        return self._views[view_id]

    def is_open(self, view_id: str) -> bool:
        """Whether somebody still has that view."""
        return view_id in self._views

    def by_external_id(self, external_id: str) -> View:
        """The open view with the app's own id."""
        for view in self._views.values():
            if view.body.get("external_id") == external_id:
                return view
        raise SlackError("not_found")

    def top_of(self, person: str) -> View | None:
        """The modal a person has in front of them."""
        stack = self._stacks.get(person)
        return self._views[stack[-1]] if stack else None

    def depth_of(self, person: str) -> int:
        """How many modals lie on one another."""
        return len(self._stacks.get(person, ()))

    def home_of(self, person: str) -> View | None:
        """The home tab of a person, once published."""
        return self._views[self._homes[person]] if person in self._homes else None

    def change(self, view: View, **fields: Any) -> View:
        """Change what the client shows of a view that is still open."""
        return self._keep(replace(self.get(view.id), **fields))

    def _keep(self, view: View) -> View:
        self._views[view.id] = view
        self._workspace.changed()
        return view

    def _push(self, view: View) -> View:
        self._stacks.setdefault(view.person, []).append(view.id)
        return self._keep(view)

    def _make(self, person: str, body: Mapping[str, Any], replacing: View | None = None) -> View:
        external_id = body.get("external_id")
        if external_id and any(
            each.body.get("external_id") == external_id and each is not replacing for each in self._views.values()
        ):
            raise SlackError("duplicate_external_id")
        view_id = self._workspace.new_id("V")
        whole = {**body, "blocks": with_ids(body["blocks"], self._workspace)}
        return View(view_id, person, whole, hash=self._workspace.new_ts(), root_id=view_id)
