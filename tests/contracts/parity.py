"""The README's table of what works on which surface, made from the contract suite: `python -m tests.contracts.parity`.

It is written only after the whole suite has passed, and a test holds the README against what the suite is made of.
"""

import importlib
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Final

from tests.contracts import surface
from tests.contracts.surface.features import SURFACES

README: Final = Path(__file__).parents[2] / "README.md"
SUITE: Final = Path(surface.__file__).parent
BEGIN, END = "<!-- surfaces: made by `python -m tests.contracts.parity` -->", "<!-- /surfaces -->"

LEAD: Final = "What works where, as [one suite](tests/contracts/surface) shows it on each of them:"

Features = dict[str, dict[str, str]]


def features() -> Features:
    """What is shown, in the suite's order; for each the surfaces that lack it, with the reason."""
    found: Features = {}
    for name, lacking in _marked():
        so_far = found.setdefault(name, dict(lacking))
        found[name] = {each: why for each, why in so_far.items() if each in lacking}
    return found


def table(shown: Features) -> str:
    """As Markdown."""
    lines = [LEAD, "", f"| | {' | '.join(SURFACES.values())} |", f"|---|{'---|' * len(SURFACES)}"]
    lines += [f"| {name} | {' | '.join(_cell(each, lacking) for each in SURFACES)} |" for name, lacking in shown.items()]
    return "\n".join(lines)


def written(readme: str, made: str) -> str:
    """The README with the table between its markers. Raises ValueError without markers."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{README.name} needs the markers {BEGIN} and {END}.")
    return f"{before}{begin}\n{made}\n{end}{after}"


def _cell(name: str, lacking: Mapping[str, str]) -> str:
    return f"– {lacking[name]}" if name in lacking else "✓"


def _marked() -> Iterator[tuple[str, Mapping[str, str]]]:
    for module in _modules():
        for test in vars(module).values():
            for mark in getattr(test, "pytestmark", ()):
                if mark.name == "feature":
                    yield mark.args


def _modules() -> Iterator[ModuleType]:
    for name in ("deciding", "refusals", "endings", "commands", "port", "both"):
        yield importlib.import_module(f"{surface.__name__}.test_{name}")


def main() -> int:
    """Run the suite, then write the table."""
    ran = subprocess.run([sys.executable, "-m", "pytest", "-q", "-rs", str(SUITE)], check=False)  # noqa: S603
    if ran.returncode:
        sys.stderr.write("The suite did not pass; the table was left as it is.\n")
        return ran.returncode
    README.write_text(written(README.read_text(encoding="utf-8"), table(features())), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
