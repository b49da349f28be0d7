"""The trace of the demo's story, from its rows, on the command line and against the documented example."""

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

import bot.traces
from bot.demo import Demo
from bot.story import Storyteller
from bot.traces.records import Trace
from tests.e2e.company import BROKEN_LAMP
from tests.e2e.process import invoked

EXAMPLE = json.loads((Path(bot.traces.__file__).parent / "example.json").read_text())
# What is another one each time: only its kind is compared.
CHANGES = {
    "session_id", "trace_id", "span_id", "approval_request_id", "started_at", "finished_at", "at", "seconds", "latency_ms",
    "total_latency_ms", "human_wait_ms", "total_latency_with_wait_ms", "wait_ms", "policy_version",
}  # fmt: skip


def comparable(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: comparable(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [comparable(each, name) for each in value]
    return type(value).__name__.replace("int", "float") if name in CHANGES else value


async def test_the_trace_of_the_story_is_the_documented_example(company: Demo, tmp_path: Path) -> None:
    told = [step async for step in Storyteller(company, BROKEN_LAMP, lower=True).tell()]
    assert all(step.ok for step in told)
    env = {"SIGNOFF_DATABASE_URL": f"sqlite:///{tmp_path / 'demo' / 'signoff.db'}"}

    listed = [json.loads(line) for line in (await invoked("trace", "list", "--json", env=env)).out.splitlines()]
    shown = await invoked("trace", "show", listed[0]["session_id"], "--json", env=env)
    trace = json.loads(shown.out)

    assert len(listed) == 1
    assert comparable(trace) == comparable(EXAMPLE)
    Draft202012Validator(Trace.model_json_schema(mode="serialization")).validate(trace)
    _belongs_together(trace)


def _belongs_together(trace: dict[str, Any]) -> None:
    """The proposal, the approval and the execution name each other and the same request; times add up."""
    proposal, approval, execution = trace["steps"][4:7]
    assert (approval["parent"], execution["parent"], proposal["parent"]) == (5, 5, None)
    assert len({step["approval_request_id"] for step in (proposal, approval, execution)}) == 1
    assert len({step["span_id"] for step in trace["steps"]}) == 7
    assert trace["human_wait_ms"] == approval["wait_ms"]
    assert trace["total_latency_with_wait_ms"] == trace["total_latency_ms"] + trace["human_wait_ms"]
    assert approval["decisions"][0]["at"] <= approval["finished_at"] <= execution["started_at"]
