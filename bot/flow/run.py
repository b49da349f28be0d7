"""Around the stretches: how a run starts, goes on, and ends."""

import logging
from datetime import UTC, datetime

from agents.actions import AgentError
from agents.journal import happened
from agents.mail_text import storable
from agents.runtime import Blocked, LiveRun, Parked
from agents.workflow import Agent
from bot.flow import jobs
from bot.flow.finish import finish
from bot.flow.propose import PolicyGate, StoredJournal
from bot.flow.signoff import Signoff
from storage.canonical import NotCanonical
from storage.records import Person, Place, Run, RunStatus, Step
from storage.store import Fenced, OutcomeUnknown, StoreBusy, Transaction

log = logging.getLogger(__name__)

INPUT_MAX = 1024 * 1024  # bytes of UTF-8; what an agent is given is kept, traced and evaluated whole


class InputRefused(AgentError):
    """The input cannot be taken; the message says why."""


def start(
    tx: Transaction,
    signoff: Signoff,
    agent: Agent,
    text: str,
    person: Person,
    place: Place | None,
    delivery: str | None,
    *,
    id: str | None = None,
) -> Run | None:
    """Store a new run and have it begin; None if this delivery was handled before. Raises InputRefused."""
    text = storable(text).value
    size = len(text.encode())
    if size > INPUT_MAX:
        raise InputRefused(f"That is {size:,} bytes; at most {INPUT_MAX:,} can be taken. Shorten it or send a part.")
    if delivery is not None and not tx.first_delivery(delivery):
        return None
    run = Run(
        id=id or signoff.ids.new("run"), trace_id=signoff.ids.trace(), agent=agent.name, agent_version=agent.version,
        level=agent.level, requester=person, origin=place, input=text, created_at=tx.now(),
    )  # fmt: skip
    tx.add_run(run)
    tx.audit("run.started", actor=person.key, run_id=run.id, body={"agent": agent.name, "version": agent.version})
    tx.defer(jobs.show_run(run.id))
    tx.defer(jobs.advance(run.id))
    return run


async def advance(signoff: Signoff, run_id: str) -> None:
    """The job that lets a run go on, from its top through its journal to its next gate or its end."""
    claimed = await signoff.store.write(lambda tx: _claim(tx, run_id))
    if claimed is None:
        return
    run, steps = claimed
    end = await _go_on(signoff, run, steps)
    if end is not None:
        status, output, error = end
        await signoff.store.write(lambda tx: finish(tx, signoff, run, status, output, error))


def _claim(tx: Transaction, run_id: str) -> tuple[Run, list[Step]] | None:
    run = tx.claim_run(run_id)
    return None if run is None else (run, list(tx.steps(run_id)))


async def _go_on(signoff: Signoff, run: Run, steps: list[Step]) -> tuple[RunStatus, str | None, str | None] | None:
    """Status, output and error of the end; None if the run is parked or belongs to another worker now."""
    journal = StoredJournal(signoff, run, steps)
    try:
        agent = signoff.agents[run.agent]
        return RunStatus.succeeded, await agent.run(_live(signoff, run, agent, journal), run.input), None
    except (Parked, Fenced):
        return None
    except Blocked as blocked:
        return RunStatus.blocked, None, blocked.reason + happened(journal.steps)
    except (AgentError, NotCanonical) as error:
        return RunStatus.failed, None, f"{error}{happened(journal.steps)}"
    except (StoreBusy, OutcomeUnknown):
        raise  # the job is tried again, and replays whatever was written
    except Exception:  # a workflow may raise anything; people get a sentence, the log gets the rest
        log.exception("workflow of agent %s raised", run.agent, extra={"run": run.id})
        told = f"The agent ended with an internal error. The log has it under {run.id}."
        return RunStatus.failed, None, told + happened(journal.steps)


def _live(signoff: Signoff, run: Run, agent: Agent, journal: StoredJournal) -> LiveRun:
    return LiveRun(
        id=run.id,
        agent=agent,
        actions=signoff.actions,
        model=signoff.model,
        journal=journal,
        gate=PolicyGate(signoff, run, journal),
        now=lambda: datetime.now(UTC),
        new_span=signoff.ids.span,
    )
