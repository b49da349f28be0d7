"""Databases with parked runs as older releases left them, each to be opened, brought up to date and decided on."""
