"""What may happen: rules, the judge that turns a proposal into a verdict, and who may decide."""
