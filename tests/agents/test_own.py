"""A company's own agents: files beside Signoff, loaded in the open, and told in words where they cannot be used."""

from pathlib import Path

import pytest

from agents import shipped
from agents.own import BadOwnAgent, load
from agents.shipped import Systems

GREETER = '''
from agents.actions import Action, Arguments
from agents.workflow import Agent

class Greeting(Arguments):
    """Whom to greet."""
    whom: str

async def execute(arguments, effect):
    return {"summary": f"Hello, {arguments.whom}."}

async def workflow(run, input):
    return (await run.propose("greet", {"whom": input}, summary=f"Greet {input}")).status

ACTIONS = [Action("greet", "Greet", "Greets.", Greeting, lambda g: g.whom, execute)]
AGENTS = [Agent("greeter", 1, "Greets people.", "a name", ("greet",), workflow)]
RULES = {"greeting": lambda prompt: None}
'''


def test_agents_and_actions_of_a_folder_stand_beside_the_shipped_ones(systems: Systems, tmp_path: Path) -> None:
    (tmp_path / "greeter.py").write_text(GREETER)
    (tmp_path / "test_greeter.py").write_text("raise Exception")
    (tmp_path / "_part.py").write_text("raise Exception")
    (tmp_path / "conftest.py").write_text("raise Exception")
    made = shipped.with_own(systems, [tmp_path, tmp_path / "greeter.py"])

    assert set(shipped.agents(made)) == set(shipped.agents(systems)) | {"greeter"}
    assert shipped.actions(made)["greet"].normal({"whom": "Mia"}) == ({"whom": "Mia"}, "Mia")
    assert "greeting" in shipped.rules(made.own)
    assert made.own.files["greeter"] == tmp_path / "greeter.py"
    assert len(shipped.agents(made)["greeter"].version) == 12


def test_without_files_nothing_is_added(systems: Systems) -> None:
    assert shipped.with_own(systems, ()) == systems


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "it sets neither AGENTS nor ACTIONS"),
        ("AGENTS = 3", "AGENTS is a value of type int. Write a list"),
        ("AGENTS = [3]", "AGENTS holds a value of type int. Put values of agents.workflow.Agent into it"),
        ("ACTIONS = ['pay']", "agents.actions.Action"),
        ("RULES = []", "Write a mapping"),
        ("RULES = {'p': 3}", "the rule for the prompt 'p' is a value of type int"),
        ("RULES = {'read_ticket': print}", "a rule for a prompt 'read_ticket' already"),
        ("AGENTS = [", "line 1: SyntaxError: '[' was never closed. Mend it"),
        ("x = 1\nimport nowhere_to_be_found", "line 2: ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
        ("raise SystemExit(0)", "it ends the program"),
        (GREETER.replace('Agent("greeter"', 'Agent("support"'), "'support' is the name of something that ships"),
        (GREETER.replace('"greet"', '"send_external_email"'), "'send_external_email' is the name of something that ships"),
        (GREETER.replace("1, ", "4, "), "BadAgent: greeter: Level 4"),
        (
            GREETER.replace('1, "Greets', '2, "Greets').replace('("greet",)', '("greet", "wave")'),
            "declares the action 'wave', which there is not",
        ),
        (GREETER + "AGENTS = AGENTS * 2", "the name 'greeter' is twice in it"),
        (
            GREETER.replace("whom: str", "whom: SecretStr").replace("class", "from pydantic import SecretStr\nclass"),
            "greet.whom: write Annotated[str, Secret()]",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_told_with_its_name_and_what_to_do(
    systems: Systems, tmp_path: Path, text: str, says: str
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(text)
    with pytest.raises(BadOwnAgent) as told:
        shipped.with_own(systems, [path])

    assert str(told.value).startswith(f"{path}: ")
    assert says in str(told.value)
    assert "Traceback" not in str(told.value)


def test_two_files_cannot_have_one_name(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(GREETER)
    (tmp_path / "b.py").write_text(GREETER)
    with pytest.raises(BadOwnAgent, match=r"b\.py: the name 'greeter' is in .*a\.py already"):
        load([tmp_path])


@pytest.mark.parametrize("name", ["nowhere", "nowhere.py"])
def test_a_place_that_is_not_there_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadOwnAgent, match="no such file or folder"):
        load([tmp_path / name])


def test_what_is_no_python_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("AGENTS = []")
    with pytest.raises(BadOwnAgent, match="no Python file"):
        load([tmp_path / "mine.txt"])
