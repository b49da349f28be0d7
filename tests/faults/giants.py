"""Giant inputs, one after the other, to a Signoff in a process of its own: `python -m tests.faults.giants FOLDER ROUNDS`.

Prints what each was answered, and by how many bytes the process grew meanwhile, as one JSON object a line.
"""

import asyncio
import ctypes
import gc
import json
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from agents.claude import ClaudeModel
from agents.model import ModelError, Prompt
from agents.support.reading import Reading
from bot.api.problems import Problem
from bot.api.reading import parsed
from bot.cards.card import Card
from bot.cards.text import plain
from bot.flow.desk import Answer
from bot.sandbox.blocks import check_blocks, check_view
from bot.slack.render_card import render_card
from bot.slack.render_form import TooLongToEdit, form_view
from bot.slack.render_pages import page_view
from tests.bot.flow.stage import Stage, stage_at
from tests.bot.slack.examples import STAMP
from tests.fakes.messages_api import MessagesApi, says

MEBIBYTE = 1024 * 1024
PAGE = os.sysconf("SC_PAGE_SIZE")
ASKED = Prompt("read_ticket", "1", "Say what it is.", "a ticket")
KEYS = "{" + ", ".join(f'"k{number}": 1' for number in range(10**6)) + "}"
DEEP = '{"a": ' + "[" * 1000 + "]" * 1000 + "}"


def resident() -> int:
    """Bytes of memory that this process holds, without what the C library keeps free for the next one who asks."""
    gc.collect()
    with suppress(AttributeError):  # of glibc: other libraries give it back by themselves
        ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


async def typed(stage: Stage, line: str) -> str:
    """`/signoff run payer …`; what is answered, then what the run ended with."""
    stage.clock.move(seconds=1)
    answer = await stage.type(f"run payer {line}")
    run = await stage.run()
    return f"{plain(answer.text)} | {run.status} {run.error or ''} | {len(run.input)}"


async def carded(stage: Stage, to: str) -> str:
    """A payment with such an argument: its card, every page and its form are taken by Slack, and it is stored whole."""
    request = await stage.ask(f"5.00 {to}")
    card = stage.card()
    assert isinstance(card, Card)
    problems = check_blocks(render_card(card, STAMP).blocks, "message")
    for page in (1, 10_000):
        problems += check_view(page_view(card, page, STAMP))
    form = await stage.desk.form(stage.click(request), "edit")
    assert not isinstance(form, Answer)
    try:
        problems += check_view(form_view(form, STAMP))
    except TooLongToEdit as refused:  # which is a sentence, and the card can still be approved or rejected
        problems += [] if str(refused) else ["nothing said"]  # type: ignore[list-item]
    assert (await stage.reject(request)).ok
    return f"card {'valid' if not problems else problems[:3]} | stored {'whole' if request.arguments['to'] == to else 'cut'}"


async def edited(stage: Stage, amount: str) -> str:
    """A reviewer types that into the form."""
    request = await stage.ask("5.00 shop")
    answer = await stage.edit(request, amount=amount)
    return f"{answer.ok} {plain(answer.text)} {answer.errors}"


async def noted(stage: Stage, notes: str) -> str:
    """A reviewer writes that as a reason."""
    request = await stage.ask("5.00 shop")
    answer = await stage.reject(request, notes=notes)
    return f"{answer.ok} {plain(answer.text)}"


async def sent(stage: Stage, body: str) -> str:
    """The body of a call of the API."""
    try:
        return f"read {len(parsed(body.encode()))}"
    except Problem as problem:
        return f"{problem.status} {problem.detail}"


async def answered(stage: Stage, text: str) -> str:
    """What the model says."""
    async with MessagesApi(says(text)) as api:
        claude = ClaudeModel("a key", model="claude-haiku-5-5", base_url=api.url, retries=0)
        try:
            await claude.ask(ASKED, Reading)
        except ModelError as error:
            return str(error)
        finally:
            await claude.close()
    return "taken"


Feed = Callable[[Stage, str], Awaitable[str]]

GIANTS: tuple[tuple[str, Feed, Callable[[], str]], ...] = (
    ("command of 1 MiB", typed, lambda: "pay me " + "x" * (MEBIBYTE - 7)),
    ("command of 1 MiB + 1", typed, lambda: "pay me " + "x" * (MEBIBYTE - 6)),
    ("command of 1 MiB + 1 in Arabic", typed, lambda: "pay me " + "ا" * (MEBIBYTE // 2)),
    ("command with NUL", typed, lambda: "think a\0b"),
    ("command with a lone surrogate", typed, lambda: "think a\ud800b"),
    ("argument of 200,000 characters", carded, lambda: "x" * 200_000),
    ("argument of 200,000 line ends", carded, lambda: "x" + "\n" * 199_998 + "x"),
    ("argument of 200,000 invisible characters", carded, lambda: "x" + "\u3164" * 199_999),
    ("argument of 200,000 emoji", carded, lambda: "\U0001f469\u200d\U0001f680" * 66_666),
    ("edit of a million digits", edited, lambda: "1" * 10**6),
    ("edit with NUL", edited, lambda: "5\0"),
    ("note of a million characters", noted, lambda: "x" * 10**6),
    ("note with a lone surrogate", noted, lambda: "a\ud800b"),
    ("API body of 10^6 keys", sent, lambda: KEYS),
    ("API body 1,000 deep", sent, lambda: DEEP),
    ("model's answer of 10^6 keys", answered, lambda: KEYS),
    ("model's answer 1,000 deep", answered, lambda: DEEP),
    ("model's answer of 100,000 characters", answered, lambda: json.dumps({"intent": "reply", "reply_text": "x" * 100_000})),
)


async def main(folder: Path, rounds: int) -> None:
    """Feed them all, each after its own kind has been fed something small, so that what is loaded once does not count."""
    async with stage_at(folder / "signoff.db") as stage:
        for _, feed, _ in GIANTS:
            await feed(stage, "5.00" if feed is edited else "{}" if feed is sent else "think small")
        for number in range(rounds):
            for name, feed, make in GIANTS:
                giant = make()
                before = resident()
                said = await feed(stage, giant)
                told = {"giant": name, "round": number, "said": said[:400], "grew": resident() - before}
                sys.stdout.write(json.dumps(told) + "\n")
                sys.stdout.flush()
                del giant


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
