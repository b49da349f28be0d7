"""Delegations, identities, keys of other programs, and the times at which people are reminded."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
JSON = sa.JSON().with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    for table in ("runs", "requests"):
        op.add_column(table, sa.Column("on_behalf_of", JSON, nullable=True))
        op.add_column(table, sa.Column("api_key", sa.String(), nullable=True))
    op.add_column("requests", sa.Column("nudge_at", TIME, nullable=True))
    op.add_column("requests", sa.Column("escalated_at", TIME, nullable=True))
    op.create_index(op.f("ix_requests_status_nudge_at"), "requests", ["status", "nudge_at"])
    op.add_column("decisions", sa.Column("lent_by", JSON, nullable=True))
    # Approvals from before there were seals do not count any more: they are asked for again.
    op.add_column("decisions", sa.Column("seal", sa.String(), nullable=False, server_default=""))
    _people()
    _programs()


def _people() -> None:
    op.create_table(
        "delegations",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("giver", JSON, nullable=False),
        sa.Column("giver_key", sa.String(), nullable=False),
        sa.Column("taker", JSON, nullable=False),
        sa.Column("taker_key", sa.String(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegations")),
    )
    op.create_index(op.f("ix_delegations_giver_key"), "delegations", ["giver_key"])
    op.create_index(op.f("ix_delegations_taker_key"), "delegations", ["taker_key"])
    op.create_table(
        "identities",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("human", sa.String(), nullable=False),
        sa.Column("person", JSON, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_identities")),
    )
    op.create_index(op.f("ix_identities_human"), "identities", ["human"])


def _programs() -> None:
    op.create_table(
        "apikeys",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("owner", JSON, nullable=False),
        sa.Column("scopes", JSON, nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=True),
        sa.Column("revoked_at", TIME, nullable=True),
        sa.Column("last_used_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_apikeys")),
    )
    op.create_table(
        "submissions",
        sa.Column("api_key", sa.String(), nullable=False),
        sa.Column("idempotency_key", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["api_key"], ["apikeys.id"], name=op.f("fk_submissions_api_key_apikeys")),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_submissions_request_id_requests")),
        sa.PrimaryKeyConstraint("api_key", "idempotency_key", name=op.f("pk_submissions")),
    )
    op.create_index(op.f("ix_submissions_created_at"), "submissions", ["created_at"])
