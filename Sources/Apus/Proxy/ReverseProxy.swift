// ReverseProxy: hands a request on to one of several servers and its answer back, both as they come. Each core has connections of
// its own to each of them.

import ApusEngine
import ApusRing
import ApusWire

final class ReverseProxy: Sendable {
  private let configuration: ProxyConfiguration
  private let upstreams: [Upstream]
  private let client: Client
  private let prefixCount: Int

  init(_ prefix: String, _ configuration: ProxyConfiguration) {
    precondition(!configuration.upstreams.isEmpty, "a proxy without a server to hand requests on to")
    self.configuration = configuration
    upstreams = configuration.upstreams.map { Upstream($0) }
    client = Client(configuration.client)
    prefixCount = configuration.stripsPrefix ? prefix.utf8.count : 0
  }

  /// A streaming handler.
  nonisolated(nonsending) func answer(
    _ request: borrowing Request, _ body: inout BodyReader, _ sender: consuming ResponseSender
  ) async throws {
    let held = sender.held
    let target = target(of: request)
    let fields = ProxyFields.request(request, configuration)
    let method = String(copying: request.bytes.extracting(request.head.methodSlice.range))
    let content = try await content(&body, held)
    var tried: [ObjectIdentifier] = []
    while true {
      let upstream = choose(except: tried, at: request.now.nanoseconds)
      var next = ClientRequest(.get, upstream.base + target, fields: fields, body: content)
      next.method = method
      upstream.begin()
      let failure = await handOn(next, held)
      upstream.end()
      guard let failure else { return upstream.didAnswer() }
      guard let error = failure as? ClientError else { throw failure }
      if error.blamesServer {
        upstream.didFail(
          configuration.failureLimit, Tick.count(in: configuration.failurePause) * Tick.nanosecondsPerTick,
          at: request.now.nanoseconds)
      }
      tried.append(ObjectIdentifier(upstream))
      // Another server may do, if this one has not seen the request.
      guard error.isBeforeRequest, try held.use().isUnanswered, content.isReplayable,
        tried.count < upstreams.count
      else {
        throw HTTPError(error.gatewayStatus)
      }
    }
  }

  /// The least busy of those that answer; if none does, the least busy of all.
  private func choose(except tried: [ObjectIdentifier], at now: UInt64) -> Upstream {
    var best: (upstream: Upstream, isPaused: Bool, load: Int)?
    for upstream in upstreams where !tried.contains(ObjectIdentifier(upstream)) {
      let (isPaused, load) = (upstream.isPaused(at: now), upstream.load)
      if let best, (best.isPaused ? 1 : 0, best.load) <= (isPaused ? 1 : 0, load) { continue }
      best = (upstream, isPaused, load)
    }
    guard let best else { preconditionFailure("every server was tried") }
    return best.upstream
  }

  /// Path and query as they came, so that nothing that an upstream server would read in another way is read twice.
  private func target(of request: borrowing Request) -> String {
    var path = String(copying: request.bytes.extracting(request.head.path.range))
    if prefixCount > 0, path.utf8.count >= prefixCount {
      path = String(path.utf8.dropFirst(prefixCount)) ?? "/"
    }
    if !path.hasPrefix("/") { path = "/" + path }
    guard request.head.hasQuery else { return path }
    return path + "?" + String(copying: request.query)
  }

  /// A short body whole, a long one as it comes.
  private nonisolated(nonsending) func content(
    _ body: inout BodyReader, _ held: HeldExchange
  ) async throws -> ClientBody {
    let expected = body.expectedCount
    if expected == 0 { return .none }
    if let expected, expected <= UInt64(configuration.replayableBodyBytes) {
      return .bytes(try await body.collect(upTo: configuration.replayableBodyBytes))
    }
    return .stream(length: expected) { writer in
      // Once the answer is here, nobody waits for what the client may still send.
      try await withTaskCancellationHandler {
        while let chunk = try await held.use().read() { try await writer.write(chunk) }
      } onCancel: {
        held.wake()
      }
      writer.trailers = try held.use().trailers
    }
  }

  /// nil once the answer was handed back.
  private nonisolated(nonsending) func handOn(
    _ request: ClientRequest, _ held: HeldExchange
  ) async -> (any Error)? {
    do {
      try await client.perform(request) { head, body in
        let (fields, type) = ProxyFields.response(head)
        let exchange = try held.use()
        try exchange.start(
          Response(status: head.status, mediaType: type, fields: fields),
          length: head.status.forbidsContent ? nil : head.announcedCount)
        while let chunk = try await body.read() { try await exchange.write(chunk) }
        try exchange.finish(trailers: body.trailers)
      }
      return nil
    } catch {
      return error
    }
  }
}

extension ClientError {
  /// The server is at fault, not the request and not the client's own bounds.
  var blamesServer: Bool {
    switch self {
    case .connectFailed, .nameNotResolved, .connectionLost, .malformedResponse: true
    case .timedOut(let phase): phase == .connect || phase == .head
    default: false
    }
  }

  /// No byte of the request can have reached the server.
  var isBeforeRequest: Bool {
    switch self {
    case .connectFailed, .nameNotResolved, .timedOut(.connect), .timedOut(.poolWait), .poolFull: true
    default: false
    }
  }

  /// What the client is told.
  var gatewayStatus: Status {
    switch self {
    case .timedOut(.poolWait), .poolFull, .shutDown: .serviceUnavailable
    case .timedOut: .gatewayTimeout
    default: .badGateway
    }
  }
}
