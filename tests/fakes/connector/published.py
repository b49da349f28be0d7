"""What Microsoft publishes of Teams' limits, as this fake enforces them. Times are in seconds, sizes in bytes."""

from typing import Final

# A message, its JSON counted as UTF-16.
# https://learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages
LARGEST_MESSAGE: Final = 100 * 1024

# (period, operations) for one bot in one thread; a thread is a channel, a group chat or a personal chat.
# https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit
SEND: Final = ((1.0, 7), (2.0, 8), (30.0, 60), (3600.0, 1800))
CREATE: Final = SEND
READ: Final = ((1.0, 14), (2.0, 16), (30.0, 120), (3600.0, 3600))
# One app in one tenant, all its calls together; same page.
APP: Final = ((1.0, 30),)

# How long the client waits for the answer to an invoke, then says that something went wrong. Documented as 10 to 15:
# https://learn.microsoft.com/azure/bot-service/bot-builder-howto-long-operations-guidance
PATIENCE: Final = 10.0

# The newest Adaptive Card that Teams renders.
# https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-reference
NEWEST_CARD: Final = (1, 5)
# People for whom a card may ask to be refreshed, and the size up to which a conversation is refreshed without naming them.
# https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/universal-actions-for-adaptive-cards/work-with-universal-actions-for-adaptive-cards
REFRESHED: Final = 60

# https://learn.microsoft.com/microsoftteams/platform/bots/how-to/get-teams-context: less is 50, more is 500.
SMALLEST_PAGE, LARGEST_PAGE = 50, 500

# https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
SCOPE: Final = "https://api.botframework.com/.default"
AUDIENCE: Final = "https://api.botframework.com"
