"""A model that answers by rules, for trying the flow without a key. It says so wherever its answers are shown."""

from collections.abc import Callable, Mapping

from pydantic import BaseModel

from agents.model import Answer, M, ModelNonsense, ModelUnavailable, Prompt, Usage

OFFLINE = "Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"

Rules = Mapping[str, Callable[[Prompt], BaseModel]]


class OfflineModel:
    """Answers the prompts that it has a rule for; `rules` maps a prompt's name to its rule."""

    name = "offline-rules"

    def __init__(self, rules: Rules) -> None:
        self._rules = dict(rules)

    async def ask(self, prompt: Prompt, schema: type[M]) -> Answer[M]:
        """Raises ModelUnavailable where there is no rule, ModelNonsense where a rule answers something else."""
        rule = self._rules.get(prompt.name)
        if rule is None:
            raise ModelUnavailable(
                f"Without ANTHROPIC_API_KEY only rules can answer, and there is none for the prompt {prompt.name!r}."
            )
        value = rule(prompt)
        if not isinstance(value, schema):
            raise ModelNonsense(f"The rule for the prompt {prompt.name!r} does not answer with {schema.__name__}.")
        return Answer(value, self.name, Usage(0, 0, cost_usd=0.0), OFFLINE)

    async def close(self) -> None:
        """Nothing to release; there so that it can stand in for the real client."""
