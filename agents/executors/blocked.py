"""Things an agent must never do. They are actions only so that an attempt can be named, judged, refused and counted."""

from pydantic import Field

from agents.actions import Action, ActionFailed, Arguments, Effect
from storage.records import JsonObject


class Question(Arguments):
    """What somebody asked that only a qualified person may answer."""

    question: str = Field(title="Question", min_length=1, max_length=2000, json_schema_extra={"multiline": True})


def legal_advice() -> Action[Question]:
    """Advice on law."""
    return _never("legal_advice", "Give legal advice", "a lawyer")


def medical_recommendation() -> Action[Question]:
    """Advice on health."""
    return _never("medical_recommendation", "Recommend a treatment", "a doctor")


def hiring_decision() -> Action[Question]:
    """A decision on an applicant."""
    return _never("hiring_decision", "Decide on an applicant", "the people who hire")


def _never(name: str, title: str, who: str) -> Action[Question]:
    async def execute(arguments: Question, effect: Effect) -> JsonObject:
        raise ActionFailed(f"No agent does this, whatever the policy says; it is for {who}.")

    return Action(
        name=name,
        title=title,
        description=f"Never done by an agent; it is for {who}.",
        arguments=Question,
        target=lambda arguments: who,
        execute=execute,
    )
