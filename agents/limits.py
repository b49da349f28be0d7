"""How far a model may go with tools, and how far it has gone."""

from dataclasses import dataclass, replace

from storage.records import Step, StepType

MOST = {"turns": 1000, "cost_usd": 10_000}  # at once


@dataclass(frozen=True)
class Limits:
    """The bounds of one piece of work at level 3. People can grant as much again at a checkpoint.

    `turns` counts the model's turns, `tokens` all tokens that went in and came out, `cost_usd` dollars (None: no such
    bound), `seconds` the time that steps took, without the time that people took. A call whose price is not known counts
    as beyond `cost_usd` unless `unknown_price` allows it. A bound is noticed after the call that crosses it.

    `checkpoint_every` so many turns people are asked whether to go on (None: only at a bound), at most `checkpoints` times.
    `context` is the most tokens of a question to the model, counted as `transcript.tokens` does. After more than `refusals`
    refused calls the run ends.
    """

    turns: int = 16
    tokens: int = 400_000
    cost_usd: float | None = 1.0
    seconds: float = 900.0
    checkpoint_every: int | None = 8
    checkpoints: int = 10
    proposals: int = 3
    refusals: int = 3
    context: int = 60_000
    unknown_price: bool = False

    def __post_init__(self) -> None:
        counts = {"turns": self.turns, "tokens": self.tokens, "seconds": self.seconds, "context": self.context}
        counts |= {
            "checkpoint_every": self.checkpoint_every or 1,
            "cost_usd": 1.0 if self.cost_usd is None else self.cost_usd,
        }
        for name, value in counts.items():
            if not value > 0:
                raise ValueError(f"Limits: {name} must be more than 0, not {value}.")
            if value > MOST.get(name, value):
                raise ValueError(f"Limits: {name} must be at most {MOST[name]:,}, which is the most that people can grant.")

    @property
    def told(self) -> str:
        """In a sentence, for people."""
        cost = "" if self.cost_usd is None else f", ${self.cost_usd:.2f}"
        looks = f" and after every {self.checkpoint_every} turns" if self.checkpoint_every else ""
        bounds = f"{self.turns} turns, {self.tokens:,} tokens{cost}, {self.seconds:.0f} seconds"
        return f"People are asked whether it may go on at {bounds}{looks}; it makes at most {self.proposals} proposals."


@dataclass(frozen=True)
class Spent:
    """What was used up so far. `cost_usd` is the sum of the known prices."""

    turns: int = 0
    tokens: int = 0
    cost_usd: float = 0.0
    unknown_price: bool = False
    seconds: float = 0.0

    def after(self, step: Step) -> "Spent":
        """With one more recorded step. Only what the journal holds counts, so that replay counts the same."""
        took = replace(self, seconds=self.seconds + (step.latency_ms or 0) / 1000)
        if step.type is not StepType.llm_call:
            return took
        cost = step.detail.get("cost_usd")
        counts = (step.detail.get(name) for name in ("prompt_tokens", "completion_tokens"))
        return replace(
            took,
            turns=self.turns + (step.name == "turn"),
            tokens=self.tokens + sum(count for count in counts if isinstance(count, int)),
            cost_usd=self.cost_usd + (float(cost) if isinstance(cost, int | float) else 0.0),
            unknown_price=self.unknown_price or cost is None,
        )

    @property
    def told(self) -> str:
        """In words, for a card."""
        price = "at an unknown price" if self.unknown_price else f"for ${self.cost_usd:.4f}"
        return f"{self.turns} turns, {self.tokens:,} tokens {price}, {self.seconds:.0f} seconds"


@dataclass(frozen=True)
class Bounds:
    """Where the next bound lies, counted from the beginning: the limits, moved on by every grant."""

    turns: int
    tokens: int
    cost_usd: float | None
    seconds: float
    unknown_price: bool

    @classmethod
    def of(cls, limits: Limits) -> "Bounds":
        """At the beginning."""
        return cls(limits.turns, limits.tokens, limits.cost_usd, limits.seconds, limits.unknown_price)

    def crossed(self, spent: Spent) -> str | None:
        """The bound that was reached, in words; None while there is room."""
        if spent.turns >= self.turns:
            return f"The {self.turns} turns it may take are used up."
        if spent.tokens >= self.tokens:
            return f"The {self.tokens:,} tokens it may use are used up."
        if spent.seconds >= self.seconds:
            return f"The {self.seconds:.0f} seconds it may take are used up."
        if self.cost_usd is None:
            return None
        if spent.unknown_price and not self.unknown_price:
            return f"The price of its model is not known, so ${self.cost_usd:.2f} may be spent already."
        return f"The ${self.cost_usd:.2f} it may cost are used up." if spent.cost_usd >= self.cost_usd else None

    def granted(self, spent: Spent, limits: Limits, turns: int, cost_usd: float | None) -> "Bounds":
        """As much again from here on: so many turns and dollars, and the limits' tokens and seconds."""
        cost = None if cost_usd is None else spent.cost_usd + cost_usd
        known = self.unknown_price or spent.unknown_price  # people were told that the price is not known
        return Bounds(spent.turns + turns, spent.tokens + limits.tokens, cost, spent.seconds + limits.seconds, known)
