// Server.Configuration: everything that can be set about a server, with its defaults.

public import ApusEngine
import ApusRing

extension Server {
  /// How a server listens, how long it waits, and how much it takes.
  public struct Configuration: Sendable {
    /// Where the server listens, all at once. A port of 0 takes any free one;
    /// `RunningServer.addresses` tells which.
    public var listen: [Address] = [.tcp("127.0.0.1", 8080)]
    /// How the server speaks TLS at the addresses of `listen`; nil: it speaks plain HTTP there. The product
    /// `ApusTLS` makes it.
    public var security: ServerSecurity?
    /// Addresses for plain HTTP beside those of `listen`.
    public var plainListen: [Address] = []
    /// What requests to those addresses get.
    public var plainAction = PlainAction.serve
    /// How long browsers are to use TLS only, as `Strict-Transport-Security` says with every response over
    /// TLS (RFC 6797); nil says nothing, zero that they may forget it.
    public var strictTransport: Duration?
    /// How many cores serve.
    public var cores = Cores.all
    /// Time-outs of each phase of a connection.
    public var timeouts = Timeouts()
    /// Bounds on what a connection, a request or a turn may take.
    public var limits = Limits()
    /// Threads for work that blocks.
    public var offload = Offload()
    /// Sends `Keep-Alive: timeout=N` with this many seconds; say less than `timeouts.keepAlive`, so that a
    /// client gives a connection up before the server does.
    public var announcedKeepAlive: UInt16?
    /// The value of `Server`; nil sends none.
    public var serverName: String?
    /// Accepts a connection once its first bytes are there, or after a second without any (TCP_DEFER_ACCEPT,
    /// tcp(7)): a connection per request costs a quarter less. A client that connects and waits is then seen
    /// a second later, and not at all if the server stops listening before.
    public var acceptsWithFirstBytes = true
    /// Has every connection asked for its peer's address, so that handlers find it in `Request.peerAddress`.
    public var learnsPeerAddresses = false
    /// Where access log lines go; nil writes none.
    public var accessLog: AccessLogConfiguration?
    /// Where a test's handlers and proxies find other servers; nil on the network.
    package var addressBook: AddressBook?
    /// Hears of every error that was answered with 5xx, or that came when its answer had begun, on the
    /// request's core: for a service that collects errors. It must not block. The server's logger hears of
    /// them, too, ten times a second for each route and core.
    public var onError: (@Sendable (borrowing Request, RequestFailure) -> Void)?
    /// Bytes in each of a core's receive buffers, and how many there are (a power of two).
    package var receiveBufferBytes = KernelRing.Configuration().receiveBufferBytes
    package var receiveBufferCount = KernelRing.Configuration().receiveBufferCount
    /// How long is waited for the cores of a server that was told to stop, and how much longer than
    /// `timeouts.drain` for those of one that was told to drain: the time for handlers' tasks to end, and
    /// some more for a busy machine.
    package var (stopGrace, drainGrace): (Duration, Duration) = (.seconds(5), .seconds(10))
    /// A prefix of the paths /proc and /sys, which say what the process may use.
    package var systemRoot = ""
    /// The kernel's version decides both, unless a test sets them.
    package var usesDirectDescriptors = ChosenRing.prefersDirectDescriptors
    package var acceptsMultishot = !KernelVersion.running.hasBrokenMultishotAccept

    /// The defaults above.
    public init() {}

    /// The reason why a server cannot start; nil if there is none.
    package func fault() -> String? {
      if let fault = limits.fault() ?? timeouts.fault() ?? offload.fault() ?? announcementFault {
        return fault
      }
      guard let serverName, ResponseField(name: "Server", value: serverName) == nil else { return nil }
      return "the server's name cannot stand in a header field"
    }

    /// The defaults, at these addresses.
    public init(listen: [Address]) { self.listen = listen }

    /// The host of the first TCP address: numeric or a name. If there is no TCP address, setting it adds one.
    public var host: String {
      get { firstTCP.host }
      set { firstTCP.host = newValue }
    }

    /// The port of the first TCP address; 0 takes any free port, and `RunningServer.port` tells which.
    public var port: UInt16 {
      get { firstTCP.port }
      set { firstTCP.port = newValue }
    }

    /// The reason why `announcedKeepAlive` cannot be used; nil if it can.
    private var announcementFault: String? {
      guard let announcedKeepAlive, .seconds(Int(announcedKeepAlive)) > timeouts.keepAlive else { return nil }
      return
        "announcedKeepAlive is \(announcedKeepAlive) s, and timeouts.keepAlive no more than \(timeouts.keepAlive): clients would "
        + "ask over connections that are closed"
    }

    private var firstTCP: (host: String, port: UInt16) {
      get {
        for case .tcp(let host, let port) in listen { return (host, port) }
        return ("127.0.0.1", 8080)
      }
      set {
        let address = Address.tcp(newValue.host, newValue.port)
        if let index = listen.firstIndex(where: { !$0.isUnix }) {
          listen[index] = address
        } else {
          listen.append(address)
        }
      }
    }
  }

  /// What a request that comes by an address of `plainListen` gets.
  public enum PlainAction: Sendable, Hashable {
    /// What it would get over TLS.
    case serve
    /// 308 to the same URL with https. The port is this one, or that of the first address of `listen`.
    case redirect(port: UInt16? = nil)
  }

  /// How many threads serve, each on a processor of its own; or, where a quota leaves the process a share of
  /// more processors than there are threads, where the kernel sees fit.
  public enum Cores: Sendable, Equatable {
    /// One for each processor that this process may use: those that it may run on
    /// (sched_getaffinity(2)), or as many as its control groups leave it the time of (cgroups(7),
    /// version 1 or 2, rounded up) if those are fewer.
    case all
    /// So many, at most as many as `all`.
    case count(Int)
  }
}
