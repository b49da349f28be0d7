"""Arguments become what they stand for, of every type that actions use; what cannot be compared exactly is refused."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Annotated, Any, Literal, NewType
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import (
    AnyUrl,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    IPvAnyAddress,
    JsonValue,
    PlainSerializer,
    PositiveInt,
    RootModel,
    computed_field,
    create_model,
    field_serializer,
    model_serializer,
)

from agents.actions import Arguments, Secret
from agents.mcp_servers.arguments import arguments_of
from policies.conditions.check import faults
from policies.conditions.condition import Answer, Condition
from policies.conditions.declare import asking
from policies.conditions.shapes import Anything, shape_of
from policies.conditions.values import DEEPEST, EXACT, Misfit, reader
from storage.records import JsonObject

NOON = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)


class Colour(StrEnum):
    red = "red"


class Level(IntEnum):
    high = 3


class Share(Enum):
    half = Decimal("0.5")


class Inner(BaseModel):
    city: str
    zip: str | None = None


Cents = NewType("Cents", int)


def ask(model: type[BaseModel] | None, condition: str, arguments: JsonObject) -> Answer:
    assert faults(condition, model) == ()
    asked = Condition(condition)
    values = reader(shape_of(model), asked.arguments)(arguments)
    return asked.ask(asking().Activation({"args": values, "time": NOON}))


@pytest.mark.parametrize(
    ("hint", "value", "condition"),
    [
        (Decimal, Decimal("480.00"), "args.x == 480 && args.x < 480.01"),
        (Annotated[Decimal, Field(gt=0, decimal_places=2)], Decimal("0.10"), "args.x == 0.1"),
        (Decimal | None, None, "args.x == null"),
        (Decimal | None, Decimal(3), "args.x != null && args.x > 2"),
        (float, 1.5, "args.x > 1"),
        (float, 2, "args.x == 2"),
        (int, 7, "args.x == 7 && args.x > 6.5"),
        (PositiveInt, 7, "args.x == 7"),
        (Cents, 7, "args.x == 7"),
        (bool, True, "args.x"),
        (bool | None, None, "args.x == null"),
        (str, "a", "args.x == 'a'"),
        (Annotated[str, Secret()], "a", "args.x.size() == 1"),
        (str | None, None, "args.x == null || args.x == 'a'"),
        (Literal["a", "b"], "a", "args.x in ['a']"),
        (Literal["a", 1], 1, "args.x == 1"),
        (Colour, Colour.red, "args.x == 'red'"),
        (Level, Level.high, "args.x >= 3"),
        (Share, Share.half, "args.x == 0.5"),
        (date, date(2026, 1, 2), "args.x == '2026-01-02' && args.x < '2026-01-03'"),
        (datetime, NOON, "args.x == time"),
        (AwareDatetime, NOON, "args.x.getFullYear() == 2026 && args.x < time + duration('1s')"),
        (AwareDatetime | None, None, "args.x == null"),
        (timedelta, timedelta(minutes=90), "args.x > duration('89m') && args.x.getHours() == 1"),
        (UUID, UUID(int=0), "args.x.startsWith('0000')"),
        (AnyUrl, AnyUrl("https://a.example/x"), "args.x.startsWith('https://a.example/')"),
        (IPvAnyAddress, "10.0.0.1", "args.x == '10.0.0.1'"),
        (list[Decimal], [Decimal("1.5"), Decimal(2)], "args.x.all(each, each > 1) && args.x[0] == 1.5"),
        (Sequence[str], ["a"], "'a' in args.x"),
        (set[int], {1}, "args.x.size() == 1"),
        (tuple[int, ...], (1, 2), "args.x[1] == 2"),
        (tuple[int, str], (1, "a"), "args.x[1] == 'a'"),
        (list[list[int]], [[1]], "args.x[0][0] == 1"),
        (list[Inner], [Inner(city="b")], "args.x.exists(each, each.city == 'b' && each.zip == null)"),
        (list[AwareDatetime], [NOON], "args.x[0] == time"),
        (dict[str, Decimal], {"a": Decimal("0.1")}, "args.x['a'] == 0.1 && args.x.a < 1.0"),
        (dict[str, Inner], {"a": Inner(city="b")}, "args.x.a.city == 'b'"),
        (dict[int, str], {1: "a"}, "args.x['1'] == 'a'"),
        (Inner, Inner(city="b"), "args.x.city == 'b' && args.x.zip == null"),
        (Inner | None, None, "args.x == null"),
        (Inner | str, "a", "args.x == 'a'"),
        (int | Decimal, 5, "args.x == 5"),
        (Any, {"a": [1, None, True, 0.5]}, "args.x.a[3] == 0.5"),
        (JsonValue, [1, "a"], "args.x[1] == 'a'"),
        (Annotated[Decimal, PlainSerializer(lambda value: f"EUR {value}")], Decimal(5), "args.x == 'EUR 5'"),
        (list[Annotated[int, PlainSerializer(str)]], [5], "args.x[0] == '5'"),
    ],
)
def test_a_value_of_each_type_is_compared_as_what_it_stands_for(hint: Any, value: Any, condition: str) -> None:
    model = create_model("Model", __base__=Arguments, x=(hint, ...))
    arguments = model.model_validate({"x": value}).model_dump(mode="json")
    assert ask(model, condition, arguments) is True


class Odd(BaseModel):
    """What models can do besides plain fields."""

    model_config = ConfigDict(serialize_by_alias=True)

    amount: Decimal = Field(serialization_alias="total")
    hidden: str = Field("", exclude=True)
    when: datetime = NOON

    @computed_field
    def double(self) -> int:
        return 2 * int(self.amount)

    @field_serializer("when")
    def _written(self, when: datetime) -> str:
        return f"{when:%H:%M}"


def test_computed_fields_aliases_and_fields_written_otherwise_are_seen_as_they_are_written() -> None:
    condition = "args.total == 5 && args.double == 10 && args.when == '12:30'"
    assert ask(Odd, condition, Odd(amount=Decimal(5)).model_dump(mode="json")) is True
    assert [fault.message for fault in faults("args.hidden == ''", Odd)]


class Whole(BaseModel):
    amount: Decimal

    @model_serializer
    def _written(self) -> dict[str, str]:
        return {"sum": f"{self.amount}"}


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")


class Node(BaseModel):
    name: str
    left: "Node | None" = None
    others: list["Node"] = []


@pytest.mark.parametrize("model", [Whole, Open, RootModel[int]])
def test_of_models_that_are_written_as_a_whole_nothing_is_known(model: type[BaseModel]) -> None:
    assert shape_of(model) == Anything()


def test_a_model_that_holds_itself_is_known_as_far_as_its_first_level() -> None:
    tree = Node(name="a", left=Node(name="b", left=Node(name="c")))
    assert ask(Node, "args.left.left.name == 'c' && args.left.right == null", tree.model_dump(mode="json")) is not False
    assert [fault.message for fault in faults("args.nam == ''", Node)] == ["`args` has no `nam`: did you mean 'name'?"]


def test_the_arguments_of_an_mcp_tool_are_seen() -> None:
    schema: JsonObject = {
        "type": "object",
        "properties": {
            "amount": {"type": "number"},
            "currency": {"enum": ["EUR", "USD"]},
            "note": {"type": "string"},
            "lines": {"type": "array", "items": {"type": "object"}},
        },
        "required": ["amount", "currency", "lines"],
    }
    model = arguments_of("pay", schema)
    arguments = model.model_validate({"amount": 5, "currency": "EUR", "lines": [{"sku": "a"}]}).model_dump(mode="json")
    assert "note" not in arguments
    condition = "args.amount == 5 && args.currency == 'EUR' && args.note == null && args.lines[0].sku == 'a'"
    assert ask(model, condition, arguments) is True
    assert faults("args.amount == 'EUR'", model)


class Payment(Arguments):
    amount: Decimal = Decimal(0)
    count: int = 0
    share: float = 0.0
    name: str = ""
    due: AwareDatetime = NOON
    wait: timedelta = timedelta()
    urgent: bool = False
    tags: tuple[str, ...] = ()
    prices: Mapping[str, Decimal] = Field(default_factory=dict)
    inner: Inner = Inner(city="")
    note: Any = None


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("amount", "500.00000000000000001", "has more digits than can be compared"),
        ("amount", "1e-400", "has more digits than can be compared"),
        ("amount", "0.1234567890123456789", "has more digits than can be compared"),
        ("amount", str(EXACT + 1), "has more digits than can be compared"),
        ("amount", "NaN", "is not a finite number"),
        ("amount", "-Infinity", "is not a finite number"),
        ("amount", "1e400", "is not a finite number"),
        ("amount", "hunter2", "is not a number"),
        ("amount", "sNaN", "is not a number"),
        ("amount", True, "is not what the action takes"),
        ("amount", None, "is not what the action takes"),
        ("amount", 10**400, "is too large a number"),
        ("share", float("nan"), "is not a finite number"),
        ("share", float("inf"), "is not a finite number"),
        ("count", EXACT, "is too large a number"),
        ("count", -EXACT, "is too large a number"),
        ("count", 1.0, "is not what the action takes"),
        ("count", "7", "is not what the action takes"),
        ("count", True, "is not what the action takes"),
        ("urgent", 1, "is not what the action takes"),
        ("urgent", "false", "is not what the action takes"),
        ("name", 7, "is not what the action takes"),
        ("name", "ls\0; rm -rf /", "has a NUL in it"),
        ("due", "2026-01-01T00:00:00", "is a point in time without its zone"),
        ("due", "hunter2", "is not a point in time"),
        ("due", 5, "is not a point in time"),
        ("wait", "hunter2", "is not a span of time"),
        ("wait", 5.0, "is not a span of time"),
        ("tags", "abc", "is not what the action takes"),
        ("tags", [1], "is not what the action takes"),
        ("tags", ["a\0"], "has a NUL in it"),
        ("prices", [], "is not what the action takes"),
        ("prices", {"a": "x"}, "is not a number"),
        ("prices", {"a\0": "1"}, "has a NUL in it"),
        ("inner", {"city": "a", "street": "b"}, "is not what the action takes"),
        ("inner", {"zip": "b"}, "is not what the action takes"),
        ("inner", None, "is not what the action takes"),
        ("note", float("nan"), "is not a finite number"),
        ("note", {"a": [EXACT]}, "is too large a number"),
        ("note", {"a\0": 1}, "has a NUL in it"),
        ("note", ["a\0"], "has a NUL in it"),
        ("note", deep(DEEPEST + 1), "is nested too deeply"),
        ("note", {1, 2}, "is not what the action takes"),
    ],
)
def test_what_cannot_be_compared_is_refused_without_its_value(field: str, value: Any, why: str) -> None:
    arguments = {**Payment().model_dump(mode="json"), field: value}
    for named in (None, frozenset({field})):
        with pytest.raises(Misfit) as caught:
            reader(shape_of(Payment), named)(arguments)
        assert str(caught.value) == f"`args.{field}` {why}"
    reader(shape_of(Payment), frozenset({"amount", "name"}) - {field})(arguments)  # the others may be looked at


@pytest.mark.parametrize("value", ["a\0b", deep(DEEPEST + 1), float("nan"), EXACT])
def test_arguments_of_which_nothing_is_known_are_refused_likewise(value: Any) -> None:
    for named in (None, frozenset("x")):
        with pytest.raises(Misfit):
            reader(Anything(), named)({"x": value})
    assert reader(Anything(), frozenset("y"))({"x": value, "y": 1}) == {"y": 1}


def test_an_argument_that_holds_itself_is_nested_too_deeply() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(Misfit, match="nested too deeply"):
        reader(Anything(), None)({"x": endless})


def test_an_argument_that_the_action_does_not_take_is_refused_where_all_are_looked_at() -> None:
    with pytest.raises(Misfit, match="something in `args` is not what the action takes"):
        reader(shape_of(Payment), None)({**Payment().model_dump(mode="json"), "other": 1})


@settings(deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False), st.decimals(allow_nan=False, allow_infinity=False))
def test_amounts_compare_as_what_they_are_or_not_at_all(one: Decimal, other: Decimal) -> None:
    model = create_model("Model", x=(Decimal, ...), y=(Decimal, ...))
    try:
        answers = [ask(model, f"args.x {sign} args.y", {"x": str(one), "y": str(other)}) for sign in ("<", "==", ">")]
    except Misfit:
        return
    assert answers == [one < other, one == other, one > other]


@settings(deadline=None)
@given(st.decimals(min_value=0, max_value=10**6, places=2), st.integers(0, 10**8))
def test_every_amount_of_money_can_be_compared(amount: Decimal, cents: int) -> None:
    model = create_model("Model", x=(Decimal, ...))
    limit = Decimal(cents) / 100
    assert ask(model, f"args.x > {limit:.2f}", {"x": str(amount)}) is (amount > limit)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(list(Payment.model_fields)), JSON))
def test_whatever_the_arguments_are_they_are_read_or_refused(arguments: JsonObject) -> None:
    for shape in (shape_of(Payment), Anything()):
        for named in (None, frozenset({"amount", "note"})):
            with suppress(Misfit):
                assert reader(shape, named)(arguments).keys() <= Payment.model_fields.keys()
