"""Answers for an auditor: does the chain hold, and what is the whole story of a request."""
