"""Whether the chain holds around a story: from its first entry to the first anchor outside that covers it."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.audit.story import Story
from storage.anchors import Anchor
from storage.store import Store
from storage.verification import Verification, verify_chain


@dataclass(frozen=True)
class Around:
    """The stretch from entry `first` to entry `seen.seq`, and the anchor there, if one covers the story."""

    first: int
    seen: Verification
    anchor: Anchor | None

    @property
    def lines(self) -> tuple[str, ...]:
        """In words."""
        stretch = f"from entry {self.first} to entry {self.seen.seq}"
        broken = tuple(f"{each.seq}: {each.reason}" for each in self.seen.breaks)
        if broken:
            return (f"WRONG: it does not hold {stretch}", *broken)
        return (f"it holds {stretch}", self._witness)

    @property
    def _witness(self) -> str:
        if self.anchor is None:
            return "no anchor covers it yet: that all of it was made anew could not be seen"
        return f"entry {self.anchor.seq} is the one that was anchored outside at {self.anchor.at:%Y-%m-%d %H:%M:%S} UTC"


async def around(store: Store, story: Story, anchors: Sequence[Anchor]) -> Around:
    """Verify the stretch of the chain that the story stands in. Raises StorageError."""
    if not story.entries:
        return Around(1, Verification(), None)
    first, last = story.entries[0].seq, story.entries[-1].seq
    covers = min((each for each in anchors if each.seq >= last), key=lambda each: each.seq, default=None)
    # Without one, the entry after it at least continues the last of the story.
    until = covers.seq if covers else last + 1
    return Around(first, await verify_chain(store, anchors, first=first, last=until), covers)
