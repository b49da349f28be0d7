"""The shipped actions. Each factory takes the system it works on and returns a registered-ready Action."""
