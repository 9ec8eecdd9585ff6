"""A program of its own: one client that asks again and again, and prints each latency in microseconds.

`python3 probe.py PORT SECONDS`. Asks every millisecond, so that it stays out of the server's way.
"""

import socket
import sys
import time


def main(port, seconds):
    deadline = time.monotonic() + seconds
    times = []
    with socket.create_connection(("127.0.0.1", port)) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while time.monotonic() < deadline:
            asked = time.perf_counter_ns()
            peer.sendall(b"GET /plaintext HTTP/1.1\r\nHost: localhost\r\n\r\n")
            if not peer.recv(4096).startswith(b"HTTP/1.1 200"):
                sys.exit("the probe was not answered with 200")
            times.append((time.perf_counter_ns() - asked) // 1000)
            time.sleep(0.001)
    print(*times)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
