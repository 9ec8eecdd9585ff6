"""What the library adds to the core, each in one number: tiers, JSON, routes, bodies, events, and Hummingbird beside it.

Most rows ask one server for two paths in turn, A B A B: what differs is the handler alone.
"""

import os
import re
import subprocess

import build
import flows
import load
import measure
import servers
import streams
from spread import spread

PLAINTEXT = "/plaintext"

# name: (title, path, path it is compared with, at most this many times its CPU per request or None)
OWN = {
    "async": ("asynchronous handler that returns at once", "/async", PLAINTEXT, 1.12),
    "async-yield": ("asynchronous handler that suspends once", "/async-yield", PLAINTEXT, 1.25),
    "json": ("JSON of 1 KB, written", "/json1k", PLAINTEXT, 1.10),
    "json-same-size": ("the same beside a static answer of its size", "/static1k", PLAINTEXT, None),
    "json-written": ("JSON of 1 KB, written, to a static answer of its size", "/json1k", "/static1k", None),
    "json-codable": ("JSON of 1 KB by JSONEncoder", "/json1k-codable", PLAINTEXT, None),
    "users": ("/users/{id} among 500 routes", "/users/4711", PLAINTEXT, None),
}

SCENARIOS = {
    **{name: f"{title}, CPU x own {base}" for name, (title, _, base, _) in OWN.items()},
    "upload": "100 MB to a streaming handler, CPU per GiB x a sink in C, memory per connection",
    "download": "100 MB in chunks from a streaming handler, CPU per GiB x a source in C, memory per connection",
    "events": "1,000 streams of server-sent events, one a second each: share of a core",
    "beside-sleeping": "p99 of plaintext beside 8 connections whose handlers sleep 1 ms, x without them",
    "beside-yielding": "p99 of plaintext beside 8 connections whose handlers yield, x without them",
    "routes": "look-up among 500 routes, without a server",
    "hello": "router-level hello, CPU x Hummingbird 2.28 (--with hummingbird)",
}


def run(name, bench):
    """The entry of a scenario, or None if it cannot be measured with the servers that take part."""
    if name == "hello":
        return _hello(bench) if "hummingbird" in bench.peers else None
    if "apus" not in bench.names:
        return None
    if name in OWN:
        return _own(name, bench)
    if name == "routes":
        return _routes(bench)
    parts = {"upload": flows.upload, "download": flows.download, "events": streams.events,
             "beside-sleeping": streams.beside_sleeping, "beside-yielding": streams.beside_yielding}
    return entry(SCENARIOS[name], *parts[name](bench))


def entry(title, figures, goals):
    """`figures`: {label: (spread, unit)}. `goals`: [(label, at most)]."""
    judged = [{"metric": label, "unit": figures[label][1], "at_most": most, "found": figures[label][0]["median"],
               "met": figures[label][0]["median"] <= most} for label, most in goals]
    return {"kind": "library", "title": title, "goals": judged,
            "figures": {label: {**value, "unit": unit} for label, (value, unit) in figures.items()}}


def _own(name, bench):
    title, path, base, most = OWN[name]
    with bench.running("apus") as server:
        kept = _pairs(server, _wrk(bench, path), server, _wrk(bench, base), bench.rounds)
    return _compared(bench, SCENARIOS[name], path, base, kept, most)


def _hello(bench):
    drive = _wrk(bench, PLAINTEXT)
    with bench.running("apus", files=False) as own, bench.running("hummingbird", files=False) as peer:
        kept = _pairs(own, drive, peer, drive, bench.rounds)
    return _compared(bench, SCENARIOS["hello"], "apus", "hummingbird", kept, 0.35)


def _compared(bench, title, subject, base, kept, most):
    ratio = spread(a.cpu_us / b.cpu_us for a, b in kept)
    bench.say(f"  {subject} / {base} = {ratio['median']:.3f} of its CPU per request")
    figures = {subject: (spread(a.cpu_us for a, _ in kept), "us per request"),
               base: (spread(b.cpu_us for _, b in kept), "us per request"),
               "CPU per request": (ratio, f"x {base}")}
    return entry(title, figures, [("CPU per request", most)] if most else [])


def _wrk(bench, path):
    return lambda port: load.wrk(port, path, bench.seconds, nice=bench.nice)


def _pairs(a, drive_a, b, drive_b, rounds):
    measure.one_round(a, drive_a), measure.one_round(b, drive_b)
    kept = []
    for _ in range(2 * rounds):
        pair = measure.one_round(a, drive_a), measure.one_round(b, drive_b)
        if not pair[0].load.errors and not pair[1].load.errors:
            kept.append(pair)
        if len(kept) == rounds:
            return kept
    raise measure.Unusable("more than half of the pairs had errors")


def _routes(bench):
    build.micro(bench.say)
    program = os.path.join(servers.ROOT, ".build", "release", "apus-micro-engine")
    text = subprocess.run(["taskset", "-c", "0", program, "routes"], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=True).stdout
    figures, goals = {}, []
    for name, time, allocations in re.findall(r"^(.*): ([\d.]+) ns, ([\d.]+) allocations$", text, re.M):
        figures[name] = spread([float(time)]), "ns"
        figures[f"{name}, heap"] = spread([float(allocations)]), "allocations"
        goals += [(name, 150), (f"{name}, heap", 0)]
    return entry(SCENARIOS["routes"], figures, goals)
