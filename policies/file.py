"""Reading a policy: every mistake at once, each with its file, line and column, its field and what to do."""

from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath

from pydantic import BaseModel, JsonValue, ValidationError

from policies.document import Document
from policies.mistakes import across, items, values_missing
from policies.problems import Mistake, Place, PolicyError, Problem
from policies.rules import Policy
from policies.sources import Sources, document_of, gather
from policies.wording import schema_mistakes

SHIPPED = FilePath(__file__).with_name("default.yaml")
"""The policy that comes with Signoff."""

EXAMPLES = FilePath(__file__).with_name("examples")
"""The folder of policies to begin with."""

Known = Mapping[str, type[BaseModel] | None]
"""The actions that a policy may mention, each with its argument model if that is known. One that contains every name lets a
policy mention any action."""


def load(path: FilePath, known: Known) -> Policy:
    """Read the policy file at `path` with all that it includes. Raises `PolicyError`."""
    return policy_of(gather(path), known)


def parse(content: bytes, known: Known, *, file: str = "policy.yaml") -> Policy:
    """The policy that `content` says, which cannot include files; `file` names it in problems. Raises `PolicyError`."""
    document = document_of(content, file)
    if isinstance(document.value, dict) and document.value.get("include"):
        document.tell([Mistake(("include",), "only a policy that is read from a file can include others")])
    return policy_of(Sources([document]), known)


def policy_of(sources: Sources, known: Known) -> Policy:
    """The policy that some files say together. Raises `PolicyError`."""
    documents = sources.documents
    policies = [_checked(document, top=document is documents[0]) for document in documents]
    if all(document.whole for document in documents):
        across(documents, known)
    problems = [problem for document in documents for problem in sorted(document.problems, key=_place)]
    whole = [policy for policy in policies if policy is not None]
    if problems or len(whole) < len(documents):
        raise PolicyError(problems)
    return _together(whole)


def places_of_tests(sources: Sources) -> tuple[str, ...]:
    """Where each test of the policy stands, as `file:line:column`, in the order of `Policy.tests`."""
    return tuple(
        ":".join(map(str, (document.file, *document.place(("tests", number)))))
        for document in sources.documents
        for number, _ in items(document, "tests")
    )


def _checked(document: Document, *, top: bool) -> Policy | None:
    """What one file says by itself; None where it cannot be understood."""
    if not document.whole:
        return None
    policy = None
    document.tell([] if top else _of_the_first_only(document.value))
    try:
        policy = Policy.model_validate(_with_rules(document.value, top=top))
    except ValidationError as error:
        document.tell(schema_mistakes(error))
    document.tell(values_missing((), document.value))
    return policy


def _with_rules(value: JsonValue, *, top: bool) -> JsonValue:
    """A file that includes others, or is included, needs no rules of its own."""
    return {"rules": [], **value} if isinstance(value, dict) and (not top or "include" in value) else value


def _of_the_first_only(value: JsonValue) -> Sequence[Mistake]:
    if not isinstance(value, dict) or "defaults" not in value:
        return ()
    why = "a file that is included has no defaults of its own: move them to the file that includes it"
    return [Mistake(("defaults",), why, of_key=True)]


def _together(policies: Sequence[Policy]) -> Policy:
    """One policy of all files. The order of files and rules means nothing: rules are put in the order of their names."""
    rules = [rule for policy in policies for rule in policy.rules]
    return policies[0].model_copy(
        update={
            "include": (),
            "other_actions": tuple(sorted({name for policy in policies for name in policy.other_actions})),
            "rules": tuple(sorted(rules, key=lambda rule: rule.name)),
            "tests": tuple(case for policy in policies for case in policy.tests),
        }
    )


def _place(problem: Problem) -> Place:
    return problem.line or 0, problem.column or 0
