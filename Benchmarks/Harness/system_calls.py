"""Counts the system calls of processes with `perf stat`, between two moments that perf acknowledges."""

import os
import signal
import subprocess


class SystemCalls:
    """Counts from the start until `stop`. perf starts disabled and is told over a pipe, because it takes
    long and varying to attach."""

    def __init__(self, pids):
        commands, self._commands = os.pipe()
        self._acknowledged, acknowledge = os.pipe()
        self._perf = subprocess.Popen(
            ["perf", "stat", "-x", ",", "-e", "raw_syscalls:sys_enter", "-p", ",".join(map(str, pids)),
             "--delay", "-1", "--control", f"fd:{commands},{acknowledge}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            pass_fds=(commands, acknowledge))
        os.close(commands)
        os.close(acknowledge)
        self._tell("enable")

    def stop(self):
        """Ends the count and returns it."""
        self._tell("disable")
        self._perf.send_signal(signal.SIGINT)
        text = self._perf.communicate()[1]
        os.close(self._commands)
        os.close(self._acknowledged)
        for line in text.splitlines():
            value = line.split(",")[0]
            if "sys_enter" in line:
                return int(value) if value.isdigit() else 0  # "<not counted>": it never ran
        raise RuntimeError(f"perf counted nothing: {text.strip()}")

    def _tell(self, command):
        os.write(self._commands, command.encode() + b"\n")
        if not os.read(self._acknowledged, 16).startswith(b"ack"):
            raise RuntimeError(f"perf did not obey {command}: {self._perf.communicate()[1].strip()}")
