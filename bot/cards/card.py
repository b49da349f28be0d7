"""The card: everything a surface shows of one request, and the notice it shows of one run.

A card has two zones. The *action* zone is rendered by us from canonical arguments and says what will happen. The *claims*
zone holds what the agent, the customer or a model said, and is always inert.
"""

from datetime import datetime

from bot.cards.text import Text
from storage.canonical import digest
from storage.records import Evidence, Person, Record, RequestStatus, Risk, RunStatus, Verb


class CardField(Record):
    """One argument: its label from the argument model, its value as text. `long` values are set off as a block."""

    name: str
    label: str
    value: str
    long: bool = False


class Change(Record):
    """One argument that a reviewer edited."""

    name: str
    label: str
    before: str
    after: str


class Card(Record):
    """One request as people see it. `buttons` is empty once it is decided. `lines` tell what happened, oldest first."""

    request_id: str
    revision: int
    fingerprint: str
    status: RequestStatus
    heading: str
    """What the card is about, in our words: "Refund a payment"."""
    state: str
    """Where it stands, in a few words: "Needs approval", "Rejected", "Done"."""
    risk: Risk
    target: str
    fields: tuple[CardField, ...]
    editor: Person | None = None
    """Who made the newest edit, if anybody did."""
    changes: tuple[Change, ...]
    summary: str
    """The agent's one line (claims zone)."""
    evidence: tuple[Evidence, ...]
    labels: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    """What a reader must know about what is shown: that secrets are hidden, that a name mixes alphabets."""
    agent: str
    run_id: str
    requester: Person
    reasons: tuple[str, ...]
    """Why people are asked, from the policy."""
    quorum: int
    approvals: tuple[Person, ...]
    expires_at: datetime
    lines: tuple[Text, ...]
    buttons: tuple[Verb, ...]

    @property
    def shown(self) -> str:
        """A digest of everything on the card: two cards with the same digest look the same."""
        return digest(self.model_dump(mode="json"))


class Notice(Record):
    """One run as people see it: the root of the thread in which its story is told."""

    run_id: str
    agent: str
    status: RunStatus
    headline: Text
    excerpt: str
    """The beginning of the input (claims zone)."""
    outcome: str | None
    """The final output or the error, in the agent's words."""
    labels: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """A digest of everything on the notice."""
        return digest(self.model_dump(mode="json"))


View = Card | Notice
