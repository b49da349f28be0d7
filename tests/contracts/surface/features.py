"""What the tests of the contract show, by the name under which the README's table has it."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import pytest

SURFACES: Final[Mapping[str, str]] = {"slack": "Slack", "teams": "Microsoft Teams", "sandbox": "Sandbox"}

Test = TypeVar("Test", bound=Callable[..., Any])


def feature(name: str, **lacking: str) -> Callable[[Test], Test]:
    """A test of `name`; `lacking` names the surfaces that do not have it, and why."""
    assert lacking.keys() <= SURFACES.keys(), lacking
    mark: pytest.MarkDecorator = pytest.mark.feature(name, lacking)
    return mark


def surfaces_of(lacking: Mapping[str, str]) -> list[str]:
    """The surfaces on which a test runs."""
    return [each for each in SURFACES if each not in lacking]
