"""Which rules should ask more people, ask at all, or block: what people often reject or edit, and what often fails."""

from collections.abc import Iterator, Mapping

from policies.amendment import Add, Amendment, Say
from policies.bounds import lowest
from policies.experience import Asked, Ran, Subject
from policies.rules import Rule
from policies.suggested import Evidence, Suggestion, Terms, alone, free, humans, rule_of
from storage.records import Outcome

FEWEST = 3  # times that something went wrong; less is an accident, whatever share it is
FAILING = 0.05  # share of runs that certainly failed, from which on people should look before
OFTEN_WRONG = 0.2  # share of proposals that were certainly rejected or edited, from which on two should look
MOSTLY_REFUSED = 0.5  # share that was certainly rejected, from which on asking is no use


def tightened(subject: Subject, asked: Asked, terms: Terms) -> Iterator[Suggestion]:
    """What people mostly refuse is blocked; what they often mend is looked at by two."""
    rule = rule_of(terms.policy, subject.rule)
    if rule is None or asked.objections < FEWEST:
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


def stopped(subject: Subject, ran: Ran, terms: Terms) -> Iterator[Suggestion]:
    """What runs by itself and certainly fails too often is asked about."""
    rule, failures = rule_of(terms.policy, subject.rule), ran.failed + ran.unknown
    certain = lowest(failures, ran.runs)
    if rule is None or failures < FEWEST or certain < FAILING:
        return
    common = tuple((name, count) for name, count in (("failed", ran.failed), ("unknown", ran.unknown)) if count)
    evidence = Evidence(ran.runs, failures, certain, (), tuple(ran.examples), failed=failures, common=common)
    stricter = _copy(rule, subject, terms, "asked", {"verdict": Outcome.approve}, without=("budget",))
    yield Suggestion("tighten", subject, f"Ask people before {subject.action} runs: it often fails.", evidence, stricter)


def _against(asked: Asked, failures: int, bound: float, common: list[tuple[str, int]], terms: Terms) -> Evidence:
    return Evidence(
        cases=asked.decided,
        failures=failures,
        bound=bound,
        people=tuple(sorted(humans(frozenset(asked.pace), terms).values())),
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
    if alone(rule) and len(changes) == 1 and not without:
        [(key, value)] = changes.items()
        return (Say(rule.name, key, value.value if isinstance(value, Outcome) else int(str(value))),)
    said = {name: getattr(rule, name) for name in rule.model_fields_set if name not in ("description", *without)}
    name = free(terms.policy, f"{subject.action} {word}")
    return (Add(Rule.model_validate({**said, **changes, "name": name, "actions": (subject.action,)}), rule.name),)
