// A document of 1 KB in JSON, by the append-only writer and by Codable: nanoseconds for a whole answer.

import Apus
import ApusBenchDocument
import ApusEngine
import ApusRing

/// Prints the best of 200 rounds of 100 answers.
func runJSON() throws {
  // As a core writes it.
  let core = Core()
  core.adoptThread()
  defer { core.leaveThread() }
  let document = BenchDocument.sample
  try measure("writer", rounds: 200) { try Response.json(writing: document, capacity: 1200) }
  try measure("writer, closures only", rounds: 200) {
    try Response.json(capacity: 1200) { reply in
      reply.member("total", document.total)
      reply.member("page", document.page)
      reply.member("next", document.next)
      reply.array("items") { items in
        for item in document.items {
          items.object { object in
            object.member("id", item.id)
            object.member("name", item.name)
            object.member("price", item.price)
            object.member("available", item.available)
            object.array("tags") { tags in
              for tag in item.tags { tags.element(tag) }
            }
          }
        }
      }
    }
  }
  try measure("codable", rounds: 10) { try Response.json(document) }
}

private func measure(_ name: String, rounds: Int, _ make: () throws -> Response) rethrows {
  var best = UInt64.max
  var bytes: UInt64 = 0
  for _ in 0..<rounds {
    let start = Instant.monotonic().nanoseconds
    for _ in 0..<100 { bytes &+= try make().body.count }
    best = min(best, Instant.monotonic().nanoseconds - start)
  }
  print("\(name): \(Double(best) / 100) ns for \(bytes / UInt64(rounds * 100)) bytes")
}
