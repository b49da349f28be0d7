"""Tools are held to their schema where the API can do that, and told as they are where it cannot."""

from typing import Any

import pytest

from agents.actions import Action, Arguments, Effect
from agents.intent import finishing, offered
from agents.mcp_servers.arguments import arguments_of
from agents.model import Offer
from agents.strict import tools
from storage.records import JsonObject

TREE: JsonObject = {"type": "object", "properties": {"below": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}}}


async def _never(arguments: Arguments, effect: Effect) -> JsonObject:
    raise AssertionError("nothing is called here")


def told(schema: JsonObject) -> dict[str, Any]:
    arguments = arguments_of("crm_add", schema)
    (made,) = tools([offered(Action("crm_add", "Add", "Adds.", arguments, lambda _: "crm", _never))])
    return made


@pytest.mark.parametrize(
    "property",
    [
        {"type": "string"},
        {"enum": ["slow", "fast"]},
        {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        {"type": "array", "items": {"type": "integer"}},
        {"type": "object", "properties": {"x": {"const": 1}}, "additionalProperties": False},
    ],
)
def test_a_schema_that_strict_knows_is_strict(property: JsonObject) -> None:
    assert told({"type": "object", "properties": {"value": property}})["strict"] is True


@pytest.mark.parametrize(
    "property",
    [
        True,
        {},
        {"type": ["string", "null"]},
        {"type": "object"},
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"type": "array"},
        {"allOf": [{"type": "string"}, {"minLength": 2}]},
        {"not": {"type": "null"}},
        {"$ref": "#/$defs/Tree"},
    ],
)
def test_a_schema_that_strict_would_narrow_or_refuse_is_told_as_it_is(property: Any) -> None:
    schema: JsonObject = {"type": "object", "properties": {"value": property}, "$defs": {"Tree": TREE}}
    made = told(schema)

    assert "strict" not in made
    assert "value" in made["input_schema"]["$defs"]["crm_add"]["properties"]


def test_arguments_that_are_one_free_object_stay_free() -> None:
    made = told({"type": "object", "additionalProperties": {"type": "string"}})

    assert "strict" not in made
    assert made["input_schema"]["$defs"]["crm_add"]["properties"]["arguments"]["additionalProperties"] == {"type": "string"}


def test_a_model_that_holds_itself_is_told_as_it_is() -> None:
    schema: JsonObject = {"type": "object", "properties": {"tree": {"$ref": "#/$defs/Tree"}}, "$defs": {"Tree": TREE}}

    assert "strict" not in tools([Offer("grow", "Grows.", schema)])[0]


def test_a_request_has_no_more_of_strict_than_the_api_takes() -> None:
    plain: JsonObject = {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]}
    loose: JsonObject = {"type": "object", "properties": {f"x{n}": {"type": "string"} for n in range(10)}}
    many = tools(Offer(f"plain_{number}", "", plain) for number in range(25))
    wide = tools([*(Offer(f"loose_{number}", "", loose) for number in range(3)), finishing()])

    assert sum("strict" in each for each in many) == 20
    assert ["strict" in each for each in wide] == [True, True, False, True]
