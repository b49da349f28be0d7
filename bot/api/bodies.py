"""What programs send: the models that check it are also what the OpenAPI document shows."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.cards.form import NOTES_MAX, REJECT_REASONS
from storage.records import Evidence, JsonObject, RequestStatus, Risk

WAIT_MAX = 25.0  # seconds; below what load balancers cut off
LIST_MAX = 100
ACTION = r"^[A-Za-z0-9_.:/-]{1,120}$"  # what a policy can name
AGENT = r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,79}$"

Line = Annotated[str, Field(min_length=1, max_length=500)]
Reason = Literal["wrong_action", "wrong_details", "not_enough_evidence", "not_allowed", "no_longer_needed", "other"]


class Body(BaseModel):
    """Base of what is sent: frozen, unknown names refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class EvidenceBody(Body):
    """One source that a proposal rests on."""

    title: Line
    quote: str = Field(max_length=20_000)
    link: str | None = Field(None, max_length=2_000)

    def record(self) -> Evidence:
        """As it is stored."""
        return Evidence(title=self.title, quote=self.quote, link=self.link)


class Ask(Body):
    """What an agent wants to do."""

    action: str = Field(pattern=ACTION, description="Name of the action. One that Signoff knows has its arguments checked.")
    arguments: JsonObject = Field(description="What the action is done with. This is what people see and what is granted.")
    target: str | None = Field(
        None, max_length=500, description="Whom or what it touches. Needed where Signoff does not know the action."
    )
    summary: Line = Field(description="One line that says what is to happen and why. Shown as the agent's own words.")
    evidence: tuple[EvidenceBody, ...] = Field((), max_length=3, description="What the proposal rests on, best first.")
    risk: Risk | None = Field(
        None, description="What the agent thinks of the risk. It can raise the policy's, never lower it."
    )
    agent: str = Field(pattern=AGENT, description="Name of the agent that asks.")
    agent_version: str = Field("unknown", min_length=1, max_length=80, description="Its version, kept with what it did.")
    on_behalf_of: str | None = Field(
        None, max_length=300, description="For whom it acts: an e-mail address or an account key. They do not decide."
    )
    session_id: str | None = Field(None, min_length=1, max_length=200, description="The agent's own id of this session.")
    input: str | None = Field(None, description="What the agent was asked to do, kept in the trace.")


class Decide(Body):
    """What the owner of the key decides."""

    decision: Literal["approve", "edit", "reject"]
    fingerprint: str = Field(max_length=64, description="The fingerprint of the request as it was seen: that is decided on.")
    notes: str = Field("", max_length=NOTES_MAX)
    reason: Reason | None = Field(None, description="Why it is rejected. Left out, the notes have to say it.")
    arguments: JsonObject = Field(default_factory=dict, description="With `edit`: the arguments to change, with new values.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if bool(self.arguments) != (self.decision == "edit"):
            raise ValueError("`arguments` goes with the decision `edit`, and an edit needs it")
        return self


class Tell(Body):
    """What came of a claimed request."""

    grant: str = Field(max_length=4_000, description="The grant with which it was claimed.")
    status: Literal["succeeded", "failed", "unknown"] = Field(
        description="`failed`: it certainly did not happen. `unknown`: it may have; a person is asked to look."
    )
    summary: str | None = Field(None, min_length=1, max_length=500, description="One line for people.")
    receipt: JsonObject = Field(default_factory=dict, description="What the system that did it answered: ids, amounts.")
    error: str | None = Field(None, min_length=1, max_length=2_000, description="Why it failed, or why nobody knows.")

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if (self.error is None) != (self.status == "succeeded"):
            raise ValueError("`error` says why it failed or is unknown, and goes with no success")
        return self

    def whole_receipt(self) -> JsonObject:
        """The receipt with the line for people in it."""
        return self.receipt if self.summary is None else {**self.receipt, "summary": self.summary}


class WaitQuery(Body):
    """How long to wait."""

    seconds: float = Field(WAIT_MAX, ge=0, le=WAIT_MAX, allow_inf_nan=False, description="Answer at the latest after these.")


class ListQuery(Body):
    """Which requests to list."""

    status: RequestStatus | None = Field(None, description="Only requests that stand like this.")
    limit: int = Field(20, ge=1, le=LIST_MAX)


assert set(Reason.__args__) == set(REJECT_REASONS)  # type: ignore[attr-defined]  # noqa: S101  # one list, in two types
