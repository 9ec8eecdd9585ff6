"""Median and quartiles: how every figure of the benchmark is quoted."""

import statistics


def spread(values):
    """`{"median", "q1", "q3", "n"}` of the numbers, or None without numbers."""
    values = sorted(values)
    if not values:
        return None
    if len(values) == 1:
        return {"median": values[0], "q1": values[0], "q3": values[0], "n": 1}
    q1, median, q3 = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": median, "q1": q1, "q3": q3, "n": len(values)}


def percentile(ordered, share):
    """The value below which `share` of an ordered list lies (nearest rank)."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
