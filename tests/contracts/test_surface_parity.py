"""The README's table says what the suite shows, and the suite leaves no command and no method of the port out."""

from bot.flow.commands import VERBS
from bot.flow.surface import Surface
from tests.contracts import parity


def test_the_readme_has_the_table_that_the_suite_makes() -> None:
    readme = parity.README.read_text(encoding="utf-8")
    assert readme == parity.written(readme, parity.table(parity.features())), "run python -m tests.contracts.parity"


def test_every_module_of_the_suite_is_in_the_table() -> None:
    there = {path.stem for path in parity.SUITE.glob("test_*.py")}
    assert there == {module.__name__.rpartition(".")[2] for module in parity._modules()}


def test_every_command_is_tried_on_every_surface() -> None:
    shown = parity.features()
    assert {name for name in shown if name.startswith("Command: ")} == {f"Command: {verb}" for verb in VERBS}
    assert all(not shown[f"Command: {verb}"] for verb in VERBS)


def test_every_method_of_the_port_is_called_by_the_suite() -> None:
    methods = {name for name in vars(Surface) if not name.startswith("_") and callable(getattr(Surface, name))}
    suite = "".join(path.read_text(encoding="utf-8") for path in parity.SUITE.glob("test_*.py"))
    assert {name for name in methods if f"surface.{name}(" not in suite} == set()


def test_what_a_surface_lacks_has_a_reason_and_is_rare() -> None:
    shown = parity.features()
    assert all(why for lacking in shown.values() for why in lacking.values())
    assert sum("slack" in lacking or "teams" in lacking for lacking in shown.values()) <= 2
