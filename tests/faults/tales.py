"""The runs in which agents are killed: what each is asked, the steps that its journal holds in the end, and its effect."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from agents.checkpoint import CONTINUE_WORK
from agents.model import Call, Talk
from agents.research.agent import RESEARCH
from policies.rules import RISK_MAP_ACTIONS
from tests.fakes.effects import Effects
from tests.fakes.messages_api import Mind
from tests.fakes.rule_mind import rule_mind

Kind = Literal["read", "model", "asked", "effect"]

ACTIONS = RISK_MAP_ACTIONS | {CONTINUE_WORK}
MIA = "From: mia@example.com\nSubject: Lamp\n\n"
INES = "quality@brightfold.example"


@dataclass(frozen=True)
class Spot:
    """A moment as `failpoints.py` calls it, and the number and kind of the step it is about. `begun` is an effect that was
    claimed and is not reported."""

    name: str
    number: int
    kind: Kind
    begun: bool = False

    def __str__(self) -> str:
        return self.name.replace(" ", "-")

    @property
    def idle(self) -> bool:
        """Whether nothing happens between this moment and the spot before or after it."""
        return self.name.endswith("started before commit") or (self.kind == "read" and "started" in self.name)

    @property
    def open(self) -> bool:
        """Whether a step of the journal has begun and not ended, so that it is taken again."""
        return self.kind in ("model", "read") and self.name.endswith(("started after commit", "done before commit"))

    @property
    def paid_again(self) -> bool:
        """Whether an answer of the model dies with the process: the one place where a call is made again."""
        return self.kind == "model" and self.name.endswith("done before commit")


@dataclass(frozen=True)
class Tale:
    """One run of an agent. `journal` has its steps in order: names of reads as they are, calls of the model with a star, and
    for an action `ask` (the proposal and its approval) and `run` (its execution). `effects` are what the world has of it."""

    name: str
    agent: str
    input: str
    journal: str
    effects: Effects
    alike: range = range(0)  # steps like those before them, which the sample leaves out

    @property
    def sample(self) -> list[Spot]:
        """The spots of a quick run. Between the end of a step and the beginning of the next nothing happens, nor before
        something was looked up, so that kills there are those around the ends."""
        return [spot for spot in self.spots if spot.number not in self.alike and not spot.idle]

    @property
    def spots(self) -> list[Spot]:
        """Every moment right before and after a commit of this run, and right before and after an effect."""
        return list(self._spots())

    def __str__(self) -> str:
        return self.name

    def _spots(self) -> Iterator[Spot]:
        number = 0
        for name in self.journal.split():
            number += 1
            match name:
                case "ask":  # the proposal and its open approval are one transaction, the decision is another
                    yield from _around(f"step {number} done", number, "asked")
                    number += 1
                    yield from _around(f"step {number} done", number, "asked")
                case "run":
                    yield Spot(f"step {number} started before commit", number, "effect")
                    yield Spot(f"step {number} started after commit", number, "effect", begun=True)
                    yield Spot(f"step {number} done before commit", number, "effect", begun=True)
                    yield Spot(f"step {number} done after commit", number, "effect")
                case _:
                    kind: Kind = "model" if name.endswith("*") else "read"
                    yield from _around(f"step {number} started", number, kind)
                    yield from _around(f"step {number} done", number, kind)
        yield from _around("run.succeeded", number + 1, "read")


def journal_of(steps: Iterable[tuple[str, str]]) -> str:
    """The journal that a tale tells, from the types and names of a run's steps."""
    told: list[str] = []
    for kind, name in steps:
        if kind == "approval":
            told[-1] = "ask"
        else:
            told.append("run" if name in ACTIONS else f"{name}*" if kind == "llm_call" else name)
    return " ".join(told)


def _around(what: str, number: int, kind: Kind) -> tuple[Spot, Spot]:
    return Spot(f"{what} before commit", number, kind), Spot(f"{what} after commit", number, kind)


_READ = ("supplier-brightfold", "aurora-incident-2026-10", "recall-procedure")
_LETTER = {"to": INES, "subject": "Batch AF-2609", "body": "Dear Ines, do you confirm the sum?"}
_QUOTES = [{"source": "supplier-brightfold", "quote": "has not confirmed the sum"}]


def _call(name: str, **arguments: object) -> Call:
    return Call.model_validate({"name": name, "arguments": arguments})


TURNS = (
    *(_call("search", query=f"Brightfold batch AF-2609 {word}") for word in ("claim", "recall", "sum", "quality")),
    *(_call("read", document=name) for name in _READ),
    _call("search", query="incident"),  # the eighth turn: before it is done, people are asked whether the work goes on
    _call("send_external_email", arguments=_LETTER, summary=f"Ask {INES} to confirm the sum for batch AF-2609.",
          sources=_QUOTES),
    _call("finish", answer="They have not confirmed it; they are asked.", sources=_QUOTES),
)  # fmt: skip


def _next_turn(talk: Talk) -> Call:
    return TURNS[len(talk.exchanges)]


def mind() -> Mind:
    """Who answers in these runs: the offline rules, and for research more turns than these take."""
    return rule_mind({RESEARCH.name: _next_turn})


TALES = (
    Tale("triage", "triage", "INC-42", "read_ticket customer classify* extract* summarise* run", {"notes": 1}),
    Tale("refund", "support", f"{MIA}One Pico of A-1017 is bent. Please refund 0.10 USD.",
         "read_ticket customer help_centre read_ticket* ask run", {"refunds": 1}),
    Tale("reply", "support", f"{MIA}When are you open on Saturday?",
         "read_ticket customer help_centre read_ticket* ask run", {"mails": 1}),
    Tale("research", "research", f"Ask {INES} whether Brightfold pays for batch AF-2609.",
         "turn* search turn* search turn* search turn* search turn* read turn* read turn* read "
         "turn* ask run search turn* second_look* ask run turn*", {"mails": 1}, alike=range(3, 13)),
)  # fmt: skip
