"""The group of commands about the policy."""

import click

from bot.policy.backtest_command import backtest
from bot.policy.explain_command import explain
from bot.policy.judge_command import judge
from bot.policy.suggest_command import suggest


@click.group()
def policy() -> None:
    """Explain, test and compare policies.

    \b
    Example:
      signoff policy explain send_external_email to=mia@example.com subject=Hello
      signoff policy judge < cases.jsonl
    """


policy.add_command(explain)
policy.add_command(judge)
policy.add_command(backtest)
policy.add_command(suggest)
