"""Argument models of JSON schemas: fields for people, the schema for the model, and the schema's own word on what fits."""

import json
import time
from typing import Any

import pytest

from agents.actions import Action, Actions, Arguments, BadArguments, Effect
from agents.intent import offered
from agents.mcp_servers.arguments import arguments_of, sent
from agents.mcp_servers.schema import BadSchema
from bot.cards.form import argument_fields, arguments_from
from storage.records import JsonObject

LINES: JsonObject = {"type": "array", "items": {"$ref": "#/$defs/Line"}, "maxItems": 2}
SCHEMA: JsonObject = {
    "type": "object",
    "properties": {
        "customer-id": {"type": "string", "pattern": "^c[0-9]+$", "description": "Whose order"},
        "amount": {"type": "number", "exclusiveMinimum": 0, "maximum": 9007199254740993},
        "count": {"type": "integer", "minimum": 1, "default": 3},
        "speed": {"enum": ["slow", "fast"]},
        "lines": LINES,
        "gift": {"type": "boolean"},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
    },
    "required": ["customer-id"],
    "$defs": {"Line": {"type": "object", "properties": {"sku": {"type": "string"}}, "required": ["sku"]}},
    "additionalProperties": False,
}


async def _never(arguments: Arguments, effect: Effect) -> JsonObject:
    raise AssertionError("nothing is called here")


def action(schema: JsonObject) -> Action[Any]:
    made = Action("shop_order", "Order", "Orders.", arguments_of("shop_order", schema), lambda _: "shop", _never)
    return Actions([made])["shop_order"]


def normal(schema: JsonObject, arguments: JsonObject) -> JsonObject:
    return action(schema).normal(arguments)[0]


def test_what_was_given_is_what_is_shown_and_sent() -> None:
    given: JsonObject = {"customer-id": "c7", "amount": 4.5, "speed": "fast", "lines": [{"sku": "lamp"}], "gift": True}
    shown = normal(SCHEMA, given)

    assert shown == {**given, "count": 3}
    assert normal(SCHEMA, shown) == shown
    assert sent(action(SCHEMA).parse(shown)) == shown


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({}, "customer-id: Field required"),
        ({"customer-id": "x"}, "does not match '^c[0-9]+$'"),
        ({"customer-id": "c1", "amount": 0}, "amount: Input should be greater than 0"),
        ({"customer-id": "c1", "amount": "inf"}, "amount: Input should be a finite number"),
        ({"customer-id": "c1", "speed": "warp"}, "speed: Input should be 'slow' or 'fast'"),
        ({"customer-id": "c1", "lines": [{}]}, "lines.0: 'sku' is a required property"),
        ({"customer-id": "c1", "lines": [{"sku": "a"}] * 3}, "lines: "),
        ({"customer-id": "c1", "note": 3}, "note: 3 is not valid under any of the given schemas"),
        ({"customer-id": "c1", "price": 3}, "price: Extra inputs are not permitted"),
    ],
)
def test_what_does_not_fit_the_schema_is_refused(wrong: JsonObject, says: str) -> None:
    with pytest.raises(BadArguments) as error:
        normal(SCHEMA, wrong)

    assert says in str(error.value)


def test_the_model_is_told_the_schema_with_its_references_resolved() -> None:
    told = json.dumps(offered(action(SCHEMA)).schema)

    assert '"pattern": "^c[0-9]+$"' in told
    assert '"sku"' in told
    assert "#/$defs/Line" not in told


def test_people_edit_every_argument_in_a_form() -> None:
    before = normal(SCHEMA, {"customer-id": "c7", "lines": [{"sku": "lamp"}]})
    fields = argument_fields(action(SCHEMA), before)
    kinds = {field.name: field.kind for field in fields}
    typed = {field.name: field.value for field in fields} | {"count": "5", "lines": '[{"sku": "bulb"}]', "note": ""}

    assert kinds == {
        "customer-id": "lines", "amount": "number", "count": "integer", "speed": "choice", "lines": "lines",
        "gift": "boolean", "note": "lines",
    }  # fmt: skip
    assert next(field for field in fields if field.name == "lines").value == '[{"sku": "lamp"}]'
    after = normal(SCHEMA, arguments_from(typed, fields, before))
    assert after == {"customer-id": "c7", "count": 5, "lines": [{"sku": "bulb"}], "gift": False}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"model_config": {"type": "string"}, "_x": {"type": "string"}}, "required": ["_x"]},
        {"type": "object", "properties": {"schema": {"type": "string"}, "_x": {"type": "string"}}, "required": ["_x"]},
        {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1},
        {"type": "object", "anyOf": [{"required": ["_x"]}]},
    ],
)
def test_what_fields_cannot_express_is_one_json_object(schema: JsonObject) -> None:
    made = action(schema)
    shown, _ = made.normal({"arguments": {"_x": "1"}})

    assert shown == {"arguments": {"_x": "1"}}
    assert sent(made.parse(shown)) == {"_x": "1"}
    assert sent(made.parse({"arguments": '{"_x": "1"}'})) == {"_x": "1"}
    with pytest.raises(BadArguments):
        made.normal({"arguments": {}})


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {"type": "object", "properties": {}},
        {"type": "object", "properties": {}, "additionalProperties": False},
    ],
)
def test_a_tool_that_takes_nothing_has_no_fields(schema: JsonObject) -> None:
    assert normal(schema, {}) == {}
    with pytest.raises(BadArguments):
        normal(schema, {"id": 1})


@pytest.mark.parametrize(
    "property",
    [
        True,
        {},
        {"type": ["string", "null"]},
        {"type": "string", "minLength": 0, "maxLength": 10**18, "format": "email"},
        {"const": "a"},
        {"enum": [1, "a", None]},
        {"$ref": "#/$defs/Tree"},
        {"$ref": "#/properties/value"},
        {"$ref": "#/nowhere"},
        {"$ref": "https://elsewhere.example/schema.json"},
        {"type": "string", "default": 3},
        {"allOf": [{"type": "string"}, {"minLength": 2}]},
    ],
)
def test_every_schema_can_be_told_to_a_model(property: Any) -> None:
    tree: JsonObject = {"type": "object", "properties": {"below": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}}}
    schema: JsonObject = {"type": "object", "properties": {"value": property}, "$defs": {"Tree": tree}}
    made = action(schema)

    assert normal(schema, {}) == {}
    assert "$ref" not in json.dumps(made.arguments.model_json_schema())


def test_another_schema_is_never_fetched() -> None:
    schema: JsonObject = {"type": "object", "properties": {"value": {"$ref": "https://elsewhere.example/schema.json"}}}

    with pytest.raises(BadArguments, match="refers to another one, which is not fetched"):
        normal(schema, {"value": 1})


def test_a_server_cannot_hide_an_argument_from_people() -> None:
    made = action({"type": "object", "properties": {"to": {"type": "string", "x-secret": True}}})

    assert made.secrets == frozenset()


def test_what_is_no_schema_is_told() -> None:
    with pytest.raises(BadSchema, match="no JSON Schema"):
        arguments_of("x", {"type": "object", "required": "id"})


@pytest.mark.parametrize("text", ["17", "true", "null", '"17"', '{"a": 1}', "[1]"])
@pytest.mark.parametrize("part", [{"anyOf": [{"type": "string"}, {"type": "null"}]}, {"type": ["string", "null"]}, {}])
def test_a_text_that_reads_like_something_else_stays_a_text(text: str, part: JsonObject) -> None:
    schema: JsonObject = {"type": "object", "properties": {"note": part}}
    shown = normal(schema, {"note": text})

    assert shown == {"note": text}
    assert normal(schema, shown) == shown
    assert sent(action(schema).parse(shown)) == shown


def test_a_schema_that_refers_to_itself_everywhere_is_told_briefly() -> None:
    node: JsonObject = {"type": "object", "properties": {f"x{number}": {"$ref": "#/$defs/Node"} for number in range(100)}}
    began = time.monotonic()
    made = action({"type": "object", "properties": {"root": {"$ref": "#/$defs/Node"}}, "$defs": {"Node": node}})

    assert len(json.dumps(made.arguments.model_json_schema())) < 200_000
    assert made.normal({"root": {"x1": {"x2": {}}}})[0] == {"root": {"x1": {"x2": {}}}}
    with pytest.raises(BadArguments):
        made.normal({"root": {"x1": 3}})
    assert time.monotonic() - began < 10


def test_a_pattern_never_takes_long() -> None:
    hard, text = "^(a+)+$", "a" * 40 + "!"
    schema: JsonObject = {"type": "object", "properties": {"id": {"type": "string", "pattern": hard, "default": text}}}
    names: JsonObject = {"type": "object", "patternProperties": {hard: {"type": "integer"}}, "additionalProperties": False}
    began = time.monotonic()

    assert normal(schema, {}) == {}
    with pytest.raises(BadArguments, match="does not match"):
        normal(schema, {"id": text})
    assert normal(names, {"arguments": {text: 1}}) == {"arguments": {text: 1}}
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("pattern", [r"^\p{L}+$", "^(?!x)a", "(", r"(?<letter>a)"])
def test_a_pattern_of_another_dialect_stands_in_nobodys_way(pattern: str) -> None:
    schema: JsonObject = {"type": "object", "properties": {"id": {"type": "string", "pattern": pattern}}}

    assert normal(schema, {"id": "abc"}) == {"id": "abc"}


def test_a_schema_without_an_end_refuses_what_is_given() -> None:
    schema: JsonObject = {"type": "object", "properties": {"id": {"type": "string"}}, "allOf": [{"$ref": "#"}]}

    with pytest.raises(BadArguments, match="refers to itself without end"):
        normal(schema, {"id": "a"})
