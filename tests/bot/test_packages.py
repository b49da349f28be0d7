"""Start-up refuses to run where another distribution owns the name of one of our packages."""

from pathlib import Path

import pytest

from bot.packages import HOME, NAMES, ForeignPackage, own_packages


def test_our_own_packages_are_fine() -> None:
    own_packages()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("folder", [Path("/elsewhere/site-packages/agents"), None])
def test_a_package_of_somebody_else_is_refused_by_name(name: str, folder: Path | None) -> None:
    found = {own: HOME / own for own in NAMES} | {name: folder}
    with pytest.raises(ForeignPackage, match=f"'{name}' is not Signoff's own"):
        own_packages(found)
