"""Every state of a card, rendered by the official JavaScript renderer as Teams would show it."""
