"""The other end: what clients cost, against the limit server, and whether a load generator tells the truth.

A client's CPU is what the kernel says of its process once it has ended (wait4(2)), its start included, over requests
answered. As with servers, only neighbours are compared.
"""

import json
import os
import re
import subprocess

import load
import servers
from measure import Unusable
from spread import spread

PROGRAMS = os.path.join(servers.ROOT, ".build", "release")
CONNECTIONS = 64
GOALS = {"bench": {"wrk": 1.10}, "perform": {"wrk": 1.35, "aiohttp": 0.25, "async-http-client": 0.4}}
# A package of its own: only `--with async-http-client` builds it.
ASYNC_HTTP_CLIENT = "async-http-client"
ASYNC_HTTP_CLIENT_PACKAGE = os.path.join(servers.ROOT, "Benchmarks", "AsyncHTTPClientPeer")
_ASYNC_HTTP_CLIENT_PROGRAM = os.path.join(ASYNC_HTTP_CLIENT_PACKAGE, ".build", "release", "async-http-client-bench")
SETTINGS = {
    "bench": "apus bench -t 1 -c 64, every answer parsed to its end",
    "perform": "apus-bench-client: 64 tasks that call Client.perform one after another, each answer read to its end",
    "wrk": "wrk -t1 -c64",
    "aiohttp": "aiohttp.ClientSession, 64 tasks, each answer read to its end",
    "async-http-client": "async-http-client 1.37, 64 tasks, one event loop, -c release, each answer read to its end",
}


class Run:
    def __init__(self, requests, rate, cpu, user, errors, seen):
        self.requests, self.rate, self.errors, self.seen = requests, rate, errors, seen
        self.cpu_us, self.user_us = cpu / requests * 1e6, user / requests * 1e6


def cost(bench):
    """CPU per request and rate of each client, each beside wrk, and beside aiohttp and async-http-client where they are
    there."""
    python = _python_with_aiohttp()
    absent = set()
    if python is None:
        absent.add("aiohttp")
        bench.say("  aiohttp is not installed: scripts/bootstrap --test")
    if not os.access(_ASYNC_HTTP_CLIENT_PROGRAM, os.X_OK):
        absent.add(ASYNC_HTTP_CLIENT)
        bench.say(f"  {ASYNC_HTTP_CLIENT} is not built: scripts/bench --with {ASYNC_HTTP_CLIENT}")
    figures, ratios = {}, {}
    with bench.running("limit") as server:
        url = f"http://127.0.0.1:{server.port}/plaintext"
        for name, goals in GOALS.items():
            for peer in goals:
                if peer in absent:
                    continue
                pairs = [(_run(name, url, bench, python), _run(peer, url, bench, python))
                         for _ in range(bench.rounds)]
                if any(run.errors for pair in pairs for run in pair):
                    raise Unusable(f"{name} or {peer} had errors")
                for who, runs in ((name, [a for a, _ in pairs]), (peer, [b for _, b in pairs])):
                    figures[who] = {key: spread(getattr(run, key) for run in runs)
                                    for key in ("cpu_us", "user_us", "rate")}
                ratios[f"{name} / {peer}"] = {
                    "cpu_us": spread(a.cpu_us / b.cpu_us for a, b in pairs),
                    "rate": spread(a.rate / b.rate for a, b in pairs)}
                found = ratios[f"{name} / {peer}"]["cpu_us"]["median"]
                bench.say(f"  {name} / {peer} = {found:.3f} of its CPU per request")
    goals = [{"metric": f"cpu_us of {name}", "unit": f"x {peer}", "at_most": most,
              "found": ratios[f"{name} / {peer}"]["cpu_us"]["median"],
              "met": ratios[f"{name} / {peer}"]["cpu_us"]["median"] <= most}
             for name, peers in GOALS.items() for peer, most in peers.items() if f"{name} / {peer}" in ratios]
    slower = 1 / ratios["bench / wrk"]["rate"]["median"]
    goals.append({"metric": "wrk's rate", "unit": "x apus bench's", "at_most": 1, "found": slower,
                  "met": slower <= 1})
    return {"kind": "clients", "title": "clients against the limit server, 64 connections", "clients": figures,
            "ratios": ratios, "goals": goals, "settings": SETTINGS}


def truth(bench):
    """Latency at 2,000 requests/s against a server that does nothing for 100 ms of each second. Known beforehand: one
    request in a hundred waits for 90 ms and more, one in a thousand for 99 ms."""
    wanted = {"p99": 90_000, "p999": 99_000}
    with bench.running("limit", stall=100) as server:
        url = f"http://127.0.0.1:{server.port}/plaintext"
        report = json.loads(_output(
            [f"{PROGRAMS}/apus", "bench", "-t", "1", "-c", str(CONNECTIONS), "-d", "20s", "--rate", "2000",
             "--json", "-", url]))
        closed = load.wrk(server.port, "/plaintext", 5, CONNECTIONS, core=1)
    rows = {"truth": wanted, "apus bench --rate 2000": {key: report["latency_us"][key] for key in wanted},
            "wrk, closed loop": {"p99": closed.latency["p99"] * 1e6, "p999": None}}
    off = max(abs(report["latency_us"][key] / wanted[key] - 1) for key in wanted)
    return {"kind": "truth", "title": "latency beside a stall of 100 ms a second, 2,000 requests/s", "rows": rows,
            "goals": [{"metric": "distance from the truth", "unit": "of it", "at_most": 0.02, "found": off,
                       "met": off <= 0.02}]}


def reuse(bench):
    """10,000 requests to one host, 64 at a time."""
    with bench.running("limit") as server:
        seen = json.loads(_output([f"{PROGRAMS}/apus-bench-client",
                                   f"http://127.0.0.1:{server.port}/plaintext", "64", "60", "10000"]))
    opened = seen["requests"] - seen["reused"]
    return {"kind": "reuse", "title": "10,000 requests to one host, 64 at a time", "seen": seen,
            "goals": [{"metric": "connections", "unit": "opened", "at_most": 64, "found": opened,
                       "met": opened == 64 and seen["requests"] == 10000 and seen["errors"] == 0}]}


def _run(name, url, bench, python):
    seconds = bench.seconds
    command = {
        "bench": [f"{PROGRAMS}/apus", "bench", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "--json",
                  "-", url],
        "perform": [f"{PROGRAMS}/apus-bench-client", url, str(CONNECTIONS), str(seconds)],
        "wrk": ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", url],
        "aiohttp": [python or "python3", os.path.join(load.HARNESS, "aiohttp_load.py"), url, str(CONNECTIONS),
                    str(seconds)],
        ASYNC_HTTP_CLIENT: [_ASYNC_HTTP_CLIENT_PROGRAM, url, str(CONNECTIONS), str(seconds)],
    }[name]
    pinned = ["taskset", "-c", "1"] + (["nice", "-n", str(bench.nice)] if bench.nice else []) + command
    child = subprocess.Popen(pinned, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             text=True)
    text = child.stdout.read()
    complaint = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise RuntimeError(f"{name} failed: {complaint.strip()}")
    cpu, user = usage.ru_utime + usage.ru_stime, usage.ru_utime
    if name == "wrk":
        requests = int(re.search(r"(\d+) requests in", text).group(1))
        rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))
        return Run(requests, rate, cpu, user, "Socket errors" in text or "Non-2xx" in text, None)
    seen = json.loads(text)
    errors = seen["errors"] if isinstance(seen["errors"], int) else sum(seen["errors"].values())
    return Run(seen["requests"], seen["rate"], cpu, user, errors, seen)


def _output(command):
    done = subprocess.run(["taskset", "-c", "1", *command], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def _python_with_aiohttp():
    for python in (os.path.join(servers.ROOT, ".build-venv", "bin", "python"), "python3"):
        try:
            done = subprocess.run([python, "-c", "import aiohttp"], capture_output=True)
        except OSError:
            continue
        if done.returncode == 0:
            return python
    return None
