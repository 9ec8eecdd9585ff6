// LoadPlan: what a load generator does, decided before it starts and equal for all of its threads.

package import ApusRing
package import ApusWire

/// One kind of request; its bytes are made once.
package struct LoadRequest: Sendable {
  package let method: Method
  /// Index of the origin that it is sent to.
  package let origin: Int
  /// Its frequency, relative to the other kinds.
  package let weight: Double
  /// Consecutive copies, as many as one connection may have unanswered: a pipeline is one send.
  let copies: SharedBytes
  /// Bytes of one copy.
  package let byteCount: Int

  /// Copies the request for another place in the list of origins.
  init(_ request: LoadRequest, origin: Int) {
    method = request.method
    self.origin = origin
    weight = request.weight
    copies = request.copies
    byteCount = request.byteCount
  }

  /// - Parameter bytes: The whole request as it is sent.
  package init(method: Method, bytes: [UInt8], origin: Int = 0, weight: Double = 1, pipeline: Int = 1) {
    precondition(!bytes.isEmpty && pipeline > 0 && weight > 0, "no request")
    self.method = method
    self.origin = origin
    self.weight = weight
    byteCount = bytes.count
    copies = SharedBytes(capacity: bytes.count * pipeline) { output in
      for _ in 0..<pipeline { output.append(copying: bytes.span) }
    }
  }
}

/// When requests are made.
package enum Pace: Sendable, Equatable {
  /// Each connection makes its next request when the last one has its response. Requests that a slow response
  /// holds up are never made, so latencies describe a server that is not under pressure.
  case closed
  /// This many requests a second, evenly spaced over all connections and threads together. Latency counts
  /// from the moment in which a request was due.
  case even(Double)
  /// This many a second on average, with exponential gaps like those of independent users.
  case poisson(Double)

  package var rate: Double? {
    switch self {
    case .closed: nil
    case .even(let rate), .poisson(let rate): rate
    }
  }
}

package struct LoadPlan: Sendable {
  package var origins: [SocketAddress]
  package var requests: [LoadRequest]
  /// Connections of one thread.
  package var connections: Int
  /// Requests that a connection may have unanswered.
  package var pipeline: Int
  package var pace: Pace
  /// This thread's number, and the number of threads: their arrivals interleave.
  package var thread = 0
  package var threads = 1
  /// Nanoseconds in which the connections are opened, or the rate rises from zero. Not measured.
  package var ramp: UInt64 = 0
  /// Nanoseconds after the ramp that are not measured.
  package var warmup: UInt64 = 0
  /// Nanoseconds that are measured.
  package var duration: UInt64
  /// Nanoseconds without progress after which a connection fails.
  package var timeout = standardTimeout
  package static let standardTimeout: UInt64 = 10_000_000_000
  /// Nanoseconds after which a connect fails; nil for `timeout`.
  package var connectTimeout: UInt64?
  /// How TLS is spoken with the origins that have a name in `serverNames`.
  package var security: ClientSecurity?
  /// By origin, who is asked for by TLS; nil where plain HTTP is spoken, as for those beyond the last.
  package var serverNames: [String?] = []
  /// New connections resume the sessions of those before.
  package var resumesSessions = true
  /// Each connection carries one request.
  package var closesConnections = false
  /// The run ends after this many responses or errors; nil for no such end.
  package var requestLimit: UInt64?
  package var seed: UInt64 = 1
  /// Limits on the heads of responses.
  package var head = HeadLimits()
  /// Limits on interim responses.
  package var interims = InterimLimits()

  package init(
    origins: [SocketAddress], requests: [LoadRequest], connections: Int, pipeline: Int = 1,
    pace: Pace = .closed,
    duration: UInt64
  ) {
    precondition(!origins.isEmpty && !requests.isEmpty && connections > 0 && pipeline > 0)
    self.origins = origins
    self.requests = requests
    self.connections = connections
    self.pipeline = pipeline
    self.pace = pace
    self.duration = duration
  }

  /// One request on one connection, to see whether a response comes.
  package static func single(
    _ request: LoadRequest, to address: SocketAddress, timeout: UInt64, connectTimeout: UInt64,
    security: ClientSecurity? = nil, serverName: String? = nil
  ) -> LoadPlan {
    let alone = LoadRequest(request, origin: 0)
    var plan = LoadPlan(
      origins: [address], requests: [alone], connections: 1, duration: timeout + 100_000_000)
    plan.timeout = timeout
    plan.connectTimeout = connectTimeout
    plan.requestLimit = 1
    plan.security = security
    plan.serverNames = [serverName]
    return plan
  }

  /// Nanoseconds from the start until measuring begins.
  var prelude: UInt64 { ramp + warmup }
}
