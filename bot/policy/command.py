"""The group of commands about the policy."""

import click

from bot.policy.schema_command import schema
from bot.policy.test_command import test


@click.group()
def policy() -> None:
    """Explain, test and compare policies.

    \b
    Example:
      signoff policy test
      signoff policy schema --out policy.schema.json
    """


policy.add_command(test)
policy.add_command(schema)
