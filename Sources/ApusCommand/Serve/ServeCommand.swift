// `apus serve`: the files of a directory over HTTP/1.1.

package import Apus
package import ArgumentParser

package struct ServeCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serve the files of a directory over HTTP/1.1, with or without TLS.",
    usage: "apus serve [<dir>] [<options>]",
    discussion: """
      A path that ends in a slash is answered with the directory's index file. \
      Nothing outside the directory is served, and no name that begins with a dot, \
      except .well-known. The directory is looked up by its name, at most once a \
      second, and for each file that is not found: a second after \
      'ln -sfn v2 current' the site is v2, no request is lost to the removal of v1, \
      and responses under way finish with the files that they began with. While there \
      is no such directory, every request is answered with 404, and one line of the \
      log says so.

      SIGNALS
        TERM INT QUIT   stop accepting, finish what is under way, end;
                        a second one ends at once
        HUP USR1        open the access log's file again, after it was moved away,
                        and read the files of --tls-cert and --tls-key again
        HUP USR1        without such files: ignored, unless the terminal that
                        is standard input hangs up (HUP); then as TERM
        USR2 WINCH PIPE are ignored
      A signal that the parent ignores (nohup) never ends the server. The exit codes \
      are in 'apus --help'.

      TLS
        With --tls-cert and --tls-key every address speaks TLS 1.2 and 1.3, except
        those of --https-redirect. Files that change are read again within a second;
        if they are bad, the ones before them stay in use. A key that only root may
        read is read at the start and at each change by the user that runs apus.

      EXAMPLES
        apus serve public --port 8000
        apus serve public --listen '*:8000' --access-log -
        apus serve public --header 'Cache-Control: max-age=3600'
        apus serve public --header-always 'X-Frame-Options: DENY'
        apus serve public --listen '*:443' --tls-cert chain.pem --tls-key key.pem \
                          --https-redirect 80 --hsts 730
        apus serve public --tls-self-signed
      """)

  @Argument(help: ArgumentHelp("The directory to serve.", valueName: "dir"), completion: .directory)
  package var directory = "."

  @Option(
    name: .shortAndLong,
    help: "The port to listen on; 0 takes any free one. (default: \(Server.Configuration().port))",
    transform: ServeCommand.parsePort)
  package var port: UInt16?

  @Option(
    help: """
      The address or name to listen on; * for all of this machine's, 0.0.0.0 for those of IPv4. \
      (default: \(Server.Configuration().host))
      """)
  package var host: String?

  @Option(
    help: ArgumentHelp(
      "An address to listen on: host:port, *:port or just a port for everywhere, unix:/path?mode=0660; may be repeated. --host and --port add theirs.",
      valueName: "address"),
    transform: ServeCommand.parseAddress)
  package var listen: [Server.Address] = []

  @Option(
    help: ArgumentHelp(
      "How many cores serve, at most what affinity and the cgroup's CPU quota leave. (default: all of that)",
      valueName: "n"),
    transform: ServeCommand.parseCores)
  package var cores: Int?

  @Option(
    "How long an idle connection stays open; 0 ends each connection with its first response.",
    valueName: "time",
    parse: DurationArgument.parse)
  package var keepaliveTimeout = DurationArgument(Timeouts().keepAlive)

  @Option(
    help: ArgumentHelp(
      "What Keep-Alive: timeout= tells clients, in whole seconds; off tells them nothing. (default: a tenth less than the time-out, by 1s at least and 5s at most; nothing below 2s)",
      valueName: "time"),
    transform: AnnouncementArgument.parse)
  package var announceKeepalive: AnnouncementArgument?

  @Option(
    "How long responses under way may take once the server stops.", valueName: "time",
    parse: DurationArgument.parse)
  package var drainTimeout = DurationArgument(Timeouts().drain)

  @Option(
    help: ArgumentHelp(
      "The name of the file that a directory is answered with; may be repeated, and the first that exists is sent. (default: index.html)",
      valueName: "name"),
    transform: ServeCommand.parseIndex)
  package var index: [String] = []

  @Option(
    help: ArgumentHelp(
      "A header for responses of 2xx and 3xx, 304 included, not for errors; may be repeated.",
      valueName: "name: value"),
    transform: HeaderArgument.parse)
  package var header: [ResponseField] = []

  @Option(
    help: ArgumentHelp(
      "A header for every response to a request for a file, 404 and other errors too; a --header of this name takes its place. May be repeated.",
      valueName: "name: value"),
    transform: HeaderArgument.parse)
  package var headerAlways: [ResponseField] = []

  @Flag(help: "Serve names that begin with a dot, too.")
  package var hidden = false

  @Option(
    help: ArgumentHelp(
      "Which symbolic links are followed; inside means those that stay in the directory.",
      valueName: "links"))
  package var followSymlinks = LinkArgument.inside

  @Option(
    help: ArgumentHelp(
      "Append a line to this file for each response that was sent or cut; - is standard output.",
      valueName: "file"),
    completion: .file())
  package var accessLog: String?

  @OptionGroup(title: "TLS")
  package var tls: TLSOptions

  @Option(help: ArgumentHelp("The lines' format. (default: combined)", valueName: "format"))
  package var logFormat: LogFormatArgument?

  package init() {}

  package func validate() throws {
    try checkNames()
    try checkTimes()
    try tls.check()
    if let logFormat, logFormat != .off, accessLog == nil {
      throw ValidationError(
        "--log-format \(logFormat.rawValue) has no log to apply to: add --access-log with a file, or - for standard output"
      )
    }
    if case .seconds(let seconds) = announceKeepalive, .seconds(Int(seconds)) >= keepaliveTimeout.duration {
      throw ValidationError(
        "--announce-keepalive must be less than --keepalive-timeout: a client that is told more sends requests to connections that have ended"
      )
    }
  }

  /// An empty name is what a shell makes of a variable that is not set.
  private func checkNames() throws {
    if directory.isEmpty {
      throw ValidationError("the directory to serve has an empty name: name one, or . for this one")
    }
    if accessLog?.isEmpty == true {
      throw ValidationError("--access-log needs the name of a file, or - for standard output")
    }
    if host?.isEmpty == true {
      throw ValidationError("--host needs an address or a name, or * for all addresses of this machine")
    }
  }

  private func checkTimes() throws {
    let day = Duration.seconds(86_400)
    if drainTimeout.duration == .zero || drainTimeout.duration > day {
      throw ValidationError("--drain-timeout is from 1ms to 24h; a second signal ends the server at once")
    }
    if keepaliveTimeout.duration > day {
      throw ValidationError(
        "--keepalive-timeout is at most 24h; 0 ends each connection with its first response")
    }
  }

  package func run() throws {
    try ServeRun(self).run()
  }

  private static func parsePort(_ text: String) throws -> UInt16 {
    guard let port = UInt16(text) else { throw ValidationError("a port is a number from 0 to 65535") }
    return port
  }

  private static func parseAddress(_ text: String) throws -> Server.Address {
    guard let address = Server.Address(text) else {
      throw ValidationError(
        "an address is host:port, [IPv6]:port, *:port, unix:/path or unix:/path?mode=0660")
    }
    return address
  }

  /// Where to listen: what --listen says, and what --host and --port say if they do, or if nothing else does.
  package var addresses: [Server.Address] {
    guard listen.isEmpty || host != nil || port != nil else { return listen }
    let standard = Server.Configuration()
    return [.tcp(host ?? standard.host, port ?? standard.port)] + listen
  }

  /// True if a connection ends with its first response: the time-out is 0.
  package var keepsNoConnections: Bool { keepaliveTimeout.duration == .zero }

  /// Seconds in `Keep-Alive: timeout=`; nil for no such field.
  package var announcedSeconds: UInt16? {
    switch announceKeepalive {
    case .off: nil
    case .seconds(let seconds): seconds
    case nil: AnnouncementArgument.standard(below: keepaliveTimeout.duration)
    }
  }

  private static func parseCores(_ text: String) throws -> Int {
    guard let cores = Int(text), (1...4096).contains(cores) else {
      throw ValidationError("cores are counted from 1")
    }
    return cores
  }

  private static func parseIndex(_ text: String) throws -> String {
    guard StaticFiles.isFileName(text) else {
      throw ValidationError("an index is the name of a file in the directory, without a slash")
    }
    return text
  }
}

/// `--follow-symlinks`.
package enum LinkArgument: String, ExpressibleByArgument, CaseIterable, Sendable {
  case never, inside, any

  var policy: StaticFiles.SymbolicLinks {
    switch self {
    case .never: .never
    case .inside: .inside
    case .any: .any
    }
  }
}

/// `--log-format`.
package enum LogFormatArgument: String, ExpressibleByArgument, CaseIterable, Sendable {
  case common, combined, json, off

  var format: AccessLogFormat? {
    switch self {
    case .common: .common
    case .combined: .combined
    case .json: .json
    case .off: nil
    }
  }
}
