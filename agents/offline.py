"""A model that answers by rules, for trying the flow without a key. It says so wherever its answers are shown."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from agents.model import Answer, Call, M, ModelNonsense, ModelUnavailable, Prompt, Said, Talk, Usage, fitted

OFFLINE = "Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"

Rules = Mapping[str, Callable[[Any], BaseModel]]
"""By the prompt's name: from a Prompt to an answer, or from a Talk to a Call or Said."""


class OfflineModel:
    """Answers the prompts that it has a rule for; `rules` maps a prompt's name to its rule."""

    name = "offline-rules"

    def __init__(self, rules: Rules) -> None:
        self._rules = dict(rules)

    async def ask(self, prompt: Prompt, schema: type[M]) -> Answer[M]:
        """Raises ModelUnavailable where there is no rule, ModelNonsense where a rule answers something else."""
        try:
            value = fitted(self._answer(prompt), schema)
        except ValidationError:
            value = None
        if value is None:
            raise ModelNonsense(f"The rule for the prompt {prompt.name!r} does not answer with {schema.__name__}.")
        return Answer(value, self.name, _FREE, OFFLINE)

    async def turn(self, talk: Talk) -> Answer[Call | Said]:
        """Raises as `ask` does."""
        value = self._answer(talk)
        if not isinstance(value, Call | Said):
            raise ModelNonsense(f"The rule for the prompt {talk.name!r} does not answer with a Call or Said.")
        return Answer(value, self.name, _FREE, OFFLINE)

    async def close(self) -> None:
        """Nothing to release; there so that it can stand in for the real client."""

    def _answer(self, prompt: Prompt) -> BaseModel:
        rule = self._rules.get(prompt.name)
        if rule is None:
            raise ModelUnavailable(
                f"Without ANTHROPIC_API_KEY only rules can answer, and there is none for the prompt {prompt.name!r}."
            )
        return rule(prompt)


_FREE = Usage(0, 0, cost_usd=0.0)
