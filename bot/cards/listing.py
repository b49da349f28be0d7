"""Requests and delegations as text, for the answers to commands and for the terminal."""

from collections.abc import Sequence

from agents.actions import Actions
from bot.cards.build import STATES, card_of
from bot.cards.text import Span, Text, When, Who, bold, code, dim, quote, words
from storage.records import Decision, Delegation, Execution, Request, Revision


def open_requests(actions: Actions, requests: Sequence[Request]) -> Text:
    """A line for each request that waits."""
    if not requests:
        return words("Nothing waits for a decision.")
    spans: list[Span] = [bold(f"{len(requests)} waiting"), *words("\n")]
    for request in requests:
        title = actions[request.action].title if request.action in actions else request.action
        target = actions.cover(request.action, request.arguments)(request.target)
        spans += words(
            code(request.id), f" {title} · {request.verdict.risk} risk · ", quote(target), " · asked by ",
            Who(person=request.requester), " · expires ", When(at=request.expires_at), "\n",
        )  # fmt: skip
    return tuple(spans)


def one_request(
    actions: Actions,
    request: Request,
    revisions: Sequence[Revision],
    decisions: Sequence[Decision],
    execution: Execution | None,
) -> Text:
    """One request with its arguments, evidence, and what happened."""
    card = card_of(actions, request, revisions, decisions, execution)
    spans: list[Span] = [
        bold(card.heading), *words(f" · {STATES[request.status]} · {card.risk} risk\n"), code(request.id),
        *words(f" revision {card.revision} · asked by ", Who(person=card.requester), " through ", bold(card.agent), "\n"),
    ]  # fmt: skip
    for field in card.fields:
        # A value that is set off is a paragraph of its own and needs no line break after it.
        spans += words(f"{field.label}: ", quote(field.value, block=field.long), *([] if field.long else ["\n"]))
    for change in card.changes:
        spans += words(bold(f"{change.label} edited: "), quote(change.before), " → ", quote(change.after), "\n")
    spans += words(dim(f"What {card.agent} says, not verified: "), quote(card.summary), "\n")
    for item in card.evidence:
        spans += words("· ", quote(item.title), ": ", quote(item.quote), "\n")
    for remark in card.remarks:
        spans += words(dim(remark), "\n")
    for line in card.lines:
        spans += (*line, *words("\n"))
    if card.buttons:
        spans += words("Expires ", When(at=card.expires_at), "\n")
    return tuple(spans)


def delegations(given: Sequence[Delegation], taken: Sequence[Delegation]) -> Text:
    """A line for each delegation in force that somebody gave or took."""
    if not given and not taken:
        return words("Nobody decides in your place, and you decide in nobody's. ", *_how_to_delegate())
    spans: list[Span] = []
    for each in given:
        spans += words(Who(person=each.taker), " may decide in your place until ", When(at=each.until), ".\n")
    for each in taken:
        spans += words("You may decide in the place of ", Who(person=each.giver), " until ", When(at=each.until), ".\n")
    return (*spans, *words(code("/signoff delegate stop"), " ends what you gave.")) if given else tuple(spans)


def _how_to_delegate() -> Text:
    return words("To have somebody do so for a while: ", code("/signoff delegate @anna until friday"))
