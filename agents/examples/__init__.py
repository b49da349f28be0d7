"""Agents to read and to copy. None of them ships as an agent: SIGNOFF_AGENTS names the file of the one that is wanted."""
