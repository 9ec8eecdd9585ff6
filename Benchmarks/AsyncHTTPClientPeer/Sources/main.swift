// The async-http-client peer: `async-http-client-bench URL TASKS SECONDS`. Tasks ask one after
// another, with one event loop and as many connections as tasks, and read each answer to its end;
// as apus-bench-client does.

import AsyncHTTPClient
import NIOCore
import NIOPosix

func ask(_ client: HTTPClient, _ url: String, until end: ContinuousClock.Instant) async -> (Int, Int) {
  let request = HTTPClientRequest(url: url)
  var (asked, errors) = (0, 0)
  while asked % 16 != 0 || ContinuousClock.now < end {
    do {
      let response = try await client.execute(request, timeout: .seconds(30))
      for try await _ in response.body {}
      asked += 1
    } catch {
      errors += 1
      if ContinuousClock.now >= end { break }
    }
  }
  return (asked, errors)
}

func run(_ url: String, tasks: Int, seconds: Double) async throws {
  var configuration = HTTPClient.Configuration()
  configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = tasks
  let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  let client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
  let start = ContinuousClock.now
  let end = start + .seconds(seconds)
  let (requests, errors) = await withTaskGroup(of: (Int, Int).self) { asking in
    for _ in 0..<tasks { asking.addTask { await ask(client, url, until: end) } }
    var sum = (0, 0)
    for await (requests, errors) in asking { sum = (sum.0 + requests, sum.1 + errors) }
    return sum
  }
  let rate = Double(requests) / ((ContinuousClock.now - start) / .seconds(1))
  print("{\"requests\": \(requests), \"rate\": \(rate), \"errors\": \(errors)}")
  try await client.shutdown().get()
  try await group.shutdownGracefully()
}

let arguments = CommandLine.arguments
if arguments.count == 4, let tasks = Int(arguments[2]), let seconds = Double(arguments[3]) {
  try await run(arguments[1], tasks: tasks, seconds: seconds)
} else {
  print("usage: async-http-client-bench URL TASKS SECONDS")
}
