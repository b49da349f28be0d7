"""The judge: what a policy says of one proposal. Pure.

Each rule that counts is read with the defaults filled in. The most restrictive verdict wins. The rules that agree on it are
merged to whatever asks for most: highest quorum, shortest expiry, only the reviewers that all of them name, the requester
excluded if one of them excludes, no edits if one of them forbids them, every reminder. Nobody is escalated to whom one of
them would not let decide by then, nor before the last of them says so. Risk is the highest of all rules that count and of
the proposal's own. So one more rule about an action that has one can only add to what is asked.

Nothing that is left out or does not fit together ends in more freedom: an action without a rule goes to people, and so does
what would run by itself but is risky in the agent's own eyes, or beyond the budget of any rule that lets it run; then all
these rules are merged. A condition that fails makes its rule count where it asks people or blocks, and not count where it
lets run. Where nobody could decide, it says `block`.

What a rule can say is prepared once. What the rules that count say together is remembered for the next time that they do.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from pydantic import BaseModel

from policies.circumstances import Circumstances
from policies.findings import Finding, Questions
from policies.people import people_named
from policies.rules import RISK_OF, Defaults, Policy, Rule
from storage.records import Outcome, Proposal, Risk, Verdict

MOST_ACTIONS = 1000  # of which is remembered which rules are about them
MOST_VERDICTS = 1000  # that are remembered

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


@dataclass(frozen=True, eq=False)
class _Terms:
    """One rule with everything it left out filled in. It is equal to itself only, which is quickly told."""

    rule: Rule | None  # None stands for no rule at all
    name: str
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
    editable: bool
    budget: int | None = None


@dataclass(frozen=True)
class Judgement:
    """A verdict, and what came of each rule that is about the action, in the order of the file."""

    verdict: Verdict
    findings: tuple[Finding, ...]


@dataclass(frozen=True, eq=False)
class _About:
    """The rules about one action, and their terms in the same order."""

    action: str
    questions: Questions
    terms: tuple[_Terms, ...]

    def spent(self, around: Circumstances) -> tuple[_Terms, ...]:
        """Those that let as many run within the hour as they may."""
        return tuple(
            each for each in self.terms if each.budget is not None and around.spent.get(each.name, 0) >= each.budget
        )


@dataclass(frozen=True)
class Judge:
    """Judges by one policy. `actions` are those that can be performed, each with its argument model if that is known; what
    it contains globs are about, so one that contains every name lets them match every action."""

    policy: Policy
    actions: Mapping[str, type[BaseModel] | None]
    fallback: Fallback = Fallback()
    _about: dict[str, _About] = field(default_factory=dict, repr=False, compare=False)

    def judge(self, proposal: Proposal, around: Circumstances) -> Verdict:
        """The verdict on one proposal."""
        return self._judged(proposal, around)[0]

    def weigh(self, proposal: Proposal, around: Circumstances) -> Judgement:
        """The verdict on one proposal, and how it came about."""
        return Judgement(*self._judged(proposal, around))

    def _judged(self, proposal: Proposal, around: Circumstances) -> tuple[Verdict, tuple[Finding, ...]]:
        about = self._about.get(proposal.action) or self._looked_up(proposal.action)
        findings = about.questions.found(proposal, around)
        spent = about.spent(around) if around.spent else ()
        return self._merged(about, findings, proposal.risk, spent, around.agent), findings

    def _looked_up(self, action: str) -> _About:
        """The rules about an action."""
        if len(self._about) >= MOST_ACTIONS:
            self._about.clear()
        known = action in self.actions or action in self.policy.other_actions
        registered = frozenset({action} if known else ())
        rules = [rule for rule in self.policy.rules if rule.is_about(action, registered)]
        terms = tuple(_terms(rule, self.policy.defaults, self.fallback) for rule in rules)
        questions = Questions(rules, self.actions.get(action))
        return self._about.setdefault(action, _About(action, questions, terms))

    @cached_property
    def _merged(self) -> Callable[[_About, tuple[Finding, ...], Risk | None, tuple[_Terms, ...], str | None], Verdict]:
        """`_merge`, which remembers."""
        return lru_cache(maxsize=MOST_VERDICTS)(self._merge)

    def _merge(
        self,
        about: _About,
        findings: tuple[Finding, ...],
        claimed: Risk | None,
        spent: tuple[_Terms, ...],
        agent: str | None,
    ) -> Verdict:
        """What the rules that count say together."""
        counting = [terms for terms, finding in zip(about.terms, findings, strict=True) if finding.counts]
        counting = counting or [_unmatched(self.policy.defaults, self.fallback, about.action, agent)]
        doubts = sorted(finding.doubt for finding in findings if finding.doubt is not None)
        defaults, matching = self.policy.defaults, [each.rule for each in counting if each.rule]
        fired = sorted(counting, key=lambda each: (-each.outcome.rank, each.name))
        held = _held(fired[0].outcome, claimed, [each for each in counting if each in spent])
        winning = fired if held else [each for each in fired if each.outcome is fired[0].outcome]
        outcome = Outcome.approve if held else fired[0].outcome
        reviewers, obstacle = _reviewers(winning) if outcome is Outcome.approve else ((), ())
        risk, why_risk = _risk(fired, claimed)
        escalate_to, escalate_after = _escalation(winning, reviewers)
        return Verdict(
            outcome=Outcome.block if obstacle else outcome,
            risk=risk,
            reasons=(*obstacle, *held, *(each.reason for each in winning), *why_risk, *doubts),
            rules=tuple(each.name for each in fired),
            policy_version=self.policy.version,
            reviewers=reviewers,
            quorum=max(each.quorum for each in winning),
            exclude_requester=any(each.exclude_requester for each in winning),
            editable=all(each.editable for each in winning),
            channels=_channels(matching, fired[0].outcome) or defaults.channel or self.fallback.channels,
            log_channels=_log_channels(matching) or defaults.log_channel or (),
            expires_in=min(each.expires_in for each in winning),
            reminders=tuple(sorted({share for each in winning for share in each.reminders})),
            escalate_to=escalate_to,
            escalate_after=escalate_after,
        )


class Bench:
    """Keeps the judge of the policy in force, with what it has looked up."""

    def __init__(self) -> None:
        self._judge: Judge | None = None

    def judge_of(self, policy: Policy, actions: Mapping[str, type[BaseModel] | None], fallback: Fallback) -> Judge:
        """Who judges by this policy."""
        judge = self._judge  # once: another thread may judge by another policy meanwhile
        if judge is None or judge.policy is not policy or judge.actions is not actions:
            judge = self._judge = Judge(policy, actions, fallback)
        return judge


def _held(outcome: Outcome, claimed: Risk | None, spent: Sequence[_Terms]) -> tuple[str, ...]:
    """Why people are asked although the rules would let this run by itself."""
    if outcome not in (Outcome.auto, Outcome.log):
        return ()
    reasons = [
        f"Rule “{each.name}” lets {each.budget} run by themselves within an hour, and that many did, so people are asked."
        for each in sorted(spent, key=lambda each: each.name)
    ]
    if claimed in (Risk.high, Risk.critical):
        reasons.append(f"The agent rates the risk {claimed}, so people are asked.")
    return tuple(reasons)


def _terms(rule: Rule, defaults: Defaults, fallback: Fallback) -> _Terms:
    exclude = defaults.exclude_requester if rule.exclude_requester is None else rule.exclude_requester
    expires_in = rule.expires_in or defaults.expires_in
    return _Terms(
        rule=rule,
        name=rule.name,
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
        editable=(rule.edit or defaults.edit) == "allowed",
        budget=rule.budget,
    )


def _unmatched(defaults: Defaults, fallback: Fallback, action: str, agent: str | None) -> _Terms:
    who = f", which {agent} proposes" if agent else ""
    return _Terms(
        rule=None,
        name=UNMATCHED,
        reason=f"No rule is about {action}{who}, so people are asked.",
        outcome=Outcome.approve,
        risk=defaults.risk or RISK_OF[Outcome.approve],
        reviewers=defaults.reviewers or fallback.reviewers,
        quorum=defaults.quorum,
        exclude_requester=True,  # only a rule can let people decide on what they asked for
        expires_in=defaults.expires_in,
        reminders=defaults.reminders,
        escalate_to=defaults.escalate_to,
        escalate_after=defaults.escalate_after or half(defaults.expires_in),
        editable=defaults.edit == "allowed",
    )


def half(seconds: int) -> int:
    """When a request escalates whose rule does not say when."""
    return max(seconds // 2, 1)


def _reviewers(winning: Sequence[_Terms]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Who may decide, and the reason why nobody could (at most one)."""
    common = set(winning[0].reviewers).intersection(*(terms.reviewers for terms in winning))
    quorum = max(terms.quorum for terms in winning)
    obstacle = _obstacle(winning, common, quorum)
    return ((), (obstacle,)) if obstacle else (tuple(sorted(common)), ())


def _obstacle(winning: Sequence[_Terms], common: set[str], quorum: int) -> str | None:
    nobody = [terms.name for terms in winning if not terms.reviewers]
    if nobody:
        return (
            f"Nobody can approve this: {_listed(nobody)} names no reviewers and neither do the policy's defaults nor the "
            "deployment. Add `reviewers` to the rule or to `defaults`."
        )
    if not common:
        return f"Nobody can approve this: no reviewer is common to {_listed([terms.name for terms in winning])}."
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
        return highest.risk, (f"Rule “{highest.name}” rates the risk {highest.risk}.",)
    return highest.risk, ()


def _channels(matching: Sequence[Rule], outcome: Outcome) -> tuple[str, ...]:
    """The channels of the first winning rule that names any. First is first by name: the order of a file means nothing."""
    naming = [rule for rule in matching if rule.verdict is outcome and rule.channel]
    return min(naming, key=lambda rule: rule.name).channel or () if naming else ()


def _log_channels(matching: Sequence[Rule]) -> tuple[str, ...]:
    """The log channels of the first rule, by name, that names any."""
    naming = [rule for rule in matching if rule.log_channel]
    return min(naming, key=lambda rule: rule.name).log_channel or () if naming else ()
