"""One run of the benchmark: which servers take part, with which settings, and how they are started."""

import contextlib
import os
import random
import socket
import sys

import documents
from servers import ALL


class Bench:
    """`subject` is compared with each of `peers`. Figures are taken in `rounds` pairs of `seconds` each."""

    def __init__(self, subject, peers, folder, rounds=10, seconds=2, nice=0):
        self.subject, self.peers, self.folder = subject, peers, folder
        self.rounds, self.seconds, self.nice = rounds, seconds, nice
        self.documents = os.path.join(folder, "documents")
        documents.write(self.documents)
        os.chmod(folder, 0o755)
        self._body_bytes = {}

    @property
    def call_rounds(self):
        return max(2, self.rounds // 2)

    @property
    def names(self):
        return [self.subject, *self.peers]

    def say(self, text):
        print(text, file=sys.stderr, flush=True)

    def can(self, name, path):
        """Whether the server has the route that a background load asks for."""
        if path == "/upload":
            return ALL[name].uploads
        return ALL[name].files

    @contextlib.contextmanager
    def running(self, name, core="0", **wanted):
        """The named server, started for the length of a `with`."""
        server = ALL[name](self.folder, self.documents, free_port(), self.nice)
        process = server.start(core, **wanted)
        try:
            yield process
        finally:
            process.stop()

    def limit_body_bytes(self, path):
        """How long the limit server's body must be for its answer to be as long as Apus's (or nginx's)."""
        if path not in self._body_bytes:
            with self.running("apus" if "apus" in self.names else "nginx") as reference:
                total = _answer_bytes(reference.port, path)
            # Its head is 100 bytes and the digits of the length.
            self._body_bytes[path] = total - 100 - len(str(total))
        return self._body_bytes[path]


def free_port():
    """A port nobody listens on, below those that clients are given. With SO_REUSEPORT a taken one
    would not be refused: two servers would quietly share it."""
    while True:
        port = random.randrange(20000, 30000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def _answer_bytes(port, path):
    """The length of one whole answer, head and body, on a connection that stays open."""
    with socket.create_connection(("127.0.0.1", port), 5) as peer:
        peer.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        answer = b""
        while True:
            answer += peer.recv(1 << 16)
            head, blank, body = answer.partition(b"\r\n\r\n")
            for line in head.split(b"\r\n") if blank else ():
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length" and len(body) >= int(value):
                    return len(answer)
