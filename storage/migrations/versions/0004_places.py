"""A request has a card in each of several places, and a message remembers where it belongs."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(sa.Text(), "sqlite")

# The record was written as it stands, so it becomes the only item of a list by brackets around it.
PLACES = "UPDATE requests SET places = CAST('[' || CAST(place AS TEXT) || ']' AS {json}) WHERE CAST(place AS TEXT) <> 'null'"
HOMES = (
    "UPDATE messages SET home = place",
    "UPDATE messages SET home = (SELECT place FROM requests WHERE id = subject)"
    " WHERE purpose = 'card' AND subject IN (SELECT id FROM requests WHERE place IS NOT NULL)",
    "UPDATE messages SET home = (SELECT origin FROM runs WHERE id = subject)"
    " WHERE purpose = 'run' AND subject IN (SELECT id FROM runs WHERE origin IS NOT NULL)",
)


def upgrade() -> None:
    op.add_column("requests", sa.Column("places", JSON, nullable=False, server_default="[]"))
    op.add_column("messages", sa.Column("home", JSON, nullable=False, server_default="{}"))
    op.execute(PLACES.format(json="TEXT" if op.get_bind().dialect.name == "sqlite" else "JSON"))
    for statement in HOMES:
        op.execute(statement)
    op.drop_column("requests", "place")
