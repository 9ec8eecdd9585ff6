"""A server process under measurement: started pinned to one core, read through /proc, ended by its pid.

All counters cover the process and its descendants, because nginx and h2o put the work in children.
"""

import os
import signal
import socket
import subprocess
import time

from system_calls import SystemCalls

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class ServerFailed(Exception):
    """The server did not start, or died while it was measured."""


class Process:
    def __init__(self, name, command, port, log, core=0, nice=0, cwd=None, batch=False):
        self.name, self.port = name, port
        pinned = ["taskset", "-c", str(core)] + (["nice", "-n", str(nice)] if nice else []) + (
            ["chrt", "--batch", "0"] if batch else []) + command
        with open(log, "wb") as output:
            self._child = subprocess.Popen(
                pinned, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=cwd)
        self._log = log
        self._wait_until_it_accepts()

    @property
    def pid(self):
        return self._child.pid

    def _wait_until_it_accepts(self, seconds=10):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._child.poll() is not None:
                raise ServerFailed(f"{self.name} ended at once:\n{self._tail_of_log()}")
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        self.stop()
        raise ServerFailed(f"{self.name} did not listen within {seconds} s:\n{self._tail_of_log()}")

    def _tail_of_log(self):
        with open(self._log, errors="replace") as text:
            return "".join(text.readlines()[-5:])

    def stop(self):
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)
            try:
                self._child.wait(5)
            except subprocess.TimeoutExpired:
                for pid in reversed(self.pids()):
                    os.kill(pid, signal.SIGKILL)
                self._child.wait()

    def pids(self):
        """The process and all its descendants, parents first."""
        found = [self.pid]
        for pid in found:
            for task in _list(f"/proc/{pid}/task"):
                found += [int(child) for child in _read(f"/proc/{pid}/task/{task}/children").split()]
        return found

    def run_time(self):
        """Seconds on a core since the start, user and system together, to the nanosecond."""
        return sum(self.run_time_by_thread().values())

    def run_time_by_thread(self):
        """The same per thread id."""
        times = {}
        for pid in self.pids():
            for thread in _list(f"/proc/{pid}/task"):
                fields = _read(f"/proc/{pid}/task/{thread}/schedstat").split()
                times[int(thread)] = int(fields[0]) / 1e9 if fields else 0
        return times

    def user_and_system(self):
        """Seconds of user and of system time. Sampled by the kernel: pool 20 s or more."""
        user = system = 0
        for pid in self.pids():
            fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
            if fields:
                user, system = user + int(fields[11]), system + int(fields[12])
        return user / TICKS_PER_SECOND, system / TICKS_PER_SECOND

    def resident_bytes(self):
        """VmRSS of all processes. Pages shared between them count once per process."""
        total = 0
        for pid in self.pids():
            for line in _read(f"/proc/{pid}/status").splitlines():
                if line.startswith("VmRSS:"):
                    total += int(line.split()[1]) * 1024
        return total

    def system_calls(self):
        """Starts counting system calls; call the result to stop and get the number."""
        return SystemCalls(self.pids()).stop


def _list(path):
    try:
        return os.listdir(path)
    except OSError:
        return []


def _read(path):
    try:
        with open(path) as text:
            return text.read()
    except OSError:
        return ""
