"""A model that answers what a test scripted, and remembers what it was asked."""

from collections.abc import Iterable

from pydantic import BaseModel

from agents.model import Answer, M, ModelError, Prompt, Usage


class ScriptedModel:
    """Gives its answers in order; an error among them is raised."""

    name = "scripted"

    def __init__(self, answers: Iterable[BaseModel | ModelError] = ()) -> None:
        self.answers = list(answers)
        self.asked: list[Prompt] = []

    async def ask(self, prompt: Prompt, schema: type[M]) -> Answer[M]:
        self.asked.append(prompt)
        answer = self.answers.pop(0)
        if isinstance(answer, ModelError):
            raise answer
        assert isinstance(answer, schema)
        return Answer(answer, self.name, Usage(100, 20, 10, 0.001))
