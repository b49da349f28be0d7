"""Values as every database keeps them and gives them back: what replay sees is what the first pass saw. Pure."""

import math
from typing import Any


def storable(value: Any) -> Any:
    """A JSON value without NUL and halves of surrogate pairs, which become U+FFFD, and with null for what is no number."""
    match value:
        case str():
            return value.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case dict():
            return {storable(key): storable(each) for key, each in value.items()}
        case list():
            return [storable(each) for each in value]
        case float() if not math.isfinite(value):
            return None
    return value
