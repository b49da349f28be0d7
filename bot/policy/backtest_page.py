"""A backtest as one page that needs nothing else: no script, no picture from elsewhere, light and dark.

Every text is escaped here and shown inert, so what agents or people wrote stays text; the page forbids the rest itself.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path

from bot.cards.inert import beginning, inert
from bot.policy.backtest_terminal import duration
from bot.policy.backtest_told import NEWLY, OUTCOMES, headline, notes, reason, rows, savings
from bot.policy.compare import File, Report
from policies.backtest import KINDS, MOST_LISTED, Backtest, Compared, Row
from policies.past import Answer
from storage.records import Outcome

STYLE = Path(__file__).with_name("page.css")
MOST_TEXT = 4_000  # characters of one text; longer ones say how much was left out

_NOTHING_ELSE = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_WORDS: Mapping[Outcome, str] = {
    Outcome.auto: "runs by itself (auto)",
    Outcome.log: "runs with a line about it (log)",
    Outcome.approve: "people are asked (approve)",
    Outcome.block: "never runs (block)",
}


def page(report: Report) -> str:
    """The report as HTML."""
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_NOTHING_ELSE}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Policy backtest: {_text(report.candidate.path.name)}</title>",
            f"<style>{STYLE.read_text(encoding='utf-8')}</style>",
            "<main>",
            *_main(report),
            "</main>\n</html>\n",
        ]
    )


def _main(report: Report) -> Iterator[str]:
    found = report.found
    yield f'<h1 class="{"against" if found.contradicted else "fine"}">{_text(headline(found))}</h1>'
    yield f"<p>Candidate {_file(report.candidate)} beside {_file(report.now)}, which is in force.</p>"
    yield f'<p class="soft">{_text(_range(report))}</p>'
    if found.contradictions:
        yield from (_case(report, each) for each in found.contradictions)
    if found.contradicted > MOST_LISTED:
        yield f"<p>and {found.contradicted - MOST_LISTED:,} more.</p>"
    if found.proposals:
        yield _numbers(found)
        yield _picture(found)
        yield _table(found)
    yield "<h2>How to read this</h2>"
    yield f'<ul class="notes">{"".join(f"<li>{_text(note.strip())}</li>" for note in notes(report))}</ul>'


def _range(report: Report) -> str:
    stretch = report.stretch
    named = [f"of {name}" for name in (stretch.agent, stretch.action) if name]
    span = f"{stretch.since:%Y-%m-%d %H:%M} to {stretch.until:%Y-%m-%d %H:%M} UTC"
    return " ".join([f"{report.found.proposals:,} proposals", *named, f"from {span}."])


def _text(text: str) -> str:
    """Anybody's words, harmless."""
    begun, more = beginning(inert(text), MOST_TEXT)
    return escape(f"{begun}… ({more:,} more characters)" if more else begun)


def _file(file: File) -> str:
    return f"<code>{_text(str(file.path))}</code> <span class=soft>({_text(file.policy.version[:12])})</span>"


def _case(report: Report, each: Compared) -> str:
    past = each.past
    who = f"{past.proposal.action} by {past.around.agent or '?'}, {past.objection}"
    same = ", as the policy in force does" if each.now.runs else ""
    rules = ", ".join(f"“{rule}”" for rule in each.candidate.winning)
    lines = [
        ("Proposed", f"{past.at:%Y-%m-%d %H:%M} UTC in {_text(past.run_id)}: {_text(past.proposal.summary) or 'no summary'}")
        if past.around.requester is None
        else ("Proposed", f"{past.at:%Y-%m-%d %H:%M} UTC for {_text(past.around.requester.name)}"),
        ("Arguments", f"<code>{_text(json.dumps(past.shown, ensure_ascii=False, indent=1))}</code>"),
        *(
            (
                "Changed",
                f"{_text(change.field)}: <del>{_text(str(change.before))}</del> → <ins>{_text(str(change.after))}</ins>",
            )
            for change in past.changes
        ),
        *((answer.verb.capitalize(), _answer(report, answer)) for answer in past.answers),
        ("Candidate", f"{_text(_WORDS[each.candidate.outcome])} by {_text(rules)}{_text(same)}"),
    ]
    listed = "".join(f"<dt>{_text(name)}</dt><dd>{html}</dd>" for name, html in lines)
    return f'<article class="case"><h3><code>{_text(past.id)}</code> {_text(who)}</h3><dl>{listed}</dl></article>'


def _answer(report: Report, answer: Answer) -> str:
    name = report.names.get(answer.person)
    who = f"{_text(name)} <span class=soft>({_text(answer.person)})</span>" if name else _text(answer.person)
    when = f", {answer.at:%Y-%m-%d %H:%M} UTC" if answer.at else ""
    after = f", after {duration(answer.seconds)}" if answer.seconds is not None else ""
    why = "\n".join(_text(each) for each in (reason(answer), answer.notes) if each)
    return f"{who}{when}{after}" + (f"\n{why}" if why else "")


def _numbers(found: Backtest) -> str:
    told = [("reviews saved", found.saved.reviews), ("minutes of reviewers", round(found.saved.minutes))]
    told += [(NEWLY[kind], found.kinds[kind]) for kind in KINDS]
    cells = "".join(f"<div><dt>{name}</dt><dd>{count:,}</dd></div>" for name, count in told)
    return f'<dl class="numbers">{cells}</dl><p>{_text(savings(found))}</p>'


def _picture(found: Backtest) -> str:
    sides = [
        (name, {outcome: sum(n for flow, n in found.flows.items() if flow[index] is outcome) for outcome in OUTCOMES})
        for name, index in (("In force", 0), ("Candidate", 1))
    ]
    bars = "".join(f"<span>{name}</span>{_bar(counts)}" for name, counts in sides)
    key = "".join(
        f'<li><svg viewBox="0 0 1 1"><rect class="{outcome}" width="1" height="1"/></svg>{_text(_WORDS[outcome])}: '
        f"{sides[0][1][outcome]:,} → {sides[1][1][outcome]:,}</li>"
        for outcome in OUTCOMES
    )
    return f'<h2>What becomes of what is proposed</h2><div class="bars">{bars}</div><ul class="legend">{key}</ul>'


def _bar(counts: Mapping[Outcome, int]) -> str:
    """Shares of one whole, from what runs by itself to what never runs."""
    total, at, parts = sum(counts.values()) or 1, 0.0, []
    for outcome in OUTCOMES:
        share = 100 * counts[outcome] / total
        title = f"<title>{outcome}: {counts[outcome]:,}</title>"
        parts.append(f'<rect class="{outcome}" x="{at:.3f}" width="{share:.3f}" height="1">{title}</rect>')
        at += share
    told = ", ".join(f"{outcome} {counts[outcome]:,}" for outcome in OUTCOMES)
    return f'<svg viewBox="0 0 100 1" preserveAspectRatio="none" role="img" aria-label="{told}">{"".join(parts)}</svg>'


def _table(found: Backtest) -> str:
    names = ("action", "in force / candidate", "proposals", *NEWLY.values(), "against people")
    head = "".join(f"<th>{name}</th>" for name in names)
    body = "".join(_row(name, row) for name, row in rows(found))
    totals = (found.proposals, *(found.kinds[kind] for kind in KINDS), found.contradicted)
    foot = "".join(f"<td>{total:,}</td>" for total in totals)
    table = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody><tfoot><tr><td>all</td><td></td>{foot}</tr></tfoot>"
    return f'<h2>By action</h2><div class="scroll"><table>{table}</table></div>'


def _row(name: str, row: Row) -> str:
    cells: Iterable[int] = (row.kinds[kind] for kind in KINDS)
    counts = "".join(f"<td>{count:,}</td>" if count else '<td class="same">·</td>' for count in cells)
    against = f'<td class="against">{row.contradictions:,}</td>' if row.contradictions else '<td class="same">·</td>'
    bars = _bar({outcome: row.now[outcome] for outcome in OUTCOMES})
    bars += _bar({outcome: row.candidate[outcome] for outcome in OUTCOMES})
    return f"<tr><td><code>{_text(name)}</code></td><td>{bars}</td><td>{row.proposals:,}</td>{counts}{against}</tr>"
