"""Benchmarks, as ratios within one run: `python -m tests.benchmarks`. Figures of different machines or days say nothing."""
