"""Adjacent pairs: subject, peer, subject, peer, ... and the ratio within each pair.

Noise on a shared machine is 20% from minute to minute but nearly the same for two rounds in a row,
so ratios of neighbours are what is compared, never figures from different minutes.
"""

import os
import resource
import time

from process import TICKS_PER_SECOND
from spread import spread


class Unusable(Exception):
    """Too many rounds had errors: no figure is better than a wrong one."""


class Round:
    def __init__(self, load, cpu, elsewhere):
        self.load, self.cpu, self.elsewhere = load, cpu, elsewhere

    @property
    def cpu_us(self):
        """Microseconds of server time per request, user and system together."""
        return self.cpu / self.load.requests * 1e6


def one_round(process, run):
    """`run(port)` drives the load. `elsewhere` is the share of the machine that others used meanwhile."""
    cpu, busy, client, clock = process.run_time(), _machine_busy(), _children(), time.monotonic()
    load = run(process.port)
    cpu, client = process.run_time() - cpu, _children() - client
    busy, clock = _machine_busy() - busy, time.monotonic() - clock
    if load.requests == 0:
        raise Unusable(f"{process.name} answered nothing")
    return Round(load, cpu, max(0, busy - cpu - client) / (clock * os.cpu_count()))


def pairs(subject, peer, run, rounds):
    """`rounds` pairs in which neither side saw an error, and how many pairs were thrown away."""
    one_round(subject, run), one_round(peer, run)  # warm-up: caches, file tables, TCP metrics
    kept, dropped = [], 0
    while len(kept) < rounds:
        pair = one_round(subject, run), one_round(peer, run)
        if pair[0].load.errors or pair[1].load.errors:
            dropped += 1
            if dropped > rounds:
                raise Unusable(f"{dropped} pairs of {subject.name} and {peer.name} had errors "
                               f"({pair[0].load.errors} and {pair[1].load.errors} in the last)")
            continue
        kept.append(pair)
    return kept, dropped


def system_call_pairs(subject, peer, run, rounds=5):
    """System calls per request, in adjacent pairs. Rounds of their own, since counting costs time."""
    return [(_system_calls(subject, run), _system_calls(peer, run)) for _ in range(rounds)]


def _system_calls(process, run):
    stop = process.system_calls()
    load = run(process.port)
    return stop() / load.requests


class Tally:
    """All rounds of one server in one scenario, pooled into the figures that are reported."""

    def __init__(self, process):
        self._process = process
        self._rounds, self._system_calls = [], []
        self._before = process.user_and_system()

    def add(self, rounds, system_calls=()):
        self._rounds += rounds
        self._system_calls += system_calls

    def figures(self):
        user, system = (after - before for after, before
                        in zip(self._process.user_and_system(), self._before))
        cpu = spread(r.cpu_us for r in self._rounds)
        share = user / (user + system) if user + system else 0
        latency = {name: spread(r.load.latency[name] * 1e6 for r in self._rounds
                                if name in r.load.latency)["median"] for name in ("p50", "p99", "max")}
        return {
            "cpu_us": cpu, "user_us": cpu["median"] * share,
            "user_pooled_seconds": round(user + system, 1),
            "rate": spread(r.load.rate for r in self._rounds), "latency_us": latency,
            "system_calls": spread(self._system_calls),
            "elsewhere": spread(r.elsewhere for r in self._rounds)["median"],
        }


def _machine_busy():
    """Seconds of all cores that were neither idle nor waiting for a disk."""
    with open("/proc/stat") as text:
        user, nice, system, _, _, irq, softirq, steal = map(int, text.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND


def _children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
