"""Uploaded files: an upload URL first, then the bytes, then the message that shows them."""

from dataclasses import dataclass, replace

from bot.sandbox.errors import SlackError


@dataclass(frozen=True)
class File:
    """A file. `size` is what was announced in bytes; `content` is None until it arrived."""

    id: str
    name: str
    size: int
    title: str
    content: bytes | None = None


class Files:
    """The files of the workspace."""

    def __init__(self) -> None:
        self._files: dict[str, File] = {}

    def announce(self, file: File) -> File:
        """Expect a file."""
        self._files[file.id] = file
        return file

    def get(self, file_id: str) -> File:
        """The file of that id; `file_not_found` otherwise."""
        if file_id not in self._files:
            raise SlackError("file_not_found")
        return self._files[file_id]

    def receive(self, file_id: str, content: bytes) -> File:
        """The bytes of an announced file."""
        file = replace(self.get(file_id), content=content)
        self._files[file_id] = file
        return file

    def complete(self, file_id: str, title: str | None) -> File:
        """A file whose bytes have arrived; `file_not_found` before."""
        file = self.get(file_id)
        if file.content is None:
            raise SlackError("file_not_found")
        self._files[file_id] = replace(file, title=title or file.title)
        return self._files[file_id]
