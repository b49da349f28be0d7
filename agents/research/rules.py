"""The rules by which the offline model does research: one search, two documents, the sentences that share most words with
the task. Good enough to try the flow, no claim of intelligence."""

import json
import re
from typing import Any

from agents.model import Prompt
from agents.offline import Rules
from agents.research.turn import RESEARCH_TURN, Source, Turn
from agents.support.knowledge import words

_ADDRESS = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_NOTE = re.compile(r"\b(note|tell the team|pass on|inform the team|remind)\b", re.IGNORECASE)
_READ = 2  # documents
_SENTENCES = 3


def research_rules() -> Rules:
    """The rules for all prompts of this agent, by the prompts' names."""
    return {RESEARCH_TURN.name: take_turn}


def take_turn(prompt: Prompt) -> Turn:
    """Search, then read, then propose if the task asks for it, then finish."""
    data = json.loads(prompt.data)
    task = str(data["task"])
    if not data["searches"]:
        return Turn(tool="search", query=" ".join(words(_ADDRESS.sub(" ", task)))[:300])
    unread = _unread(data)
    if unread and len(data["read"]) < _READ:
        return Turn(tool="read", document=unread[0])
    found = _telling(task, data["read"])
    sources = tuple(Source(document=document, quote=sentence[:300]) for document, sentence in found)
    text = " ".join(sentence for _, sentence in found)
    if not data["done"] and found and (turn := _proposal(task, text)):
        return turn.model_copy(update={"sources": sources})
    return Turn(tool="finish", answer=text or "The documents do not say.", sources=sources)


def _proposal(task: str, text: str) -> Turn | None:
    subject = " ".join(task.split())[:80]
    address = _ADDRESS.search(task)
    if address:
        body = f"Hello,\n\n{text}\n\nKind regards\nThe support team"
        to = address[0].rstrip(".'")
        return Turn(
            tool="send_external_email", to=to, subject=subject, body=body, summary=f"Send {to} what we have on: {subject}"
        )
    if _NOTE.search(task):
        summary = f"Leave the team a message: {subject}"
        return Turn(tool="draft_internal_message", subject=subject, body=text, summary=summary)
    return None


def _unread(data: Any) -> list[str]:
    read = {each["document"] for each in data["read"]} | set(data["dropped"])
    return [hit["document"] for search in data["searches"] for hit in search["found"] if hit["document"] not in read]


def _telling(task: str, read: Any) -> list[tuple[str, str]]:
    """Document and sentence, those that share most words with the task first; none that shares nothing."""
    wanted = {word[:5] for word in words(task)}
    sentences = [(each["document"], sentence) for each in read for sentence in re.split(r"(?<=[.!?])\s+", each["text"])]
    scored = [(len(wanted & {word[:5] for word in words(sentence)}), document, sentence) for document, sentence in sentences]
    best = sorted((each for each in scored if each[0]), key=lambda each: -each[0])[:_SENTENCES]
    return [(document, sentence) for _, document, sentence in best]
