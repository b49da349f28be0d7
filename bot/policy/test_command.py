"""`signoff policy test`: whether the policy says what its tests expect of it."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.terminal import log_to_stderr, plain_errors, settings_or_exit

if TYPE_CHECKING:  # the rest of the program is only loaded when a command runs
    from policies.results import Result
    from storage.records import JsonObject

Placed = tuple[str, "Result"]  # where a test stands, and what came of it


@click.command()
@click.option("--policy", "file", type=click.Path(path_type=Path), help="Another policy file.  [default: SIGNOFF_POLICY]")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def test(*, file: Path | None, as_json: bool) -> None:
    """Run the tests that stand beside the rules. Exits with 1 if one fails, with 2 if the policy cannot be used.

    \b
    Example:
      signoff policy test
      signoff policy test --policy candidate.yaml --json
    """
    from contextlib import closing

    from agents import shipped
    from bot.app import systems_of
    from policies.tested import tested

    log_to_stderr("ERROR")
    settings = settings_or_exit()
    with plain_errors(), closing(systems_of(settings)) as systems:
        found = tested(file or settings.policy, shipped.actions(systems).models, settings.reviewers)
    if as_json:
        click.echo(json.dumps([_json(*each) for each in found], ensure_ascii=False, indent=2))
    else:
        _table(found)
    sys.exit(0 if all(result.passed for _, result in found) else 1)


def _table(found: Sequence[Placed]) -> None:
    """A line for each test; below one that failed, what was expected and why it is not so."""
    rows = [("", "test", "action", "expected", "found")]
    rows += [
        (
            "ok" if result.passed else "FAILED", result.case.name, result.case.action,
            result.case.expect.verdict, result.judgement.verdict.outcome,
        )
        for _, result in found
    ]  # fmt: skip
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for number, row in enumerate(rows):
        click.echo("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
        if number:
            _explain(*found[number - 1])
    failed = sum(not result.passed for _, result in found)
    click.echo(f"\n{len(found) - failed} passed, {failed} failed." if found else "\nThe policy has no tests.")


def _explain(place: str, result: "Result") -> None:
    if result.passed:
        return
    click.echo(f"        {place}")
    for miss in result.misses:
        click.echo(f"        {miss.part}: expected {miss.expected}, found {miss.found}")
    click.echo(f"        rules that count: {', '.join(result.judgement.verdict.rules)}")
    for line in result.why():
        click.echo(f"        {line}")


def _json(place: str, result: "Result") -> "JsonObject":
    return {
        "test": result.case.name, "place": place, "passed": result.passed, "action": result.case.action,
        "verdict": result.judgement.verdict.outcome, "rules": list(result.judgement.verdict.rules),
        "missed": [asdict(miss) for miss in result.misses], "why": list(result.why()),
    }  # fmt: skip
