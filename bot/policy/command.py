"""The group of commands about the policy."""

import click

from bot.policy.backtest_command import backtest
from bot.policy.explain_command import explain
from bot.policy.judge_command import judge
from bot.policy.schema_command import schema
from bot.policy.suggest_command import suggest
from bot.policy.test_command import test


@click.group()
def policy() -> None:
    """Explain, test and compare policies.

    \b
    Example:
      signoff policy explain send_external_email to=mia@example.com subject=Hello
      signoff policy test
      signoff policy backtest --candidate new-policy.yaml --since 90d
    """


for command in (explain, test, judge, backtest, suggest, schema):
    policy.add_command(command)
