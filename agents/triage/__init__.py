"""The triage agent (level 1): classifies a ticket, extracts what it is about, summarises it, and notes that internally."""
