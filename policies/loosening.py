"""Which rules have earned that an action runs by itself.

A rule is loosened to `log` for an action that can be undone when nobody rejected or edited anything in enough decisions by
at least two people who took their time. How much "enough" supports is said with it: a one-sided bound at 95 %.

Where something was rejected or edited, only the smaller numbers may have earned it. Round limits are tried from the smallest
of which there is enough, and the search ends before the first that holds an objection; since that order is fixed by the
amounts alone, the 95 % hold for whichever limit it ends at. Where several arguments are tried, each has to be surer.
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import replace

from pydantic import BaseModel

from policies.amendment import Add, Say
from policies.bounds import CONFIDENCE, highest, needed
from policies.conditions.check import faults
from policies.experience import LIMITS, Asked, Subject
from policies.rules import Rule
from policies.suggested import Evidence, NotYet, Suggestion, Terms, alone, free, humans, rule_of
from storage.records import Outcome

PEOPLE = 2  # who have to agree by what they did


def loosened(subject: Subject, asked: Asked, terms: Terms) -> Suggestion | NotYet:
    """The suggestion, or what speaks against it."""
    careful = _careful(asked, terms)
    clean = _agreed((people, count) for people, count in asked.clean.items() if people & careful)
    why = [*_forbidden(subject, asked, terms)]
    if not why and asked.objections == 0:
        cases, people = clean[0], humans(clean[1] & careful, terms)
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


def _evidence(asked: Asked, cases: int, people: Mapping[str, str], careful: Set[str]) -> Evidence:
    return Evidence(
        cases=cases,
        failures=0,
        bound=highest(0, cases),
        people=tuple(sorted(people.values())),
        examples=tuple(asked.approved),
        rejected=asked.rejected,
        edited=asked.edited,
        unanswered=asked.unanswered,
        failed=asked.failed,
        quick=tuple(sorted(set(asked.pace) - careful)),
    )


def _whole(subject: Subject, evidence: Evidence, terms: Terms) -> Suggestion:
    rule = rule_of(terms.policy, subject.rule)
    says = f"Let {subject.action} run by itself, with a line about it."
    if rule is None:  # no rule is about the action
        added = Rule(name=free(terms.policy, subject.action), actions=(subject.action,), verdict=Outcome.log)
        return Suggestion("loosen", subject, says, evidence, (Add(added, None, _because(evidence)),))
    if alone(rule):
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
    rule = rule_of(terms.policy, subject.rule)
    if rule is None or not alone(rule):
        return None
    model = terms.actions.get(subject.action)
    ways = [
        name
        for name in asked.within
        if name in asked.objected and name not in asked.unclear and not faults(_at_most(name, 1, model), model)
    ]
    surer = 1 - (1 - CONFIDENCE) / max(len(ways), 1)
    found = [way for name in ways if (way := _up_to(name, asked, careful, terms, surer))]
    if not found:
        return None
    limit, cases, people, name = max(found, key=lambda way: (way[1], way[3]))
    condition = _at_most(name, limit, model)
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
        people = humans(keys & careful, terms)
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
    return Rule(name=free(terms.policy, name), actions=actions, verdict=Outcome.log, **kept)
