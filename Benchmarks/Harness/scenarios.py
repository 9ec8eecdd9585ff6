"""What is measured, and what Apus must reach. One `Scenario` per row of throughput; data, no logic.

Files are named in `documents.py`. A goal compares the subject with one peer in adjacent pairs, or, without
a peer, is an absolute bound. "At most the better of two" is a goal against each of the two.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Goal:
    metric: str  # cpu_us, user_us, system_calls
    at_most: float
    peer: str = ""


@dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    path: str = "/plaintext"
    headers: tuple = ()
    script: str = ""
    arguments: tuple = ()
    connections: int = 64
    close: bool = False  # the limit server closes after each answer
    same_bytes: bool = False  # the limit server's answer is as long as the subject's
    goals: tuple = field(default=())


THROUGHPUT = [
    Scenario("plaintext", "plaintext, keep-alive",
             goals=(Goal("cpu_us", 1.08, "limit"), Goal("cpu_us", 1, "nginx"), Goal("user_us", 0.40),
                    Goal("system_calls", 1.1, "limit"))),
    Scenario("pipelined", "pipelined x 16", script="pipeline.lua", arguments=("16",),
             goals=(Goal("cpu_us", 1.7, "limit"), Goal("system_calls", 0.05))),
    Scenario("file-1k", "file, 1 KiB, hot", path="/1k.txt", same_bytes=True,
             goals=(Goal("cpu_us", 1.08, "limit"),)),
    Scenario("file-64k", "file, 64 KiB, hot", path="/64k.txt", same_bytes=True,
             goals=(Goal("cpu_us", 1, "nginx"), Goal("cpu_us", 1, "h2o"))),
    Scenario("file-1m", "file, 1 MiB, hot", path="/1m.txt", same_bytes=True,
             goals=(Goal("cpu_us", 1, "nginx"),)),
    Scenario("close", "connection per request", headers=("Connection: close",), close=True,
             goals=(Goal("cpu_us", 1.05, "nginx"), Goal("cpu_us", 1.05, "h2o"))),
]

# The others have code of their own; here only their names, so that `--only` and `--help` know them.
OTHERS = {
    "latency": "p50, p99, p99.9 at half of nginx's maximum rate (h2load --rps)",
    "beside": "p99 of plaintext beside 8 downloads of 1 MiB, and beside 8 uploads",
    "idle": "RSS of an idle keep-alive connection",
    "parked": "system calls while 10,000 connections are idle",
    "storm": "latency while 10,000 connections arrive, and while they expire at once",
    "cores": "two cores against one",
    "clients": "apus bench and the client's perform beside wrk and aiohttp: CPU per request",
    "truth": "latency as apus bench tells it, against a server that stalls",
    "reuse": "10,000 requests to one host, 64 at a time: connections opened",
}
