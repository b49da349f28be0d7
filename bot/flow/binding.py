"""What a button or a dialog carries: which revision of which request somebody saw, sealed for one purpose.

The seal is a keyed hash over the request, its revision and fingerprint, the workspace, and what the value may be used for.
Only Signoff makes it, so a value that was edited, or brought from another button, workspace or deployment, does nothing.
Everything else is loaded again and checked at the click.

A card that shows everything carries a value for `approve`. One that does not carries only one for `read`, which opens the
first page of a dialog; each page carries the value that turns to the next, and the last one the value for `approve_read`.
These three are bound to the person to whom the page was served, so nobody approves what they were not shown to its end.
"""

import json
from dataclasses import dataclass
from typing import Any, Final, Literal

from bot.cards.card import Card
from bot.cards.form import Form
from bot.flow.seals import Seals
from storage.canonical import NotCanonical
from storage.records import JsonObject

Purpose = Literal["approve", "edit", "reject", "read", "turn", "approve_read", "edit_form", "reject_form", "ask_form"]

UNREAD: Final = 1
PERSONAL: Final = frozenset({"turn", "approve_read", "edit_form", "reject_form", "ask_form"})


class BadBinding(ValueError):
    """A value that this Signoff did not make for this act, person and workspace."""


@dataclass(frozen=True)
class Binding:
    """One revision of one request, the fingerprint that its viewer saw, and the page that a dialog turns to.

    With `edit` and `edit_form`, `page` is UNREAD where the card did not show everything.
    """

    request_id: str
    revision: int
    fingerprint: str
    page: int = 0


@dataclass(frozen=True)
class Stamp:
    """Makes and reads values for one workspace, or tenant, of one surface. `reader` is the key of the person whom a dialog
    is served to."""

    seals: Seals
    surface: str
    team: str
    reader: str = ""

    def value(self, shown: Card | Form, purpose: Purpose, page: int = 0) -> str:
        """What a button's `value` or a view's `private_metadata` carries: compact JSON, some 250 characters."""
        binding = Binding(shown.request_id, shown.revision, shown.fingerprint, page)
        fields = _fields(binding) | {"seal": self.seals.seal(self._named(purpose), self._facts(binding, purpose))}
        return json.dumps(fields, separators=(",", ":"))

    def read(self, value: object, purpose: Purpose) -> Binding:
        """The reverse. Raises `BadBinding` unless the value was made for exactly this."""
        binding, seal = _loaded(value)
        try:
            genuine = self.seals.holds(seal, self._named(purpose), self._facts(binding, purpose))
        except NotCanonical as error:
            raise BadBinding("Nothing that Signoff makes looks like this.") from error
        if not genuine:
            raise BadBinding(f"This value was not made for {purpose!r} here.")
        return binding

    def enclosed(self, text: str, purpose: Purpose) -> str:
        """A text that a dialog carries for its reader alone, sealed as it is."""
        return f"{self.seals.seal(self._named(purpose), self._text(text))}.{text}"

    def disclosed(self, value: object, purpose: Purpose) -> str:
        """The reverse. Raises `BadBinding` unless the value was made for exactly this."""
        seal, _, text = value.partition(".") if isinstance(value, str) else ("", "", "")
        if not self.seals.holds(seal, self._named(purpose), self._text(text)):
            raise BadBinding(f"This value was not made for {purpose!r} here.")
        return text

    def _text(self, text: str) -> JsonObject:
        return {"text": text, "team": self.team, "reader": self.reader}

    def _named(self, purpose: Purpose) -> str:
        return f"{self.surface} {purpose}"

    def _facts(self, binding: Binding, purpose: Purpose) -> JsonObject:
        if purpose not in PERSONAL:
            return _fields(binding) | {"team": self.team}
        if not self.reader:
            raise ValueError(f"A value for {purpose!r} belongs to somebody.")
        return _fields(binding) | {"team": self.team, "reader": self.reader}


def _fields(binding: Binding) -> JsonObject:
    fields: JsonObject = {
        "request": binding.request_id, "revision": binding.revision, "fingerprint": binding.fingerprint,
    }  # fmt: skip
    return fields | {"page": binding.page} if binding.page else fields


def _loaded(value: object) -> tuple[Binding, str]:
    try:
        fields: Any = json.loads(value if isinstance(value, str) else "")
        request, revision, mark, seal = (fields[name] for name in ("request", "revision", "fingerprint", "seal"))
        page = fields.get("page", 0)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BadBinding("This value was not made by this version of Signoff.") from error
    texts, numbers = (request, mark, seal), (revision, page)
    if not all(isinstance(text, str) for text in texts) or not all(type(number) is int for number in numbers):
        raise BadBinding("This value was not made by this version of Signoff.")
    return Binding(request, revision, mark, page), seal
