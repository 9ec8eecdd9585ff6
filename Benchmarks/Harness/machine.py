"""The machine that a result was taken on, and the programs that the benchmark needs."""

import os
import platform
import shutil
import subprocess

# program -> Debian package
NEEDED = {"wrk": "wrk", "perf": "linux-perf", "h2load": "nghttp2-client", "nginx": "nginx-light", "h2o": "h2o",
          "taskset": "util-linux", "cc": "gcc"}
SYSTEM_PATH = ":/usr/sbin:/sbin"


def install_missing(servers, say):
    """Installs what is missing with apt-get. nginx and h2o only if they take part."""
    os.environ["PATH"] += SYSTEM_PATH
    packages = [package for program, package in NEEDED.items()
                if not shutil.which(program) and (program not in ("nginx", "h2o") or program in servers)]
    if not packages:
        return
    say(f"installing {' '.join(packages)}")
    prefix = [] if os.geteuid() == 0 else ["sudo"]
    subprocess.run(prefix + ["apt-get", "install", "-y", "--no-install-recommends", *packages],
                   check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})


def describe():
    """What a reader must know to judge a figure."""
    return {
        "processor": _processor(), "cores": os.cpu_count(), "kernel": platform.release(),
        "congestion_control": _line("/proc/sys/net/ipv4/tcp_congestion_control"),
        "wrk": _version(["wrk", "-v"]), "nginx": _version(["nginx", "-v"]), "h2o": _version(["h2o", "-v"]),
        "h2load": _version(["h2load", "--version"]), "swift": _version(["swift", "--version"]),
    }


def _processor():
    with open("/proc/cpuinfo") as text:
        for line in text:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def _line(path):
    try:
        with open(path) as text:
            return text.readline().strip()
    except OSError:
        return ""


def _version(command):
    if not shutil.which(command[0]):
        return ""
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return next((line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()), "")
