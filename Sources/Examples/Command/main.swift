// apus-example: serves one of the examples on http://127.0.0.1:8080.
//
//     swift run apus-example todos

import Apus
import ApusExamples
import Glibc

let examples: [(name: String, routes: () -> Router)] = [
  ("hello", hello), ("todos", todos), ("ticker", ticker), ("upload", upload), ("primes", primes),
]

guard CommandLine.arguments.count == 2,
  let example = examples.first(where: { $0.name == CommandLine.arguments[1] })
else {
  print("usage: apus-example \(examples.map(\.name).joined(separator: "|"))")
  // EX_USAGE of sysexits.h.
  exit(64)
}

let router = example.routes()
for route in router.routes { print(route) }
let summary: RunSummary
do {
  summary = try Server(router).run { print("serving \(example.name) on \($0.addresses[0])") }
} catch {
  print(error)
  exit(EXIT_FAILURE)
}
print("\(summary.requests) requests on \(summary.connections) connections")
