"""What a policy file says, as frozen values.

A rule that leaves something out takes it from the policy's defaults, and those from what the deployment names. Rules are
combined in `policies/judge.py`.
"""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt

from policies.conditions.check import faults
from policies.conditions.condition import compiled
from policies.durations import Seconds, Share
from policies.reviewers import Reviewer
from policies.schedule import Schedule
from storage.canonical import digest
from storage.records import Outcome, Risk

RISK_MAP_ACTIONS = frozenset(
    {
        "search_web", "summarize_document", "classify_ticket",
        "update_internal_record", "draft_internal_message",
        "send_external_email", "update_customer_record", "execute_financial_action", "delete_any_data",
        "legal_advice", "medical_recommendation", "hiring_decision",
    }
)  # fmt: skip
"""Actions that any policy may mention, whether or not an agent of this deployment can perform them."""

RISK_OF = {Outcome.auto: Risk.low, Outcome.log: Risk.medium, Outcome.approve: Risk.high, Outcome.block: Risk.critical}
"""The risk of a rule that states none, nor its defaults."""


def mentionable(actions: Mapping[str, type[BaseModel] | None]) -> Mapping[str, type[BaseModel] | None]:
    """The actions that a policy may mention where these can be performed."""
    return {**dict.fromkeys(RISK_MAP_ACTIONS), **actions}


def is_glob(pattern: str) -> bool:
    """Whether the pattern stands for several actions rather than naming one."""
    return any(sign in pattern for sign in "*?[")


def _pattern(text: str) -> str:
    if not re.fullmatch(r"[\w.:/*?\[\]!-]{1,120}", text):
        raise ValueError(f"{text!r} cannot name an action: use letters, digits and _ . : / -, with * or ? as wildcards")
    return text


def _name(text: str) -> str:
    if is_glob(text):
        raise ValueError(f"{text!r} is a glob: write the whole name of each action")
    return _pattern(text)


def _rule_name(text: str) -> str:
    if not re.fullmatch(r"\w[\w .:/-]{0,79}", text):
        raise ValueError("a name starts with a letter or digit and has up to 80 letters, digits, spaces or _ . : / -")
    return text


def _condition(text: str) -> str:
    """What is no condition at all is refused here; names and types are checked with the arguments of each action."""
    try:
        compiled(text)
    except ValueError as error:
        raise ValueError("; ".join(fault.message for fault in faults(text, None)) or str(error)) from error
    return text


def _one_or_several(written: object) -> object:
    return [written] if isinstance(written, str) else written


Pattern = Annotated[str, AfterValidator(_pattern)]
Name = Annotated[str, AfterValidator(_name)]
Reviewers = Annotated[tuple[Reviewer, ...], Field(min_length=1, max_length=50)]
Others = Annotated[tuple[Reviewer, ...], Field(max_length=50)]
Reminders = Annotated[tuple[Share, ...], Field(max_length=5)]
Condition = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_condition)]
Environment = Annotated[str, Field(pattern=r"^[\w-]{1,40}$")]
Editing = Literal["allowed", "forbidden"]
Quorum = Annotated[StrictInt, Field(ge=1, le=20)]
Channel = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^\S+$")]
Channels = Annotated[
    tuple[Channel, ...],
    Field(min_length=1, max_length=5),
    BeforeValidator(_one_or_several, json_schema_input_type=Channel | list[Channel]),
]


class Part(BaseModel):
    """Base of the parts of a policy: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Defaults(Part):
    """What rules take that do not say it themselves, and what an action without a rule gets."""

    risk: Risk | None = Field(None, description="low, medium, high or critical; left out, it follows from the verdict")
    reviewers: Reviewers | None = Field(None, description="who may decide; left out, whom the deployment names")
    quorum: Quorum = Field(1, description="how many people have to agree")
    exclude_requester: StrictBool = Field(True, description="whether people may not decide on what they asked for")
    channel: Channels | None = Field(None, description="where to ask: one channel, or several; left out, the deployment's")
    log_channel: Channels | None = Field(
        None, description="where to say what ran by itself under `log`; left out, as `channel`"
    )
    edit: Editing = Field("allowed", description="whether reviewers may change arguments before they approve")
    expires_in: Seconds = Field(4 * 3600, description="how long to wait for people, such as 30m, 4h or 2d")
    reminders: Reminders = Field((0.5, 0.9), description="when to remind people, as shares of that time; [] for never")
    escalate_to: Others = Field((), description="who may decide as well when the reviewers have not")
    escalate_after: Seconds | None = Field(None, description="from when on; left out, after half of the time")


class Rule(Part):
    """One rule: what it is about, when it counts, and what it says then."""

    name: Annotated[str, AfterValidator(_rule_name)]
    description: str | None = Field(None, max_length=2000, description="for those who read the policy")
    actions: Annotated[tuple[Pattern, ...], Field(min_length=1, description="names of actions, or globs such as send_*")]
    agents: Annotated[tuple[Pattern, ...], Field(min_length=1)] | None = Field(
        None, description="names of agents, or globs; left out, all"
    )
    environments: Annotated[tuple[Environment, ...], Field(min_length=1)] | None = Field(
        None, description="where Signoff runs (SIGNOFF_ENVIRONMENT), such as production; left out, everywhere"
    )
    when: Condition | None = Field(None, description="a condition in CEL: the rule counts where it is true")
    unless: Condition | None = Field(None, description="a condition in CEL: the rule does not count where it is true")
    schedule: Schedule | None = Field(None, description="the hours in which the rule counts")
    verdict: Outcome = Field(description="auto, log, approve or block")
    reason: str | None = Field(None, min_length=1, max_length=300, description="one sentence for reviewers")
    risk: Risk | None = None
    reviewers: Reviewers | None = None
    quorum: Quorum | None = None
    exclude_requester: StrictBool | None = None
    channel: Channels | None = None
    log_channel: Channels | None = None
    edit: Editing | None = None
    expires_in: Seconds | None = None
    reminders: Reminders | None = None
    escalate_to: Others | None = None
    escalate_after: Seconds | None = None
    budget: Annotated[StrictInt, Field(ge=1, le=100_000)] | None = Field(
        None, description="how often in an hour this rule lets actions run by themselves; beyond that, people are asked"
    )

    def is_about(self, action: str, registered: frozenset[str]) -> bool:
        """Whether the rule is about this action. A name means that action, a glob only actions that are registered."""
        return action in self.actions or (
            action in registered and any(fnmatchcase(action, pattern) for pattern in self.actions)
        )


class Policy(Part):
    """A whole policy file."""

    defaults: Defaults = Defaults()
    other_actions: Annotated[tuple[Name, ...], Field(max_length=200)] = Field(
        (), description="actions that only programs of other makes ask for, so that rules can name them"
    )
    rules: tuple[Rule, ...]

    @cached_property
    def version(self) -> str:
        """Names what the policy says, not how its files are laid out: the digest of its canonical content."""
        rules = sorted(self.rules, key=lambda rule: rule.name)
        return digest(self.model_copy(update={"rules": tuple(rules)}).model_dump(mode="json"))
