"""People who are named in words where no chat platform vouches for them: the owner of a key, an operator at a terminal."""

import re
from typing import Literal, get_args

from pydantic import TypeAdapter, ValidationError

from policies.reviewers import Reviewer
from storage.records import Person

API, TERMINAL = "api", "terminal"  # surfaces of such people; nobody can be posted to there
LOCAL = "local"  # their tenant

Kind = Literal["webhook", "mailbox", "schedule"]
"""Surfaces of what asks and is nobody: a program outside, a folder, a clock."""

KINDS: tuple[Kind, ...] = get_args(Kind)

_ACCOUNT = re.compile(r"[a-z]{2,20}:[A-Za-z0-9._-]{1,80}:[^\s<>,]{1,200}")
_mail: TypeAdapter[str] = TypeAdapter(Reviewer)


class BadAccount(ValueError):
    """Nobody is named like this; the message says how people are named."""


def person_named(written: str, surface: str) -> Person:
    """The person that an e-mail address names on `surface`, or the account that `slack:T…:U…` names. Raises BadAccount."""
    text = written.strip()
    if "@" in text and ":" not in text:
        mail = _address(text)
        return Person(key=f"{surface}:{LOCAL}:{mail}", name=mail, email=mail)
    if not _ACCOUNT.fullmatch(text) or text.split(":", 1)[0] in (API, TERMINAL):
        raise BadAccount(f"{written!r} names nobody: write an e-mail address, or an account such as slack:T024BE7LD:U0MIA.")
    key = text.lower() if text.startswith("teams:") else text  # Microsoft writes its ids in either case
    return Person(key=key, name=key.split(":", 2)[2])


def _address(text: str) -> str:
    try:
        return _mail.validate_python(text)
    except ValidationError as error:
        raise BadAccount(f"{text!r} is not an e-mail address.") from error
