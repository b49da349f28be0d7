"""HTTP API v1: the gate for agents of other makes."""
