"""The policies that came into force, one after the other."""

from datetime import datetime

from pydantic import Field

from storage.records.base import JsonObject, Record


class Adoption(Record):
    """A policy that came into force as the `number`th here. `content` is what it says; `version` is the digest of that."""

    number: int = Field(ge=1)
    version: str
    content: JsonObject
    at: datetime
