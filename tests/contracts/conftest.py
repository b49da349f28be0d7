"""The mark by which the surface contract and the README's table know each other."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "feature(name, lacking): a row of the README's table of surfaces")
