"""What a count of cases supports: exact one-sided bounds of a share (Clopper and Pearson), at 95 %.

Without a single failure the bound is `1 - 0.05 ** (1 / n)`, about three divided by n: 59 cases support less than 5 %, 299
less than 1 % (https://doi.org/10.1093/biomet/26.4.404). It holds for independent cases; repeats of one case are none.
"""

from math import ceil, exp, lgamma, log, log1p

CONFIDENCE = 0.95


def highest(failures: int, cases: int, confidence: float = CONFIDENCE) -> float:
    """The largest share of failures that is not ruled out by so many of so many cases."""
    if failures >= cases:
        return 1.0
    if failures == 0:
        return float(1 - (1 - confidence) ** (1 / cases))
    low, high = failures / cases, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(failures, cases, middle) > 1 - confidence else (low, middle)
    return high


def lowest(failures: int, cases: int, confidence: float = CONFIDENCE) -> float:
    """The smallest share of failures that is not ruled out."""
    return 1 - highest(cases - failures, cases, confidence) if cases else 0.0


def needed(bound: float, confidence: float = CONFIDENCE) -> int:
    """How many cases without a failure support that fewer than `bound` of all fail."""
    return ceil(log(1 - confidence) / log1p(-bound))


def _at_most(failures: int, cases: int, share: float) -> float:
    """How likely it is to see at most so many failures, where `share` is above what was seen: terms fall from there on."""
    if share >= 1:
        return 0.0
    total, count = 0.0, failures
    while count >= 0:
        chosen = lgamma(cases + 1) - lgamma(count + 1) - lgamma(cases - count + 1)
        term = exp(chosen + count * log(share) + (cases - count) * log1p(-share))
        total += term
        if term < total * 1e-17:
            break
        count -= 1
    return total
