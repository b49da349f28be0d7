"""Arguments as people type them."""

from decimal import Decimal

import pytest
from pydantic import Field, JsonValue

from agents.actions import Arguments
from bot.flow.arguments import NotArguments, arguments_in, arguments_of


class Order(Arguments):
    """One of each."""

    text: str = ""
    note: str | None = None
    amount: Decimal = Decimal(0)
    count: int = 0
    sure: bool = False
    lines: list[str] = Field(default_factory=list)
    extra: dict[str, int] = Field(default_factory=dict)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("", {}),
        ("text=hello", {"text": "hello"}),
        ("text=480 count=480", {"text": "480", "count": "480"}),
        ("text=true sure=true note=null", {"text": "true", "sure": "true", "note": None}),
        ('text="two words" amount=4.50', {"text": "two words", "amount": "4.50"}),
        ("text=“two words” amount=4", {"text": "two words", "amount": "4"}),
        ("text='it is \"so\"'", {"text": 'it is "so"'}),
        ("text=it's count=1", {"text": "it's", "count": "1"}),
        ('text="unfinished count=1', {"text": '"unfinished', "count": "1"}),
        ("text= count=1", {"text": "", "count": "1"}),
        ("text=a=b", {"text": "a=b"}),
        ("text=[a count=1", {"text": "[a", "count": "1"}),
        ('lines=["a b", "c"] count=1', {"lines": ["a b", "c"], "count": "1"}),
        ('extra={"a": 1}\ncount=1', {"extra": {"a": 1}, "count": "1"}),
        ("lines=[a", {"lines": "[a"}),
        (' {"text": "x", "count": 1}', {"text": "x", "count": 1}),
        ("{“text”: “x”}", {"text": "x"}),
        ('{"text": "a “b” c"}', {"text": "a “b” c"}),
    ],
)
def test_what_is_typed_in_a_chat_is_read_as_the_action_takes_it(typed: str, read: JsonValue) -> None:
    assert arguments_in(typed, Order) == read


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("a=1 b=1.5 c=true d=null", {"a": 1, "b": 1.5, "c": True, "d": None}),
        ('a="1" b=x c=[1, 2] d={"e": [1]}', {"a": "1", "b": "x", "c": [1, 2], "d": {"e": [1]}}),
        ("a=NaN b=1e999 c=007", {"a": "NaN", "b": "1e999", "c": "007"}),
    ],
)
def test_where_nothing_is_known_a_number_is_a_number(typed: str, read: JsonValue) -> None:
    assert arguments_in(typed, None) == read


def test_words_of_a_command_line_are_taken_whole() -> None:
    assert arguments_of(["text=two words", 'lines=["a", "b"]', "count=1"], Order) == {
        "text": "two words", "lines": ["a", "b"], "count": "1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("480", "'480' is no argument: write name=value"),
        ("text=a 480", "'480' is no argument"),
        ("=a", "'=a' is no argument"),
        ("text=a text=b", "text is there twice."),
        ('{"a": 1', "is not JSON"),
        ('{"a": 1} b', "something follows its end"),
        ('{"a": 1, "a": 2}', "twice in one object"),
        ('{"a": NaN}', "holds NaN"),
        ("{" + '"a":{' * 40, "is not JSON"),
        ('{"a":' * 40 + "1" + "}" * 40, "nested deeper than 32 levels"),
        (f"{'9' * 100}x", "99999999' is no argument"),
    ],
)
def test_what_cannot_be_read_is_told_with_what_to_write(typed: str, said: str) -> None:
    with pytest.raises(NotArguments) as raised:
        arguments_in(typed, Order)
    assert said in str(raised.value)
    assert len(str(raised.value)) < 200
