"""What the policy may look at besides a proposal, as a transaction sees it."""

from bot.flow.signoff import Signoff
from policies.circumstances import Circumstances
from storage.records import Run
from storage.store import Transaction


def circumstances(tx: Transaction, signoff: Signoff, run: Run) -> Circumstances:
    """The circumstances of what a run proposes now."""
    return Circumstances(run.agent, tx.now(), signoff.environment, run.requester, run)
