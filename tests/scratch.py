"""Where tests keep their files: in memory where there is room, because most of their time would go to waiting for a disk."""

import shutil
from pathlib import Path

_MEMORY = Path("/dev/shm")
_ENOUGH = 2 << 30  # bytes free


def scratch() -> Path | None:
    """A folder in memory; None where temporary files have to go where they usually do."""
    return _MEMORY if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _ENOUGH else None
