// BenchTargets: from the urls on the command line to addresses and prepared requests.

import Apus
import ApusEngine
import ApusRing
import ApusWire
import ArgumentParser

struct BenchTargets {
  /// For each host and port all of its addresses, in the order in which they are to be tried.
  let origins: [[SocketAddress]]
  let requests: [LoadRequest]
  /// By origin, who is asked for by TLS; nil for plain HTTP.
  let serverNames: [String?]
  /// `host:port`, for sentences.
  let names: [String]

  init(_ command: BenchCommand) throws(ExitCode) {
    let body = try BodyArgument.read(command.body)
    let method = command.method ?? (body == nil ? "GET" : "POST")
    var origins: [[SocketAddress]] = []
    var names: [String] = []
    var serverNames: [String?] = []
    var requests: [LoadRequest] = []
    for (index, text) in command.request.urls.enumerated() {
      let url = try Self.url(text)
      let name =
        command.request.unixSocket ?? "\(url.host.contains(":") ? "[\(url.host)]" : url.host):\(url.port)"
      let serverName = url.scheme == .https ? url.host : nil
      var origin = names.indices.first { names[$0] == name && serverNames[$0] == serverName }
      if origin == nil {
        origin = names.count
        names.append(name)
        serverNames.append(serverName)
        origins.append(try Self.addresses(of: url, command.request.unixSocket))
      }
      let head = RequestWriter.head(
        method: method, target: url.target, authority: url.authority, fields: command.request.fields,
        framing: body.map { $0.isEmpty ? .none : .length(UInt64($0.count)) } ?? .none)
      requests.append(
        LoadRequest(
          method: Method(Array(method.utf8).span), bytes: head + (body ?? []), origin: origin!,
          weight: command.weights?[index] ?? 1, pipeline: command.pipeline))
    }
    self.origins = origins
    self.names = names
    self.serverNames = serverNames
    self.requests = requests
  }

  static func url(_ text: String) throws(ExitCode) -> HTTPURL {
    do throws(HTTPURL.Fault) {
      return try HTTPURL(text)
    } catch {
      throw fail(.usage, "\(HTTPURL.withoutSecrets(text)) cannot be asked for: \(error.explanation)")
    }
  }

  private static func addresses(of url: HTTPURL, _ unixSocket: String?) throws(ExitCode) -> [SocketAddress] {
    if let unixSocket {
      guard let address = SocketAddress(unixPath: unixSocket) else {
        throw fail(
          .usage,
          "\(unixSocket) cannot be the path of a unix socket: a path has at most \(SocketAddress.unixPathLimit) bytes"
        )
      }
      return [address]
    }
    do throws(ResolveError) {
      return try SocketAddress.resolve(host: url.host, port: url.port)
    } catch {
      throw fail(.runtime, "\(url.host) has no address: \(error.explanation)")
    }
  }
}
