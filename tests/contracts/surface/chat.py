"""What a person can see and do on any surface. A driver for each implements it on the real bytes of that platform."""

from typing import Any, Protocol

from bot.flow.surface import Surface
from storage.records import JsonObject, Place


class NotPossible(Exception):
    """The platform's own client does not let that person do that."""


class Chat(Protocol):
    """One platform with everybody on it: anna, ravi, noor and dan are members, zoe is a guest, olga comes from elsewhere,
    gone has no account any more. Addresses are `NAME@example.com`. A `card` is the platform's own message."""

    name: str
    surface: Surface
    here: Place
    """A channel that everybody is in."""
    group: str
    """Ravi and Noor, as a policy names a group."""

    def key(self, who: str) -> str:
        """The key of somebody's account."""

    def called(self, who: str) -> list[str]:
        """The ways in which a person can be named in a command, as they arrive."""

    async def type(self, who: str, line: str, *, alone: bool = False) -> None:
        """The command, in the channel, or where somebody is alone with the bot. Raises NotPossible."""

    async def mention(self, who: str, line: str, thread: Any = None) -> None:
        """`@Signoff …` in the channel, or in the thread of a message."""

    async def write(self, who: str, text: str) -> Any:
        """Words to colleagues, in the channel. Returns the message."""

    async def hand(self, who: str, message: Any) -> None:
        """What the platform offers on a message to hand it to an agent. Raises NotPossible."""

    def at(self, address: JsonObject) -> Any:
        """The message at an address that the surface gave; None if it is gone."""

    def words(self, card: Any, who: str = "anna") -> str:
        """What somebody reads on it."""

    def buttons(self, card: Any, who: str = "anna") -> list[str]:
        """What somebody can press on it."""

    def said(self) -> str:
        """Everything the bot wrote in the channel and its threads that is no card, oldest first."""

    def in_thread(self, card: Any) -> str:
        """What the bot wrote in the thread in which a card stands."""

    def told(self, who: str) -> str:
        """Everything that only this person was shown: private messages, lines under cards, notices in dialogs."""

    async def press(self, who: str, card: Any, button: str) -> None:
        """A button on a card. Raises NotPossible."""

    def form(self, who: str) -> str:
        """The words of the dialog in front of somebody; empty if there is none."""

    def form_buttons(self, who: str) -> list[str]:
        """What can be pressed in it."""

    async def send(self, who: str, button: str, **values: str) -> None:
        """A button of the dialog, with what was typed. Raises NotPossible."""

    async def close(self, who: str) -> None:
        """Close the dialog, if there is one."""

    async def redeliver(self) -> None:
        """The platform delivers what somebody did last once more."""

    async def forge(self, who: str, line: str) -> int:
        """Somebody who is not the platform sends that command in its name. Returns the HTTP status that they see."""

    def busy(self, seconds: int) -> None:
        """The next message is answered with "wait so long"."""

    def unreachable(self, yes: bool = True) -> None:
        """Nothing that is sent to the platform arrives, until it does again."""

    def delete(self, card: Any) -> None:
        """A moderator deletes a message."""

    async def lose(self) -> None:
        """The channel is deleted."""

    async def expel(self) -> None:
        """The bot is removed from the channel."""
