// ProxyConfiguration: where requests are handed on to, and what is told of them there.

/// How a reverse proxy behaves. Every number holds for each core by itself but the counts of failures.
public struct ProxyConfiguration: Sendable {
  /// The `Host` field that upstream servers get.
  public enum HostPolicy: Sendable {
    /// Their own name, from their URL.
    case upstream
    /// The name that the client asked for.
    case preserved
  }

  /// The fields that tell upstream servers of the client (RFC 7239, or the older ones).
  public struct ForwardedFields: OptionSet, Sendable {
    /// One bit for each.
    public let rawValue: UInt8
    /// The fields whose bits are set.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// `X-Forwarded-For`, `X-Forwarded-Proto`, `X-Forwarded-Host`.
    public static let xForwarded = ForwardedFields(rawValue: 1)
    /// `Forwarded`.
    public static let standard = ForwardedFields(rawValue: 2)
    /// `Via` (RFC 9110 section 7.6.3).
    public static let via = ForwardedFields(rawValue: 4)
  }

  /// The servers, 64 at most, such as `http://127.0.0.1:9000`; a path in front of the request's is kept. The
  /// one with the fewest requests under way gets the next; those that have as many take turns.
  public var upstreams: [String]
  /// The route's prefix is taken off the path before it is handed on. A path that comes to the route by
  /// escapes or `..` is 400 then.
  public var stripsPrefix = false
  /// The host name in requests to the upstream server.
  public var host = HostPolicy.upstream
  /// The fields that tell the upstream server of the client and of this proxy.
  public var forwarded: ForwardedFields = [.xForwarded, .via]
  /// Whether the client's own fields about clients in front of it are believed, passed on and added to. Set
  /// it only behind a proxy of your own. Otherwise every field that servers may take for a proxy's is left
  /// out, whether this proxy sets it or not: `Forwarded`, `X-Forwarded-*`, `X-Original-*`, `X-Real-IP`,
  /// `X-Client-IP`, `X-Cluster-Client-IP`, `True-Client-IP`, `Client-IP`, `CF-Connecting-IP`,
  /// `Fastly-Client-IP`, `X-Envoy-External-Address`, `X-Rewrite-URL`, `X-Scheme`, `X-Url-Scheme` and
  /// `Front-End-Https`. `Via` is handed on and added to in any case (RFC 9110 section 7.6.3).
  public var trustsForwarded = false
  /// Whether fields with an underscore in their name are handed on. Many servers take `X_Forwarded_For` for
  /// `X-Forwarded-For`, so even then those stay behind that are one of the fields above, or of the
  /// connection's, with dashes.
  public var passesUnderscores = false
  /// A server that has failed so many times in a row gets no requests for `failurePause`. A server that
  /// answers in HTTP has not failed, even if its response may not be passed on (502).
  public var failureLimit = 3
  /// How long such a server gets no requests. If this is so for all servers, the least busy gets the request.
  public var failurePause: Duration = .seconds(10)
  /// A request's body up to this size is received completely before it is passed on, so that the request may
  /// be made again.
  public var replayableBodyBytes = 16 << 10
  /// How long a connection that has switched protocols, as for WebSocket, or carries a stream of events stays
  /// open while nothing passes. For any other answer it is `client.timeouts.idleRead`.
  public var tunnelIdle: Duration = .seconds(600)
  /// Whether a server that drains ends a stream of events (`text/event-stream`) after the event that is under
  /// way, as a complete response, though the upstream server has not ended it. It is meant for streams that
  /// never end, whose clients reconnect. A stream that does have an end, such as the words of a language
  /// model, loses the rest, and the client does not notice. Without it a stream continues until the upstream
  /// server ends it; when `Timeouts.drain` is over, it is reset. A stream with a content coding is never
  /// ended so.
  public var endsEventStreamsAtDrain = false
  /// How connections to upstream servers are kept, and the time-outs of requests to them.
  public var client: Client.Configuration
  /// The resolver of their names.
  package var resolver = Resolver.shared

  /// A proxy in front of these servers.
  public init(upstreams: [String]) {
    self.upstreams = upstreams
    client = Client.Configuration()
    client.redirects = 0
    client.userAgent = nil
    client.timeouts.total = nil
    client.timeouts.head = .seconds(60)
  }
}
