"""Everything the story needs, in one frozen value that the composition root makes and every stretch is given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from agents.actions import Actions
from agents.model import Model
from agents.workflow import Agents
from bot.flow.ids import Ids
from bot.flow.seals import Seals
from bot.flow.surface import Surface
from bot.flow.turns import Turns
from policies.judge import Bench, Fallback, Judge
from policies.rules import Policy
from storage.records import Person, Place, Proposal, Request
from storage.store import Store


@dataclass(frozen=True)
class Signoff:
    """The ports and the rules. `policy` answers with the policy in force now; `fallback` is what the deployment names where
    a policy names nobody and nowhere. `homes` are the tenants that the surfaces are connected to, by name of the surface,
    `environment` is what the deployment calls itself, and `admin_place` is where those read who own the policy.
    `page_link` makes a link that lets one person in to the page of a run or request; None where pages have no address."""

    store: Store
    agents: Agents
    actions: Actions
    model: Model
    policy: Callable[[], Policy]
    fallback: Fallback
    fallback_place: Place | None
    surfaces: Mapping[str, Surface]
    ids: Ids
    seals: Seals
    homes: Mapping[str, str] = field(default_factory=dict)
    environment: str = "production"
    admin_place: Place | None = None
    page_link: Callable[[str, Person, datetime], str] | None = None
    bench: Bench = field(default_factory=Bench, compare=False)
    turns: Turns = field(default_factory=Turns, compare=False)

    def judge_of(self, policy: Policy) -> Judge:
        """Who judges by a policy here."""
        return self.bench.judge_of(policy, self.actions.models, self.fallback)

    def surface_of(self, place: Place) -> Surface:
        """The surface that a place is on. Raises KeyError if that surface is not connected."""
        return self.surfaces[place.surface]


def proposal_of(request: Request) -> Proposal:
    """The proposal that a request's current revision asks for; without the agent's own view of its risk, because what
    that asked for at first stays asked for (see `decide.never_looser`)."""
    return Proposal(
        action=request.action,
        arguments=request.arguments,
        target=request.target,
        summary=request.summary,
        evidence=request.evidence,
        labels=request.labels,
    )
