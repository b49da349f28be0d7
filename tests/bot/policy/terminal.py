"""Where `signoff policy …` is typed."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main

POLICY = """
defaults:
  reviewers: [ravi@example.com, noor@example.com]
rules:
  - name: small refunds
    actions: [execute_financial_action]
    when: args.amount <= 100.0
    verdict: auto
  - name: large refunds
    actions: [execute_financial_action]
    when: args.amount > 100.0
    unless: requester.email == "cfo@example.com"
    verdict: approve
    quorum: 2
    reason: More than 100 needs two people.
  - name: tools
    actions: ["tool_*"]
    verdict: auto
  - name: the tools of others
    actions: ["tool_*"]
    agents: [ci]
    unless: args.approved
    verdict: block
  - name: tokens
    actions: [sign_in]
    when: args.token == "swordfish"
    verdict: approve
"""
REFUND = {"amount": "480.00", "currency": "USD", "charge": "ch_1", "reason": "duplicate"}


class Terminal:
    """A folder with a policy, and nothing set."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "policy.yaml"
        self.file.write_text(POLICY)
        self.env = {"SIGNOFF_CUSTOMERS_URL": f"sqlite:///{folder / 'customers.db'}", "SIGNOFF_REVIEWERS": ""}

    def __call__(self, *words: str, typed: str | bytes | None = None, **env: str) -> Result:
        """A command about the policy of the folder."""
        return CliRunner().invoke(
            main, ["policy", words[0], "--policy", str(self.file), *words[1:]], input=typed, env=self.env | env
        )


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    return Terminal(tmp_path)
