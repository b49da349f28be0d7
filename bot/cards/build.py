"""Cards and notices from rows. Pure: the same rows give the same card, on every surface."""

import re
from collections.abc import Sequence
from typing import Any

from pydantic import JsonValue

from agents.actions import Actions
from bot.cards import lines
from bot.cards.ask import handed
from bot.cards.card import Card, CardField, Change, Notice
from bot.cards.form import REJECT_REASONS, choices_of
from bot.cards.look_alikes import look_alikes
from bot.cards.text import Quote, Text, When, Who, Words, bold, code, quote, words
from storage.records import (
    Decision,
    Evidence,
    Execution,
    ExecutionStatus,
    JsonObject,
    Person,
    Request,
    RequestStatus,
    Revision,
    Run,
    RunStatus,
    Step,
    Verb,
)
from storage.redaction import Cover, texts

STATES = {
    RequestStatus.pending: "Needs approval",
    RequestStatus.approved: "Approved, about to run",
    RequestStatus.executing: "Approved, running",
    RequestStatus.succeeded: "Approved and done",
    RequestStatus.failed: "Approved, but failed",
    RequestStatus.unknown: "Approved, outcome unknown",
    RequestStatus.rejected: "Rejected",
    RequestStatus.expired: "Expired",
    RequestStatus.cancelled: "Cancelled",
    RequestStatus.blocked: "Blocked by the policy",
}

ELSEWHERE = "Run by another program"

LONG = 60  # characters from which a value is set off as a block of its own
EXCERPT = 140  # characters of the input that a notice shows

_HEADER = re.compile(r"[A-Za-z-]+: ")
_SUBJECT = re.compile(r"^subject: *(.+)$", re.IGNORECASE | re.MULTILINE)


def card_of(
    actions: Actions,
    request: Request,
    revisions: Sequence[Revision],
    decisions: Sequence[Decision],
    execution: Execution | None,
) -> Card:
    """The card of a request as it stands."""
    cover = actions.cover(request.action, request.arguments, *(revision.arguments for revision in revisions))
    card = Card(
        request_id=request.id,
        revision=request.revision,
        fingerprint=request.fingerprint,
        status=request.status,
        heading=actions[request.action].title if request.action in actions else request.action,
        state=STATES[request.status],
        risk=request.verdict.risk,
        target=cover(request.target),
        fields=_fields(actions, request, cover),
        editor=next((_named(r.editor, cover) for r in reversed(revisions) if r.editor), None),
        changes=changes_of(actions, request.action, revisions[0].arguments, request.arguments, cover) if revisions else (),
        summary=cover(request.summary),
        evidence=tuple(_source(item, cover) for item in request.evidence),
        labels=tuple(map(cover, request.labels)) + ((ELSEWHERE,) if request.api_key else ()),
        agent=cover(request.agent),
        run_id=request.run_id,
        requester=_named(request.requester, cover),
        reasons=tuple(map(cover, request.verdict.reasons)),
        quorum=request.verdict.quorum,
        approvals=tuple(_named(person, cover) for person in _approvals(request, decisions)),
        expires_at=request.expires_at,
        lines=tuple(_covered(line, cover) for line in _story(request, decisions, execution)),
        buttons=_buttons(actions, request),
    )
    remarks = (cover.remark, *look_alikes(card.target, *(field.value for field in card.fields)))
    return card.model_copy(update={"remarks": tuple(filter(None, remarks))})


def _buttons(actions: Actions, request: Request) -> tuple[Verb, ...]:
    """What people can do."""
    if request.status is not RequestStatus.pending:
        return ()
    return ("approve", "edit", "reject") if can_be_edited(actions, request) else ("approve", "reject")


def can_be_edited(actions: Actions, request: Request) -> bool:
    """Whether people can change the arguments: they have a model, and no rule forbids it."""
    return request.action in actions and request.verdict.editable


def cover_of(actions: Actions, requests: Sequence[Request]) -> Cover:
    """What hides the secrets of all that a run asked for."""
    return Cover(
        text
        for request in requests
        for name in actions.secrets(request.action)
        for text in texts(request.arguments.get(name))
    )


def notice_of(actions: Actions, run: Run, requests: Sequence[Request], steps: Sequence[Step]) -> Notice:
    """The notice of a run as it stands; `requests` are its own, newest first."""
    cover = cover_of(actions, requests)
    excerpt, outcome = cover(_excerpt(cover(handed(run.input)))), run.final_output or run.error
    outcome = cover(outcome) if outcome else outcome
    remarks = (*(step.detail.get("label") for step in steps), cover.remark)
    return Notice(
        run_id=run.id,
        agent=cover(run.agent),
        status=run.status,
        headline=_headline(run, requests),
        excerpt=excerpt,
        outcome=outcome,
        labels=tuple(dict.fromkeys(str(remark) for remark in remarks if remark)),
    )


def changes_of(
    actions: Actions, action: str, before: JsonObject, after: JsonObject, cover: Cover | None = None
) -> tuple[Change, ...]:
    """Each argument that differs, as people may read it: of a secret, only that it was changed."""
    cover = cover or actions.cover(action, before, after)
    return tuple(
        Change(
            name=name,
            label=label_of(actions, action, name),
            before=_value(actions, action, name, before.get(name), cover),
            after=_value(actions, action, name, value, cover),
        )
        for name, value in after.items()
        if before.get(name) != value
    )


def _fields(actions: Actions, request: Request, cover: Cover) -> tuple[CardField, ...]:
    texts = {name: _value(actions, request.action, name, value, cover) for name, value in request.arguments.items()}
    return tuple(
        CardField(
            name=name, label=label_of(actions, request.action, name), value=text, long=len(text) > LONG or "\n" in text
        )
        for name, text in texts.items()
    )


def _value(actions: Actions, action: str, name: str, value: JsonValue, cover: Cover) -> str:
    """An argument as people read it; one of a fixed set of choices by the same words as in the edit form."""
    if action in actions and isinstance(value, str):
        value = choices_of(actions[action], name).get(value, value)
    return lines.value_text(actions.covered(action, {name: value}, cover)[name])


def _named(person: Person, cover: Cover) -> Person:
    return person.model_copy(update={"name": cover(person.name)})


def _source(item: Evidence, cover: Cover) -> Evidence:
    return Evidence(title=cover(item.title), quote=cover(item.quote), link=cover(item.link) if item.link else item.link)


def _covered(line: Text, cover: Cover) -> Text:
    return tuple(
        span.model_copy(update={"text": cover(span.text)}) if isinstance(span, Words | Quote) else span for span in line
    )


def label_of(actions: Actions, action: str, name: str) -> str:
    """What an argument is called on cards and forms."""
    if action in actions:
        info: Any = actions[action].arguments.model_fields.get(name)
        if info is not None and info.title:
            return str(info.title)
    return name.replace("_", " ").capitalize()


def _approvals(request: Request, decisions: Sequence[Decision]) -> tuple[Person, ...]:
    """Who approved the revision that the card shows."""
    given = (d for d in decisions if d.fingerprint == request.fingerprint and d.verb != "reject")
    return tuple({decision.person.key: decision.person for decision in given}.values())


def _story(request: Request, decisions: Sequence[Decision], execution: Execution | None) -> tuple[Text, ...]:
    happened = [(each.created_at, _told(each, counts=each.fingerprint == request.fingerprint)) for each in decisions]
    if request.escalated_at is not None:
        happened.append((request.escalated_at, lines.escalated(request, request.escalated_at)))
    told = [line for _, line in sorted(happened, key=lambda each: each[0])]
    if request.status in (RequestStatus.expired, RequestStatus.cancelled):
        told.append(lines.standing(request, ()))
    if execution is not None and execution.status is not ExecutionStatus.claimed:
        told.append(_ran(execution))
    return tuple(told)


def _told(decision: Decision, *, counts: bool) -> Text:
    """A decision; one on an earlier revision is told as such, because it no longer counts."""
    verb = {"approve": "Approved", "edit": "Edited and approved", "reject": "Rejected"}[decision.verb]
    verb += "" if counts else f" (revision {decision.revision}, which was changed since)"
    why = f": {reason_of(decision)}" if decision.reason else ""
    notes = (quote(decision.notes, block=True),) if decision.notes else ()
    at = When(at=decision.created_at)
    return words(bold(verb), *lines.by(decision.person, decision.lent_by), f"{why} · ", at, *notes)


def reason_of(decision: Decision) -> str:
    """The words of a reject reason."""
    return REJECT_REASONS.get(decision.reason or "", decision.reason or "")


def _ran(execution: Execution) -> Text:
    if execution.status is ExecutionStatus.succeeded:
        receipt = execution.receipt or {}
        return words(bold("Done: "), quote(str(receipt.get("summary") or execution.action)))
    if execution.status is ExecutionStatus.failed:
        return words(bold("Failed: "), quote(execution.error or ""))
    return words(bold("Outcome unknown: "), quote(execution.error or ""), " Please look whether it happened.")


def _headline(run: Run, requests: Sequence[Request]) -> Text:
    asked = Who(person=run.requester)
    state = {
        RunStatus.ready: "has been asked to work",
        RunStatus.running: "is working",
        RunStatus.waiting: "waits for a decision",
        RunStatus.succeeded: "is done",
        RunStatus.failed: "could not finish",
        RunStatus.blocked: "was stopped by the policy",
        RunStatus.cancelled: "was cancelled",
    }[run.status]
    waiting = requests[0] if requests and run.status is RunStatus.waiting else None
    if waiting and waiting.status is not RequestStatus.pending:
        state = "has its answer"
    about = (" on ", code(waiting.id)) if waiting else ()
    return words(bold(run.agent), f" {state}", *about, " · asked by ", asked)


def _excerpt(text: str) -> str:
    """The beginning of the input; of a mail, its subject before its text."""
    head, _, body = text.lstrip().partition("\n\n")
    subject = _SUBJECT.search(head) if _HEADER.match(head) else None
    line = " ".join((f"{subject[1]}: {body}" if subject else text).split())
    return line if len(line) <= EXCERPT else line[: EXCERPT - 1] + "…"
