"""Suggestions from the recorded history, each written as a change of the policy file and tried on that history.

The history is read twice: to gather what people did, and to replay every suggested policy at once. What would have run by
itself against what people decided, or would have blocked what was only to be asked about, is not suggested.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from pydantic import ValidationError

from bot.policy.compare import Grounds, Progress, Wanted
from bot.policy.history import Stretch, history
from policies.amendment import Add, Amendment, amended, rewritten, rule_text
from policies.backtest import Backtest, Compared
from policies.experience import Experience
from policies.file import Known, load, parse
from policies.people import Ties
from policies.problems import PolicyError
from policies.replay import Replay
from policies.results import results
from policies.rules import Policy, mentionable
from policies.suggested import NotYet, Suggestion, Terms
from policies.suggestions import suggestions
from storage.records import Outcome, Person
from storage.store import Transaction


@dataclass(frozen=True)
class Tried:
    """A suggestion, what a backtest says of it, and the change of the file.

    `diff` is a unified diff; None where the file is laid out in a way that cannot be changed by lines, or the rule stands in
    another file. `text` is what to write then. `against` are the tests beside the rules that pass now and would not then.
    """

    suggestion: Suggestion
    found: Backtest
    diff: str | None
    text: str
    against: tuple[str, ...]


@dataclass(frozen=True)
class Advice:
    """What is suggested, what was dropped because its backtest spoke against it, and what is not yet supported."""

    path: Path
    policy: Policy
    stretch: Stretch
    bound: float
    tried: tuple[Tried, ...]
    dropped: tuple[Tried, ...]
    waiting: tuple[NotYet, ...]
    names: Mapping[str, str]  # of the people who decided, by the key of their account


async def advised(
    here: Grounds, path: Path, wanted: Wanted, bound: float, progress: Progress = lambda count: None
) -> Advice:
    """Suggestions for the policy in that file. Raises PolicyError, StorageError."""
    known = mentionable(here.actions.models)
    policy, stretch = load(path, known), await here.stretch(wanted)
    experience = await _gathered(here, policy, stretch, progress)
    people, human = await here.store.read(lambda tx: _people(tx, experience))
    terms = Terms(policy, here.actions.models, here.actions.reversible, human, bound)
    made, waiting = suggestions(experience, terms)
    tests = await _tested(here, policy, made, stretch, progress)
    text = _read(path)
    tried = [
        Tried(each, found, _diff(path, text, each.amendment, known), _instead(each.amendment), _against(here, policy, each))
        for each, found in zip(made, tests, strict=True)
    ]
    good = tuple(each for each in tried if _holds(each))
    bad = tuple(each for each in tried if each not in good)
    return Advice(path, policy, stretch, bound, good, bad, waiting, {key: each.name for key, each in people.items()})


def _read(path: Path) -> str:
    """A policy file that has been loaded before."""
    return path.read_bytes().decode("utf-8-sig")


async def _gathered(here: Grounds, policy: Policy, stretch: Stretch, progress: Progress) -> Experience:
    replay, experience, count = Replay(here.judge(policy)), Experience(here.actions.models), 0
    async for past in history(here.store, stretch, here.actions, here.environment):
        experience.add(past, replay.tell(past))
        progress(count := count + 1)
    return experience


async def _tested(
    here: Grounds, policy: Policy, made: tuple[Suggestion, ...], stretch: Stretch, progress: Progress
) -> list[Backtest]:
    """A backtest of each suggestion, all in one reading."""
    if not made:
        return []
    now, count = Replay(here.judge(policy)), 0
    others = [(Replay(here.judge(amended(policy, each.amendment))), Backtest()) for each in made]
    async for past in history(here.store, stretch, here.actions, here.environment):
        told = now.tell(past)
        for replay, found in others:
            found.add(Compared(past, told, replay.tell(past)))
        progress(count := count + 1)
    return [found for _, found in others]


def _holds(tried: Tried) -> bool:
    """Whether the backtest bears the suggestion out: nothing is let run that people objected to, nothing is blocked by
    accident, and loosening lets something run."""
    blocks = any(
        (each.rule.verdict if isinstance(each, Add) else each.value) == Outcome.block for each in tried.suggestion.amendment
    )
    newly, loosens = tried.found.kinds, tried.suggestion.kind == "loosen"
    runs = newly["auto"] + newly["log"] > 0
    return not tried.found.newly_contradicted and (blocks or not newly["block"]) and runs is loosens


def _against(here: Grounds, policy: Policy, suggestion: Suggestion) -> tuple[str, ...]:
    """The names of the policy's own tests that the change would break."""
    before, after = (results(policy.tests, here.judge(each)) for each in (policy, amended(policy, suggestion.amendment)))
    return tuple(now.case.name for now, then in zip(before, after, strict=True) if now.passed and not then.passed)


def _people(tx: Transaction, experience: Experience) -> tuple[Mapping[str, Person], Callable[[str], str]]:
    """Who decided, and which accounts are one human's: linked ones, and those with the same address."""
    people: dict[str, Person] = {}
    for request in dict.fromkeys(experience.seen.values()):
        people |= {decision.person.key: decision.person for decision in tx.decisions(request)}
    ties, humans = Ties(tuple(tx.identities())), dict[str, str]()
    for key, person in sorted(people.items()):
        humans[key] = next((each for each in humans if ties.same(people[each], person)), key)
    return people, lambda key: humans.get(key, key)


def _diff(path: Path, text: str, amendment: Amendment, known: Known) -> str | None:
    """The change of the file, if what the changed file says is what was meant."""
    changed = rewritten(text, amendment)
    if changed is None:
        return None
    with suppress(PolicyError, ValidationError):
        before, after = (parse(each.encode(), known, file=str(path)) for each in (text, changed))
        if after.rules == amended(before, amendment).rules:
            return "\n".join(unified_diff(text.splitlines(), changed.splitlines(), str(path), str(path), lineterm=""))
    return None


def _instead(amendment: Amendment) -> str:
    """The change in words and as the text of a rule."""
    return "\n".join(
        rule_text(each) if isinstance(each, Add) else f"rule “{each.rule}”: {each.key}: {each.value}" for each in amendment
    )
