"""The group of commands about the policy."""

import click

from bot.policy.backtest_command import backtest
from bot.policy.suggest_command import suggest


@click.group()
def policy() -> None:
    """Explain, test and compare policies.

    \b
    signoff policy --help
    """


policy.add_command(backtest)
policy.add_command(suggest)
