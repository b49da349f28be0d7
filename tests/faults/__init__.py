"""The rig: what can go wrong is made to go wrong, then what must always hold is looked at. `python -m tests.faults` runs it
whole."""
