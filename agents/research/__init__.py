"""The research agent (level 3): searches and reads a collection of documents, and answers from what stands there."""
