"""Whom a verdict asks, where and for how long, in sentences. Pure."""

from collections.abc import Iterator, Sequence

from policies.people import people_named
from policies.reviewers import is_group, names, shown
from storage.records import Outcome, Person, Verdict


def who(verdict: Verdict, requester: Person | None) -> Iterator[str]:
    """Who would be asked, where and for how long, in sentences; `requester` is for whom, if that is known."""
    if verdict.outcome is Outcome.log:
        yield f"A line about it is written in {listed(verdict.log_channels or verdict.channels) or 'the run’s channel'}."
    if verdict.outcome is not Outcome.approve:
        return
    yield _quorum(verdict)
    if verdict.exclude_requester:
        yield from _excluded(verdict, requester)
    where = listed(verdict.channels) or "the channel where the run begins"
    yield f"They are asked in {where}, and have {span(verdict.expires_in)}. Then it expires, and nothing has happened."
    if verdict.reminders:
        yield f"They are reminded after {listed([span(share * verdict.expires_in) for share in verdict.reminders])}."
    if verdict.escalate_after is not None:
        yield f"After {span(verdict.escalate_after)}, {_called(verdict.escalate_to)} may decide as well."
    if not verdict.editable:
        yield "They cannot change the arguments."


def _quorum(verdict: Verdict) -> str:
    if verdict.quorum == 1:
        alone = len(verdict.reviewers) == 1 and not is_group(verdict.reviewers[0])
        return f"{'' if alone else 'One of '}{_called(verdict.reviewers)} has to agree."
    return f"{verdict.quorum} of {_called(verdict.reviewers)} have to agree."


def _excluded(verdict: Verdict, requester: Person | None) -> Iterator[str]:
    """That whoever asks may not decide, and if that leaves too few."""
    left = [each for each in verdict.reviewers if requester is None or not names(each, requester)]
    if requester is None or len(left) == len(verdict.reviewers):
        yield "Whoever asks for it does not decide on it."
        return
    yield f"{requester.email or requester.name} asks for it, and does not decide on it."
    people = people_named({*left, *verdict.escalate_to})
    if people is not None and people < verdict.quorum:
        yield "That leaves too few: it could not be approved."


def _called(references: tuple[str, ...]) -> str:
    return listed([shown(each) for each in references]) or "those whom the deployment names"


def listed(parts: Sequence[str]) -> str:
    """Several in a sentence: `a, b and c`."""
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def span(seconds: float) -> str:
    """So many seconds in words: `2 days`, `3 h 36 min`."""
    left, told = round(seconds), []
    for size, unit in ((86_400, " d"), (3600, " h"), (60, " min"), (1, " s")):
        count, left = divmod(left, size)
        told += [f"{count}{unit}"] if count else []
    return " ".join(told[:2]) or "0 s"
