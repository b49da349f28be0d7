"""A story as JSON, for a file or another program. Everything outside ASCII is escaped, so nothing hides in it."""

import json
from collections.abc import Sequence
from typing import Any

from agents.actions import Actions
from bot.audit.around import Around
from bot.audit.checks import Check, recomputed
from bot.audit.story import Story
from storage.records import Execution, JsonObject, Record, Request, Revision


def story_json(actions: Actions, story: Story, checked: Sequence[Check], around: Around) -> str:
    """The rows without their secrets, the cards as data, the checks and the stretch of the chain."""
    body: JsonObject = {
        "request": _asked(actions, story, story.request),
        "run": _row(story.run),
        "revisions": [
            _asked(actions, story, each)
            | {"recomputed": recomputed(story.request, each.arguments, each.target, each.number, each.verdict)}
            for each in story.revisions
        ],
        "decisions": [_row(each) for each in story.decisions],
        "execution": _asked(actions, story, story.execution) if story.execution else None,
        "cards": [_row(scene.card(actions)) for scene in story.scenes()],
        "card": _row(story.card(actions)),
        "messages": [_row(each) for each in story.messages],
        "audit": [_row(each) for each in story.entries],
        "checks": [{"ok": each.ok, "said": each.said} for each in checked],
        "chain": _chain(around),
    }
    return json.dumps(story.cover(actions).json(body), indent=2)


def _chain(around: Around) -> dict[str, Any]:
    return {
        "holds": around.seen.holds,
        "first": around.first,
        "last": around.seen.seq,
        "breaks": [{"seq": each.seq, "reason": each.reason} for each in around.seen.breaks],
        "anchor": _row(around.anchor) if around.anchor else None,
    }


def _asked(actions: Actions, story: Story, record: Request | Revision | Execution) -> dict[str, Any]:
    return _row(record) | {"arguments": actions.covered(story.request.action, record.arguments)}


def _row(record: Record) -> dict[str, Any]:
    return record.model_dump(mode="json")
