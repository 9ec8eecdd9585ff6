// FetchRun: the one request of an `apus fetch`, and its output. `FetchSeries` makes several requests.

import Apus
import ApusRing
import ApusWire
import ArgumentParser
import FoundationEssentials

struct FetchRun: Sendable {
  let requests: [ClientRequest]
  let client: Client
  let log = FetchLog()
  let proxies: FetchProxies
  let unixSocket: String?
  let options: FetchOutputOptions
  let output: FetchOutput
  let isTabular: Bool
  let redirects: Int
  let times: Int
  let parallel: Int
  let pause: Duration
  let timeout: Duration

  init(_ command: FetchCommand) throws(ExitCode) {
    requests = try command.requests()
    let environment = ProcessInfo.processInfo.environment
    proxies = FetchProxies(
      plain: try command.proxy.choose(environment),
      secure: try command.proxy.choose(environment, isSecured: true))
    if let refusal = command.refusal(of: proxies) { throw fail(.configuration, refusal) }
    client = Client(command.configuration(proxies, log, try command.tls.security(for: command.request.urls)))
    unixSocket = command.request.unixSocket
    options = command.shown
    output = FetchOutput(command.shown.remoteName ? command.fileName : command.shown.output)
    isTabular = command.isTabular
    redirects = command.redirects
    times = command.times
    parallel = command.parallel
    pause = command.pause.duration
    timeout = command.timeout.duration
  }

  /// nil for success.
  func run() async -> ExitCode? {
    do {
      try await isTabular ? several() : one()
      return nil
    } catch {
      return told(failure(error, log.lastURL ?? requests[0].url))
    }
  }

  /// Writes the failure's sentence to standard error, unless the options say otherwise.
  private func told(_ failure: FetchFailure) -> ExitCode {
    guard let sentence = failure.sentence, !options.silent || options.showError else {
      return failure.status.code
    }
    return fail(failure.status, sentence)
  }

  // MARK: one

  private func one() async throws {
    let start = ContinuousClock.now
    let facts = Lock(WriteOut.Facts(url: requests[0].url))
    let result: Result<Void, any Error>
    do {
      result = .success(try await client.perform(requests[0]) { try await show($0, &$1, facts) })
    } catch {
      result = .failure(error)
    }
    if let format = options.writeOut {
      var ended = facts.withLock { $0 }
      ended.time = .now - start
      ended.redirects = log.redirects
      if ended.status == 0, let url = log.lastURL { ended.url = url }
      // It goes to standard output after the content, even if the content went to a file.
      try FetchOutput(nil).write(format.text(ended).utf8.span)
    }
    try result.get()
  }

  /// Writes the parts of a response that the options ask for.
  private func show(
    _ head: borrowing ClientResponse, _ body: inout ResponseBody, _ facts: borrowing Lock<WriteOut.Facts>
  ) async throws {
    let (status, url, type) = (head.statusCode, head.url, head.header("content-type") ?? "")
    facts.withLock { ($0.status, $0.url, $0.type) = (status, url, type) }
    let refusal = refusal(head)
    // The head of a refused response is not written to a file; on standard output it shows why.
    if options.include || options.head, refusal == nil || output.path == nil {
      try output.write(head.headBytes)
    }
    if let refusal { throw refusal }
    var bar = ProgressBar(
      total: body.undoneCoding == nil ? head.expectedCount : nil,
      isShown: !options.silent && (output.path != nil || !StandardStream.output.isTerminal))
    defer { bar.end() }
    while let chunk = try await body.read() {
      if !options.head { try output.write(chunk.bytes) }
      let count = UInt64(chunk.count)
      facts.withLock { $0.bytes += count }
      bar.advance(by: count)
    }
    // After 304 the file's content is still valid, so the file stays as it is.
    if status == 304, output.path != nil, !options.include, !options.head { return }
    try output.finish()
  }

  /// Why a response counts as a failure; nil for one that does not.
  func refusal(_ head: borrowing ClientResponse) -> FetchFailure? {
    if redirects > 0, let unfollowed = head.unfollowedRedirect {
      return FetchFailure(
        .runtime, "\(head.url): the redirect to \(unfollowed.location) cannot be followed: \(unfollowed.why)")
    }
    guard options.fail, head.statusCode >= 400 else { return nil }
    return FetchFailure(.runtime, "\(head.url): the status was \(head.statusCode)")
  }

  // MARK: failures

  private func failure(_ error: any Error, _ url: String) -> FetchFailure {
    switch error {
    case let failure as FetchFailure: failure
    case let error as ClientError: failure(error, url)
    default: FetchFailure(.runtime, "\(url): \(error)")
    }
  }

  private func failure(_ error: ClientError, _ url: String) -> FetchFailure {
    switch error {
    case .invalidURL, .unsupportedScheme, .invalidMethod:
      FetchFailure(.usage, "\(url) cannot be asked for: \(error)")
    case .ringUnavailable, .proxyUnusable: FetchFailure(.configuration, "\(error)")
    case .connectFailed, .nameNotResolved, .timedOut(.connect):
      FetchFailure(.runtime, "\(url): \(wayTo(url))\(error)")
    case .timedOut:
      FetchFailure(.runtime, "\(url): \(error): \(HumanText.duration(timeout)), which --timeout sets")
    default: FetchFailure(.runtime, "\(url): \(error)")
    }
  }

  /// Names the socket or the proxy to which the client could not connect.
  private func wayTo(_ url: String) -> String {
    if let unixSocket { return "through the socket \(unixSocket): " }
    guard let proxy = proxies.proxy(for: url) else { return "" }
    return "through the proxy \(proxy.name): "
  }
}
