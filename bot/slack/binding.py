"""What a button or a dialog carries: which revision of which request somebody saw when they pressed it.

It is only a claim. Everything else is loaded again and checked at the click.
"""

import json
from dataclasses import dataclass
from typing import Any, Self

from bot.cards.card import Card
from bot.cards.form import Form


class BadBinding(ValueError):
    """A button value or dialog metadata that this program did not write."""


@dataclass(frozen=True)
class Binding:
    """One revision of one request, and the fingerprint that its viewer saw."""

    request_id: str
    revision: int
    fingerprint: str

    @classmethod
    def of(cls, shown: Card | Form) -> Self:
        """The binding of what is shown."""
        return cls(shown.request_id, shown.revision, shown.fingerprint)

    def dump(self) -> str:
        """As compact JSON, for a button's `value` or a view's `private_metadata`."""
        fields = {"request": self.request_id, "revision": self.revision, "fingerprint": self.fingerprint}
        return json.dumps(fields, separators=(",", ":"))

    @classmethod
    def load(cls, text: object) -> Self:
        """The reverse of `dump`. Raises `BadBinding`."""
        try:
            fields: Any = json.loads(text if isinstance(text, str) else "")
            request_id, revision, fingerprint = fields["request"], fields["revision"], fields["fingerprint"]
        except (ValueError, TypeError, KeyError) as error:
            raise BadBinding("This button was not made by this version of Signoff.") from error
        if not (isinstance(request_id, str) and type(revision) is int and isinstance(fingerprint, str)):
            raise BadBinding("This button was not made by this version of Signoff.")
        return cls(request_id, revision, fingerprint)
