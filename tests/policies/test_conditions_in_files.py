"""Mistakes in conditions are told where they stand in the file, however the text is written in YAML."""

import pytest
from pydantic import BaseModel

from policies.file import parse
from policies.problems import PolicyError
from policies.rules import mentionable


class Payment(BaseModel):
    amount: float
    country: str


KNOWN = mentionable({"pay": Payment})
UNKNOWN = "rules[0].when: `args` has no `amuont`: did you mean 'amount'?"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("when: args.amuont > 5", f"5:15: {UNKNOWN}"),
        ("when:   args.amuont > 5", f"5:17: {UNKNOWN}"),
        ("when: 'args.country == ''DE'' && args.amuont > 5'", f"5:42: {UNKNOWN}"),
        ('when: "args.country == \\"DE\\" && args.amuont > 5"', f"5:42: {UNKNOWN}"),
        ('when: "args.country == \\u0022DE\\u0022 && args.amuont > 5"', f"5:50: {UNKNOWN}"),
        ('when: args.country == "DE"\n      && args.amuont > 5', f"6:14: {UNKNOWN}"),
        ('when: |\n      args.country == "DE"\n        && args.amuont > 5', f"7:16: {UNKNOWN}"),
        ('when: >-  # why\n      args.country == "DE"\n\n      && args.amuont > 5\n    # end', f"8:14: {UNKNOWN}"),
        ("when: args.amount >", "5:24: rules[0].when: it ends too early: something is missing at the end"),
        ("when: args.amount > 5 and true", "5:27: rules[0].when: `and` is not part of the language: write `&&`"),
        ("when: args.amount", "5:11: rules[0].when: says a number, but a condition says true or false"),
        ("when: ''", "5:11: rules[0].when: "),
        ("unless: argss.amount > 5", "5:18: rules[0].unless: there is no `argss`: did you mean 'args'?"),
    ],
)
def test_a_mistake_in_a_condition_has_its_own_place(written: str, said: str) -> None:
    text = f"rules:\n  - name: a\n    actions: [pay]\n    verdict: log\n    {written}\n"
    with pytest.raises(PolicyError) as caught:
        parse(text.encode(), KNOWN, file="p.yaml")
    [told] = str(caught.value).splitlines()
    assert told.startswith(f"p.yaml:{said}")
    windows = text.replace("\n", "\r\n")
    with pytest.raises(PolicyError) as again:
        parse(windows.encode(), KNOWN, file="p.yaml")
    assert str(again.value) == str(caught.value)


def test_two_mistakes_in_one_condition_are_two_problems() -> None:
    text = "rules:\n  - {name: a, actions: [pay], verdict: log, when: args.amuont > 5 && agnet == 'x'}\n"
    with pytest.raises(PolicyError) as caught:
        parse(text.encode(), KNOWN)
    assert [(problem.line, problem.column) for problem in caught.value.problems] == [(2, 55), (2, 70)]
