"""A scripted model: what ships for the authors of agents serves our own tests as well."""

from agents.testing import ScriptedModel

__all__ = ["ScriptedModel"]
