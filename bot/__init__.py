"""Where people meet Signoff: composition root, CLI, the flow, neutral cards, one folder per surface."""
