"""Bodies of 100 MB through a streaming handler, beside a sink and a source in C on the same ring (Benchmarks/Limit/flow.c).

This process is the client: one connection, blocking calls, a MiB each. CPU is the server's, per GiB of body.
"""

import contextlib
import os
import socket

import bench as runs
import build
import measure
import servers
from process import Process
from spread import spread

BODY_BYTES = 100_000_000
HELD = 32  # connections whose memory is measured, each in the middle of a body
PIECE = bytes(1 << 20)


def upload(bench):
    return _measured(bench, _upload, "/upload-stream", _hold_upload)


def download(bench):
    return _measured(bench, _download, "/download", _hold_download)


def _measured(bench, transfer, path, hold):
    build.flow(bench.say)
    bodies = max(1, 4 * bench.seconds)
    with bench.running("apus") as own, _flow(bench) as floor:
        _per_gib(own, transfer, path, 1), _per_gib(floor, transfer, path, 1)
        pairs = [(_per_gib(own, transfer, path, bodies), _per_gib(floor, transfer, path, bodies))
                 for _ in range(bench.rounds)]
        memory = _bytes_per_connection(own, path, hold)
    ratio = spread(a / b for a, b in pairs)
    bench.say(f"  {path}: {ratio['median']:.3f} of the CPU in C, {memory / 1024:.0f} KiB per connection")
    figures = {"apus": (spread(a for a, _ in pairs), "s per GiB"), "C": (spread(b for _, b in pairs), "s per GiB"),
               "CPU per GiB": (ratio, "x C"), "memory": (spread([memory / 1024]), "KiB per connection")}
    return figures, [("CPU per GiB", 1.15), ("memory", 256)]


@contextlib.contextmanager
def _flow(bench):
    port = runs.free_port()
    process = Process("flow", [servers.FLOW, str(port)], port, os.path.join(bench.folder, f"flow-{port}.log"))
    try:
        yield process
    finally:
        process.stop()


def _per_gib(process, transfer, path, bodies):
    before = process.run_time()
    with socket.create_connection(("127.0.0.1", process.port), 10) as peer:
        for _ in range(bodies):
            transfer(peer, path)
    return (process.run_time() - before) / (bodies * BODY_BYTES / (1 << 30))


def _upload(peer, path):
    peer.sendall(_upload_head(path))
    for sent in range(0, BODY_BYTES, len(PIECE)):
        peer.sendall(memoryview(PIECE)[:BODY_BYTES - sent])
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += _receive(peer)
    if not answer.startswith(b"HTTP/1.1 200"):
        raise measure.Unusable(f"an upload was answered with {answer[:60]}")


def _upload_head(path):
    return f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {BODY_BYTES}\r\n\r\n".encode()


def _download(peer, path):
    peer.sendall(_download_head(path))
    into, seen, tail = bytearray(len(PIECE)), 0, b""
    while tail != b"0\r\n\r\n":
        count = peer.recv_into(into)
        if count == 0:
            raise measure.Unusable(f"a download ended after {seen} bytes")
        seen += count
        tail = (tail + bytes(into[max(0, count - 5):count]))[-5:]
    if seen < BODY_BYTES:
        raise measure.Unusable(f"a download had only {seen} bytes")


def _download_head(path):
    return f"GET {path}?bytes={BODY_BYTES} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def _receive(peer):
    data = peer.recv(1 << 16)
    if not data:
        raise measure.Unusable("the server closed in the middle of an answer")
    return data


def _bytes_per_connection(process, path, hold):
    """The growth of RSS for each connection that is held in the middle of a body, after a first one."""
    with contextlib.ExitStack() as open_ones:
        few = many = 0
        for number in range(HELD + 1):
            peer = open_ones.enter_context(socket.create_connection(("127.0.0.1", process.port), 10))
            hold(peer, path)
            if number == 0:
                few = process.resident_bytes()
        many = process.resident_bytes()
    return (many - few) / HELD


def _hold_upload(peer, path):
    """Eight MiB of the body: so many that the kernel receives straight into the request's own memory."""
    peer.sendall(_upload_head(path))
    for _ in range(8):
        peer.sendall(PIECE)


def _hold_download(peer, path):
    """A client that takes the first MiB and then nothing."""
    peer.sendall(_download_head(path))
    seen = 0
    while seen < len(PIECE):
        seen += len(_receive(peer))
