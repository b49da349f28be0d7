"""What every surface says of itself to whoever acted, in the same words."""

from bot.cards.text import words

TOO_SLOW = words("Signoff took too long to open that. Nothing was done; please press the button again.")
STALE = words("This was changed since you opened it. Close this and open the card again.")
NOT_OURS = words(
    "This button is not one that Signoff made for this, here and for you. Nothing was done. "
    "Open the newest card of the request and decide there."
)
TAKEN = words("This was taken already.")
BROKEN = words("Something went wrong inside Signoff, and it cannot say whether this was done. Please look at the card.")

ABOUT = (
    "AI agents propose actions: a refund, an e-mail, a change of a customer's record. A policy says which of them run by "
    "themselves and which need people. For those, Signoff posts a card that shows what will happen, what it rests on and "
    "how risky it is. Reviewers approve, edit or reject it; what they approved runs once, exactly as shown, and every "
    "decision is kept."
)
"""What Signoff is, for those who look it up in a directory of apps."""
