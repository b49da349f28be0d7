"""The policies that came into force, and what their rules with a budget have let run by themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(sa.Text(), "sqlite")
TIME = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "spendings",
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_spendings_run_id_runs")),
        sa.PrimaryKeyConstraint("rule", "run_id", "step", name=op.f("pk_spendings")),
    )
    op.create_index(op.f("ix_spendings_at"), "spendings", ["at"])
    op.create_index(op.f("ix_spendings_rule_at"), "spendings", ["rule", "at"])
    op.create_table(
        "adoptions",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_adoptions")),
    )
