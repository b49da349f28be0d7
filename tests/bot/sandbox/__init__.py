"""Tests of the sandbox, driven by real slack_bolt apps."""
