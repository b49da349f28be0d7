"""A mind for the Messages API fake: answers as the agents' offline rules would, so that a run through the real client goes
the way it goes without a key. It has no memory: the same question gets the same answer, from whichever process it comes."""

import json
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from agents import shipped
from agents.model import Call, Exchange, Prompt, Talk
from agents.offline import Rules
from agents.prompts import PromptFile
from agents.research.agent import RESEARCH
from agents.second_look.ask import SECOND_LOOK
from agents.support.reading import READ_TICKET
from agents.triage.reading import CLASSIFY, EXTRACT, SUMMARISE
from tests.fakes.messages_api import Mind, calls, says

PROMPTS = (CLASSIFY, EXTRACT, SUMMARISE, READ_TICKET, RESEARCH, SECOND_LOOK)


def rule_mind(rules: Rules | None = None) -> Mind:
    """Thinks by the shipped rules, or by `rules` where these have one for the prompt."""
    known = {**shipped.rules(), **(rules or {})}

    def think(request: dict[str, Any]) -> web.Response:
        prompt = asked(request)
        answer = known[prompt.name](prompt)
        if isinstance(answer, Call):
            exchanges = len(prompt.exchanges) if isinstance(prompt, Talk) else 0
            return calls(answer.name, answer.arguments, id=f"toolu_{exchanges + 1:02}")
        return says(answer.model_dump_json())

    return think


def asked(request: dict[str, Any]) -> Prompt:
    """The question in a request, as the agent put it: a Talk where tools are offered."""
    file = next(each for each in PROMPTS if request["system"][0]["text"].startswith(each.system))
    first, *rest = request["messages"]
    if "tools" not in request:
        return file.about(_unquoted(first["content"]))
    return _talk(file, first["content"][0]["text"], rest)


def _talk(file: PromptFile, data: str, messages: Sequence[dict[str, Any]]) -> Talk:
    pairs = zip(messages[::2], messages[1::2], strict=True)
    exchanges = tuple(_exchange(said["content"], told["content"][0]) for said, told in pairs)
    return Talk(file.name, file.version, file.system, data, exchanges)


def _exchange(said: Sequence[dict[str, Any]], told: dict[str, Any]) -> Exchange:
    used = next(block for block in said if block["type"] == "tool_use")
    texts = [block["text"] for block in told["content"]]
    result = next((_unquoted(text) for text in texts if text.startswith("<data-")), "")
    note = next((text for text in texts if not text.startswith("<data-")), "")
    return Exchange(Call(name=used["name"], arguments=used["input"]), result, note, told["is_error"])


def _unquoted(text: str) -> str:
    return text.split("\n", 1)[1].rsplit("\n", 1)[0]


def the_same(request: dict[str, Any]) -> str:
    """What two requests have in common if they ask the same."""
    return json.dumps(request, sort_keys=True)
