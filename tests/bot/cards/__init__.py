"""Tests of Signoff."""
