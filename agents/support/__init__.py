"""The support agent (level 2): reads a ticket, finds out whom it is from, and proposes what to do about it."""
