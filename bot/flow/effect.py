"""The effect itself: a grant is used up, then the executor runs with exactly what the grant is for."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from agents.actions import Action, ActionFailed, AgentError, Effect, EffectUnknown
from agents.runtime import Outcome
from bot.flow.seals import BadGrant, Grant
from bot.flow.signoff import Signoff
from storage.canonical import fingerprint
from storage.records import Execution, ExecutionStatus, JsonObject
from storage.store import OutcomeUnknown, Store, StoreBusy, Transaction

log = logging.getLogger(__name__)

LONGEST = 60.0  # seconds an executor may take before its effect is called unknown

PATIENCE = tuple(0.05 * 2**n for n in range(10))  # seconds between tries to record a result, 51 in all
T = TypeVar("T")

TWICE = "Its grant is being used by another call. Look whether it happened; it is not done a second time."


async def perform(signoff: Signoff, execution: Execution, token: str) -> Outcome:
    """Run the executor with exactly the recorded arguments, if the grant is for these and unused. Never raises for what an
    executor does."""
    try:
        grant = await recorded(signoff.store, lambda tx: _used(tx, signoff, execution, token))
    except BadGrant as error:
        return Outcome("failed", execution.arguments, reason=f"{error} Nothing was done.")
    except (StoreBusy, OutcomeUnknown) as trouble:
        return Outcome("failed", execution.arguments, reason=f"{trouble} Nothing was done; ask for it again.")
    if grant is None:
        return Outcome("unknown", execution.arguments, reason=TWICE)
    status, reason, receipt = await _effect(signoff.actions, execution, grant)
    return Outcome(status, execution.arguments, reason=reason, receipt=receipt)


async def recorded(store: Store, work: Callable[[Transaction], T]) -> T:
    """Write what comes of an effect, patiently: given up, a result that is known would be told as unknown."""
    for rest in PATIENCE:
        try:
            return await store.write(work)
        except StoreBusy as busy:
            log.warning("what comes of an action could not be recorded yet: %s", busy)
            await asyncio.sleep(rest)
    return await store.write(work)


def _used(tx: Transaction, signoff: Signoff, execution: Execution, token: str) -> Grant | None:
    """The grant, which this transaction uses up; None if another call has just done so. Raises BadGrant."""
    grant, standing = signoff.seals.verify(token, tx.now()), tx.execution_of(execution.run_id, execution.step)
    if standing is None or not _unused(standing, execution):
        raise BadGrant("The grant was used already, or its execution was changed.")
    return grant if tx.first_delivery(f"grant:{execution.id}") else None


def _unused(standing: Execution, execution: Execution) -> bool:
    """Whether the claim stands in the database as it was made, and nothing came of it yet."""
    same = (standing.id, standing.action, standing.arguments, standing.fingerprint) == (
        execution.id, execution.action, execution.arguments, execution.fingerprint,
    )  # fmt: skip
    return same and standing.status is ExecutionStatus.claimed


def _covers(grant: Grant, execution: Execution, arguments: JsonObject, target: str) -> bool:
    """Whether the grant is for exactly what the executor is about to get."""
    mark = fingerprint(
        action=execution.action,
        arguments=arguments,
        target=target,
        agent=grant.agent,
        tenant=grant.tenant,
        revision=grant.revision,
        policy_version=grant.policy_version,
    )
    return grant.execution == execution.id and mark == grant.fingerprint and arguments == execution.arguments


async def _effect(actions: Mapping[str, Action[Any]], execution: Execution, grant: Grant) -> tuple[str, str, JsonObject]:
    """Status, reason, receipt."""
    # The same key for every try of this one effect, so that a service which honours it can tell a repetition.
    effect = Effect(f"{execution.run_id}:{execution.step}", execution.run_id, execution.request_id)
    try:
        action = actions[execution.action]
        arguments, (shown, target) = action.parse(execution.arguments), action.normal(execution.arguments)
    except AgentError as error:
        return "failed", str(error), {}
    if not _covers(grant, execution, shown, target):  # a row was changed, or an upgrade reads the arguments otherwise
        return "failed", f"{action.title} changed since this was shown, so it was refused. Ask for it again.", {}
    try:
        async with asyncio.timeout(LONGEST):
            return "succeeded", "", await action.execute(arguments, effect)
    except ActionFailed as error:
        return "failed", str(error), {}
    except EffectUnknown as error:
        return "unknown", str(error), {}
    except TimeoutError:
        return "unknown", f"{action.title} did not answer within {LONGEST:.0f} seconds.", {}
    except Exception:  # an executor may raise anything, and nobody knows how far it got
        log.exception("executor of %s raised", execution.action, extra={"execution": execution.id})
        return "unknown", f"{action.title} ended with an internal error; the log has it under {execution.id}.", {}
