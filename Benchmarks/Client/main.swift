// apus-bench-client: the public client under load, so that scripts/bench can measure what `perform`
// costs. Tasks ask one after another for a number of seconds, on a core of the client's own, and
// read each answer to its end.
//
//     apus-bench-client http://127.0.0.1:8080/plaintext 64 2 [REQUESTS]

import Apus
import Glibc
import Synchronization

/// The counts of all tasks together.
final class Score: Sendable {
  let tickets = Atomic<Int>(0)
  let requests = Atomic<Int>(0)
  let reused = Atomic<Int>(0)
  let bytes = Atomic<Int>(0)
  let errors = Atomic<Int>(0)
}

func ask(_ client: Client, _ url: String, _ limit: Int, until end: ContinuousClock.Instant, _ score: Score)
  async
{
  let request = ClientRequest(.get, url)
  var (asked, reused, bytes) = (0, 0, 0)
  while true {
    // The clock costs as much as a step of a parser: it is looked at now and then.
    if asked % 16 == 0, ContinuousClock.now >= end { break }
    if limit < .max, score.tickets.add(1, ordering: .relaxed).oldValue >= limit { break }
    do {
      let (isReused, count) = try await client.perform(request) { head, body in
        var count = 0
        while let chunk = try await body.read() { count += chunk.count }
        return (head.connection.isReused, count)
      }
      asked += 1
      reused += isReused ? 1 : 0
      bytes += count
    } catch {
      score.errors.add(1, ordering: .relaxed)
    }
  }
  score.requests.add(asked, ordering: .relaxed)
  score.reused.add(reused, ordering: .relaxed)
  score.bytes.add(bytes, ordering: .relaxed)
}

let arguments = CommandLine.arguments
guard arguments.count >= 4, let tasks = Int(arguments[2]), let seconds = Double(arguments[3]) else {
  // EX_USAGE of sysexits.h. An error thrown here would be a trap.
  print("usage: apus-bench-client URL TASKS SECONDS [REQUESTS]")
  exit(64)
}

let url = arguments[1]
let limit = arguments.count > 4 ? Int(arguments[4]) ?? .max : .max
let client = Client()
let score = Score()
let start = ContinuousClock.now
let end = start + .seconds(seconds)
try await client.onCore {
  await withTaskGroup { group in
    for _ in 0..<tasks { group.addTask { await ask(client, url, limit, until: end, score) } }
  }
}
let elapsed = (ContinuousClock.now - start) / .seconds(1)
let requests = score.requests.load(ordering: .relaxed)
print(
  "{\"requests\": \(requests), \"seconds\": \(elapsed), \"rate\": \(Double(requests) / elapsed), "
    + "\"errors\": \(score.errors.load(ordering: .relaxed)), \"reused\": \(score.reused.load(ordering: .relaxed)), "
    + "\"bytes\": \(score.bytes.load(ordering: .relaxed))}")
