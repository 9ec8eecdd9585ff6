// FetchRun: the requests of one `apus fetch`, and what is shown of them.

import Apus
import ApusCompression
import ApusRing
import ArgumentParser

struct FetchRun: Sendable {
  private let requests: [ClientRequest]
  private let client: Client
  private let log: FetchLog
  private let isTabular: Bool
  private let includesHead: Bool
  private let failsOnStatus: Bool
  private let output: String?
  private let times: Int
  private let parallel: Int
  private let pause: Duration

  init(_ command: FetchCommand) throws(ExitCode) {
    let data = try BodyArgument.read(command.data)
    var body = ClientBody.none
    if let data { body = .bytes(data) }
    requests = command.request.urls.map { url in
      var request = ClientRequest(.get, url, fields: command.request.header, body: body)
      request.method = command.request.method ?? (data == nil ? "GET" : "POST")
      if let user = command.user, let colon = user.firstIndex(of: ":") {
        request.authorize(user: String(user[..<colon]), password: String(user[user.index(after: colon)...]))
      }
      return request
    }
    let log = FetchLog()
    var configuration = Client.Configuration()
    configuration.connectionsPerHost = command.connections
    configuration.idle = command.idle.duration
    configuration.timeouts.total = command.timeout.duration
    configuration.timeouts.head = min(configuration.timeouts.head, command.timeout.duration)
    configuration.timeouts.poolWait = command.timeout.duration
    configuration.redirects = command.redirects
    configuration.unixSocket = command.request.unixSocket
    if command.compressed { configuration.contentCodings = .common }
    configuration.userAgent = "apus-fetch/\(ApusCommand.version)"
    configuration.onEvent = { log.note($0) }
    self.log = log
    client = Client(configuration)
    isTabular = command.isTabular
    includesHead = command.include
    failsOnStatus = command.fail
    output = command.output
    times = command.times
    parallel = command.parallel
    pause = command.pause.duration
  }

  /// nil for success.
  func run() async -> ExitCode? {
    isTabular ? await several() : await one()
  }

  // MARK: one

  private func one() async -> ExitCode? {
    do throws(FileError) {
      return try await one(
        output.map { path throws(FileError) in try OutputFile(creating: path) } ?? OutputFile(.output))
    } catch {
      return fail(.configuration, "\(output ?? "") cannot be written: \(error)")
    }
  }

  private func one(_ file: OutputFile) async -> ExitCode? {
    do {
      let status = try await client.perform(requests[0]) { head, body in
        try await show(head, &body, file)
        return head.status.code
      }
      return failsOnStatus && status >= 400 ? fail(.runtime, "the status was \(status)") : nil
    } catch let error as FetchFailure {
      return fail(.configuration, error.sentence)
    } catch let error as ClientError {
      return refuse(error, requests[0].url)
    } catch {
      return fail(.runtime, "\(requests[0].url): \(error)")
    }
  }

  private func show(
    _ head: borrowing ClientResponse, _ body: inout ResponseBody, _ file: OutputFile
  ) async throws {
    if includesHead {
      var text = "HTTP/1.1 \(head.status.code) \(head.reason)\r\n"
      for (name, value) in head.allHeaders { text += "\(name): \(value)\r\n" }
      try write((text + "\r\n").utf8.span, to: file)
    }
    var bar = ProgressBar(
      total: body.undoneCoding == nil ? head.expectedCount : nil,
      isShown: output != nil || !StandardStream.output.isTerminal)
    while let chunk = try await body.read() {
      try write(chunk.bytes, to: file)
      bar.advance(by: UInt64(chunk.count))
    }
    bar.end()
  }

  private func write(_ bytes: Span<UInt8>, to file: OutputFile) throws {
    do throws(FileError) {
      try file.write(bytes)
    } catch {
      throw FetchFailure("\(output ?? "standard output") cannot be written: \(error)")
    }
  }

  // MARK: several

  private func several() async -> ExitCode? {
    let total = requests.count * times
    do {
      try await client.onCore {
        await withTaskGroup { group in
          for _ in 0..<min(parallel, total) {
            group.addTask {
              while true {
                let number = log.takeNumber()
                guard number < total else { return }
                if number >= parallel, pause > .zero { try? await Task.sleep(for: pause) }
                await ask(number)
              }
            }
          }
        }
      }
    } catch {
      return refuse(error as? ClientError ?? .shutDown, requests[0].url)
    }
    await client.closeIdleConnections()
    StandardStream.output.write(FetchTable(log.rows, log.ended, requests.map(\.url)).text)
    let failed = log.rows.count { $0.error != nil }
    if failed > 0 { return fail(.runtime, "\(failed) of \(total) requests failed") }
    let bad = log.rows.count { $0.status >= 400 }
    return failsOnStatus && bad > 0
      ? fail(.runtime, "\(bad) of \(total) answers had a status of 400 or above") : nil
  }

  private func ask(_ number: Int) async {
    let request = requests[number % requests.count]
    let start = ContinuousClock.now
    var row = FetchLog.Row(number: number, url: number % requests.count)
    do {
      (row.status, row.bytes, row.connection) = try await client.perform(request) { head, body in
        var bytes: UInt64 = 0
        while let chunk = try await body.read() { bytes += UInt64(chunk.count) }
        return (head.status.code, bytes, head.connection)
      }
    } catch {
      row.error = "\(error)"
    }
    row.time = .now - start
    log.add(row)
  }

  private func refuse(_ error: ClientError, _ url: String) -> ExitCode {
    switch error {
    case .invalidURL, .unsupportedScheme, .invalidMethod: fail(.usage, "\(url) cannot be asked for: \(error)")
    case .ringUnavailable: fail(.configuration, "\(error)")
    default: fail(.runtime, "\(url): \(error)")
    }
  }
}

/// What cannot be written, as a sentence.
struct FetchFailure: Error {
  let sentence: String
  init(_ sentence: String) { self.sentence = sentence }
}
