"""What the page of a request shows, from its story. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from agents.actions import Actions
from bot.audit.checks import Check, checks, recomputed
from bot.audit.story import Story
from bot.cards.build import STATES, changes_of, reason_of
from bot.cards.card import Card, Change
from bot.cards.text import Text
from bot.pages.told import duration, request_told
from bot.traces.build import Asked
from policies.people import reviewers
from policies.reviewers import shown
from storage.canonical import NotCanonical, canonical
from storage.records import AuditEntry, Decision, MessageStatus, Person, Revision

VERBS = {"approve": "Approved", "edit": "Edited and approved", "reject": "Rejected"}


@dataclass(frozen=True)
class Answered:
    """One decision, with what an edit changed."""

    decision: Decision
    verb: str
    reason: str
    after: str
    counts: bool
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Version:
    """One revision. `same`: its fingerprint, computed afresh, is the stored one."""

    revision: Revision
    editor: Person | None
    same: bool
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Entry:
    """One entry of the audit chain, its body on a line."""

    entry: AuditEntry
    body: str


@dataclass(frozen=True)
class RequestPage:
    """The whole page. `card` is the card as it stands, `scenes` how it was shown each time that people were asked."""

    story: Story
    state: str
    told: Text
    card: Card
    scenes: tuple[Card, ...]
    answers: tuple[Answered, ...]
    versions: tuple[Version, ...]
    asked: tuple[str, ...]
    places: tuple[tuple[str, str], ...]
    checks: tuple[Check, ...]
    entries: tuple[Entry, ...]

    @property
    def wrong(self) -> tuple[Check, ...]:
        """What does not hold."""
        return tuple(each for each in self.checks if not each.ok)


def request_page(story: Story, actions: Actions) -> RequestPage:
    """The page of a request."""
    request = story.request
    return RequestPage(
        story=story,
        state=STATES[request.status],
        told=request_told(Asked(request, story.revisions, story.decisions), actions),
        card=story.card(actions),
        scenes=tuple(scene.card(actions) for scene in story.scenes()),
        answers=tuple(_answered(each, story, actions) for each in story.decisions),
        versions=tuple(_version(each, story, actions) for each in story.revisions),
        asked=tuple(shown(reference) for reference in reviewers(request)),
        places=tuple(_places(story, actions)),
        checks=checks(story),
        entries=tuple(Entry(each, _line(each)) for each in story.entries),
    )


def _answered(decision: Decision, story: Story, actions: Actions) -> Answered:
    asked_at: datetime = story.request.created_at
    return Answered(
        decision=decision,
        verb=VERBS[decision.verb],
        reason=reason_of(decision),
        after=duration(round((decision.created_at - asked_at).total_seconds() * 1000)),
        counts=decision.fingerprint == story.request.fingerprint,
        changes=_changes(decision.revision, story, actions) if decision.verb == "edit" else (),
    )


def _version(revision: Revision, story: Story, actions: Actions) -> Version:
    mark = recomputed(story.request, revision.arguments, revision.target, revision.number, revision.verdict)
    return Version(revision, revision.editor, mark == revision.fingerprint, _changes(revision.number, story, actions))


def _changes(number: int, story: Story, actions: Actions) -> tuple[Change, ...]:
    """What a revision changed, against the one before it."""
    arguments = {each.number: each.arguments for each in story.revisions}
    before, after = arguments.get(number - 1), arguments.get(number)
    if before is None or after is None:
        return ()
    return changes_of(actions, story.request.action, before, after, story.cover(actions))


def _places(story: Story, actions: Actions) -> Iterator[tuple[str, str]]:
    """Where the card stands in chat, and whether it shows what stands here."""
    mark = story.card(actions).shown
    for message in story.messages:
        if message.purpose != "card":
            continue
        same = "shows exactly this card" if message.shown == mark else "last showed an earlier state of it"
        where = f"{message.place.surface} {message.place.channel}"
        yield where, same if message.status is MessageStatus.posted else str(message.status)


def _line(entry: AuditEntry) -> str:
    try:
        return canonical(entry.body).decode()
    except NotCanonical:
        return repr(entry.body)
