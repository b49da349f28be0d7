"""The Slack surface: neutral values become Block Kit, Slack's payloads become intents. Nothing here decides anything."""
