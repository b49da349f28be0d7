"""A small Slack-compatible workspace on localhost, for the demo and for tests."""
