"""The rules by which the offline model does research: one search, two documents, the sentences that share most words with
the task. Good enough to try the flow, no claim of intelligence."""

import json
import re
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import TypeAdapter
from pydantic_core import from_json

from agents.model import Call, Exchange, Talk
from agents.offline import Rules
from agents.research.agent import ACTIONS, RESEARCH, addresses
from agents.support.knowledge import words
from agents.tools import Source

_NOTE = re.compile(r"\b(note|tell the team|pass on|inform the team|remind)\b", re.IGNORECASE)
_READ = 2  # documents
_SENTENCES = 3
_FOUND = TypeAdapter(list[Source])
_READ_ONE = TypeAdapter(Source)

T = TypeVar("T")


def research_rules() -> Rules:
    """The rules for all prompts of this agent, by the prompts' names."""
    return {RESEARCH.name: take_turn}


def take_turn(talk: Talk) -> Call:
    """Search, then read, then propose if the task asks for it, then finish."""
    task = str(json.loads(talk.data)["task"])
    searches, reads = _of(talk, "search"), _of(talk, "read")
    if not searches:
        terms = words(" ".join(part for part in task.split() if "@" not in part))
        return _call("search", query=" ".join(terms)[:300])
    unread = [name for name in _found(searches) if name not in {each.call.arguments.get("document") for each in reads}]
    if unread and len(reads) < _READ:
        return _call("read", document=unread[0])
    told = _telling(task, [read for each in reads for read in _loaded(each.result, _READ_ONE)])
    sources = [{"source": document, "quote": sentence[:300]} for document, sentence in told]
    text = " ".join(sentence for _, sentence in told)
    proposed = any(each.call.name in ACTIONS for each in talk.exchanges)
    if told and not proposed and (wish := _proposal(task, text)):
        return wish.model_copy(update={"arguments": {**wish.arguments, "sources": sources}})
    return _call("finish", answer=text or "The documents do not say.", sources=sources)


def _call(name: str, **arguments: Any) -> Call:
    return Call(name=name, arguments=arguments)


def _of(talk: Talk, name: str) -> list[Exchange]:
    return [each for each in talk.exchanges if each.call.name == name]


def _found(searches: Sequence[Exchange]) -> list[str]:
    return [source.name for each in searches for found in _loaded(each.result, _FOUND) for source in found]


def _loaded(result: str, kind: TypeAdapter[T]) -> list[T]:
    """What a tool gave, also where its end was cut off; nothing where it gave nothing of that kind."""
    try:
        return [kind.validate_python(from_json(result, allow_partial="trailing-strings"))]
    except ValueError:
        return []


def _proposal(task: str, text: str) -> Call | None:
    subject = " ".join(task.split())[:80]
    if asked := addresses(task):
        mail = {"to": asked[0], "subject": subject, "body": f"Hello,\n\n{text}\n\nKind regards\nThe support team"}
        return _call("send_external_email", arguments=mail, summary=f"Send {asked[0]} what we have on: {subject}")
    if _NOTE.search(task):
        note = {"subject": subject, "body": text}
        return _call("draft_internal_message", arguments=note, summary=f"Leave the team a message: {subject}")
    return None


def _telling(task: str, read: Sequence[Source]) -> list[tuple[str, str]]:
    """Document and sentence, those that share most words with the task first; none that shares nothing."""
    wanted = {word[:5] for word in words(task)}
    sentences = [(each.name, sentence) for each in read for sentence in re.split(r"(?<=[.!?])\s+", each.text)]
    scored = [(len(wanted & {word[:5] for word in words(sentence)}), document, sentence) for document, sentence in sentences]
    best = sorted((each for each in scored if each[0]), key=lambda each: -each[0])[:_SENTENCES]
    return [(document, sentence) for _, document, sentence in best]
