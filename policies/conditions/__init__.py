"""Conditions of rules, in CEL: checked against the action's arguments when a policy is loaded, asked of each proposal."""
