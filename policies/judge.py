"""The judge: what a policy says of one proposal. Pure.

Each rule is read with the defaults filled in. Of the rules that match, the most restrictive verdict wins. The rules that
agree on it are merged to whatever asks for most: highest quorum, shortest expiry, only the reviewers that all of them name,
the requester excluded if one of them excludes, every reminder. Nobody is escalated to whom one of them would not let decide
by then, nor before the last of them says so. Risk is the highest of all rules that match and of the proposal's own. So one
more rule about an action that has one can only add to what is asked. Nothing that is left out or does not fit together ends
in more freedom: an action without a rule goes to people, and where nobody could decide, the verdict is `block`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from policies.people import people_named
from policies.rules import RISK_OF, Defaults, Policy, Rule
from storage.records import Outcome, Proposal, Risk, Verdict

UNMATCHED = "(unmatched)"
"""Stands among a verdict's rules where no rule of the policy was about the action. No rule can have this name."""

_SAYS = {
    Outcome.auto: "lets it run by itself",
    Outcome.log: "lets it run and logs it",
    Outcome.approve: "asks people first",
    Outcome.block: "never lets it run",
}


@dataclass(frozen=True)
class Fallback:
    """Whom and where the deployment asks when the policy names nobody and no channel."""

    reviewers: tuple[str, ...] = ()
    channel: str | None = None

    @property
    def channels(self) -> tuple[str, ...]:
        """The channel, as a rule names several."""
        return () if self.channel is None else (self.channel,)


@dataclass(frozen=True)
class _Terms:
    """One rule with everything it left out filled in."""

    rule: str
    reason: str
    outcome: Outcome
    risk: Risk
    reviewers: tuple[str, ...]
    quorum: int
    exclude_requester: bool
    expires_in: int
    reminders: tuple[float, ...]
    escalate_to: tuple[str, ...]
    escalate_after: int


def judge(
    policy: Policy, proposal: Proposal, *, agent: str, registered: frozenset[str], fallback: Fallback = Fallback()
) -> Verdict:
    """The verdict of `policy` on what `agent` proposes. `registered` are the names of the actions that can be performed."""
    known = registered.union(policy.other_actions)
    matching = tuple(rule for rule in policy.rules if rule.matches(proposal.action, known))
    found = [_terms(rule, policy.defaults, fallback) for rule in matching] or [
        _unmatched(
            policy.defaults, fallback, f"No rule is about {proposal.action}, which {agent} proposes, so people are asked."
        )
    ]
    fired = sorted(found, key=lambda terms: (-terms.outcome.rank, terms.rule))
    winning = [terms for terms in fired if terms.outcome is fired[0].outcome]
    reviewers, obstacle = _reviewers(winning)
    risk, why_risk = _risk(fired, proposal.risk)
    escalate_to, escalate_after = _escalation(winning, reviewers)
    return Verdict(
        outcome=Outcome.block if obstacle else fired[0].outcome,
        risk=risk,
        reasons=(*obstacle, *(terms.reason for terms in winning), *why_risk),
        rules=tuple(terms.rule for terms in fired),
        policy_version=policy.version,
        reviewers=reviewers,
        quorum=max(terms.quorum for terms in winning),
        exclude_requester=any(terms.exclude_requester for terms in winning),
        channels=_channels(matching, fired[0].outcome) or policy.defaults.channel or fallback.channels,
        expires_in=min(terms.expires_in for terms in winning),
        reminders=tuple(sorted({share for terms in winning for share in terms.reminders})),
        escalate_to=escalate_to,
        escalate_after=escalate_after,
    )


def _terms(rule: Rule, defaults: Defaults, fallback: Fallback) -> _Terms:
    exclude = defaults.exclude_requester if rule.exclude_requester is None else rule.exclude_requester
    expires_in = rule.expires_in or defaults.expires_in
    return _Terms(
        rule=rule.name,
        reason=rule.reason or f"Rule “{rule.name}” {_SAYS[rule.verdict]}.",
        outcome=rule.verdict,
        risk=rule.risk or defaults.risk or RISK_OF[rule.verdict],
        reviewers=rule.reviewers or defaults.reviewers or fallback.reviewers,
        quorum=rule.quorum or defaults.quorum,
        exclude_requester=exclude,
        expires_in=expires_in,
        reminders=defaults.reminders if rule.reminders is None else rule.reminders,
        escalate_to=defaults.escalate_to if rule.escalate_to is None else rule.escalate_to,
        escalate_after=rule.escalate_after or defaults.escalate_after or half(expires_in),
    )


def _unmatched(defaults: Defaults, fallback: Fallback, reason: str) -> _Terms:
    return _Terms(
        rule=UNMATCHED,
        reason=reason,
        outcome=Outcome.approve,
        risk=defaults.risk or RISK_OF[Outcome.approve],
        reviewers=defaults.reviewers or fallback.reviewers,
        quorum=defaults.quorum,
        exclude_requester=True,  # only a rule can let people decide on what they asked for
        expires_in=defaults.expires_in,
        reminders=defaults.reminders,
        escalate_to=defaults.escalate_to,
        escalate_after=defaults.escalate_after or half(defaults.expires_in),
    )


def half(seconds: int) -> int:
    """When a request escalates whose rule does not say when."""
    return max(seconds // 2, 1)


def _reviewers(winning: Sequence[_Terms]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Who may decide, and the reason why nobody could (at most one). Both are empty where nobody needs to be asked."""
    if winning[0].outcome is not Outcome.approve:
        return (), ()
    common = set(winning[0].reviewers).intersection(*(terms.reviewers for terms in winning))
    quorum = max(terms.quorum for terms in winning)
    obstacle = _obstacle(winning, common, quorum)
    return ((), (obstacle,)) if obstacle else (tuple(sorted(common)), ())


def _obstacle(winning: Sequence[_Terms], common: set[str], quorum: int) -> str | None:
    nobody = [terms.rule for terms in winning if not terms.reviewers]
    if nobody:
        return (
            f"Nobody can approve this: {_listed(nobody)} names no reviewers and neither do the policy's defaults nor the "
            "deployment. Add `reviewers` to the rule or to `defaults`."
        )
    if not common:
        return f"Nobody can approve this: no reviewer is common to {_listed([terms.rule for terms in winning])}."
    people = people_named(common)
    if people is not None and people < quorum:
        return f"Nobody can approve this: it needs {quorum} people, but only {people} may decide."
    return None


def _escalation(winning: Sequence[_Terms], reviewers: tuple[str, ...]) -> tuple[tuple[str, ...], int | None]:
    """Who may decide as well, and after how many seconds: whom every winning rule would let decide by then, if there is
    anybody and the time is not over before."""
    by_then = [{*terms.reviewers, *terms.escalate_to} for terms in winning]
    further = tuple(sorted(by_then[0].intersection(*by_then).difference(reviewers)))
    after = max((terms.escalate_after for terms in winning if terms.escalate_to), default=0)
    if not reviewers or not further or after >= min(terms.expires_in for terms in winning):
        return (), None
    return further, after


def _listed(rules: Sequence[str]) -> str:
    """Rule names in a sentence: `“a”, “b” and “c”`."""
    quoted = [f"“{rule}”" for rule in rules]
    return " and ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1]]))


def _risk(fired: Sequence[_Terms], claimed: Risk | None) -> tuple[Risk, tuple[str, ...]]:
    """The highest risk, with a reason where the winning rules alone do not explain it."""
    highest = max(fired, key=lambda terms: terms.risk.rank)
    if claimed and claimed.rank > highest.risk.rank:
        return claimed, (f"The agent rates the risk {claimed}, higher than the policy's {highest.risk}.",)
    if highest.outcome is not fired[0].outcome:
        return highest.risk, (f"Rule “{highest.rule}” rates the risk {highest.risk}.",)
    return highest.risk, ()


def _channels(matching: Sequence[Rule], outcome: Outcome) -> tuple[str, ...]:
    """The channels of the first winning rule, in the order of the file, that names any."""
    return next((rule.channel for rule in matching if rule.verdict is outcome and rule.channel), ())
