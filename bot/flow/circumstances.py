"""What the policy says of a proposal, and what it looks at besides it, as one transaction sees both.

A rule with a budget lets only so many run by themselves within an hour. So whoever acts on a verdict asks for it in the
transaction that acts: it holds the budgets from before it counts until it has spent of them, and everybody else waits.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot.flow.signoff import Signoff
from policies.circumstances import Circumstances
from policies.rules import Policy
from storage.records import Outcome, Proposal, Run, Verdict
from storage.store import Transaction

WINDOW = timedelta(hours=1)  # that a budget looks back on


def circumstances(tx: Transaction, signoff: Signoff, run: Run, spent: Mapping[str, int]) -> Circumstances:
    """The circumstances of what a run proposes now."""
    return Circumstances(run.agent, tx.now(), signoff.environment, run.requester, run, spent)


def spent(tx: Transaction, policy: Policy) -> Mapping[str, int]:
    """How often each rule with a budget has let something run by itself within the hour, for whoever only looks."""
    return tx.spent([rule.name for rule in policy.rules if rule.budget], tx.now() - WINDOW)


def judged(tx: Transaction, signoff: Signoff, run: Run, proposal: Proposal) -> Verdict:
    """What the policy in force says, for whoever lets nothing run by it."""
    policy = signoff.policy()
    return _judged(signoff, policy, proposal, circumstances(tx, signoff, run, spent(tx, policy)))


def spending(tx: Transaction, signoff: Signoff, run: Run, proposal: Proposal, step: int) -> Verdict:
    """What the policy in force says, for whoever acts on it in this very transaction. What it lets run by itself is spent
    of its rules' budgets as that step of the run, once however often it is asked about that step."""
    policy = signoff.policy()
    budgets = _budgets(signoff, policy, proposal.action)
    tx.hold_budgets(budgets)
    others = tx.spent(budgets, tx.now() - WINDOW, but=(run.id, step))
    verdict = _judged(signoff, policy, proposal, circumstances(tx, signoff, run, others))
    if verdict.outcome in (Outcome.auto, Outcome.log):
        tx.spend(_let_by(policy, verdict, budgets), run.id, step)
    return verdict


def _judged(signoff: Signoff, policy: Policy, proposal: Proposal, around: Circumstances) -> Verdict:
    """The verdict with reasons that hold no secret of the arguments, whatever a condition has to say: they go everywhere."""
    verdict = signoff.judge_of(policy).judge(proposal, around)
    if not signoff.actions.secrets(proposal.action):
        return verdict
    cover = signoff.actions.cover(proposal.action, proposal.arguments)
    return verdict.model_copy(update={"reasons": tuple(map(cover, verdict.reasons))})


def _budgets(signoff: Signoff, policy: Policy, action: str) -> Sequence[str]:
    """The rules with a budget that are about the action."""
    registered = frozenset(signoff.actions).union(policy.other_actions)
    return [rule.name for rule in policy.rules if rule.budget and rule.is_about(action, registered)]


def _let_by(policy: Policy, verdict: Verdict, budgets: Sequence[str]) -> Sequence[str]:
    """Those of them by which it runs: rules that say less than the verdict do not let anything run."""
    says = {rule.name: rule.verdict for rule in policy.rules}
    return [name for name in budgets if name in verdict.rules and says[name] is verdict.outcome]
