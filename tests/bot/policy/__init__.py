"""Tests of the commands about the policy."""
