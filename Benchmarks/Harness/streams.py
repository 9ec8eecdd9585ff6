"""Handlers that wait: a thousand streams of events, and what tasks that suspend do to everybody else's latency."""

import contextlib
import os
import socket
import subprocess
import time

import load
from measure import Unusable
from spread import spread

STREAMS, WATCHED_SECONDS = 1000, 10
RATE, PROBING_CONNECTIONS = 2000, 16


def events(bench):
    """The share of a core that 1,000 streams take which get an event a second each."""
    with bench.running("apus") as server, contextlib.ExitStack() as open_ones:
        peers = []
        for number in range(STREAMS):
            peer = open_ones.enter_context(socket.create_connection(("127.0.0.1", server.port), 10))
            peer.sendall(b"GET /sse HTTP/1.1\r\nHost: localhost\r\n\r\n")
            peers.append(peer)
            if number % 10 == 0:
                time.sleep(0.01)  # a second in all, so that their seconds do not begin together
        time.sleep(1)
        before, clock = server.run_time(), time.monotonic()
        time.sleep(WATCHED_SECONDS)
        share = (server.run_time() - before) / (time.monotonic() - clock)
        least = min(_events(peer) for peer in peers)
    if least < WATCHED_SECONDS:
        raise Unusable(f"a stream had {least} events in more than {WATCHED_SECONDS} s")
    bench.say(f"  events: {share:.2%} of a core")
    figures = {"share of a core": (spread([100 * share]), "%"),
               "per event": (spread([share / STREAMS * 1e6]), "us"),
               "events of the slowest": (spread([least]), f"in {WATCHED_SECONDS + 1} s")}
    return figures, [("share of a core", 5)]


def _events(peer):
    peer.setblocking(False)
    text = b""
    try:
        while data := peer.recv(1 << 16):
            text += data
    except BlockingIOError:
        pass
    return text.count(b"data:")


def beside_sleeping(bench):
    return _beside(bench, "/async-sleep")


def beside_yielding(bench):
    return _beside(bench, "/async-yield")


def _beside(bench, path):
    """p99 of plaintext at a fixed rate beside 8 connections in a closed loop on `path`, and without, in turn."""
    log = os.path.join(bench.folder, "h2load.log")
    with bench.running("apus") as server:

        def probe():
            seen = load.h2load(server.port, "/plaintext", bench.seconds, RATE, log, PROBING_CONNECTIONS,
                               nice=bench.nice)
            if seen.errors:
                raise Unusable(f"{seen.errors} errors at a fixed rate")
            return seen.latency["p99"] * 1e6

        probe()
        pairs = []
        for _ in range(bench.rounds):
            with _background(server.port, path, bench):
                beside = probe()
            pairs.append((beside, probe()))
    ratio = spread(a / b for a, b in pairs)
    bench.say(f"  p99 beside {path}: {ratio['median']:.2f} x without")
    figures = {"p99 beside them": (spread(a for a, _ in pairs), "us"), "p99 without": (spread(b for _, b in pairs), "us"),
               "p99": (ratio, "x without")}
    return figures, [("p99", 1.5)]


@contextlib.contextmanager
def _background(port, path, bench):
    """wrk on the client's core, behind the probe in priority."""
    child = subprocess.Popen(
        ["taskset", "-c", "1", "nice", "-n", str(bench.nice + 10), "wrk", "-t1", "-c8", "-d600s",
         f"http://127.0.0.1:{port}{path}"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        time.sleep(0.2)
        yield
        if child.poll() is not None:
            raise Unusable(f"the load of {path} ended early")
    finally:
        child.kill()
        child.wait()
