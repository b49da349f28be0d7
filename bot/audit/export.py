"""A story as JSON, for a file or another program. Everything outside ASCII is escaped, so nothing hides in it."""

import json
from collections.abc import Sequence
from typing import Any

from agents.actions import Actions
from bot.audit.around import Around
from bot.audit.checks import Check, recomputed
from bot.audit.story import Story
from storage.records import Record


def story_json(actions: Actions, story: Story, checked: Sequence[Check], around: Around) -> str:
    """The rows as they are, the cards as data, the checks and the stretch of the chain."""
    body = {
        "request": _row(story.request),
        "run": _row(story.run),
        "revisions": [
            _row(each) | {"recomputed": recomputed(story.request, each.arguments, each.target, each.number, each.verdict)}
            for each in story.revisions
        ],
        "decisions": [_row(each) for each in story.decisions],
        "execution": _row(story.execution) if story.execution else None,
        "cards": [_row(scene.card(actions)) for scene in story.scenes()],
        "card": _row(story.card(actions)),
        "messages": [_row(each) for each in story.messages],
        "audit": [_row(each) for each in story.entries],
        "checks": [{"ok": each.ok, "said": each.said} for each in checked],
        "chain": _chain(around),
    }
    return json.dumps(body, indent=2)


def _chain(around: Around) -> dict[str, Any]:
    return {
        "holds": around.seen.holds,
        "first": around.first,
        "last": around.seen.seq,
        "breaks": [{"seq": each.seq, "reason": each.reason} for each in around.seen.breaks],
        "anchor": _row(around.anchor) if around.anchor else None,
    }


def _row(record: Record) -> dict[str, Any]:
    return record.model_dump(mode="json")
