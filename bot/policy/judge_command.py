"""`signoff policy judge`: a verdict for each line of JSON, for programs and for anybody with a file of cases."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import click

from bot.terminal import log_to_stderr, plain_errors, settings_or_exit

if TYPE_CHECKING:  # the rest of the program is only loaded when a command runs
    from bot.policy.court import Court
    from bot.policy.stream import Arriving


@click.command()
@click.option("--policy", "file", type=click.Path(path_type=Path), help="Judge by this file.  [default: SIGNOFF_POLICY]")
def judge(*, file: Path | None) -> None:
    """Read cases as JSON lines on stdin, and write the verdict on each, in the same order.

    A case is {"action", "args"}, with "agent", "requester" (an e-mail address, or surface:tenant:user) and "environment"
    where they matter; what is left out is not known. A verdict is {"verdict", "risk", "rules", "reasons", "quorum",
    "reviewers"}. Nothing is done. Actions that are not registered here are judged too, and globs match them.

    Exit code 0: each line got a verdict. 1: some got an {"error", "line"} instead. 2: nothing could be judged.

    \b
    Example:
      echo '{"action": "deploy", "args": {"replicas": 3}, "agent": "ci"}' | signoff policy judge --policy policy.yaml
      signoff policy judge < cases.jsonl > verdicts.jsonl
    """
    from bot.policy.court import court_of

    log_to_stderr("ERROR")
    settings = settings_or_exit()
    with plain_errors():
        court = court_of(settings, file)
    sys.exit(_judged(court, cast("Arriving", sys.stdin.buffer), sys.stdout.buffer))


def _judged(court: "Court", source: "Arriving", out: BinaryIO) -> int:
    """Answer what arrived before waiting for more, so that a program can ask line by line. Returns the exit code."""
    from bot.policy.cases import LONGEST, answered, written
    from bot.policy.stream import batches

    number, fine = 0, True
    for batch in batches(source, LONGEST):
        answers = [answered(court, line, number + place, datetime.now(UTC)) for place, line in enumerate(batch, 1)]
        number += len(batch)
        fine = fine and not any("error" in answer for answer in answers)
        out.write("".join(f"{written(answer)}\n" for answer in answers).encode())
        out.flush()
    return 0 if fine else 1
