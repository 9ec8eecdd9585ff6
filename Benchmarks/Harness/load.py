"""The client side: one wrk (or h2load) with one thread on its own core. Parses what the tool prints."""

import os
import re
import subprocess

from spread import percentile

HARNESS = os.path.dirname(os.path.abspath(__file__))


class Load:
    """What one round of load saw. `errors` counts everything that was not a 2xx or 3xx answer."""

    def __init__(self, requests, seconds, errors, latency):
        self.requests, self.seconds, self.errors, self.latency = requests, seconds, errors, latency

    @property
    def rate(self):
        return self.requests / self.seconds


def wrk(port, path, seconds, connections=64, core=1, nice=0, headers=(), script=None, arguments=()):
    command = _pinned(core, nice) + [
        "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "--latency"]
    for header in headers:
        command += ["-H", header]
    if script:
        command += ["-s", os.path.join(HARNESS, script)]
    command.append(f"http://127.0.0.1:{port}{path}")
    text = _output(command + (["--", *arguments] if arguments else []))
    total = re.search(r"(\d+) requests in ([\d.]+\w+)", text)
    if not total:
        raise RuntimeError(f"wrk said: {text.strip()}")
    errors = 0
    sockets = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    if sockets:
        errors += sum(map(int, sockets.groups()))
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    if refused:
        errors += int(refused.group(1))
    latency = {}
    for percent, value in re.findall(r"^\s+(\d+)%\s+([\d.]+\w+)$", text, re.M):
        latency[f"p{percent}"] = _seconds(value)
    slowest = re.search(r"^\s+Latency\s+\S+\s+\S+\s+([\d.]+\w+)", text, re.M)
    if slowest:
        latency["max"] = _seconds(slowest.group(1))
    return Load(int(total.group(1)), _seconds(total.group(2)), errors, latency)


def _pinned(core, nice):
    return ["taskset", "-c", str(core)] + (["nice", "-n", str(nice)] if nice else [])


def _output(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def _seconds(text):
    number, unit = re.fullmatch(r"([\d.]+)([a-z]+)", text).groups()
    return float(number) * {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}[unit]


def h2load(port, path, seconds, rate, log, connections=64, core=1, nice=0):
    """HTTP/1.1 requests at a fixed rate: latency without a closed loop that slows down with the server.

    Percentiles come from the log of every request, because h2load prints only a mean.
    """
    command = _pinned(core, nice) + [
        "h2load", "--h1", "-t1", f"-c{connections}", f"-D{seconds}", f"--rps={rate / connections:.3f}",
        f"--log-file={log}", f"http://127.0.0.1:{port}{path}"]
    if os.path.exists(log):
        os.remove(log)  # h2load appends
    text = _output(command)
    done = re.search(r"(\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", text)
    errors = sum(map(int, done.groups()[1:]))
    times = []
    with open(log) as lines:
        for line in lines:
            _, status, microseconds = line.split("\t")
            errors += not 200 <= int(status) < 400
            times.append(int(microseconds) / 1e6)
    times.sort()
    latency = {name: percentile(times, share)
               for name, share in (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("max", 1))}
    return Load(int(done.group(1)), seconds, errors, latency)
