// The async-http-client peer: `async-http-client-bench URL TASKS SECONDS`. Tasks ask one after another, with one event loop and as
// many connections as tasks, and read each answer to its end; as apus-bench-client does.

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

enum Usage: Error { case unknown }
let arguments = CommandLine.arguments
guard arguments.count == 4, let tasks = Int(arguments[2]), let seconds = Double(arguments[3]) else {
  print("usage: async-http-client-bench URL TASKS SECONDS")
  throw Usage.unknown
}

var configuration = HTTPClient.Configuration()
configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = tasks
let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
let client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
let start = ContinuousClock.now
let end = start + .seconds(seconds)
let (requests, errors) = await withTaskGroup(of: (Int, Int).self) { tasksUnderWay in
  for _ in 0..<tasks { tasksUnderWay.addTask { await ask(client, arguments[1], until: end) } }
  return await tasksUnderWay.reduce((0, 0)) { ($0.0 + $1.0, $0.1 + $1.1) }
}
let elapsed = (ContinuousClock.now - start) / .seconds(1)
print("{\"requests\": \(requests), \"rate\": \(Double(requests) / elapsed), \"errors\": \(errors)}")
try await client.shutdown()
try await group.shutdownGracefully()
