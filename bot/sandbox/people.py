"""The seed of a sandbox workspace: who is in it, where they talk, and the app that is installed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """Someone of the workspace. `id` is like `U0MIA`, `tz` an IANA name, `role` one line for the demo."""

    id: str
    name: str
    real_name: str
    email: str = ""
    role: str = ""
    tz: str = "Europe/London"
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    deleted: bool = False

    @property
    def is_guest(self) -> bool:
        """Single- and multi-channel guests, and people of other workspaces (Slack Connect)."""
        return self.is_restricted or self.is_ultra_restricted or self.is_stranger


@dataclass(frozen=True)
class UserGroup:
    """A user group. `id` is like `S0FINANCE`, `members` are person ids."""

    id: str
    handle: str
    members: tuple[str, ...]
    name: str = ""


@dataclass(frozen=True)
class Channel:
    """A channel or, with `im_with`, somebody's direct messages with the bot. `members` are person ids."""

    id: str
    name: str
    purpose: str = ""
    members: tuple[str, ...] = ()
    is_private: bool = False
    is_archived: bool = False
    im_with: str | None = None


@dataclass(frozen=True)
class Command:
    """A slash command of the app, as its manifest declares it. `command` starts with a slash."""

    command: str
    hint: str = ""
    description: str = ""


@dataclass(frozen=True)
class Shortcut:
    """Something that the app offers on every message, as its manifest declares it."""

    callback_id: str
    name: str


ALL_SCOPES = (
    "app_mentions:read", "channels:history", "channels:join", "channels:read", "chat:write", "commands",
    "files:write", "groups:history", "groups:read", "im:history", "im:read", "im:write", "reactions:write",
    "team:read", "usergroups:read", "users:read", "users:read.email",
)  # fmt: skip


@dataclass(frozen=True)
class Installation:
    """The app as it is installed: the bot's person, its scopes, commands, shortcuts and event subscriptions.

    The bot is a member of every channel of the seed that lists its person id. `events` are the names of the
    Events API subscriptions, with `message.channels` and `message.im` for messages.
    """

    bot: Person = Person("U0SIGNOFF", "signoff", "Signoff", is_bot=True, role="The app")
    app_id: str = "A0SIGNOFF"
    bot_id: str = "B0SIGNOFF"
    scopes: tuple[str, ...] = ALL_SCOPES
    commands: tuple[Command, ...] = (Command("/signoff", "run AGENT TEXT", "Run an agent and see its approvals"),)
    shortcuts: tuple[Shortcut, ...] = (Shortcut("signoff_ask", "Ask an agent"),)
    events: tuple[str, ...] = (
        "app_home_opened", "app_mention", "channel_archive", "channel_deleted", "channel_left", "group_archive",
        "group_deleted", "group_left", "message.im",
    )  # fmt: skip


@dataclass(frozen=True)
class Seed:
    """A workspace as it is when the sandbox starts."""

    people: tuple[Person, ...]
    channels: tuple[Channel, ...]
    groups: tuple[UserGroup, ...] = ()
    installation: Installation = Installation()
    team_id: str = "T0SANDBOX"
    team_name: str = "Sandbox"
    team_domain: str = "sandbox"
