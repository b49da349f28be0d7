"""A house on each surface that a test is about."""

from collections.abc import AsyncIterator

import pytest

from tests.contracts.surface.chat import Chat
from tests.contracts.surface.features import surfaces_of
from tests.contracts.surface.house import House, house_on


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "surface_name" in metafunc.fixturenames:
        [mark] = metafunc.definition.iter_markers("feature")
        metafunc.parametrize("surface_name", surfaces_of(mark.args[1]))


@pytest.fixture
async def house(surface_name: str, sqlite_url: str) -> AsyncIterator[House]:
    async with house_on(sqlite_url, [surface_name]) as made:
        yield made


@pytest.fixture
def chat(house: House) -> Chat:
    return house.chat
