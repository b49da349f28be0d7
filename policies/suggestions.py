"""Which rules what people decided speaks for loosening, and which for tightening. Suggested, never applied.

A rule is loosened to `log` for an action that can be undone when nobody rejected or edited anything in enough decisions by
at least two people who took their time. How much "enough" supports is said with it: a one-sided bound at 95 %.

Where something was rejected or edited, only the smaller numbers may have earned it. Round limits are tried from the smallest
of which there is enough, and the search ends before the first that holds an objection; since that order is fixed by the
amounts alone, the 95 % hold for whichever limit it ends at. Where several arguments are tried, each has to be surer.
"""

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import BaseModel

from policies.amendment import Add, Amendment, Say
from policies.bounds import CONFIDENCE, highest, lowest, needed
from policies.experience import LIMITS, Asked, Experience, Ran, Subject
from policies.judge import UNMATCHED
from policies.rules import Policy, Rule, is_glob
from storage.records import Outcome

PEOPLE = 2  # who have to agree by what they did
FAILING = 0.05  # share of runs that certainly failed, from which on people should look before
OFTEN_WRONG = 0.2  # share of proposals that were certainly rejected or edited, from which on two should look
MOSTLY_REFUSED = 0.5  # share that was certainly rejected, from which on asking is no use

Human = Callable[[str], str]


@dataclass(frozen=True)
class Evidence:
    """What a suggestion rests on. `cases` without an objection, or with `failures`; `bound` is what these support at 95 %:
    at most that share when loosening, at least that share when tightening."""

    cases: int
    failures: int
    bound: float
    people: tuple[str, ...]
    runs: int
    examples: tuple[str, ...]
    rejected: int = 0
    edited: int = 0
    unanswered: int = 0
    failed: int = 0
    quick: tuple[str, ...] = ()
    common: tuple[tuple[str, int], ...] = ()  # the most frequent reasons, or the arguments most often edited


@dataclass(frozen=True)
class Suggestion:
    """One change of the policy, and why."""

    kind: Literal["loosen", "tighten"]
    subject: Subject
    says: str
    evidence: Evidence
    amendment: Amendment


@dataclass(frozen=True)
class NotYet:
    """A rule that asks people and is not suggested for loosening, and what speaks against it."""

    subject: Subject
    clean: int
    why: tuple[str, ...]


@dataclass(frozen=True)
class Terms:
    """By what is suggested. `reversible` are the actions that say they can be undone, `bound` is the largest share of
    objections that the evidence must rule out, and `human` names the human that an account belongs to."""

    policy: Policy
    actions: Mapping[str, type[BaseModel] | None]
    reversible: Set[str]
    human: Human = lambda key: key
    bound: float = 0.05


def suggestions(experience: Experience, terms: Terms) -> tuple[tuple[Suggestion, ...], tuple[NotYet, ...]]:
    """What is suggested, loosening first; and for the other rules that ask people, why not."""
    made: list[Suggestion] = []
    waiting: list[NotYet] = []
    for subject, asked in sorted(experience.asked.items(), key=lambda item: (item[0].rule, item[0].action)):
        found = _loosened(subject, asked, terms)
        made += [found] if isinstance(found, Suggestion) else []
        waiting += [found] if isinstance(found, NotYet) else []
    for subject, asked in experience.asked.items():
        made += _tightened(subject, asked, terms)
    for subject, ran in experience.ran.items():
        made += _stopped(subject, ran, terms)
    return tuple(made), tuple(waiting)


def _loosened(subject: Subject, asked: Asked, terms: Terms) -> Suggestion | NotYet:
    careful = _careful(asked, terms)
    clean = _agreed((people, count) for people, count in asked.clean.items() if people & careful)
    why = [*_forbidden(subject, asked, terms)]
    if not why and asked.objections == 0:
        cases, people = clean[0], _humans(clean[1] & careful, terms)
        if cases >= needed(terms.bound) and len(people) >= PEOPLE:
            return _whole(subject, _evidence(asked, cases, people, careful), terms)
        why += _lacking(cases, len(people), terms.bound)
    elif not why:
        why.append(f"people rejected {asked.rejected:,} and edited {asked.edited:,}")
        if narrowed := _narrowed(subject, asked, careful, terms):
            return narrowed
    return NotYet(subject, clean[0], tuple(why))


def _forbidden(subject: Subject, asked: Asked, terms: Terms) -> Iterator[str]:
    """What no evidence makes up for."""
    if subject.action not in terms.actions:
        yield "the action is not registered here, so nobody can check its arguments"
    elif subject.action not in terms.reversible:
        yield "the action does not say that it can be undone"
    if asked.clean and sum(pace.quick for pace in asked.pace.values()) * 2 >= sum(p.decided for p in asked.pace.values()):
        yield "most decisions took less than 5 seconds"


def _lacking(cases: int, people: int, bound: float) -> Iterator[str]:
    if cases < needed(bound):
        more = f"{needed(bound) - cases:,} more would support objections to less than {bound:.2%}"
        yield f"{cases:,} decisions without an objection, {more}"
    if people < PEOPLE:
        yield f"decided by {people} {'person' if people == 1 else 'people'}, {PEOPLE} are needed"


def _careful(asked: Asked, terms: Terms) -> frozenset[str]:
    """Accounts of the humans who took their time."""
    totals: dict[str, list[int]] = {}
    for key, pace in asked.pace.items():
        total = totals.setdefault(terms.human(key), [0, 0])
        total[0], total[1] = total[0] + pace.decided, total[1] + pace.quick
    return frozenset(key for key in asked.pace if totals[terms.human(key)][1] * 2 < totals[terms.human(key)][0])


def _agreed(counted: Iterator[tuple[frozenset[str], int]]) -> tuple[int, frozenset[str]]:
    """How many there are, and by whom."""
    cases, people = 0, frozenset[str]()
    for each, count in counted:
        cases, people = cases + count, people | each
    return cases, people


def _humans(keys: Set[str], terms: Terms) -> dict[str, str]:
    """One account of each human."""
    return {terms.human(key): key for key in sorted(keys, reverse=True)}


def _evidence(asked: Asked, cases: int, people: Mapping[str, str], careful: Set[str]) -> Evidence:
    return Evidence(
        cases=cases,
        failures=0,
        bound=highest(0, cases),
        people=tuple(sorted(people.values())),
        runs=asked.runs,
        examples=tuple(asked.approved),
        rejected=asked.rejected,
        edited=asked.edited,
        unanswered=asked.unanswered,
        failed=asked.failed,
        quick=tuple(sorted(set(asked.pace) - careful)),
    )


def _whole(subject: Subject, evidence: Evidence, terms: Terms) -> Suggestion:
    rule = _rule(terms.policy, subject.rule)
    says = f"Let {subject.action} run by itself, with a line about it."
    if rule is None:  # no rule is about the action
        added = Rule(name=_free(terms.policy, subject.action), actions=(subject.action,), verdict=Outcome.log)
        return Suggestion("loosen", subject, says, evidence, (Add(added, None, _because(evidence)),))
    if _alone(rule):
        return Suggestion("loosen", subject, says, evidence, (Say(rule.name, "verdict", "log"),))
    other = _let(rule, terms, f"{subject.action} by itself", (subject.action,))
    but = _except(rule, f'action == "{subject.action}"')
    return Suggestion("loosen", subject, says, evidence, (but, Add(other, rule.name, _because(evidence))))


def _because(evidence: Evidence) -> str:
    """For those who read the file later."""
    who, share = f"{len(evidence.people)} people", f"objections to at most {evidence.bound:.2%} of them (95 %)"
    return f"Earned: {who} approved {evidence.cases:,} unchanged, which supports {share}."


def _narrowed(subject: Subject, asked: Asked, careful: Set[str], terms: Terms) -> Suggestion | None:
    """The same up to a limit, by the argument that lets the most through."""
    rule = _rule(terms.policy, subject.rule)
    if rule is None or not _alone(rule):
        return None
    ways = [name for name in asked.within if name not in asked.unclear and name in asked.objected]
    surer = 1 - (1 - CONFIDENCE) / max(len(ways), 1)
    found = [way for name in ways if (way := _up_to(name, asked, careful, terms, surer))]
    if not found:
        return None
    limit, cases, people, name = max(found, key=lambda way: (way[1], way[3]))
    condition = _at_most(name, limit, terms.actions.get(subject.action))
    evidence = replace(_evidence(asked, cases, people, careful), bound=terms.bound)
    says = f"Let {subject.action} run by itself up to {name} {limit:,.12g}, with a line about it."
    let = _let(rule, terms, f"{rule.name} up to {limit:.12g}", rule.actions, condition)
    added = Add(let, rule.name, _because(evidence))
    return Suggestion("loosen", subject, says, evidence, (_except(rule, condition), added))


def _up_to(
    name: str, asked: Asked, careful: Set[str], terms: Terms, confidence: float
) -> tuple[float, int, Mapping[str, str], str] | None:
    """The largest limit below every objection that was reached and is supported: with its cases, people and argument."""
    counted = asked.within[name]
    largest = max(place for place, _ in counted)
    best = None
    for place, limit in enumerate(LIMITS[: largest + 1]):
        if limit >= asked.objected[name]:
            break
        inside = ((who, count) for (where, who), count in counted.items() if where <= place and who & careful)
        cases, keys = _agreed(inside)
        people = _humans(keys & careful, terms)
        reached = any(where == place for where, _ in counted)
        if reached and cases >= needed(terms.bound, confidence) and len(people) >= PEOPLE:
            best = limit, cases, people, name
    return best


def _at_most(name: str, limit: float, model: type[BaseModel] | None) -> str:
    """The condition; numbers below 0 are no part of the evidence, so they are left out where the action takes them."""
    told = f"args.{name} <= {limit:.12g}"
    info = model.model_fields.get(name) if model else None
    lowest_taken = (
        [getattr(each, kind) for each in info.metadata for kind in ("gt", "ge") if hasattr(each, kind)] if info else []
    )
    return told if any(each is not None and each >= 0 for each in lowest_taken) else f"args.{name} >= 0 && {told}"


def _except(rule: Rule, condition: str) -> Say:
    return Say(rule.name, "unless", condition if rule.unless is None else f"({rule.unless}) || ({condition})")


def _let(rule: Rule, terms: Terms, name: str, actions: tuple[str, ...], condition: str | None = None) -> Rule:
    """A rule that lets run where the other one asks, and only there."""
    parts = ("agents", "environments", "schedule", "unless", "log_channel")
    kept = {part: getattr(rule, part) for part in parts if getattr(rule, part) is not None}
    asked = [each for each in (rule.when, condition) if each is not None]
    if asked:
        kept["when"] = asked[0] if len(asked) == 1 else " && ".join(f"({each})" for each in asked)
    return Rule(name=_free(terms.policy, name), actions=actions, verdict=Outcome.log, **kept)


def _tightened(subject: Subject, asked: Asked, terms: Terms) -> Iterator[Suggestion]:
    """What people mostly refuse is blocked; what they often mend is looked at by two."""
    rule = _rule(terms.policy, subject.rule)
    if rule is None or asked.decided == 0:
        return
    refused, wrong = lowest(asked.rejected, asked.decided), lowest(asked.objections, asked.decided)
    if refused >= MOSTLY_REFUSED:
        evidence = _against(asked, asked.rejected, refused, asked.reasons.most_common(3), terms)
        stricter = _copy(rule, subject, terms, "refused", {"verdict": Outcome.block})
        yield Suggestion("tighten", subject, f"Never let {subject.action} run: people mostly refuse it.", evidence, stricter)
    elif wrong >= OFTEN_WRONG and (rule.quorum or terms.policy.defaults.quorum) == 1:
        common = asked.fields.most_common(3) or asked.reasons.most_common(3)
        evidence = _against(asked, asked.objections, wrong, common, terms)
        stricter = _copy(rule, subject, terms, "by two", {"quorum": 2})
        yield Suggestion(
            "tighten", subject, f"Let two people agree to {subject.action}: it is often wrong.", evidence, stricter
        )


def _stopped(subject: Subject, ran: Ran, terms: Terms) -> Iterator[Suggestion]:
    """What runs by itself and certainly fails too often is asked about."""
    rule, failures = _rule(terms.policy, subject.rule), ran.failed + ran.unknown
    certain = lowest(failures, ran.runs)
    if rule is None or certain < FAILING:
        return
    common = tuple((name, count) for name, count in (("failed", ran.failed), ("unknown", ran.unknown)) if count)
    evidence = Evidence(ran.runs, failures, certain, (), ran.runs, tuple(ran.examples), failed=failures, common=common)
    stricter = _copy(rule, subject, terms, "asked", {"verdict": Outcome.approve}, without=("budget",))
    yield Suggestion("tighten", subject, f"Ask people before {subject.action} runs: it often fails.", evidence, stricter)


def _against(asked: Asked, failures: int, bound: float, common: list[tuple[str, int]], terms: Terms) -> Evidence:
    return Evidence(
        cases=asked.decided,
        failures=failures,
        bound=bound,
        people=tuple(sorted(_humans(frozenset(asked.pace), terms).values())),
        runs=asked.runs,
        examples=tuple(asked.against),
        rejected=asked.rejected,
        edited=asked.edited,
        unanswered=asked.unanswered,
        failed=asked.failed,
        common=tuple(common),
    )


def _copy(
    rule: Rule, subject: Subject, terms: Terms, word: str, changes: Mapping[str, object], without: tuple[str, ...] = ()
) -> Amendment:
    """The change to a rule about that action alone; beside a rule about others as well, a stricter one about this action."""
    if _alone(rule) and len(changes) == 1 and not without:
        [(key, value)] = changes.items()
        return (Say(rule.name, key, value.value if isinstance(value, Outcome) else int(str(value))),)
    said = {name: getattr(rule, name) for name in rule.model_fields_set if name not in ("description", *without)}
    name = _free(terms.policy, f"{subject.action} {word}")
    return (Add(Rule.model_validate({**said, **changes, "name": name, "actions": (subject.action,)}), rule.name),)


def _rule(policy: Policy, name: str) -> Rule | None:
    return None if name == UNMATCHED else next((rule for rule in policy.rules if rule.name == name), None)


def _alone(rule: Rule) -> bool:
    """Whether the rule is about one action, by its name."""
    return len(rule.actions) == 1 and not is_glob(rule.actions[0])


def _free(policy: Policy, wanted: str) -> str:
    """A name that no rule has."""
    taken, base = {rule.name for rule in policy.rules}, wanted[:70]
    return next(name for name in (base, *(f"{base} {number}" for number in range(2, 10_000))) if name not in taken)
