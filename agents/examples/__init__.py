"""Agents to learn from. None of them is loaded unless SIGNOFF_AGENTS names it."""
