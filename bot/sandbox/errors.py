"""Errors of the sandbox."""

from collections.abc import Sequence
from typing import Any

from bot.sandbox.problems import Problem


class SandboxError(Exception):
    """Base of the sandbox's errors."""


class SlackError(SandboxError):
    """An answer of the Web API that is not ok. `error` is Slack's own word, `details` the fields beside it."""

    def __init__(self, error: str, **details: Any) -> None:
        super().__init__(error)
        self.error = error
        self.details = details

    @classmethod
    def of_problems(cls, error: str, problems: Sequence[Problem]) -> "SlackError":
        """The answer to a faulty document: every fault with its place, as Slack lists them."""
        short = [f"{each.message} [json-pointer:{each.pointer}]" for each in problems]
        return cls(error, errors=short, response_metadata={"messages": [str(each) for each in problems]})

    @classmethod
    def of_argument(cls, message: str) -> "SlackError":
        """The answer to a missing or malformed argument."""
        return cls("invalid_arguments", response_metadata={"messages": [f"[ERROR] {message}"]})

    def body(self) -> dict[str, Any]:
        """The JSON body Slack answers with."""
        return {"ok": False, "error": self.error, **self.details}


class PersonError(SandboxError):
    """A person tried what cannot be done; the text is a sentence for them."""
