"""What Microsoft publishes about Teams and the Bot Connector, in one place: a correction is one line.

Times are in seconds, sizes in bytes.
"""

from typing import Final

# https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
OPENID_METADATA: Final = "https://login.botframework.com/v1/.well-known/openidconfiguration"
ISSUER: Final = "https://api.botframework.com"
ALGORITHM: Final = "RS256"
LEEWAY: Final = 300.0
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
