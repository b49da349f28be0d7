"""Time as people write it in a policy: spans (`4h`, `30m`, `1d 12h`, or whole seconds) and shares of one (`50%`)."""

import re
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

LONGEST = 30 * 86_400  # seconds; nobody decides well on a request that is older than a month
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_WRITTEN = r"\s*(?:\d{1,9}\s*[smhd]\s*)+"
_HELP = "write a duration such as 30m, 4h, 2d or 1h30m, or a whole number of seconds"


def seconds(value: object) -> int:
    """Whole seconds from 1 to 30 days. Raises `ValueError` with words for the author of a policy."""
    if isinstance(value, str) and re.fullmatch(_WRITTEN, value, re.ASCII):
        value = sum(int(count) * _UNITS[unit] for count, unit in re.findall(r"(\d+)\s*([smhd])", value))
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(_HELP)
    if not 1 <= value <= LONGEST:
        raise ValueError("write a duration between 1s and 30d")
    return value


Seconds = Annotated[
    int,
    BeforeValidator(seconds),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 1, "maximum": LONGEST}, {"type": "string", "pattern": f"^{_WRITTEN}$"}]}
    ),
]

_SHARE = r"(?:[1-9]|[1-9][0-9])(?:\.[0-9]{1,3})?\s*%"


def share(value: object) -> float:
    """A part of the time that people have, between 0 and 1. Raises `ValueError` with words for the author of a policy."""
    if isinstance(value, str) and re.fullmatch(_SHARE, value.strip(), re.ASCII):
        return float(value.strip().removesuffix("%")) / 100
    if isinstance(value, float) and 0 < value < 1:  # as a policy that was read before holds it
        return value
    raise ValueError("write a share of the time between 1% and 99%, such as 50%")


Share = Annotated[
    float,
    BeforeValidator(share),
    WithJsonSchema({"type": "string", "pattern": f"^{_SHARE}$"}),
]
