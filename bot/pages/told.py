"""What happened in a run, in a few plain sentences: what somebody reads before any detail. Pure."""

from collections.abc import Iterator, Sequence

from agents.actions import Actions
from bot.cards.build import STATES, reason_of
from bot.cards.text import Span, Text, When, Who, bold, quote, words
from bot.traces.build import Asked, Rows
from bot.traces.records import Approval, ModelCall, Retrieval, ToolCall, Trace, TraceStep
from bot.traces.text import duration as _duration
from bot.traces.text import money
from storage.records import Decision, Outcome, Request, RequestStatus, Run, RunStatus, StepStatus

MOST = 12  # proposals and failures that are told; of more, how many there are

_STOOD = {
    RunStatus.ready: "It is about to go on.",
    RunStatus.running: "It is working now.",
    RunStatus.waiting: "It waits for people now.",
    RunStatus.succeeded: "It reached its goal",
    RunStatus.failed: "It failed",
    RunStatus.blocked: "The policy stopped it",
    RunStatus.cancelled: "It was cancelled",
}
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def what_happened(rows: Rows, trace: Trace, actions: Actions) -> tuple[Text, ...]:
    """A sentence or two for each thing that matters, in order."""
    events = [*_events(rows, trace, actions)]
    left = len(events) - MOST
    more = (words(f"And {left} more like these; each step is below."),) if left > 0 else ()
    told = (_asked(rows.run), _did(trace.steps), *events[:MOST], *more)
    return told if events and trace.status is RunStatus.waiting else (*told, _end(trace))


def duration(milliseconds: int) -> str:
    """A duration that does not break over the end of a line."""
    return _duration(milliseconds).replace(" ", "\u00a0")


def request_told(asked: Asked, actions: Actions) -> Text:
    """What became of one request."""
    request, verdict = asked.request, asked.request.verdict
    title = actions[request.action].title if request.action in actions else request.action
    why = " ".join(verdict.reasons)
    spans = words(bold(title), ": ", quote(actions.cover(request.action, request.arguments)(request.target)), ". ")
    spans += words(f"The policy asked for {_people(verdict.quorum)} ({verdict.risk} risk", *_because(why), "). ")
    for decision in asked.decisions:
        spans += _decided(decision, request)
    return (*spans, *_became(request))


def _asked(run: Run) -> Text:
    acting = words(" on behalf of ", Who(person=run.on_behalf_of)) if run.on_behalf_of else ()
    return words(
        Who(person=run.requester), *acting, " had ", bold(run.agent), " work on this at ", When(at=run.created_at), "."
    )


def _did(steps: Sequence[TraceStep]) -> Text:
    looked, called = _count(steps, Retrieval), _count(steps, ModelCall)
    used = sum(isinstance(each, ToolCall) and each.verdict is None and each.parent is None for each in steps)
    proposed = sum(isinstance(each, ToolCall) and each.verdict is not None for each in steps)
    if not steps:
        return words("It has not done anything yet.")
    parts = [
        f"looked something up {_times(looked)}" if looked else "",
        f"asked a model {_times(called)}" if called else "",
        f"used a tool {_times(used)}" if used else "",
        f"proposed {_number(proposed)} action{'' if proposed == 1 else 's'}" if proposed else "",
    ]
    told = [each for each in parts if each]
    return words(f"It {', '.join(told[:-1])}{' and ' if len(told) > 1 else ''}{told[-1] if told else 'took no step'}.")


def _events(rows: Rows, trace: Trace, actions: Actions) -> Iterator[Text]:
    for step in trace.steps:
        if isinstance(step, ToolCall) and step.verdict is not None:
            yield _proposed(step, rows, actions)
        elif step.status is StepStatus.failed and not isinstance(step, Approval):
            yield words(
                bold(f"Step {step.step} failed"), " (", quote(step.name), "): ", quote(step.error or "no reason kept")
            )
    tried = sum(isinstance(step, ModelCall) and bool(step.retries) for step in trace.steps)
    if tried:
        yield words(f"{_number(tried).capitalize()} of the model's answers had to be asked for again.")


def _proposed(step: ToolCall, rows: Rows, actions: Actions) -> Text:
    asked = rows.asked.get(step.approval_request_id or "")
    if asked is not None:
        return request_told(asked, actions)
    action = step.tool or step.name
    title = actions[action].title if action in actions else action
    spans: tuple[Span, ...] = words(bold(title), ": ", quote(step.target or ""), ". ")
    why = " ".join(step.verdict.reasons) if step.verdict else ""
    match step.verdict.outcome if step.verdict else None:
        case Outcome.block:
            return (*spans, *words(bold("Blocked by the policy"), *(": " + why,) if why else (), " Nothing was done."))
        case Outcome.log:
            return (*spans, *words("It ran without asking, and a line was written to the log channel."))
        case _:
            return (*spans, *words("It ran without asking, as the policy lets it."))


def _decided(decision: Decision, request: Request) -> Text:
    did = {"approve": "approved it", "edit": "edited and approved it", "reject": "rejected it"}[decision.verb]
    took = duration(round((decision.created_at - request.created_at).total_seconds() * 1000))
    instead = words(" in the place of ", Who(person=decision.lent_by)) if decision.lent_by else ()
    reason = reason_of(decision)
    why = words(" (", quote(reason), ")") if reason else ()
    notes = words(": ", quote(decision.notes), " ") if decision.notes else words(". ")
    return words(Who(person=decision.person), *instead, f" {did} after {took}", *why, *notes)


def _became(request: Request) -> Text:
    match request.status:
        case RequestStatus.pending:
            return words(bold("It still waits"), "; it expires at ", When(at=request.expires_at), ".")
        case RequestStatus.expired:
            return words(bold("Expired"), ": nobody decided in time. Nothing was done.")
        case RequestStatus.rejected | RequestStatus.cancelled:
            return words("Nothing was done.")
        case RequestStatus.unknown:
            return words(bold("Whether it happened is not known"), "; it will not run again by itself.")
        case _:
            return words(bold(STATES[request.status]), ".")


def _end(trace: Trace) -> Text:
    if not trace.status.ended:
        return words(bold(_STOOD[trace.status]))
    spans: tuple[Span, ...] = words(bold(_STOOD[trace.status]))
    if trace.error:
        spans += words(": ", quote(trace.error))
    took = duration(trace.total_latency_ms or 0)
    waited = f" and people for {duration(trace.human_wait_ms)}" if trace.human_wait_ms else ""
    cost = "what it cost is not known" if trace.total_cost_usd is None else f"it cost {money(trace.total_cost_usd)}"
    return (*spans, *words(f". Signoff worked for {took}{waited}; {cost}."))


def _because(why: str) -> tuple[str, ...]:
    return (": " + why.rstrip("."),) if why else ()


def _people(quorum: int) -> str:
    return "a person" if quorum == 1 else f"{_number(quorum)} people"


def _count(steps: Sequence[TraceStep], kind: type[TraceStep]) -> int:
    return sum(isinstance(each, kind) for each in steps)


def _number(count: int) -> str:
    return _NUMBERS[count] if count < len(_NUMBERS) else f"{count:,}"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{_number(count)} times")
