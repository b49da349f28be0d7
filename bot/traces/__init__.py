"""The execution trace of a run: one shape for the terminal, for pages and for programs."""
