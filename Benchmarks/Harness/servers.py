"""How each server is started with its best settings: one worker, one core, access log off.

`settings` is printed with every result, so that a reader can judge both sides.
"""

import os
import shutil

from process import Process

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, ".build-bench")
FLOW = os.path.join(BUILD, "flow")
LONG_SECONDS = 600  # idle time-out where expiry is not what is measured


class Server:
    """A kind of server. `start` runs it; what varies per scenario comes in as keywords."""

    name = settings = ""
    files, uploads = True, False  # serves the document root; answers POST /upload

    def __init__(self, folder, documents, port, nice=0):
        self.folder, self.documents, self.port, self.nice = folder, documents, port, nice

    @classmethod
    def missing(cls):
        """Why this server cannot run, as a sentence, or None."""
        return None

    def command(self, idle_seconds=None, cores=1, **_):
        raise NotImplementedError

    def start(self, core="0", batch=False, **wanted):
        """`batch`: scheduled as SCHED_BATCH (sched(7)), whose wakes wait until the running work pauses."""
        log = os.path.join(self.folder, f"{self.name}-{self.port}.log")
        return Process(self.name, self.command(**wanted), self.port, log, core, self.nice, self.folder, batch)

    def _write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as config:
            config.write(text)
        return path


class Apus(Server):
    name, uploads = "apus", True
    settings = "apus-bench-server --cores 1, pinned with taskset, built with -c release"
    program = os.path.join(ROOT, ".build", "release", "apus-bench-server")

    @classmethod
    def missing(cls):
        if not os.access(cls.program, os.X_OK):
            return "apus-bench-server is not built: swift build -c release --product apus-bench-server failed"
        return None

    def command(self, idle_seconds=None, cores=1, files=True, upstream=None, **_):
        root = ["--root", self.documents] if files else []
        proxy = ["--proxy", f"http://127.0.0.1:{upstream}"] if upstream else []
        return [self.program, "--host", "127.0.0.1", "--port", str(self.port), "--cores", str(cores),
                "--keepalive-timeout", str(idle_seconds or LONG_SECONDS)] + root + proxy


class Limit(Server):
    name, files = "limit", False
    settings = "Benchmarks/Limit/limit.c, cc -O2: constant answer, no parsing, a thread per core"
    program = os.path.join(BUILD, "limit")

    @classmethod
    def missing(cls):
        return None if os.access(cls.program, os.X_OK) else "the limit server is not built"

    def command(self, body_bytes=13, close=False, stall=0, cores=1, **_):
        # Each thread on its own core, as Apus's are: with one, the process's own affinity says which.
        threads = ["--core", "0", "--cores", str(cores)] if cores > 1 else []
        return [self.program, "--port", str(self.port), "--bytes", str(body_bytes), "--stall", str(stall)] + (
            ["--close"] if close else []) + threads


class Nginx(Server):
    name, uploads = "nginx", True
    settings = ("worker_processes 1, access_log off, open_file_cache, sendfile, tcp_nopush, "
                "keepalive_requests unlimited, deferred accept, plaintext by `return 200`")

    @classmethod
    def missing(cls):
        return None if shutil.which("nginx") else "nginx is not installed: apt-get install nginx-light"

    def command(self, idle_seconds=None, upstream=None, **_):
        config = self._write(f"nginx-{self.port}.conf", f"""
daemon off;
master_process off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid {self.folder}/nginx-{self.port}.pid;
error_log {self.folder}/nginx.error.log crit;
events {{ worker_connections 19000; }}
http {{
  access_log off;
  types {{ text/html html; text/css css; text/plain txt; application/json json; }}
  default_type application/octet-stream;
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  open_file_cache max=10000 inactive=60s;
  open_file_cache_valid 60s;
  keepalive_timeout {idle_seconds or LONG_SECONDS}s;
  keepalive_requests 1000000000;
  client_body_temp_path {self.folder}/nginx.body;
  proxy_temp_path {self.folder}/nginx.proxy;
  fastcgi_temp_path {self.folder}/nginx.fastcgi;
  uwsgi_temp_path {self.folder}/nginx.uwsgi;
  scgi_temp_path {self.folder}/nginx.scgi;
  upstream behind {{ server 127.0.0.1:{upstream or 9}; keepalive 64; keepalive_requests 1000000000; }}
  server {{
    location = /proxied {{ proxy_pass http://behind; proxy_http_version 1.1; proxy_set_header Connection ""; }}
    listen 127.0.0.1:{self.port} backlog=4096 deferred;
    root {self.documents};
    location = /plaintext {{ default_type text/plain; return 200 "Hello, World!"; }}
    location = /pipeline {{ default_type text/plain; return 200 "ok"; }}
    location = /upload {{ client_max_body_size 0; return 200 "ok"; }}
  }}
}}
""")
        return ["nginx", "-p", self.folder, "-c", config, "-e", f"{self.folder}/nginx.error.log"]


class H2O(Server):
    name = "h2o"
    settings = "num-threads 1, file.dir, access log off, deferred accept, plaintext is a 13-byte file"

    @classmethod
    def missing(cls):
        return None if shutil.which("h2o") else "h2o is not installed: apt-get install h2o"

    def command(self, idle_seconds=None, cores=1, **_):
        config = self._write(f"h2o-{self.port}.yaml", f"""
num-threads: {cores}
max-connections: 19000
pid-file: {self.folder}/h2o-{self.port}.pid
error-log: {self.folder}/h2o.error.log
http1-request-timeout: {idle_seconds or LONG_SECONDS}
user: root
listen:
  host: 127.0.0.1
  port: {self.port}
hosts:
  default:
    paths:
      "/":
        file.dir: {self.documents}
""")
        return ["h2o", "-m", "worker", "-c", config]


class Hummingbird(Server):
    name, uploads = "hummingbird", True
    settings = "Hummingbird 2.28 with one event loop, -c release, logging off, FileMiddleware for files"
    package = os.path.join(ROOT, "Benchmarks", "HummingbirdPeer")
    program = os.path.join(package, ".build", "release", "hummingbird-bench")

    @classmethod
    def missing(cls):
        if not os.access(cls.program, os.X_OK):
            return "the Hummingbird peer is not built: run scripts/bench --with hummingbird"
        return None

    def command(self, files=True, **_):
        return [self.program, str(self.port)] + ([self.documents] if files else [])


ALL = {server.name: server for server in (Apus, Limit, Nginx, H2O, Hummingbird)}
DEFAULT = ["apus", "limit", "nginx", "h2o"]
