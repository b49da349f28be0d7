"""The group of commands about the policy."""

import click


@click.group()
def policy() -> None:
    """Explain, test and compare policies.

    \b
    signoff policy --help
    """
