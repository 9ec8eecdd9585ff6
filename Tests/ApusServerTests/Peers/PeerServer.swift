// PeerServer: a server that others wrote, as a process at an address of its own, for the client's tests.

import ApusRing
import ApusTestSupport
import Foundation
import Glibc
import Synchronization
import Testing

/// Where such a server listens. No other test has anything at this address, so its port stays free
/// until the server takes it.
struct PeerServer: Sendable {
  let host: String
  let port: UInt16
  var url: String { "http://\(host):\(port)" }

  private static let count = Atomic<Int>(0)

  private init() throws {
    let number = Self.count.add(1, ordering: .relaxed).newValue
    let process = Int(getpid())
    host = "127.\(64 + process / 250 % 128).\(process % 250).\(number % 250 + 1)"
    let listeners = try Listeners(ListenAddress(host: host, port: 0), count: 1)
    port = listeners.port
    Listeners.close(listeners.descriptors)
  }

  /// Runs `body` once the server has said that it listens, and ends it.
  private func run<Value>(
    _ command: [String], listens: String, _ body: (PeerServer) async throws -> Value
  ) async throws -> Value {
    let server = try Subprocess(command)
    defer {
      server.signal(SIGKILL)
      _ = server.end()
    }
    let isListening = server.listen(for: listens)
    try #require(isListening, "\(command[0]) does not start: \(server.said)")
    return try await body(self)
  }

  // MARK: who plays it

  /// Has a program run a script, which says `listens` once it does.
  private static func running<Value>(
    _ program: String, _ name: String, _ body: (PeerServer) async throws -> Value,
    script: (PeerServer) -> String
  ) async throws -> Value {
    let tree = TemporaryTree()
    let place = try PeerServer()
    tree.file(name, script(place))
    return try await place.run([program, tree.absolute(name)], listens: "listens", body)
  }

  /// `script` sets up `server`; `argument` is its own.
  static func node<Value>(
    _ script: String, _ argument: String = "", _ body: (PeerServer) async throws -> Value
  ) async throws -> Value {
    try await running("node", "server.js", body) { place in
      "const argument = '\(argument)';\n\(script)\n"
        + "server.listen(\(place.port), '\(place.host)', () => console.log('listens'));\n"
    }
  }

  /// `script` sets up `app`, an application of aiohttp's; `settings` are further arguments of its `run_app`.
  static func aiohttp<Value>(
    _ script: String, _ settings: String = "", _ body: (PeerServer) async throws -> Value
  ) async throws -> Value {
    let python = try #require(RealClientTests.python)
    return try await running(python, "server.py", body) { place in
      "import sys\nfrom aiohttp import web\napp = web.Application()\n\(script)\n"
        + "web.run_app(app, host='\(place.host)', port=\(place.port), \(settings) "
        + "print=lambda *_: print('listens', flush=True))\n"
    }
  }

  /// `http` stands in the block of that name, `server` in that one.
  static func nginx<Value>(
    http: String = "", server: String, _ body: (PeerServer) async throws -> Value
  ) async throws -> Value {
    let tree = TemporaryTree()
    let place = try PeerServer()
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map {
      "\($0)_temp_path \(tree.path)/\($0);"
    }
    // What it says once its sockets listen.
    tree.file(
      "nginx.conf",
      """
      daemon off; master_process off; pid \(tree.absolute("pid")); error_log stderr notice;
      events { worker_connections 4096; }
      http { access_log off; \(http) \(temporary.joined(separator: " "))
        server { listen \(place.host):\(place.port) backlog=4096; \(server) } }
      """)
    return try await place.run(
      ["nginx", "-p", tree.path, "-e", "stderr", "-c", tree.absolute("nginx.conf")],
      listens: "using the \"epoll\" event method", body)
  }

  /// Serves files, and what `paths` says besides; `settings` are lines of their own.
  static func h2o<Value>(
    settings: String = "", files: [String: String] = [:], paths: String = "",
    _ body: (PeerServer) async throws -> Value
  ) async throws -> Value {
    let tree = TemporaryTree()
    let place = try PeerServer()
    tree.directory("files")
    for (name, text) in files { tree.file("files/\(name)", text) }
    tree.file(
      "h2o.conf",
      """
      num-threads: 1
      \(geteuid() == 0 ? "user: root" : "")
      \(settings)
      listen: {host: \(place.host), port: \(place.port)}
      hosts:
        default:
          paths:
            "/": {file.dir: \(tree.path)/files}
            \(paths)

      """)
    return try await place.run(["h2o", "-c", tree.absolute("h2o.conf")], listens: "is ready", body)
  }

  // MARK: which of them are here

  static let hasNode = Subprocess.exists("node")
  static let hasNginx = Subprocess.exists("nginx")
  static let hasH2O = Subprocess.exists("h2o")
  static let hasAiohttp = RealClientTests.python != nil
}
