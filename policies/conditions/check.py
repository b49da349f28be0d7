"""What is wrong with a condition, found before it is ever asked: unknown names, types that do not fit, a missing bracket."""

from pydantic import BaseModel

from policies.conditions.declare import declared
from policies.conditions.literals import misread
from policies.conditions.words import Fault, read, word

LONGEST = 2000  # characters of one condition


def faults(condition: str, model: type[BaseModel] | None) -> tuple[Fault, ...]:
    """Every mistake in a condition about an action with these arguments; None where they are not known beforehand."""
    if len(condition) > LONGEST:
        return (Fault(1, 1, f"longer than {LONGEST} characters: make several rules of it"),)
    checker = declared(model)
    try:
        says = checker.env.compile(condition).return_type().name().lower()
    except TypeError:
        return (Fault(1, 1, "this is not valid Unicode: write it anew"),)
    except RuntimeError as error:
        return tuple(read(str(error), condition, checker.messages))
    if says not in ("bool", "dyn"):
        return (Fault(1, 1, f"says {word(says)}, but a condition says true or false: compare it with something"),)
    return tuple(misread(condition))
