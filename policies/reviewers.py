"""References to the people whom a policy asks, and how they are written.

    ravi@example.com               one person, by the e-mail address of their account on any surface
    slack:U0RAVI                   one person, by Slack user id
    slack:T024BE7LD:U0RAVI         the same, in one workspace only
    slack:S0LEADS                  a Slack user group, by id
    slack:@support-leads           a Slack user group, by handle
    teams:6f1d…-…                  one person, by Microsoft Entra object id
    teams:72f9…-…:6f1d…-…          the same, with the id of their Microsoft 365 tenant
    teams:19:…@thread.tacv2        the members of a Teams channel, by its id

Ids of Slack users begin with U or W, of user groups with S, of workspaces with T, of Enterprise Grids with E
(https://docs.slack.dev/reference/objects/). The id of a Teams channel is in its link ("Get link to channel"). Another
surface adds its own forms here.
"""

import re
from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator

from storage.records import Person

_MAIL = re.compile(r"[^@\s:<>,;]{1,64}@[^@\s:<>,;]{1,250}\.[^@\s:<>,;.]{1,63}")
_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_USER = re.compile(rf"slack:(?:[TE][A-Z0-9]{{1,20}}:)?[UW][A-Z0-9]{{1,20}}|teams:(?:{_UUID}:)?{_UUID}")
_CHANNEL = re.compile(r"teams:19:[A-Za-z0-9_.-]{1,200}@thread\.(?:tacv2|skype|v2)")
_GROUP = re.compile(rf"slack:(?:S[A-Z0-9]{{1,20}}|@[^\s@:<>,]{{1,80}})|{_CHANNEL.pattern}")
_WAYS = (
    "an e-mail address, slack:U… (a user id), slack:S… (a user group id), slack:@handle (a user group), teams:… (the Entra "
    "object id of a person) or teams:19:…@thread.tacv2 (the members of a channel)"
)


def _reference(written: str) -> str:
    """The one form in which a reference is kept, so that equal people are equal text."""
    text = written.strip()
    if _USER.fullmatch(text):
        return text.lower() if text.startswith("teams:") else text
    if _GROUP.fullmatch(text):
        return text.lower() if text.startswith("slack:@") else text
    if _MAIL.fullmatch(text):
        return text.lower()
    raise ValueError(f"{written!r} names nobody{_suggestion(text)}")


def _suggestion(text: str) -> str:
    for candidate in (f"slack:{text}", f"slack:{text.removeprefix('slack:').upper()}", f"teams:{text}"):
        if _USER.fullmatch(candidate) or _GROUP.fullmatch(candidate):
            return f": did you mean {candidate!r}?"
    return f": write {_WAYS}"


Reviewer = Annotated[str, AfterValidator(_reference)]


def is_group(reference: str) -> bool:
    """Whether the reference names a group, whose members a surface has to look up."""
    return _GROUP.fullmatch(reference) is not None


def group_references(reviewers: Iterable[str]) -> tuple[str, ...]:
    """Those of `reviewers` that are groups, each once, in their order."""
    return tuple(reference for reference in dict.fromkeys(reviewers) if is_group(reference))


def names(reference: str, person: Person) -> bool:
    """Whether the reference names this very person, by address or id. Groups name nobody by themselves."""
    mail = (person.email or "").strip().lower()
    return reference in (person.key, f"{person.surface}:{person.user}") or (bool(mail) and reference == mail)


def shown(reference: str) -> str:
    """The reference as a sentence says it: `@support-leads`, `ravi@example.com`, `U0RAVI`."""
    if _CHANNEL.fullmatch(reference):
        return f"the members of the Teams channel {reference.removeprefix('teams:')}"
    return reference.rsplit(":", 1)[-1]
