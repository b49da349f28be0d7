"""What is wrong with a condition, found before it is ever asked: unknown names, types that do not fit, a missing bracket."""

from pydantic import BaseModel

from policies.conditions.declare import environment
from policies.conditions.shapes import Anything, shape_of
from policies.conditions.words import Fault, read, word

LONGEST = 2000  # characters of one condition


def faults(condition: str, model: type[BaseModel] | None) -> tuple[Fault, ...]:
    """Every mistake in a condition about an action with these arguments; None where they are not known beforehand."""
    if len(condition) > LONGEST:
        return (Fault(1, 1, f"longer than {LONGEST} characters: make several rules of it"),)
    shape = shape_of(model) if model else Anything()
    try:
        result = environment(model).compile(condition).return_type()
    except RuntimeError as error:
        return tuple(read(str(error), condition, shape))
    if result.name() not in ("BOOL", "DYN"):
        return (
            Fault(
                1, 1, f"says {word(result.name().lower())}, but a condition says true or false: compare it with something"
            ),
        )
    return ()
