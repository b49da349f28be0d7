"""A terminal for each test that types."""

from tests.bot.policy.terminal import terminal

__all__ = ["terminal"]
