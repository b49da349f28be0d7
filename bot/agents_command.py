"""`signoff agents list | show | new`: what agents there are, how they work, and how to begin one."""

import json
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.terminal import plain_errors, settings_or_exit

if TYPE_CHECKING:  # the rest of the program is only loaded when a command runs
    from agents.workflow import Agent, Agents
    from bot.settings import Settings
    from policies.judge import Judge
    from storage.records import JsonObject, Verdict

SOMEBODY = "somebody@example.com"  # to be asked where nobody is named yet: whom is not shown here


@dataclass(frozen=True)
class Registered:
    """The agents, the file of each that does not ship, and what the policy in force says of each action."""

    agents: "Agents"
    files: "dict[str, Path]"
    verdicts: "dict[str, dict[str, Verdict]]"  # by agent, then by action


@click.group()
def agents() -> None:
    """See the agents there are, and begin one of your own.

    Your own are Python files that SIGNOFF_AGENTS names, or folders of them.

    \b
    Example:
      signoff agents list
      signoff agents show support
      signoff agents new callback
    """


@agents.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_agents(*, as_json: bool) -> None:
    """List the agents with their levels and actions.

    \b
    Example:
      signoff agents list
      SIGNOFF_AGENTS=our-agents/ signoff agents list --json
    """
    found = _registered(settings_or_exit())
    if as_json:
        click.echo(json.dumps([_row(found, agent) for agent in found.agents.values()], ensure_ascii=False, indent=2))
        return
    for agent in found.agents.values():
        where = f" · {found.files[agent.name]}" if agent.name in found.files else ""
        click.echo(f"{agent.name}  level {agent.level}{where}\n  {agent.description}")
        click.echo(f"  may propose: {', '.join(agent.actions) or 'nothing'}\n")


@agents.command()
@click.argument("name")
@click.option("--mermaid", "as_mermaid", is_flag=True, help="As a mermaid flowchart, for a page.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(*, name: str, as_mermaid: bool, as_json: bool) -> None:
    """Draw how the agent NAME works, and what the policy says of what it may propose.

    \b
    Example:
      signoff agents show support
      signoff agents show support --mermaid > support.mmd
    """
    from agents.drawing import in_lines, mermaid

    if as_mermaid and as_json:
        raise click.UsageError("--mermaid and --json do not go together.")
    found = _registered(settings_or_exit())
    with plain_errors():
        agent = found.agents[name]
    if as_json:
        click.echo(json.dumps(_row(found, agent), ensure_ascii=False, indent=2))
    else:
        click.echo((mermaid if as_mermaid else in_lines)(agent, found.verdicts[name]))


@agents.command()
@click.argument("name")
@click.option(
    "--to", "folder", type=click.Path(path_type=Path, file_okay=False, exists=True), default=".", help="Another folder."
)
@click.option("--json", "as_json", is_flag=True, help="Tell what was written as JSON.")
def new(*, name: str, folder: Path, as_json: bool) -> None:
    """Write a starting file for an agent NAME with an action of its own, its instructions, and a test that passes.

    \b
    Example:
      signoff agents new callback
    """
    from agents.new import new_agent

    settings = settings_or_exit()
    with plain_errors():
        made = new_agent(name, folder, taken=_names(settings))
        made.write()
    if as_json:
        click.echo(json.dumps({"agent": name, "files": [str(path) for path in made.files]}, indent=2))
        return
    agent, prompt, test = (str(path) for path in made.files)
    click.echo(_NEXT.format(name=name, agent=agent, prompt=prompt, test=test))


_NEXT = """Written: {agent}, {prompt} and {test}.

What to do next:
  python -m pytest {test}
  export SIGNOFF_AGENTS={agent}
  signoff agents show {name}
  signoff run {name} --file a-ticket.eml

The test passes; keep it so. SIGNOFF_AGENTS may stand in `.env` as well. Then say in the policy what may happen with
{name}_entry: until a rule is about it, people are asked each time."""


def _registered(settings: "Settings") -> Registered:
    """What there is, judged by the policy in force."""
    from agents import shipped
    from bot.app import systems_of
    from policies.file import load
    from policies.judge import Fallback, Judge
    from policies.rules import mentionable

    with plain_errors(), closing(systems_of(settings)) as systems:
        actions, found = shipped.actions(systems), shipped.agents(systems)
        policy = load(settings.policy, mentionable(actions.models))
        judged = Judge(policy, actions.models, Fallback((SOMEBODY,)))
        says = {
            agent.name: {name: _says(judged, name, agent, settings) for name in agent.actions} for agent in found.values()
        }
        return Registered(found, {name: path for name, path in systems.own.files.items() if name in found}, says)


def _names(settings: "Settings") -> frozenset[str]:
    """The names that agents and actions have."""
    from agents import shipped
    from bot.app import systems_of

    with closing(systems_of(settings)) as systems:
        return frozenset(shipped.agents(systems)) | frozenset(shipped.actions(systems))


def _says(judge: "Judge", action: str, agent: "Agent", settings: "Settings") -> "Verdict":
    """What the policy says of an action at most: a condition that would need arguments counts where it asks for more."""
    from policies.circumstances import Circumstances
    from storage.records import Proposal

    proposal = Proposal(action=action, arguments={}, target="", summary="")
    return judge.judge(proposal, Circumstances(agent.name, datetime.now(UTC), settings.environment))


def _row(found: Registered, agent: "Agent") -> "JsonObject":
    from agents.drawing import LEVELS, steps_of

    says = found.verdicts[agent.name]
    return {
        "name": agent.name, "level": agent.level, "level_is": LEVELS[agent.level], "description": agent.description,
        "usage": agent.usage, "version": agent.version,
        "file": str(found.files[agent.name]) if agent.name in found.files else None,
        "steps": [{"kind": step.kind, "name": step.name} for step in steps_of(agent)],
        "tools": [{"name": tool.name, "description": tool.description} for tool in agent.tools],
        "actions": [{"name": name, "verdict": says[name].outcome, "risk": says[name].risk} for name in agent.actions],
    }  # fmt: skip
