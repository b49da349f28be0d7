"""The whole of Signoff against the demo's world: real people's moves, a real browser, real processes."""
