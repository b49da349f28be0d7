"""How Teams refuses: the codes and messages of its table, and what its client says to a person.

https://learn.microsoft.com/microsoftteams/platform/bots/build-conversational-capability#status-codes-from-bot-conversational-apis
"""

from dataclasses import dataclass


class Refused(Exception):
    """Teams' client does not let a person do that; the message is what it says, and nothing was sent."""


@dataclass
class Problem(Exception):
    """An error of the connector's API. `retry_after` is in seconds."""

    status: int
    code: str
    message: str
    retry_after: int | None = None

    def body(self) -> dict[str, dict[str, str]]:
        """As Teams answers."""
        return {"error": {"code": self.code, "message": self.message}}


def unauthorized() -> Problem:
    return Problem(401, "Unauthorized", "Authorization has been denied for this request.")


def not_in_roster() -> Problem:
    return Problem(403, "BotNotInConversationRoster", "The bot is not part of the conversation roster.")


def blocked() -> Problem:
    return Problem(403, "ConversationBlockedByUser", "User blocked the conversation with the bot.")


def no_conversation() -> Problem:
    return Problem(404, "ConversationNotFound", "Conversation not found.")


def no_activity() -> Problem:
    return Problem(404, "ActivityNotFoundInConversation", "Conversation not found.")


def no_member() -> Problem:
    return Problem(404, "MemberNotFoundInConversation", "Member not found in conversation.")


def bad_syntax(why: str) -> Problem:
    return Problem(400, "BadSyntax", why)


def bad_argument(why: str) -> Problem:
    return Problem(400, "Bad argument", why)


def too_big() -> Problem:
    return Problem(413, "MessageSizeTooBig", "Message size too large.")


def throttled(seconds: int) -> Problem:
    return Problem(429, "Throttled", "Too many requests.", seconds)
