"""What every surface says of itself to whoever acted, in the same words."""

from bot.cards.text import words

TOO_SLOW = words("Signoff took too long to open that. Nothing was done; please press the button again.")
STALE = words("This was changed since you opened it. Close this and open the card again.")
NOT_OURS = words(
    "This button is not one that Signoff made for this, here and for you. Nothing was done. "
    "Open the newest card of the request and decide there."
)
BROKEN = words("Something went wrong inside Signoff, and it cannot say whether this was done. Please look at the card.")
