"""A town on Microsoft Teams: the Bot Connector over real HTTP, and people who use it as Teams lets them."""

from tests.fakes.connector.authority import forgeries
from tests.fakes.connector.server import Town

__all__ = ["Town", "forgeries"]
