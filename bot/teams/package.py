"""The app package that is uploaded in Teams: a manifest with the app's id filled in, and two icons.

https://learn.microsoft.com/microsoftteams/platform/concepts/build-and-test/apps-package
https://learn.microsoft.com/microsoftteams/platform/resources/schema/manifest-schema
"""

import io
import json
import re
import uuid
import zipfile
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from bot.cards.said import ABOUT
from bot.flow.commands import VERBS
from bot.teams import limits

Manifest = dict[str, Any]

ASK: Final = "ask"
WEBSITE: Final = "https://signoff.example.com"
ICONS: Final = ("color.png", "outline.png")
SCOPES: Final = ("personal", "team", "groupChat")
# As Teams wants it written: `uuid.UUID` also takes one in braces or without hyphens, and Teams would refuse the package.
GUID: Final = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
FIRST_DAY: Final = (1980, 1, 1, 0, 0, 0)  # of zip files; equal contents make equal packages


class BadPackage(ValueError):
    """A package that Teams would not take; the message says what to do."""


@dataclass(frozen=True)
class App:
    """What differs from one deployment to the next. `website` is shown to people who look the app up."""

    id: str
    name: str = "Signoff"
    website: str = WEBSITE
    version: str = "0.1.0"


def package(app: App) -> bytes:
    """The zip file. Raises BadPackage."""
    made, written = io.BytesIO(), json.dumps(manifest(app), indent=2, ensure_ascii=False).encode()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as zipped:
        _add(zipped, "manifest.json", written)
        for icon in ICONS:
            _add(zipped, icon, files("bot.teams").joinpath("manifest", icon).read_bytes())
    return made.getvalue()


def manifest(app: App) -> Manifest:
    """The manifest. Raises BadPackage."""
    if why := _wrong(app):
        raise BadPackage(why)
    return {
        "$schema": f"https://developer.microsoft.com/json-schemas/teams/v{limits.MANIFEST}/MicrosoftTeams.schema.json",
        "manifestVersion": limits.MANIFEST,
        "version": app.version,
        # Another id than the bot's, because one bot may stand in several apps; derived, so that a new package is an update.
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"signoff:{app.id.lower()}")),
        "developer": {
            "name": app.name,
            "websiteUrl": app.website,
            "privacyUrl": app.website,
            "termsOfUseUrl": app.website,
        },
        "name": {"short": app.name, "full": f"{app.name}: a human signature for AI agents"},
        "description": {"short": "A human signature between AI agents and the world.", "full": ABOUT},
        "icons": {"color": ICONS[0], "outline": ICONS[1]},
        "accentColor": "#0f766e",
        "bots": [
            {
                "botId": app.id,
                "scopes": [*SCOPES],
                "supportsFiles": False,
                "isNotificationOnly": False,
                "commandLists": [{"scopes": [scope], "commands": commands()} for scope in SCOPES],
            }
        ],
        "composeExtensions": [{"botId": app.id, "commands": [ask()]}],
        "permissions": ["identity", "messageTeamMembers"],
        "validDomains": [],
    }


def commands() -> list[dict[str, str]]:
    """What Teams suggests while somebody types: every command there is."""
    return [{"title": word, "description": verb.does.capitalize()} for word, verb in VERBS.items()]


def ask() -> dict[str, Any]:
    """What Teams offers on every message (https://learn.microsoft.com/microsoftteams/platform/messaging-extensions/how-to/
    action-commands/define-action-command)."""
    told = {"title": "Ask an agent", "description": "Have an agent work on this message"}
    return {"id": ASK, "type": "action", **told, "context": ["message"], "fetchTask": True}


def _wrong(app: App) -> str | None:
    if not GUID.fullmatch(app.id):
        return f"{app.id!r} is no app id: copy the id (a GUID) of the Azure bot's app registration."
    if not app.name.strip() or not app.name.isprintable():
        return f"{app.name!r} is no name that people could read: write one line, such as Signoff."
    if len(app.name) > limits.APP_NAME:
        return f"The name has {len(app.name)} characters; Teams takes {limits.APP_NAME}."
    if not re.fullmatch(r"https://[^\s/]+\.[^\s]+", app.website) or len(app.website) > limits.APP_URL:
        return f"{app.website!r} is no website that Teams takes: write https://…, at most {limits.APP_URL} characters."
    return None


def _add(zipped: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, FIRST_DAY)
    entry.compress_type = zipfile.ZIP_DEFLATED
    zipped.writestr(entry, content)
