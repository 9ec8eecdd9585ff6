"""Thousands of keep-alive connections held by this process."""

import resource
import select
import socket
import struct

REQUEST = b"GET /plaintext HTTP/1.1\r\nHost: localhost\r\n\r\n"
CONNECTIONS_PER_ADDRESS = 5000


class Crowd:
    """Opens connections in small groups, each with one request that is answered before the next group."""

    def __init__(self, port):
        self._port, self._sockets = port, []
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # With RST: ports in TIME_WAIT would be missing for the next crowd.
        for peer in self._sockets:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.close()

    def grow_to(self, count, group=200):
        while len(self._sockets) < count:
            fresh = [self._open(len(self._sockets) + i) for i in range(min(group, count - len(self._sockets)))]
            self._sockets += fresh
            self._exchange(fresh)

    def ask_again(self):
        """One more request on every connection, as fast as possible: all idle deadlines become one."""
        for start in range(0, len(self._sockets), 1000):
            self._exchange(self._sockets[start:start + 1000])

    def count_closed(self):
        """How many connections the server has closed by now."""
        poll = select.poll()
        for peer in self._sockets:
            poll.register(peer, select.POLLIN)
        return len(poll.poll(0))

    def _open(self, number):
        # One client address has at most 28,000 ports, so the crowd spreads over 127.0.0.0/8.
        peer = socket.socket()
        peer.bind((f"127.0.1.{1 + number // CONNECTIONS_PER_ADDRESS}", 0))
        peer.connect(("127.0.0.1", self._port))
        return peer

    @staticmethod
    def _exchange(sockets):
        for peer in sockets:
            peer.sendall(REQUEST)
        for peer in sockets:
            answer = peer.recv(4096)
            if not answer:
                raise RuntimeError("a connection of the crowd was closed before all of them were open")
            if not answer.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"a connection of the crowd was answered with {answer[:40]}")
