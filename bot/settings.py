"""The one place where settings are read: the environment and a `.env` file. Rules for agents are in the policy file."""

from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, StringConstraints, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from policies.file import SHIPPED
from policies.reviewers import Reviewer

Guid = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True)]  # as Microsoft writes them


class Settings(BaseSettings):
    """Everything a deployment can set. Each field's description is what `signoff check --settings` prints."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True, populate_by_name=True
    )

    database_url: str = Field(
        "sqlite:///var/signoff.db",
        validation_alias="SIGNOFF_DATABASE_URL",
        description="where state lives: sqlite:///FILE or postgresql://USER@HOST/NAME",
    )
    audit_anchors: Path = Field(
        Path("var/audit-anchors.jsonl"),
        validation_alias="SIGNOFF_AUDIT_ANCHORS",
        description="file that the audit chain's head is appended to each hour; best out of reach of the database's people",
    )
    signing_key: SecretStr | None = Field(
        None,
        validation_alias="SIGNOFF_SIGNING_KEY",
        description="32 bytes in base64 that sign approvals, buttons and grants; by comma, the newest first",
    )
    signing_key_file: Path = Field(
        Path("var/signing-key"),
        validation_alias="SIGNOFF_SIGNING_KEY_FILE",
        description="where that key is kept if it is not set; made on the first start",
    )
    agents: Annotated[tuple[Path, ...], NoDecode] = Field(
        (), validation_alias="SIGNOFF_AGENTS", description="your own agents: Python files or folders of them, by comma"
    )
    mcp: Path | None = Field(
        None, validation_alias="SIGNOFF_MCP", description="your MCP servers: a YAML file that names them; see `signoff mcp`"
    )
    triggers: Path | None = Field(
        None,
        validation_alias="SIGNOFF_TRIGGERS",
        description="webhooks, mailboxes and schedules that start runs: a YAML file that names them; see `signoff triggers`",
    )
    policy: Path = Field(SHIPPED, validation_alias="SIGNOFF_POLICY", description="the policy file")
    environment: str = Field(
        "production",
        validation_alias="SIGNOFF_ENVIRONMENT",
        pattern=r"^[\w-]{1,40}$",
        description="what this deployment is, for rules that hold in some environments only, such as staging",
    )
    reviewers: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        validation_alias="SIGNOFF_REVIEWERS",
        description="who is asked where the policy names nobody: e-mails, slack:U…, slack:S…, slack:@group, teams:…",
    )
    channel: str | None = Field(
        None,
        validation_alias="SIGNOFF_CHANNEL",
        description="channel id in which people are asked where the policy names none; teams:19:… for one in Teams",
    )
    admin_channel: str | None = Field(
        None,
        validation_alias="SIGNOFF_ADMIN_CHANNEL",
        description="channel id in which changes of the policy are told; left out, SIGNOFF_CHANNEL",
    )
    host: str = Field("127.0.0.1", validation_alias="SIGNOFF_HOST", description="address to listen on")
    port: int = Field(8080, validation_alias="SIGNOFF_PORT", description="port to listen on", ge=0, le=65535)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", validation_alias="SIGNOFF_LOG_LEVEL", description="DEBUG, INFO, WARNING or ERROR"
    )

    public_url: str | None = Field(
        None,
        validation_alias="SIGNOFF_PUBLIC_URL",
        description="where people reach the pages: https://signoff.example.com; without it, on this machine only",
    )
    page_readers: Annotated[tuple[Reviewer, ...], NoDecode] = Field(
        (),
        validation_alias="SIGNOFF_PAGE_READERS",
        description="who sees every run on the pages: e-mails, slack:U…, slack:S…, slack:@group, teams:…; others see theirs",
    )

    slack_bot_token: SecretStr | None = Field(
        None, validation_alias="SLACK_BOT_TOKEN", description="xoxb-…, from the app's install page"
    )
    slack_app_token: SecretStr | None = Field(
        None, validation_alias="SLACK_APP_TOKEN", description="xapp-… with connections:write; turns Socket Mode on"
    )
    slack_signing_secret: SecretStr | None = Field(
        None, validation_alias="SLACK_SIGNING_SECRET", description="turns HTTP mode on: POST /slack/events"
    )
    slack_api_url: str = Field(
        "https://slack.com/api/", validation_alias="SLACK_API_URL", description="another Slack-compatible server"
    )

    teams_app_id: Guid = Field(
        "", validation_alias="SIGNOFF_TEAMS_APP_ID", description="the bot's app id in Microsoft Entra; turns Teams on"
    )
    teams_app_password: SecretStr | None = Field(
        None, validation_alias="SIGNOFF_TEAMS_APP_PASSWORD", description="its client secret; a managed identity has none"
    )
    teams_app_type: Literal["SingleTenant", "UserAssignedMSI"] = Field(
        "SingleTenant", validation_alias="SIGNOFF_TEAMS_APP_TYPE", description="SingleTenant or UserAssignedMSI"
    )
    teams_tenant: Guid = Field(
        "", validation_alias="SIGNOFF_TEAMS_TENANT", description="id of the app's Microsoft 365 tenant"
    )
    teams_tenants: Annotated[tuple[Guid, ...], NoDecode] = Field(
        (), validation_alias="SIGNOFF_TEAMS_TENANTS", description="further tenants whose people may use it, by comma"
    )
    teams_dialogs: bool = Field(
        True, validation_alias="SIGNOFF_TEAMS_DIALOGS", description="0 where forms shall open in the card, not in a dialog"
    )
    teams_insecure_local: bool = Field(
        False,
        validation_alias="SIGNOFF_TEAMS_INSECURE_LOCAL",
        description="1 to try Teams with a simulator on this machine: nobody's identity is checked",
    )

    anthropic_api_key: SecretStr | None = Field(
        None,
        validation_alias="ANTHROPIC_API_KEY",
        description="key for Claude; without it answers come from rules, and say so",
    )
    anthropic_base_url: str | None = Field(
        None, validation_alias="ANTHROPIC_BASE_URL", description="another Messages API server"
    )
    model: str = Field("claude-haiku-5-5", validation_alias="SIGNOFF_MODEL", description="the model that agents ask")

    prices: Path | None = Field(
        None,
        validation_alias="SIGNOFF_PRICES",
        description="a YAML file of your own prices for models; what it does not name costs what genai-prices says",
    )

    help_centre: Path | None = Field(
        None,
        validation_alias="SIGNOFF_HELP_CENTRE",
        description="folder of articles (*.md) that `support` answers from; without it, the samples of a lamp shop",
    )
    help_centre_url: str | None = Field(
        None, validation_alias="SIGNOFF_HELP_CENTRE_URL", description="where they are published: URL/NAME of the file"
    )
    library: Path | None = Field(
        None,
        validation_alias="SIGNOFF_LIBRARY",
        description="folder of documents (*.md) that `research` answers from; without it, the samples of a lamp shop",
    )
    library_url: str | None = Field(
        None, validation_alias="SIGNOFF_LIBRARY_URL", description="where they are published: URL/NAME of the file"
    )
    tickets: Path | None = Field(
        None,
        validation_alias="SIGNOFF_TICKETS",
        description="folder of tickets (INC-42.eml, INC-42.txt) that `triage` takes by number; without it, samples",
    )
    order_url: str | None = Field(
        None,
        validation_alias="SIGNOFF_ORDER_URL",
        description="page of an order, for the evidence on cards: https://shop.example/orders/{order}",
    )

    smtp_host: str = Field(
        "127.0.0.1", validation_alias="SIGNOFF_SMTP_HOST", description="mail server for send_external_email"
    )
    smtp_port: int = Field(25, validation_alias="SIGNOFF_SMTP_PORT", description="its port", ge=1, le=65535)
    smtp_user: str | None = Field(None, validation_alias="SIGNOFF_SMTP_USER", description="its user, if it asks for one")
    smtp_password: SecretStr | None = Field(None, validation_alias="SIGNOFF_SMTP_PASSWORD", description="its password")
    smtp_starttls: bool = Field(True, validation_alias="SIGNOFF_SMTP_STARTTLS", description="require STARTTLS")
    smtp_from: str = Field(
        "support@localhost", validation_alias="SIGNOFF_SMTP_FROM", description="sender address of e-mails"
    )
    billing_url: str = Field(
        "http://127.0.0.1:12111",
        validation_alias="SIGNOFF_BILLING_URL",
        description="refunds API in Stripe's form, without /v1",
    )
    billing_key: SecretStr | None = Field(
        None, validation_alias=AliasChoices("SIGNOFF_BILLING_KEY", "STRIPE_API_KEY"), description="its key"
    )
    customers_url: str = Field(
        "sqlite:///var/customers.db", validation_alias="SIGNOFF_CUSTOMERS_URL", description="the customer database"
    )

    @field_validator("log_level", mode="before")
    @classmethod
    def _in_capitals(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value

    @field_validator("public_url", mode="after")
    @classmethod
    def _reached(cls, value: str | None) -> str | None:
        if not value:
            return None
        parts = urlsplit(value)
        here = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
        if (
            not (parts.scheme == "https" or here)
            or not parts.hostname
            or parts.path.strip("/")
            or parts.query
            or parts.fragment
        ):
            raise ValueError("write https:// and a host name, without a path; http:// only for this machine")
        return f"{parts.scheme}://{parts.netloc}"

    @field_validator("mcp", "triggers", "prices", "help_centre", "library", "tickets", mode="before")
    @classmethod
    def _none_if_empty(cls, value: Any) -> Any:
        return value or None

    @field_validator("agents", "reviewers", "page_readers", "teams_tenants", mode="before")
    @classmethod
    def _by_comma(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @property
    def wants_slack(self) -> bool:
        """Whether anything of Slack is set."""
        return any((self.slack_bot_token, self.slack_app_token, self.slack_signing_secret))

    @property
    def wants_teams(self) -> bool:
        """Whether anything of Teams is set."""
        return any((self.teams_app_id, self.teams_app_password, self.teams_tenant, self.teams_insecure_local))


def described(settings: Settings) -> list[tuple[str, str, str]]:
    """Name of the variable, value with secrets masked, description: a row for each setting."""
    rows = []
    for name, info in Settings.model_fields.items():
        value = getattr(settings, name)
        alias = info.validation_alias
        variable = alias.choices[0] if isinstance(alias, AliasChoices) else alias
        rows.append((str(variable), _masked(value), info.description or ""))
    return rows


def _masked(value: object) -> str:
    match value:
        case None | ():
            return "(not set)"
        case SecretStr():
            return "set (hidden)" if value.get_secret_value() else "(empty)"
        case tuple():
            return ", ".join(map(str, value))
        case _:
            return str(value)
