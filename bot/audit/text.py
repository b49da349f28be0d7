"""A story as text for a terminal.

What others wrote is made inert and stands behind `>` on every line, so that it cannot pose as a line of ours. Secrets are
hidden; the rows of the database hold them whole.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from agents.actions import Actions
from bot.audit.around import Around
from bot.audit.checks import Check, recomputed
from bot.audit.story import Story
from bot.cards import listing
from bot.cards.build import STATES, reason_of
from bot.cards.inert import host, inert, inert_line
from bot.cards.text import Quote, Span, Who, plain
from storage.canonical import NotCanonical, canonical
from storage.records import AuditEntry, Decision, JsonObject, MessageStatus, Person, Revision
from storage.redaction import redacted


def story_text(actions: Actions, story: Story, checked: Sequence[Check], around: Around) -> str:
    """The whole story, section by section."""
    cards = {f"Card as shown, revision {scene.request.revision}": _card(actions, scene) for scene in story.scenes()}
    sections: Mapping[str, Iterator[str]] = {
        f"Request {story.request.id}": _request(actions, story),
        "Evidence": _evidence(story),
        "Revisions": (line for each in story.revisions for line in _revision(actions, story, each)),
        "Decisions": (line for each in story.decisions for line in _decision(each)),
        "Execution": _execution(actions, story),
        **cards,
        "Card as it stands": _card(actions, story),
        "In chat": _messages(actions, story),
        "Audit entries": map(_entry, story.entries),
        "Checked": (f"{'ok   ' if each.ok else 'WRONG'}  {inert_line(each.said)}" for each in checked),
        "Audit chain": iter(around.lines),
    }
    cover = story.cover(actions)
    told = cover("\n\n".join(_section(title, lines) for title, lines in sections.items()))
    return f"{told}\n\n{cover.remark}" if cover.remark else told


def _section(title: str, lines: Iterator[str]) -> str:
    return "\n".join([title, *(f"  {line}" for line in [*lines] or ["none"])])


def _request(actions: Actions, story: Story) -> Iterator[str]:
    request, run = story.request, story.run
    title = actions[request.action].title if request.action in actions else request.action
    yield f"{title} ({request.action}): {STATES[request.status]}"
    yield f"asked by     {_person(request.requester)} at {_moment(request.created_at)}"
    yield f"through      {request.agent} version {run.agent_version}, level {run.level}, run {run.id}, trace {run.trace_id}"
    yield "from what was typed or received:"
    yield from _quoted(run.input)
    yield f"summary of {request.agent}, not verified:"
    yield from _quoted(request.summary)
    yield from (f"remark       {inert_line(label)}" for label in request.labels)
    yield f"expires      {_moment(request.expires_at)}"
    if request.decided_at:
        yield f"settled      {_moment(request.decided_at)}"
    if request.reason:
        yield "because:"
        yield from _quoted(request.reason)


def _evidence(story: Story) -> Iterator[str]:
    for number, item in enumerate(story.request.evidence, 1):
        yield f"{number}. {inert_line(item.title)}{f' ({host(item.link)}: {inert_line(item.link)})' if item.link else ''}"
        yield from _quoted(item.quote)


def _revision(actions: Actions, story: Story, revision: Revision) -> Iterator[str]:
    by = f"edited by {_person(revision.editor)}" if revision.editor else "judged again"
    verdict = revision.verdict
    yield f"{revision.number}. {'as the agent made it' if revision.number == 1 else by}, {_moment(revision.created_at)}"
    yield f"   arguments    {_json(actions.covered(story.request.action, revision.arguments))}"
    yield f"   target       {inert_line(revision.target)}"
    yield f"   verdict      {verdict.outcome}, {verdict.risk} risk, rules: {inert_line(', '.join(verdict.rules)) or 'none'}"
    yield f"   because      {inert_line(' '.join(verdict.reasons))}"
    yield f"   policy       version {verdict.policy_version}"
    requester = "never the requester" if verdict.exclude_requester else "the requester may decide"
    yield f"   people       {verdict.quorum} of {inert_line(', '.join(verdict.reviewers))}; {requester}"
    yield f"   fingerprint  {revision.fingerprint}"
    again = recomputed(story.request, revision.arguments, revision.target, revision.number, verdict)
    yield f"   computed     {'the same' if again == revision.fingerprint else f'WRONG: {again}'}"


def _decision(decision: Decision) -> Iterator[str]:
    why = f" ({inert_line(reason_of(decision))})" if decision.reason else ""
    yield f"{decision.verb}{why} of revision {decision.revision} by {_person(decision.person)}"
    yield f"   at           {_moment(decision.created_at)}"
    yield f"   decision     {decision.id}"
    yield f"   fingerprint  {decision.fingerprint}"
    if decision.notes:
        yield from _quoted(decision.notes)


def _execution(actions: Actions, story: Story) -> Iterator[str]:
    ran = story.execution
    if ran is None:
        return
    yield f"{ran.status}: {ran.id}, begun {_moment(ran.started_at)}"
    if ran.finished_at:
        yield f"   ended        {_moment(ran.finished_at)}"
    yield f"   arguments    {_json(actions.covered(ran.action, ran.arguments))}"
    yield f"   fingerprint  {ran.fingerprint}"
    if ran.receipt is not None:
        yield f"   receipt      {_json(ran.receipt)}"
    if ran.error:
        yield from _quoted(ran.error)


def _card(actions: Actions, story: Story) -> Iterator[str]:
    spans = listing.one_request(actions, story.request, story.revisions, story.decisions, story.execution)
    text = plain(tuple(_safe(span) for span in spans))
    return (f"| {line}".rstrip() for line in inert(text).strip().splitlines())


def _safe(span: Span) -> Span:
    """Somebody else's words, that cannot begin a line of ours."""
    match span:
        case Quote(block=True):
            return Quote(text=inert(span.text).replace("\n", "\n> "), block=True)
        case Quote():
            return Quote(text=inert_line(span.text))
        case Who():
            return Who(person=span.person.model_copy(update={"name": inert_line(span.person.name)}))
        case _:
            return span


def _messages(actions: Actions, story: Story) -> Iterator[str]:
    """Whether what stands in chat is this very card."""
    shown = story.card(actions).shown
    for message in story.messages:
        if message.purpose == "card":
            place = f"{message.place.surface} {message.place.tenant} {message.place.channel} {message.place.thread or ''}"
            same = "shows exactly this card" if message.shown == shown else "last showed an earlier state of it"
            yield f"{place.rstrip()}: {same if message.status is MessageStatus.posted else message.status}"


def _entry(entry: AuditEntry) -> str:
    return f"{entry.seq} {_moment(entry.at)} {inert_line(entry.event)} by {inert_line(entry.actor)} {_json(entry.body)}"


def _quoted(text: str) -> Iterator[str]:
    return (f"   > {line}".rstrip() for line in inert(redacted(text)).splitlines() or [""])


def _json(value: JsonObject) -> str:
    """On one line, as it is hashed; what hides is shown."""
    try:
        return inert_line(canonical(value).decode())
    except NotCanonical:
        return inert_line(repr(value))


def _person(person: Person) -> str:
    email = f", {inert_line(person.email)}" if person.email else ""
    return f"{inert_line(person.name)} ({inert_line(person.key)}{email})"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
