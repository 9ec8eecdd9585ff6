"""What idle connections cost: memory, system calls, and the moment when they all arrive or expire."""

import os
import subprocess
import sys
import time

from crowd import Crowd
from load import HARNESS
from spread import percentile

FEW, MANY, PARKED = 1000, 11000, 10000
QUIET_SECONDS = 5
IDLE_SECONDS = 20  # long enough for 10,000 connections to open before the first expires


def memory(bench):
    """(RSS at 11,000 idle connections - RSS at 1,000) / 10,000, each having served one request."""
    servers = {}
    for name in bench.names:
        with bench.running(name) as process, Crowd(process.port) as crowd:
            start = process.resident_bytes()
            crowd.grow_to(FEW)
            few = process.resident_bytes()
            crowd.grow_to(MANY)
            many = process.resident_bytes()
        servers[name] = {"bytes_per_connection": (many - few) / (MANY - FEW), "start_bytes": start,
                         "few_bytes": few, "many_bytes": many}
        bench.say(f"  idle: {name} {servers[name]['bytes_per_connection']:.0f} B per connection")
    entry = {"kind": "idle", "title": "idle keep-alive connection, RSS", "servers": servers, "goals": []}
    if bench.subject == "apus":
        found = servers["apus"]["bytes_per_connection"]
        entry["goals"] = [{"metric": "bytes_per_connection", "unit": "B", "at_most": 256, "found": found,
                           "met": found <= 256}]
    return entry


def parked(bench):
    """System calls in 5 s while 10,000 connections are idle and no deadline is due."""
    servers = {}
    for name in bench.names:
        with bench.running(name) as process, Crowd(process.port) as crowd:
            crowd.grow_to(PARKED)
            time.sleep(1)
            stop = process.system_calls()
            time.sleep(QUIET_SECONDS)
            servers[name] = {"system_calls": stop()}
        bench.say(f"  parked: {name} {servers[name]['system_calls']} system calls in {QUIET_SECONDS} s")
    entry = {"kind": "parked", "title": f"system calls in {QUIET_SECONDS} s with {PARKED:,} idle connections",
             "servers": servers, "goals": []}
    if bench.subject == "apus":
        found = servers["apus"]["system_calls"]
        entry["goals"] = [{"metric": "system_calls", "unit": "", "at_most": 0, "found": found,
                           "met": found == 0}]
    return entry


def storm(bench):
    """Latency of one probing client while 10,000 connections arrive, and while they expire at once."""
    servers = {}
    for name in bench.names:
        if name in ("limit", "hummingbird"):
            continue  # neither has a configured idle time-out
        with bench.running(name, idle_seconds=IDLE_SECONDS) as process, Crowd(process.port) as crowd:
            calm = _probe(bench, process, 2)()
            arriving = _probe(bench, process, 4)
            crowd.grow_to(PARKED)
            arriving = arriving()
            crowd.ask_again()
            time.sleep(IDLE_SECONDS - 2)
            # The crowd sleeps through it: looking at 10,000 sockets while they close takes longer than closing them.
            expiring = _probe(bench, process, 6)()
            closed = crowd.count_closed()
        servers[name] = {"calm": calm, "arriving": arriving, "expiring": expiring, "closed": closed}
        bench.say(f"  storm: {name} closed {closed}, longest wait {expiring['max']} us")
    entry = {"kind": "storm", "title": f"one client while {PARKED:,} connections arrive and expire",
             "servers": servers, "goals": []}
    if bench.subject == "apus":
        found = servers["apus"]["expiring"]["max"] / 1000
        entry["goals"] = [{"metric": "longest wait", "unit": "ms", "at_most": 10, "found": found,
                           "met": found <= 10 and servers["apus"]["closed"] == PARKED}]
    return entry


def _probe(bench, process, seconds):
    """Starts a probe; call the result to wait for it and get its latencies in microseconds."""
    child = subprocess.Popen(
        ["nice", "-n", str(bench.nice), "taskset", "-c", "1", sys.executable,
         os.path.join(HARNESS, "probe.py"), str(process.port), str(seconds)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)

    def finish():
        text = child.communicate()[0]
        if child.returncode != 0:
            raise RuntimeError("the probe failed")
        times = sorted(map(int, text.split()))
        return {"n": len(times), "p50": percentile(times, 0.5), "p99": percentile(times, 0.99),
                "max": times[-1]}

    return finish
