"""The offline model answers by rules, costs nothing and says what it is."""

import pytest
from pydantic import BaseModel

from agents.model import ModelNonsense, ModelUnavailable, Prompt, Usage
from agents.offline import OfflineModel


class Echo(BaseModel):
    said: str


class Other(BaseModel):
    pass


MODEL = OfflineModel({"echo": lambda prompt: Echo(said=prompt.data)})


async def test_a_rule_answers_for_nothing_and_says_so() -> None:
    answer = await MODEL.ask(Prompt("echo", "v", "", "hi"), Echo)

    assert answer.value == Echo(said="hi")
    assert answer.usage == Usage(0, 0, 0, 0.0)
    assert answer.label == "Answered by rules, not by a language model (no ANTHROPIC_API_KEY)"


async def test_a_prompt_without_a_rule_is_unavailable() -> None:
    with pytest.raises(ModelUnavailable, match="none for the prompt 'poem'"):
        await MODEL.ask(Prompt("poem", "v", "", ""), Echo)


async def test_a_rule_of_the_wrong_form_is_nonsense() -> None:
    with pytest.raises(ModelNonsense, match="Other"):
        await MODEL.ask(Prompt("echo", "v", "", ""), Other)
