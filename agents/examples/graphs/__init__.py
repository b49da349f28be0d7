"""Graphs of other frameworks, with Signoff as their gate."""
