"""Runs in memory: what ships for the authors of agents serves our own tests as well."""

from agents.testing import START, Answer, MemoryJournal, ScriptedGate, Story

__all__ = ["START", "Answer", "MemoryJournal", "ScriptedGate", "Story"]
