"""Our four packages have generic names, which other distributions use too; what is imported must be ours."""

import importlib.util
from collections.abc import Mapping
from pathlib import Path

NAMES = ("storage", "policies", "agents", "bot")
HOME = Path(__file__).parent.parent


class ForeignPackage(Exception):
    """Another distribution owns the name of one of our packages."""


def own_packages(found: Mapping[str, Path | None] | None = None) -> None:
    """Raise ForeignPackage unless all four packages come from one place, this one. `found` maps names to folders."""
    for name, folder in (found or {name: _folder(name) for name in NAMES}).items():
        if folder is None or folder.parent != HOME:
            raise ForeignPackage(
                f"The package {name!r} is not Signoff's own: it comes from {folder}. Another distribution in this "
                f"environment has a package of that name. Install Signoff into a virtual environment of its own."
            )


def _folder(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None
