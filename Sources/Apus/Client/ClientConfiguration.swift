// Client.Configuration: what a client may take, and how long it waits. It holds for each core by itself.

public import ApusEngine

extension Client {
  /// How a client behaves.
  public struct Configuration: Sendable {
    /// Connections to one host, on one core.
    public var connectionsPerHost = PoolLimits().connectionsPerHost
    /// Connections to all hosts, on one core; at most 1024.
    public var connections = PoolLimits().connections
    /// Requests that may wait for a connection, on one core.
    public var waiters = PoolLimits().waiters
    /// How long a connection may lie idle; the server's `Keep-Alive: timeout` less a
    /// second, if that is shorter.
    public var idle: Duration = .ticks(PoolLimits().idleTicks)
    /// Which idle connection is used next.
    public var reuse = ReuseOrder.freshestFirst
    /// Requests that one connection may carry; nil for any number.
    public var usesPerConnection: UInt32?
    /// How old a connection may grow; nil for no bound.
    public var connectionAge: Duration?
    /// How long is waited for what.
    public var timeouts = Timeouts()
    /// Makes a request again, once, whose connection had been used before and ended without a byte of a
    /// response, if no byte of the request left or its method is idempotent and its body can be sent again
    /// (RFC 9110 section 9.2.2).
    public var retriesStaleConnections = true
    /// Redirects that are followed; 0 for none.
    public var redirects = 5
    /// The value of `User-Agent`; nil for none.
    public var userAgent: String? = "Apus"
    /// Codings that servers may answer in, the best first, and that are undone while the content is read;
    /// with ApusCompression, `.common`. Not offered with HEAD, and not where a request has a `Range` or an
    /// `Accept-Encoding` of its own.
    public var contentCodings: [ContentCoding] = []
    /// Interim responses (1xx) that one request may be given, from 0 to 65,536; beyond,
    /// `ClientError.tooManyInterimResponses`.
    public var interimResponses = InterimLimits().count
    /// Bytes of their heads together, from 0 to 16 MiB.
    public var interimBytes = InterimLimits().bytes
    /// Connects to this unix socket, whatever the URL's host.
    public var unixSocket: String?
    /// How https is spoken; nil: not at all. The product `ApusTLS` makes it.
    public var security: ClientSecurity?
    /// Threads with rings of their own, for requests that are not made by a handler.
    public var rings = 1
    /// Told of what happens to requests, on the core where it happens; it must not block.
    public var onEvent: (@Sendable (ClientEvent) -> Void)?
    /// Requests for http go by way of this proxy. Not over a unix socket.
    package var proxy: ForwardProxy?
    /// Requests for https go through a tunnel that this proxy makes (CONNECT). Not over a unix socket.
    package var tunnelProxy: ForwardProxy?
    /// Shown what each handshake agreed on, and the server's certificates, on the core where it was made; it
    /// must not block.
    package var onSecure: (@Sendable (UInt64, SecureFacts, [PeerCertificate]) -> Void)?
    /// Shown the heads of requests and responses, on the core where they come and go; it must not block.
    package var onHead: (@Sendable (ClientHead) -> Void)?

    /// The defaults above.
    public init() {}
  }

  /// A head as it goes over the wire.
  package enum ClientHead: Sendable {
    case request([UInt8])
    /// The head of a final response; folded lines are one.
    case response([UInt8])
  }

  /// How long the phases of a request may last.
  public struct Timeouts: Sendable {
    /// In line for a connection.
    public var poolWait: Duration = .ticks(ClientTimeouts().poolWait)
    /// Until a connection is open, the look-up of the host's name included.
    public var connect: Duration = .ticks(ClientTimeouts().connect)
    /// From the request's last sign of progress to the end of the response's head.
    public var head: Duration = .ticks(ClientTimeouts().head)
    /// Between two pieces of the response, while it is read.
    public var idleRead: Duration = .ticks(ClientTimeouts().idleRead)
    /// One request and its response, reading included; nil for no bound.
    public var total: Duration? = ClientTimeouts().total.map { .ticks($0) }

    /// The defaults above.
    public init() {}
  }
}

extension Client.Configuration {
  var policy: ClientPolicy {
    var policy = ClientPolicy()
    policy.pool.connectionsPerHost = max(1, connectionsPerHost)
    policy.pool.connections = max(1, connections)
    policy.pool.waiters = max(0, waiters)
    policy.pool.idleTicks = Tick.count(in: idle)
    policy.pool.order = reuse
    policy.pool.usesPerConnection = usesPerConnection
    policy.pool.ageTicks = connectionAge.map { Tick.count(in: $0) }
    policy.interims.count = min(max(0, interimResponses), 65_536)
    policy.interims.bytes = min(max(0, interimBytes), 16 << 20)
    policy.timeouts.poolWait = Tick.count(in: timeouts.poolWait)
    policy.timeouts.connect = Tick.count(in: timeouts.connect)
    policy.timeouts.head = Tick.count(in: timeouts.head)
    policy.timeouts.idleRead = Tick.count(in: timeouts.idleRead)
    if let onEvent {
      policy.onClose = { closed in
        let kind = ClientEvent.Kind.closed(
          connection: closed.identity, closed.ending, uses: closed.uses,
          age: .milliseconds(Int64(clamping: closed.ageTicks)))
        onEvent(ClientEvent(kind: kind, url: ""))
      }
    }
    policy.security = security
    policy.onSecure = onSecure
    policy.timeouts.total = timeouts.total.map { Tick.count(in: $0) }
    return policy
  }
}
