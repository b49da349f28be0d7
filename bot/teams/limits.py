"""What Microsoft publishes about Teams and the Bot Connector, in one place: a correction is one line.

Times are in seconds, sizes in bytes.
"""

from typing import Final

# https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
OPENID_METADATA: Final = "https://login.botframework.com/v1/.well-known/openidconfiguration"
ISSUER: Final = "https://api.botframework.com"
ALGORITHM: Final = "RS256"
LEEWAY: Final = 300.0
TOKEN: Final = 3600.0  # how long one counts
CHANNEL: Final = "msteams"

# Where Teams takes messages: public cloud, GCC, GCC High, DoD. Exact hosts, because anybody can have a name below
# trafficmanager.net. https://learn.microsoft.com/microsoftteams/platform/concepts/app-fundamentals-overview
SERVICE_HOSTS: Final = frozenset(
    {
        "smba.trafficmanager.net",
        "smba.infra.gcc.teams.microsoft.com",
        "smba.infra.gov.teams.microsoft.us",
        "smba.infra.dod.teams.microsoft.us",
    }
)
SERVICE: Final = "https://smba.trafficmanager.net/teams/"  # takes messages while no activity has named a nearer one

# https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication#step-1
LOGIN: Final = "https://login.microsoftonline.com/"
SCOPE: Final = "https://api.botframework.com/.default"
RESOURCE: Final = "https://api.botframework.com"
REFRESH: Final = 300.0  # before a token of ours ends
# https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
IMDS: Final = "http://169.254.169.254/metadata/identity/oauth2/token"

ACTIVITY: Final = 512 * 1024  # what Teams sends is far below: a message has at most 100 KB
ANSWER: Final = 4 * 1024 * 1024  # 500 members of a team are some 200 KB
PAGE: Final = 500  # https://learn.microsoft.com/microsoftteams/platform/bots/how-to/get-teams-context: 50 to 500

# A turn has 10 to 15 seconds, the submission of a dialog 5: we hold ourselves to less.
# https://learn.microsoft.com/azure/bot-service/bot-builder-howto-long-operations-guidance
PATIENCE: Final = 2.0

# To be tried again, with what Retry-After says. https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit
PASSING: Final = frozenset({412, 429, 500, 502, 503, 504})

# Cards. A message may have 100 KB as UTF-16, and 80 KB arrives for certain; earlier versions of that page said 40 KB.
# https://learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages
# Counted here: the card as compact JSON that is not escaped to ASCII, in UTF-16. What Signoff allows itself is far below, so
# that the same card goes through where every character outside ASCII is sent as a \uXXXX escape.
CARD: Final = 25 * 1024
# A form has to hold the whole of what is edited; it is an answer to a dialog, never a message.
FORM: Final = 80 * 1024
# The newest version that Teams shows everywhere.
# https://learn.microsoft.com/microsoft-copilot-studio/guidance/adaptive-cards-overview
CARD_VERSION: Final = "1.5"
CARD_TYPE: Final = "application/vnd.microsoft.card.adaptive"
# https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-actions
PRIMARY_ACTIONS: Final = 6
# https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/universal-actions-for-adaptive-cards/user-specific-views
REFRESHED_USERS: Final = 60

# The app package. https://learn.microsoft.com/microsoftteams/platform/resources/schema/manifest-schema; the version is that
# of https://learn.microsoft.com/microsoft-365/extensibility/schema/ in April 2026.
MANIFEST: Final = "1.27"
APP_NAME: Final = 30
APP_FULL_NAME: Final = 100
APP_SHORT: Final = 80
APP_FULL: Final = 4_000
APP_URL: Final = 2_048
# https://learn.microsoft.com/microsoft-365/extensibility/schema/root-bots-command-lists
COMMAND_LISTS: Final = 3
COMMANDS: Final = 12
COMMAND_TITLE: Final = 32
COMMAND_DESCRIPTION: Final = 128
