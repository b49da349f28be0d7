"""The comparison of a summary with the arguments: sums of money, addresses, and numbers of things. Pure, and free.

It looks for contradictions and not for silence: a summary need not tell everything, for the card shows all arguments. What
it does tell has to stand in the arguments.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal

from pydantic import JsonValue

from storage.records import JsonObject, Proposal, Risk

LEAST_RISK = Risk.high  # of a proposal whose summary is wrong

_SHOWN = 80  # characters of a value in a label
_CURRENCY = r"usd|eur|gbp|aed|sar|chf|jpy|cad|aud|inr|\$|€|£|¥|dollars?|euros?|pounds?|dirhams?|riyals?"
_NUMBER = r"\d{1,3}(?:[,.'\u00a0\u202f ]\d{3}){1,4}(?:[.,]\d{1,2})?|\d{1,15}(?:[.,]\d{1,2})?"
_MONEY = re.compile(
    rf"(?:\b|(?<=\W))(?:{_CURRENCY})\s?({_NUMBER})(?!\d)|(?<![\w.,])({_NUMBER})\s?(?:{_CURRENCY})(?!\w)", re.IGNORECASE
)
_ADDRESS = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_THING = re.compile(r"\b[A-Za-z]{1,12}[-_]\d{2,12}\b")
_MONEY_FIELD = re.compile(r"amount|price|total|sum|cost|fee|refund", re.IGNORECASE)


def disagreements(summary: str, target: str, arguments: JsonObject, *, secrets: Collection[str] = ()) -> tuple[str, ...]:
    """What the summary says that the arguments do not, in sentences for the card; empty if nothing contradicts.

    Secret arguments are not looked into, because a sentence about them would tell what they are.
    """
    values = list(_values({name: value for name, value in arguments.items() if name not in secrets}))
    texts = [*(str(value) for _, value in values), target]
    return (*_money(summary, values, texts), *_addresses(summary, texts), *_things(summary, texts))


def looked_at(proposal: Proposal, *, secrets: Collection[str] = ()) -> Proposal:
    """The proposal, marked and with its risk raised if its summary contradicts its arguments."""
    found = disagreements(proposal.summary, proposal.target, proposal.arguments, secrets=secrets)
    return marked(proposal, found) if found else proposal


def marked(proposal: Proposal, labels: Iterable[str]) -> Proposal:
    """The proposal with these labels in front, and at least the risk of a wrong summary."""
    risk = max(LEAST_RISK, proposal.risk or LEAST_RISK, key=lambda risk: risk.rank)
    return proposal.model_copy(update={"labels": tuple(dict.fromkeys((*labels, *proposal.labels))), "risk": risk})


def _money(summary: str, values: list[tuple[str, JsonValue]], texts: list[str]) -> Iterator[str]:
    told = [_sum(match[1] or match[2]) for match in _MONEY.finditer(summary)]
    if not told:
        return
    moved = [_sum(str(value)) for name, value in values if _MONEY_FIELD.search(name) and _numeric(value)]
    written = {_sum(match[1] or match[2]) for text in texts for match in _MONEY.finditer(text)}
    for amount in dict.fromkeys(told):
        if amount not in moved and amount not in written:
            does = ", ".join(f"{each:f}" for each in moved) or "no such sum"
            yield f"The summary speaks of {amount:f}, but the arguments say {does}."
    for amount in dict.fromkeys(moved):
        if amount not in told:
            yield f"The arguments say {amount:f}, which the summary does not."


def _addresses(summary: str, texts: list[str]) -> Iterator[str]:
    written = {address for text in texts for address in _found(_ADDRESS, text)}
    for address in dict.fromkeys(_found(_ADDRESS, summary)):
        if address not in written:
            yield f"The summary speaks of {address[:_SHOWN]}, whom the arguments do not name."


def _things(summary: str, texts: list[str]) -> Iterator[str]:
    """Numbers such as A-1042 or cus_17: only where the arguments name things by such numbers, but not this one."""
    names = [text for text in texts if not re.search(r"[\s@]", text.strip()) and not _numeric(text)]
    named = {digits for name in names for digits in re.findall(r"\d{2,}", name)}
    prose = " ".join(texts).casefold()
    for thing in dict.fromkeys(_found(_THING, summary)):
        digits = re.split(r"[-_]", thing)[-1]
        if named and digits not in named and thing not in prose:
            yield f"The summary speaks of {thing[:_SHOWN]}, but the arguments name something else."


def _values(value: JsonValue, name: str = "") -> Iterator[tuple[str, JsonValue]]:
    """Every single value in the arguments with the name it has."""
    match value:
        case dict():
            for key, each in value.items():
                yield from _values(each, f"{name}.{key}" if name else key)
        case list():
            for each in value:
                yield from _values(each, name)
        case None | bool():
            return
        case _:
            yield name, value


def _numeric(value: JsonValue) -> bool:
    return not isinstance(value, bool) and re.fullmatch(rf"\s*(?:{_NUMBER})\s*", str(value)) is not None


def _sum(number: str) -> Decimal:
    """A sum of money as it is written in English or on the continent: 1,480.00, 1.480,00, 1 480."""
    digits = re.sub(r"['\u00a0\u202f ]", "", number.strip())
    if re.search(r",\d{1,2}$", digits):
        digits = digits.replace(".", "").replace(",", ".")
    elif re.search(r"\.\d{3}$", digits):  # 1.480 is a thousand: no currency here has a third decimal
        digits = digits.replace(".", "")
    amount = Decimal(digits.replace(",", ""))
    return amount.quantize(Decimal("0.01"))


def _found(pattern: re.Pattern[str], text: str) -> list[str]:
    return [found.casefold().strip(".'") for found in pattern.findall(text)]
