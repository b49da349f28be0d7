"""A backtest on a terminal: what contradicts people first, then a picture and a table.

What others wrote goes through `inert_line`, so no escape sequence of theirs reaches the terminal, and is never markup.
"""

import json
from collections.abc import Iterator, Mapping
from io import StringIO

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.cards.inert import beginning, inert_line
from bot.policy.backtest_told import NEWLY, OUTCOMES, headline, notes, reason, rows, savings
from bot.policy.compare import File, Report
from policies.backtest import KINDS, Backtest, Compared
from policies.past import Answer
from storage.records import Outcome

MOST_SHOWN = 20  # contradictions; the rest is in --json and --out
MOST_TEXT = 400  # characters of one text; longer ones say how much was left out
BAR = 66  # characters

_LOOKS: Mapping[Outcome, tuple[str, str]] = {
    Outcome.auto: ("█", "green"),
    Outcome.log: ("▓", "cyan"),
    Outcome.approve: ("▒", "yellow"),
    Outcome.block: ("░", "red"),
}


def written(report: Report, *, width: int, colour: bool) -> str:
    """The whole report as text; with escape sequences of ours where there is colour."""
    console = Console(
        file=StringIO(), width=width, force_terminal=colour, no_color=not colour, markup=False, emoji=False, highlight=False
    )
    with console.capture() as caught:
        for part in _parts(report):
            console.print(part)
    return "\n".join(line.rstrip() for line in caught.get().rstrip().splitlines())


def said(text: str, most: int = MOST_TEXT) -> str:
    """Somebody else's words on one line, harmless; what does not fit is counted."""
    begun, more = beginning(inert_line(text), most)
    return f"{begun}… ({more:,} more characters)" if more else begun


def _parts(report: Report) -> Iterator[RenderableType]:
    found = report.found
    yield Text(headline(found), "bold red" if found.contradicted else "bold green")
    for each in found.contradictions[:MOST_SHOWN]:
        yield Padding(_contradiction(report, each), (1, 0, 0, 2))
    if found.contradicted > MOST_SHOWN:
        yield Text(f"\n  and {found.contradicted - MOST_SHOWN:,} more: see --json or --out.")
    yield Text()
    yield from _about(report)
    if found.proposals:
        yield Text()
        yield from _picture(found)
        yield _table(found)
        yield Text(savings(found))
    yield Text()
    yield from (Text(said(note) if note.strip() == note else "  " + said(note), "dim") for note in notes(report))


def _about(report: Report) -> Iterator[Text]:
    yield Text(f"In force   {_file(report.now)}")
    yield Text(f"Candidate  {_file(report.candidate)}")
    named = [f"of {said(name)}" for name in (report.stretch.agent, report.stretch.action) if name]
    since, until = (f"{moment:%Y-%m-%d %H:%M}" for moment in (report.stretch.since, report.stretch.until))
    yield Text(f"Proposals  {report.found.proposals:,} {' '.join([*named, ''])}from {since} to {until} UTC")


def _file(file: File) -> str:
    return f"{inert_line(str(file.path))} (version {file.policy.version[:12]})"


def _contradiction(report: Report, each: Compared) -> Group:
    past = each.past
    title = f"{past.id}  {past.at:%Y-%m-%d %H:%M}  {said(past.proposal.action)} by {said(past.around.agent or '?')}"
    grid = Table.grid(padding=(0, 2))
    grid.add_column(min_width=9)
    grid.add_column(overflow="fold")
    for name, text in _details(report, each):
        grid.add_row(Text(name, "dim"), Text(text))
    return Group(Text(f"{title}, {past.objection}", "bold"), Padding(grid, (0, 0, 0, 2)))


def _details(report: Report, each: Compared) -> Iterator[tuple[str, str]]:
    past = each.past
    yield "arguments", said(json.dumps(past.shown, ensure_ascii=False))
    for change in past.changes:
        yield "changed", f"{said(change.field)}: {said(str(change.before))} → {said(str(change.after))}"
    for answer in past.answers:
        yield said(answer.verb, 9), _answer(report, answer)
    rules = ", ".join(f"“{rule}”" for rule in each.candidate.winning)
    yield "candidate", f"{each.candidate.outcome} by {rules}{', as the policy in force does' if each.now.runs else ''}"


def _answer(report: Report, answer: Answer) -> str:
    name = report.names.get(answer.person)
    who = f"{said(name)} ({said(answer.person)})" if name else said(answer.person)
    when = f" on {answer.at:%Y-%m-%d %H:%M}" if answer.at else ""
    after = f" after {duration(answer.seconds)}" if answer.seconds is not None else ""
    why = [said(each) for each in (reason(answer), answer.notes) if each]
    return f"{who}{when}{after}{': ' if why else ''}{'. '.join(why)}"


def duration(seconds: float) -> str:
    """`38 s`, `12 min`, `3.5 h`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _picture(found: Backtest) -> Iterator[Text]:
    """Two bars, one under the other: what would have become of everything."""
    for name, index in (("In force ", 0), ("Candidate", 1)):
        counts = {outcome: sum(n for flow, n in found.flows.items() if flow[index] is outcome) for outcome in OUTCOMES}
        yield Text(f"{name}  ").append_text(bar(counts))
        yield Text(f"{' ' * len(name)}  {_legend(counts)}\n")


def bar(counts: Mapping[Outcome, int], length: int = BAR) -> Text:
    """Shares as one bar; what is there at all has at least one character of it."""
    text, total = Text(), sum(counts.values())
    widths = shares([counts[outcome] for outcome in OUTCOMES], length) if total else [0] * len(OUTCOMES)
    for outcome, width in zip(OUTCOMES, widths, strict=True):
        sign, colour = _LOOKS[outcome]
        text.append(sign * width, colour)
    return text


def shares(counts: list[int], length: int) -> list[int]:
    """Parts of `length` in proportion to the counts, none that counts left out; they add up to it."""
    total = sum(counts)
    parts = [max(count * length // total, 1) if count else 0 for count in counts]
    parts[parts.index(max(parts))] += length - sum(parts)
    return parts


def _legend(counts: Mapping[Outcome, int]) -> str:
    return "  ".join(f"{_LOOKS[outcome][0]} {outcome} {counts[outcome]:,}" for outcome in OUTCOMES if counts[outcome])


def _table(found: Backtest) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 0, 0, 1))
    table.add_column("\naction", overflow="fold", min_width=24)
    for name in ("\nall", *NEWLY.values(), "against people"):
        table.add_column(name.replace(" ", "\n") if " " in name else "\n" + name.lstrip(), justify="right")
    for name, row in rows(found):
        cells = [row.proposals, *(row.kinds[kind] for kind in KINDS), row.contradictions]
        table.add_row(Text(said(name, 80)), *(_number(cell) for cell in cells), style="red" if row.contradictions else None)
    if len(found.rows) > 1:
        totals = [found.proposals, *(found.kinds[kind] for kind in KINDS), found.contradicted]
        table.add_section()
        table.add_row(Text("all"), *(_number(cell) for cell in totals), style="bold")
    return table


def _number(count: int) -> Text:
    return Text(f"{count:,}" if count else "·")
