"""Builds what takes part and is ours: the bench server, the limit server, and the peers in Swift."""

import os
import subprocess

import clients
import servers

ROOT = servers.ROOT


def build(names, say):
    """Builds those of `names` that have to be built. A failed build shows as a missing server."""
    os.makedirs(servers.BUILD, exist_ok=True)
    if "limit" in names:
        _run(["cc", "-O2", "-Wall", "-Wextra", "-o", servers.Limit.program,
              os.path.join(ROOT, "Benchmarks", "Limit", "limit.c"), "-luring"], say)
    if "apus" in names:
        for product in ("apus-bench-server", "apus-bench-client", "apus"):
            _run(["swift", "build", "-c", "release", "--product", product], say)
    if "hummingbird" in names:
        _run(["swift", "build", "-c", "release", "--package-path", servers.Hummingbird.package], say)


def async_http_client(say):
    """A peer of the client's."""
    _run(["swift", "build", "-c", "release", "--package-path", clients.ASYNC_HTTP_CLIENT_PACKAGE], say)


def flow(say):
    """The floor for large bodies."""
    _run(["cc", "-O2", "-Wall", "-Wextra", "-o", servers.FLOW,
          os.path.join(ROOT, "Benchmarks", "Limit", "flow.c"), "-luring"], say)


def micro(say):
    """The engine's and the router's path without a kernel."""
    _run(["swift", "build", "-c", "release", "--product", "apus-micro-engine"], say)


def _run(command, say):
    say(" ".join(command).replace(ROOT + "/", ""))
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        say((done.stdout + done.stderr)[-2000:])
