"""Latency under a fixed rate: alone at half of nginx's maximum, and beside large transfers."""

import contextlib
import os
import subprocess

import load
from measure import Unusable
from spread import spread

PERCENTILES = ("p50", "p99", "p99.9")


def at_half_rate(bench):
    """p50, p99 and p99.9 of plaintext at half of nginx's maximum rate, every server in turn."""
    with bench.running("nginx") as nginx:
        fastest = max(load.wrk(nginx.port, "/plaintext", bench.seconds, nice=bench.nice).rate for _ in range(3))
    rate = fastest / 2
    bench.say(f"  latency: nginx answers {fastest:.0f}/s at most, so {rate:.0f}/s")
    rounds = _rounds(bench, rate, connections=64, background=None)
    entry = _entry(bench, f"latency at {rate:.0f} requests/s, half of nginx's maximum", rounds)
    entry["goals"] = list(_judged(entry, PERCENTILES, 1))
    return entry


def beside_transfers(bench):
    """p99 of plaintext at 2,000 requests/s while the same core sends 8 files of 1 MiB or takes 8 uploads."""
    entries = []
    for what, background in (("8 downloads of 1 MiB", ("/1m.txt", "", ())),
                             ("8 uploads of 1 MiB", ("/upload", "upload.lua", ("1048576",)))):
        rounds = _rounds(bench, 2000, connections=16, background=background)
        entry = _entry(bench, f"latency at 2,000 requests/s beside {what}", rounds)
        entry["goals"] = list(_judged(entry, ("p99",), 2))
        entries.append(entry)
    return entries


def _rounds(bench, rate, connections, background):
    """Round-robin over the servers: `{name: [latency]}`, with as many of each."""
    rounds = {}
    with contextlib.ExitStack() as started:
        running = {}
        for name in bench.names:
            if background is None or bench.can(name, background[0]):
                running[name] = started.enter_context(bench.running(name))
                rounds[name] = []
        log = os.path.join(bench.folder, "h2load.log")
        for _ in range(bench.rounds):
            for name, process in running.items():
                with _transfers(process.port, background, bench):
                    seen = load.h2load(process.port, "/plaintext", bench.seconds, rate, log, connections,
                                       nice=bench.nice)
                if seen.errors:
                    raise Unusable(f"{name} had {seen.errors} errors at a fixed rate of {rate:.0f}/s")
                rounds[name].append(seen.latency)
    return rounds


@contextlib.contextmanager
def _transfers(port, background, bench):
    """wrk with 8 connections for the length of a `with`, on the client's core but behind the probe."""
    if background is None:
        yield
        return
    path, script, arguments = background
    command = ["taskset", "-c", "1", "nice", "-n", str(bench.nice + 10), "wrk", "-t1", "-c8", "-d600s"]
    if script:
        command += ["-s", os.path.join(load.HARNESS, script)]
    command += [f"http://127.0.0.1:{port}{path}"] + (["--", *arguments] if arguments else [])
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        yield
        if child.poll() is not None:
            raise Unusable(f"the transfers of {path} ended early")
    finally:
        child.kill()
        child.wait()


def _entry(bench, title, rounds):
    subject, of_subject = next(iter(rounds.items()))
    return {
        "kind": "latency", "title": title, "subject": subject,
        "servers": {name: {p: spread(r[p] * 1e6 for r in of_server) for p in (*PERCENTILES, "max")}
                    for name, of_server in rounds.items()},
        "ratios": {name: {p: spread(a[p] / b[p] for a, b in zip(of_subject, of_server)) for p in PERCENTILES}
                   for name, of_server in rounds.items() if name != subject},
    }


def _judged(entry, percentiles, at_most):
    if entry["subject"] != "apus" or "nginx" not in entry["ratios"]:
        return
    for p in percentiles:
        found = entry["ratios"]["nginx"][p]["median"]
        yield {"metric": p, "unit": "x nginx", "at_most": at_most, "found": found, "met": found <= at_most}
