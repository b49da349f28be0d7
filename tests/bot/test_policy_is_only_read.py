"""Neither an agent nor another program can write the policy: nothing that they reach opens its file but to read it."""

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from agents import shipped
from bot.api.app import Api
from bot.app import systems_of
from bot.reload import Reload
from bot.settings import Settings
from policies.current import CurrentPolicy
from policies.rules import mentionable
from tests.bot.api.office import office_of
from tests.bot.flow.stage import POLICY, Stage, stage_at

ROOT = Path(__file__).parents[2]
REACHED = ("policies", "bot/flow", "bot/cards", "bot/api", "bot/reload.py", "agents/executors")
WRITES = {
    "write_text",
    "write_bytes",
    "touch",
    "unlink",
    "rename",
    "chmod",
    "symlink_to",
    "hardlink_to",
    "NamedTemporaryFile",
}
MODES = set("wax+")


class Opened:
    """Paths that this process opened to write, while anybody looks."""

    def __init__(self) -> None:
        self.looking = False
        self.written: list[str] = []
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.looking:
            return
        if event == "open" and isinstance(arguments[1], str) and MODES & set(arguments[1]):
            self.written.append(str(arguments[0]))
        elif event in ("os.rename", "os.remove", "os.truncate", "os.chmod", "os.link", "os.symlink"):
            self.written += map(str, arguments)

    @contextmanager
    def during(self) -> Iterator[list[str]]:
        self.looking, self.written = True, []
        try:
            yield self.written
        finally:
            self.looking = False


OPENED = Opened()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY, "utf-8")
    return path


def test_writing_would_be_noticed(file: Path) -> None:
    with OPENED.during() as written:
        file.write_text(POLICY, "utf-8")
        file.with_suffix(".new").touch()
        file.with_suffix(".new").replace(file)
    assert written.count(str(file)) == 2


async def test_whatever_agents_and_programs_ask_for_the_policy_stays_as_it_is(tmp_path: Path, file: Path) -> None:
    """Everything that they can say names the file: agents in arguments, people in edits and notes, programs in fields."""
    before, name = _state(file), str(file)
    async with stage_at(tmp_path / "signoff.db") as stage, office_of(stage) as office:
        current = CurrentPolicy(file, mentionable(stage.signoff.actions.models))
        stage.signoff = replace(stage.signoff, policy=lambda: current.policy)
        with OPENED.during() as written:
            await Reload(stage.signoff, current).look()
            await _story(stage, name)
            agent = await office.program()
            for action in ("pay", "note", "think", "advise", name):
                about = {"target": name} if action == name else {}
                arguments = {"amount": "1.00", "to": name} if action == "pay" else {"text": name}
                await agent.ask(action=action, arguments=arguments, agent="policy", input=name, **about)
            for path in ("/v1/policy", "/v1/policies", "/v1/reload", f"/v1/{name}"):
                for method in ("GET", "PUT", "POST", "PATCH", "DELETE"):
                    assert (await agent.call(method, path, json={"rules": []})).status in (404, 405)
        assert stage.till.paid
    assert name not in written
    assert _state(file) == before


def _state(file: Path) -> tuple[str, int, int]:
    return file.read_text("utf-8"), file.stat().st_mtime_ns, file.stat().st_ino


async def _story(stage: Stage, name: str) -> None:
    request = await stage.ask(f"480.00 {name}")
    await stage.edit(request, amount="300.00", to=f"{name}.new", notes=name)
    for action in ("note", "think", "advise"):
        await stage.type(f"run payer {action} {name}")


async def test_the_api_has_no_address_for_the_policy(tmp_path: Path) -> None:
    async with stage_at(tmp_path / "signoff.db") as stage:
        app = web.Application()
        Api(stage.signoff).mount(app)
    addresses = {route.resource.canonical for route in app.router.routes() if route.resource}
    assert addresses
    assert [each for each in addresses if "polic" in each or "rule" in each or "file" in each] == []


def test_no_shipped_action_takes_a_file() -> None:
    systems = systems_of(Settings())
    actions = shipped.actions(systems)
    systems.close()
    named = {f"{action.name}.{field}" for action in actions.values() for field in action.arguments.model_fields}
    assert named
    assert [each for each in named if any(word in each for word in ("path", "file", "folder", "directory", "polic"))] == []


@pytest.mark.parametrize("part", REACHED)
def test_what_agents_and_programs_reach_writes_no_files(part: str) -> None:
    path = ROOT / part
    modules = [path] if path.suffix else sorted(path.rglob("*.py"))
    assert modules
    assert [f"{module.name}:{line}" for module in modules for line in _writing(ast.parse(module.read_text("utf-8")))] == []


def _writing(tree: ast.Module) -> Iterator[int]:
    """Lines that write files, or may."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        given = (*node.args, *(keyword.value for keyword in node.keywords))
        modes = [each.value for each in given if isinstance(each, ast.Constant)]
        if name in WRITES or (name == "open" and any(MODES & set(str(mode)) for mode in modes)):
            yield node.lineno
