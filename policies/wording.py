"""What pydantic finds in a policy file, in words for its author."""

from collections.abc import Iterator

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from policies.problems import Mistake, Path, did_you_mean, nearest
from policies.schema import keys_at


def schema_mistakes(error: ValidationError) -> Iterator[Mistake]:
    """The mistakes behind an error, without those that only follow from others."""
    errors = error.errors(include_url=False)
    misspelt = {_meant(found["loc"]) for found in errors if found["type"] == "extra_forbidden"}
    for found in errors:
        follows = found["type"] == "missing" and found["loc"] in misspelt
        follows |= found["type"] == "too_short" and bool(found["input"])  # it is short only of the items that have problems
        follows |= found["type"] == "not_a_condition"  # `mistakes.py` says what is wrong with it
        if not follows:
            yield Mistake(found["loc"], _explained(found), of_key=found["type"] == "extra_forbidden")


def _meant(path: Path) -> Path:
    """The path that was meant with one whose last key is unknown."""
    return (*path[:-1], nearest(str(path[-1]), keys_at(path[:-1])) or "")


def _explained(found: ErrorDetails) -> str:
    kind, given = found["type"], found["input"]
    if kind == "extra_forbidden":
        keys = keys_at(found["loc"][:-1])
        return f"unknown key{did_you_mean(str(found['loc'][-1]), keys) or ': remove it, or use one of ' + ', '.join(keys)}"
    if kind in ("enum", "literal_error"):
        expected = str(found["ctx"]["expected"]).replace("'", "")
        choices = expected.replace(" or ", ", ").split(", ")
        return f"{given!r} is not one of {expected}{did_you_mean(str(given), choices)}"
    if kind == "value_error":
        return str(found["ctx"]["error"])
    return _ADVICE.get(kind, f"{found['msg'][:1].lower()}{found['msg'][1:]}")


_ADVICE = {
    "missing": "is missing: add it",
    "model_type": "write keys and values here, such as `name: refunds`",
    "model_attributes_type": "write keys and values here, such as `name: refunds`",
    "dict_type": "write names and values here, such as {amount: 20}",
    "tuple_type": "write a list, such as [one, another]",
    "string_type": "write text; put numbers, true and false in quotes",
    "string_pattern_mismatch": "write one word, without spaces",
    "int_type": "write a whole number, without quotes",
    "bool_type": "write true or false, without quotes",
    "too_short": "the list is empty: write at least one, or remove the key where it can be left out",
}
