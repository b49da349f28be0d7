"""Microsoft Teams as a place where people meet requests."""
